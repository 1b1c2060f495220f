// What the service manager is told: ready, one line of status, stopping, and the error of a failed
// start. Each call is one datagram by libsystemd's sd_notify, so that its parts are seen together.
// Without $NOTIFY_SOCKET nothing happens. The call may block for the manager: EventSink makes it on
// its thread.

import CSystemd
import Events

/// Tells the service manager how the service is.
public struct Notifier: Sendable {
  public init() {}

  /// Whether a service manager listens.
  public var isWanted: Bool { Environment.value("NOTIFY_SOCKET") != nil }

  /// The service serves: signals, configuration and sockets are in place. True when it was sent.
  @discardableResult
  public func ready(status: String = "") -> Bool { send(["READY=1"], status: status) }

  /// The operator's one-line view of the service.
  @discardableResult
  public func status(_ text: String) -> Bool { send([], status: text) }

  /// The service begins to stop.
  @discardableResult
  public func stopping(status: String = "") -> Bool { send(["STOPPING=1"], status: status) }

  /// The service will end because of this error.
  @discardableResult
  public func failed(errno: Int32, status: String = "") -> Bool {
    send(["ERRNO=\(errno)"], status: status)
  }

  /// Sends assignments in one datagram, a descriptor with them. True when it was sent.
  @discardableResult
  func send(_ assignments: [String], status: String = "", descriptor: Int32 = -1) -> Bool {
    guard isWanted else { return false }
    // A line break would begin another assignment, such as FDSTORE=1.
    let lines = assignments + (status.isEmpty ? [] : ["STATUS=\(singleLine(status))"])
    guard !lines.isEmpty else { return false }
    let text = lines.joined(separator: "\n")
    guard descriptor >= 0 else { return unsafe sd_notify(0, text) > 0 }
    var number = descriptor
    return unsafe sd_pid_notify_with_fds(0, 0, text, &number, 1) > 0
  }
}
