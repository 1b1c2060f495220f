// The state of the sink's thread: the outputs, the floods, and what it still owes a reader. It
// owes a summary of every flood at its end and a count of whatever was dropped, also when no further
// event comes: `deadline` is when it wants to be asked again. Drops are reported at most once a
// second, so that a queue that runs over all the time does not fill the log with its counts; an
// output that is away is tried as often.

import NDISPlatform
import NDISEvents

struct EventWriter: ~Copyable {
  private var human: HumanLog?
  private var journal: JournalClient?
  private var repeats = Repeats()
  /// Events dropped by a full queue that no output has been given to report yet.
  private var lost: UInt64 = 0
  /// When drops may be reported next.
  private var reportAt: UInt64 = 0

  /// Nanoseconds from one report or attempt to the next.
  static let patience: UInt64 = 1_000_000_000

  init(human: HumanLog?, journalPath: String?) {
    self.human = human
    if let journalPath { journal = JournalClient(path: journalPath) }
  }

  /// Entries the outputs have dropped.
  private(set) var undelivered: UInt64 = 0
  /// Drops the outputs have not reported.
  private var unreported: UInt64 = 0

  /// Nanoseconds of the monotonic clock at which `settle` has something to do; nil: not before the
  /// next event.
  var deadline: UInt64? {
    let report = isOwing ? reportAt : nil
    return [repeats.deadline, report].compactMap { $0 }.min()
  }

  mutating func write(_ event: Event, at time: WallTime, now: UInt64) {
    for event in repeats.take(event, at: now) { put(event, at: time, now: now) }
  }

  /// Writes what is due.
  ///
  /// - Parameter lost: events dropped by a full queue since the last time.
  mutating func settle(lost: UInt64 = 0, now: UInt64) {
    for event in repeats.summaries(at: now) { put(event, at: .now, now: now) }
    self.lost &+= lost
    if isOwing, now >= reportAt { report(now: now) }
  }

  /// Writes everything that is owed; nothing comes after it.
  mutating func finish(now: UInt64) {
    for event in repeats.finish(at: now) { put(event, at: .now, now: now) }
    report(now: now)
    guard human == nil, unreported > 0 else { return }
    // The journal is away at the very end. Its stream may still lead somewhere.
    var stream = HumanLog(style: .prefixed)
    stream.write(.entriesDropped(unreported))
  }

  private var isOwing: Bool { lost > 0 || unreported > 0 }

  private mutating func put(_ event: Event, at time: WallTime, now: UInt64) {
    let wasOwing = isOwing
    human?.write(event, at: time)
    _ = journal?.send(event)
    look()
    // An output has just failed: no use in trying again at once.
    if isOwing, !wasOwing { reportAt = now &+ EventWriter.patience }
  }

  private mutating func report(now: UInt64) {
    human?.add(dropped: lost)
    journal?.add(dropped: lost)
    lost = 0
    _ = human?.reportDropped()
    _ = journal?.reportDropped()
    look()
    reportAt = now &+ EventWriter.patience
  }

  /// The outputs' numbers, after they were used.
  private mutating func look() {
    undelivered = (human?.everDropped ?? 0) &+ (journal?.everDropped ?? 0)
    unreported = (human?.dropped ?? 0) &+ (journal?.dropped ?? 0)
  }
}
