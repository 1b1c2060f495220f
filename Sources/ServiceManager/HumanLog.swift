// The log for a terminal: one line per event with time of day, priority and sentence. If the service
// manager's journal cannot be reached natively, the same lines are prefixed with `<N>`, which journald
// interprets as the priority. Lines are written with write(2), whole and unbuffered.
//
// Limits: a reader that stops reading blocks this log for a second, once; then lines are dropped and counted
// until it reads again, and the count is the next line. The owner calls `reportDropped` to write the count if
// no event occurs.

public import NDISEvents
import Glibc
public import NDISPlatform

/// Writes events as lines of text.
public struct HumanLog: Sendable {
  /// The format of lines.
  public enum Style: Sendable {
    case plain
    case coloured
    /// Prefixed with `<N>` for journald.
    case prefixed
  }

  /// Lines dropped and not yet reported.
  public private(set) var dropped: UInt64 = 0
  /// Total number of lines dropped by this log.
  public private(set) var everDropped: UInt64 = 0

  private let descriptor: Int32
  private let style: Style

  /// A log on a borrowed descriptor.
  ///
  /// - Parameter style: default: coloured on a terminal and plain elsewhere.
  public init(descriptor: Int32 = 2, style: Style? = nil) {
    self.descriptor = descriptor
    self.style = style ?? (HumanLog.takesColour(descriptor) ? .coloured : .plain)
  }

  /// The line of an event, without line feed.
  public func line(_ event: Event, at time: WallTime) -> String {
    let priority = event.kind.priority
    let word = priority.name
    let padding = String(repeating: " ", count: 7 - word.count)
    let remark = event.remark.isEmpty ? "" : " [\(event.remark)]"
    let rest = "\(padding) \(event.sentence)\(remark)"
    let (dim, off) = ("\u{1B}[2m", "\u{1B}[0m")
    return switch style {
    case .plain: "\(time.text) \(word)\(rest)"
    case .coloured: "\(dim)\(time.text)\(off) \(priority.colour)\(word)\(off)\(rest)"
    case .prefixed: "<\(priority.rawValue)>\(time.text) \(word)\(rest)"
    }
  }

  /// Writes the event's line; false if it was dropped.
  @discardableResult
  public mutating func write(_ event: Event, at time: WallTime = .now) -> Bool {
    guard reportDropped(at: time), put(line(event, at: time)) else {
      dropped &+= 1
      everDropped &+= 1
      return false
    }
    return true
  }

  /// Adds events dropped elsewhere to the count to be reported.
  public mutating func add(dropped count: UInt64) { dropped &+= count }

  /// Writes the count of dropped lines, if any; false if it is still pending.
  @discardableResult
  public mutating func reportDropped(at time: WallTime = .now) -> Bool {
    guard dropped > 0 else { return true }
    guard put(line(.entriesDropped(dropped), at: time)) else { return false }
    dropped = 0
    return true
  }

  private func put(_ line: String) -> Bool {
    let bytes = Array((line + "\n").utf8)
    var written = 0
    while written < bytes.count {
      var waited = pollfd(fd: descriptor, events: Int16(POLLOUT), revents: 0)
      let ready = unsafe poll(&waited, 1, dropped == 0 ? 1000 : 0)
      if ready < 0 && errno == EINTR { continue }
      guard ready > 0, waited.revents & Int16(POLLOUT) != 0,
        waited.revents & Int16(POLLERR | POLLHUP | POLLNVAL) == 0
      else { return false }
      let count = unsafe bytes.withUnsafeBytes {
        unsafe Glibc.write(descriptor, $0.baseAddress?.advanced(by: written), $0.count - written)
      }
      if count < 0 && (errno == EINTR || errno == EAGAIN) { continue }
      guard count > 0 else { return false }
      written += count
    }
    return true
  }

  private static func takesColour(_ descriptor: Int32) -> Bool {
    isatty(descriptor) == 1 && Environment.value("NO_COLOR") == nil
      && Environment.value("TERM") != "dumb"
  }
}

extension Priority {
  fileprivate var colour: String {
    switch self {
    case .error: "\u{1B}[1;31m"
    case .warning: "\u{1B}[33m"
    case .notice: "\u{1B}[1m"
    case .info, .debug: ""
    }
  }
}
