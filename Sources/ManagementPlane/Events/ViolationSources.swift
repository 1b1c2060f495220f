// Who violated a rule, and where: counts by driver, adapter, binding and call site, with the newest sentence of
// each. A client chooses its names, tags and call sites, so each user has a limited number of lines; what is
// beyond is counted in one line of that user's without names, never lost.

import NDISEvents
import NDIS

/// Counts of one code by their sources.
struct ViolationSources {
  /// Who and where.
  struct Source: Hashable {
    var party: Party
    var origin: AllocationOrigin
  }

  struct Line {
    var source: Source
    var count: UInt64 = 0
    /// The newest violation's sentence.
    var message = ""
  }

  /// Maximum number of lines of one user in one code, besides that without names.
  static let limit = 64
  /// Lines of a code in a reply: every code with so many long names and sentences stays below what a client
  /// accepts in one reply, whoever chose them.
  static let shown = 16
  private var lines: [Source: Line] = [:]
  private var linesOfUser: [UInt32: Int] = [:]

  /// The sources, most frequent first.
  var sorted: [Line] {
    lines.values.sorted { ($1.count, $0.message) < ($0.count, $1.message) }
  }

  mutating func count(_ source: Source, _ message: String) {
    var source = source
    if lines[source] == nil {
      let known = linesOfUser[source.party.uid, default: 0]
      if known < ViolationSources.limit {
        linesOfUser[source.party.uid] = known + 1
      } else {
        source = Source(party: Party(uid: source.party.uid), origin: AllocationOrigin())
      }
    }
    var line = lines[source] ?? Line(source: source)
    line.count &+= 1
    line.message = message
    lines[source] = line
  }

  /// Adds the counts of another code's sources.
  mutating func add(_ other: ViolationSources) {
    for (source, line) in other.lines {
      var sum = lines[source] ?? Line(source: source)
      sum.count &+= line.count
      sum.message = line.message
      lines[source] = sum
    }
  }
}
