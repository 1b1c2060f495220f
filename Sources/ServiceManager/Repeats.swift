// Keeps a flood out of the log. Of events that are the same (`RepetitionSubject`) the first 16 within
// ten seconds are written; the others are counted, and when the ten seconds are over one entry says
// how many there were. Then the next 16 are written again: a driver that breaks one rule for ever
// costs 17 entries in ten seconds and no more.
//
// No clock and no output: time is handed in and what is to be written is handed back. Limits: 1024
// subjects at a time; what is beyond them is counted by its kind alone, so that a client that gives
// itself a new name each time floods no better. All windows have the same length, so they end in the
// order in which they began.

public import NDISEvents

/// The state of the floods.
public struct Repeats {
  /// Events of one subject that are written in a window.
  public static let limit = 16
  /// Nanoseconds from the first event of a subject to the summary.
  public static let window: UInt64 = 10_000_000_000

  /// Nil in the subject: many subjects of one kind.
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
  /// Keys of `windows`, the oldest window first from `head` on.
  private var order: [Key] = []
  private var head = 0
  /// Windows in which something was left out.
  private var floods = 0

  /// - Parameter capacity: subjects that are distinguished at a time.
  public init(capacity: Int = 1024) { self.capacity = capacity }

  /// What is to be written now that this event happens: summaries that are due, and the event itself
  /// unless it is one of a flood and only counted.
  public mutating func take(_ event: Event, at now: UInt64) -> [Event] {
    guard let subject = event.repetitionSubject else { return [event] }
    // First, so that the event does not fall in a window whose time is over.
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

  /// When `summaries` has something to report; nil while nothing is left out.
  public var deadline: UInt64? {
    guard floods > 0 else { return nil }
    for key in order[head...] {
      if let window = windows[key], window.left > 0 { return window.begin &+ Repeats.window }
    }
    return nil
  }

  /// Ends the windows whose time is over, and returns what was left out in them.
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
    // Now and then, so that each key is moved once.
    if head > order.count / 2 {
      order.removeFirst(head)
      head = 0
    }
    return events
  }
}
