// Latency histograms with a bucket for each power of two of microseconds. One request in sixteen is timed,
// selected by a hash of its ID: the others cost one comparison on arrival and one on reply, and alternating
// kinds of calls are sampled alike. Handler calls in other processes are all timed, since each takes two
// context switches anyway.

/// A histogram of durations.
package struct Histogram {
  /// Bucket `i` counts durations of up to 2^i microseconds, the last bucket all longer ones.
  package static let size = 26
  package private(set) var buckets = [UInt64](repeating: 0, count: Histogram.size)
  package private(set) var count: UInt64 = 0
  /// In microseconds.
  package private(set) var sum: UInt64 = 0
  package private(set) var maximum: UInt64 = 0

  mutating func add(nanoseconds: UInt64) {
    // Rounded up to whole microseconds.
    let micros = nanoseconds / 1000 + (nanoseconds % 1000 == 0 ? 0 : 1)
    let bucket = micros <= 1 ? 0 : UInt64.bitWidth - (micros - 1).leadingZeroBitCount
    buckets[min(bucket, Histogram.size - 1)] &+= 1
    count &+= 1
    sum &+= micros
    maximum = max(maximum, micros)
  }

  mutating func add(_ other: Histogram) {
    for index in buckets.indices { buckets[index] &+= other.buckets[index] }
    count &+= other.count
    sum &+= other.sum
    maximum = max(maximum, other.maximum)
  }
}

/// Open timings and completed histograms.
package struct LatencyBook {
  private struct Key: Hashable {
    var session: UInt32
    var id: UInt64
  }

  package private(set) var requests = Histogram()
  /// Handler calls of processes that have ended, by process name.
  package private(set) var upcalls: [String: Histogram] = [:]
  private var openRequests: [Key: UInt64] = [:]
  private var openUpcalls: [UInt64: UInt64] = [:]

  /// Maximum number of names with their own histogram.
  static let nameLimit = 64
  static let others = "(others)"
  private static let openLimit = 65_536

  /// Whether a request is sampled.
  @inline(__always)
  static func isTimed(_ id: UInt64) -> Bool { (id &* 0x9E37_79B9_7F4A_7C15) >> 60 == 0 }

  mutating func requestCame(_ session: UInt32, _ id: UInt64, at now: UInt64) {
    // Sessions that ended with outstanding requests leave entries behind.
    if openRequests.count >= LatencyBook.openLimit { openRequests.removeAll() }
    openRequests[Key(session: session, id: id)] = now
  }

  mutating func requestAnswered(_ session: UInt32, _ id: UInt64, at now: UInt64) {
    guard let begun = openRequests.removeValue(forKey: Key(session: session, id: id)) else {
      return
    }
    requests.add(nanoseconds: now &- begun)
  }

  mutating func upcallSent(_ id: UInt64, at now: UInt64) {
    if openUpcalls.count >= LatencyBook.openLimit { openUpcalls.removeAll() }
    openUpcalls[id] = now
  }

  /// Returns the duration of a handler call; nil if its start is unknown.
  mutating func upcallAnswered(_ id: UInt64, at now: UInt64) -> UInt64? {
    openUpcalls.removeValue(forKey: id).map { now &- $0 }
  }

  /// Keeps the handler times of a process that has ended.
  mutating func keep(_ histogram: Histogram, of name: String) {
    LatencyBook.fold(histogram, of: name, into: &upcalls)
  }

  /// Adds to the histogram of a name; names beyond the limit share one.
  static func fold(
    _ histogram: Histogram, of name: String, into all: inout [String: Histogram]
  ) {
    let name = all[name] == nil && all.count >= nameLimit ? others : name
    all[name, default: Histogram()].add(histogram)
  }
}
