// Rate limiting of repeated events in the log. Of identical events (`RepetitionSubject`) the first 16 in a
// window of ten seconds are written; the others are counted, and one entry at the end of the window reports
// the count. So a driver that keeps violating a rule causes at most 17 entries in ten seconds.
//
// It has no clock and no output: the time is a parameter and the events to write are returned. Limits: 1024
// concurrent subjects; further ones are counted by kind only, so that a client cannot evade the limit by
// changing its name. All windows have the same length, so they end in the order in which they began.

public import NDISEvents

/// The windows in progress.
public struct Repeats {
  /// Events of one subject that are written in a window.
  public static let limit = 16
  /// The length of a window in nanoseconds.
  public static let window: UInt64 = 10_000_000_000

  /// A nil subject combines many subjects of one kind.
  private struct Key: Hashable {
    var kind: EventKind
    var subject: RepetitionSubject?
  }

  private struct Window {
    var begin: UInt64
    var written = 0
    var left: UInt64 = 0
    var bytes: UInt64 = 0

    mutating func takes(_ event: Event, _ floods: inout Int) -> Bool {
      guard written >= Repeats.limit else {
        written += 1
        return true
      }
      if left == 0 { floods += 1 }
      left &+= 1
      bytes &+= event.leakedBytes
      return false
    }
  }

  private let capacity: Int
  private var windows: [Key: Window] = [:]
  /// Keys of `windows`, oldest first, starting at `head`.
  private var order: [Key] = []
  private var head = 0
  /// Number of windows with suppressed events.
  private var floods = 0

  /// - Parameter capacity: maximum number of concurrent subjects.
  public init(capacity: Int = 1024) { self.capacity = capacity }

  /// Returns the events to write when this event occurs: summaries that are due, and the event itself unless
  /// it is suppressed.
  public mutating func take(_ event: Event, at now: UInt64) -> [Event] {
    guard let subject = event.repetitionSubject else { return [event] }
    // First, so that the event is not counted in an expired window.
    let due = summaries(at: now)
    var key = Key(kind: subject.kind, subject: subject)
    if windows[key] == nil, windows.count >= capacity { key.subject = nil }
    if windows[key] == nil {
      windows[key] = Window(begin: now)
      order.append(key)
    }
    let isWritten = windows[key]?.takes(event, &floods) ?? true
    return isWritten ? due + [event] : due
  }

  /// When `summaries` is due; nil if no events are suppressed.
  public var deadline: UInt64? {
    guard floods > 0 else { return nil }
    for key in order[head...] {
      if let window = windows[key], window.left > 0 { return window.begin &+ Repeats.window }
    }
    return nil
  }

  /// Ends expired windows, and returns the summaries of their suppressed events.
  public mutating func summaries(at now: UInt64) -> [Event] {
    end(at: now) { now &- $0 >= Repeats.window && now >= $0 }
  }

  /// Ends all windows.
  public mutating func finish(at now: UInt64) -> [Event] { end(at: now) { _ in true } }

  private mutating func end(at now: UInt64, _ isOver: (UInt64) -> Bool) -> [Event] {
    var events: [Event] = []
    while head < order.count, let window = windows[order[head]], isOver(window.begin) {
      let key = order[head]
      head += 1
      windows[key] = nil
      guard window.left > 0 else { continue }
      floods -= 1
      events.append(
        .repeated(
          Repetition(
            kind: key.kind, subject: key.subject, count: window.left, bytes: window.bytes,
            milliseconds: now > window.begin ? (now - window.begin) / 1_000_000 : 0)))
    }
    // Compacts rarely, so that each key is moved once.
    if head > order.count / 2 {
      order.removeFirst(head)
      head = 0
    }
    return events
  }
}
