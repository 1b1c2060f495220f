// The state of the sink's thread: the outputs, the floods, and pending summaries. It writes a summary of
// every flood at its end and a count of dropped entries, even if no further event occurs: `deadline` is when
// `flush` is due. Drops are reported at most once a second, so that a queue that keeps overflowing does not
// fill the log with counts; an unavailable output is retried at the same interval.

import NDISPlatform
import NDISEvents

struct EventWriter: ~Copyable {
  private var human: HumanLog?
  private var journal: JournalClient?
  private var repeats = Repeats()
  /// Events dropped by a full queue and not yet passed to an output to be reported.
  private var lost: UInt64 = 0
  /// The earliest time of the next report.
  private var reportAt: UInt64 = 0

  /// The interval of reports and retries in nanoseconds.
  static let reportInterval: UInt64 = 1_000_000_000

  init(human: HumanLog?, journalPath: String?) {
    self.human = human
    if let journalPath { journal = JournalClient(path: journalPath) }
  }

  /// Number of entries that the outputs have dropped.
  private(set) var undelivered: UInt64 = 0
  /// Number of drops that the outputs have not reported.
  private var unreported: UInt64 = 0

  /// When `flush` is due, in nanoseconds of the monotonic clock; nil: not before the next event.
  var deadline: UInt64? {
    let report = isOwing ? reportAt : nil
    return [repeats.deadline, report].compactMap { $0 }.min()
  }

  mutating func write(_ event: Event, at time: WallTime, now: UInt64) {
    for event in repeats.take(event, at: now) { put(event, at: time, now: now) }
  }

  /// Writes the summaries that are due.
  ///
  /// - Parameter lost: events dropped by a full queue since the last call.
  mutating func flush(lost: UInt64 = 0, now: UInt64) {
    for event in repeats.summaries(at: now) { put(event, at: .now, now: now) }
    self.lost &+= lost
    if isOwing, now >= reportAt { report(now: now) }
  }

  /// Writes all pending summaries; nothing is written afterwards.
  mutating func finish(now: UInt64) {
    for event in repeats.finish(at: now) { put(event, at: .now, now: now) }
    report(now: now)
    guard human == nil, unreported > 0 else { return }
    // The journal is unavailable at the end; its stream on stderr may still work.
    var stream = HumanLog(style: .prefixed)
    stream.write(.entriesDropped(unreported))
  }

  private var isOwing: Bool { lost > 0 || unreported > 0 }

  private mutating func put(_ event: Event, at time: WallTime, now: UInt64) {
    let wasOwing = isOwing
    human?.write(event, at: time)
    _ = journal?.send(event)
    look()
    // An output has just failed: do not retry immediately.
    if isOwing, !wasOwing { reportAt = now &+ EventWriter.reportInterval }
  }

  private mutating func report(now: UInt64) {
    human?.add(dropped: lost)
    journal?.add(dropped: lost)
    lost = 0
    _ = human?.reportDropped()
    _ = journal?.reportDropped()
    look()
    reportAt = now &+ EventWriter.reportInterval
  }

  /// Updates the drop counts from the outputs after they were used.
  private mutating func look() {
    undelivered = (human?.everDropped ?? 0) &+ (journal?.everDropped ?? 0)
    unreported = (human?.dropped ?? 0) &+ (journal?.dropped ?? 0)
  }
}
