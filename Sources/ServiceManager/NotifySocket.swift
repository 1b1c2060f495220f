// One datagram to the service manager by libsystemd's sd_notify: its assignments are seen together, and a
// descriptor with them. Without $NOTIFY_SOCKET nothing happens. The call may block for the manager:
// ServiceManagerLink, which knows what there is to send, makes it on its thread.

import CNDISSystemd
import NDISEvents

/// Tells the service manager how the service is.
public struct Notifier: Sendable {
  public init() {}

  /// Whether a service manager listens.
  public var isWanted: Bool { Environment.value("NOTIFY_SOCKET") != nil }

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
