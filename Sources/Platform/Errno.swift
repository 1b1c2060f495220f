// The one error of every system call: its number and what was being done. It is made only when a
// call has failed, so it may own a string. It does not classify: the few numbers that callers treat
// as ordinary events are named as properties here, and nowhere else compared with literals.

import CNDISLinux
import Glibc

/// A system call that failed.
public struct SystemError: Error, Equatable, Sendable {
  /// The error's number, as in errno(3).
  public let errno: Int32
  /// What was being done: the call's name, with its object when that helps the reader.
  public let operation: String

  public init(errno: Int32, operation: String) {
    self.errno = errno
    self.operation = operation
  }

  /// The other end of a connection has closed it; an ordinary end and not a fault of this process.
  public var peerIsGone: Bool {
    errno == EPIPE || errno == ECONNRESET || errno == ENOTCONN || errno == ESHUTDOWN
  }

  /// The process, or the whole system, has no descriptor left.
  public var isOutOfDescriptors: Bool { errno == EMFILE || errno == ENFILE }

  static func invalid(_ operation: String) -> SystemError {
    SystemError(errno: EINVAL, operation: operation)
  }
}

extension SystemError: CustomStringConvertible {
  public var description: String {
    // Both texts are static storage of the C library.
    let text = unsafe String(cString: clinux_error_text(errno))
    let name = unsafe String(cString: clinux_error_name(errno))
    return "\(operation): \(text) (\(name))"
  }
}
