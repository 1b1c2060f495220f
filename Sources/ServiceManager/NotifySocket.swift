// Sends a datagram to the service manager with libsystemd's sd_notify: its assignments are processed
// together, with a descriptor if there is one. Does nothing without $NOTIFY_SOCKET. The call may block on the
// manager, so ServiceManagerLink makes it on its thread.

import CNDISSystemd
import NDISEvents

/// Sends notifications to the service manager.
public struct Notifier: Sendable {
  public init() {}

  /// Whether a service manager is present.
  public var isWanted: Bool { Environment.value("NOTIFY_SOCKET") != nil }

  /// Sends assignments in one datagram, with an optional descriptor; returns true on success.
  @discardableResult
  func send(_ assignments: [String], status: String = "", descriptor: Int32 = -1) -> Bool {
    guard isWanted else { return false }
    // A line break would start another assignment, such as FDSTORE=1.
    let lines = assignments + (status.isEmpty ? [] : ["STATUS=\(singleLine(status))"])
    guard !lines.isEmpty else { return false }
    let text = lines.joined(separator: "\n")
    guard descriptor >= 0 else { return unsafe sd_notify(0, text) > 0 }
    var number = descriptor
    return unsafe sd_pid_notify_with_fds(0, 0, text, &number, 1) > 0
  }
}
