// The error of a failed system call: its errno and the operation. It is created on failure only, so it may
// own a string. It does not classify errors: the few codes that callers handle as ordinary events are
// properties here and are not compared with literals elsewhere.

import CNDISLinux
import Glibc

/// A system call that failed.
public struct SystemError: Error, Equatable, Sendable {
  /// The error code, as in errno(3).
  public let errno: Int32
  /// The operation: the call's name, with its object if that is helpful.
  public let operation: String

  public init(errno: Int32, operation: String) {
    self.errno = errno
    self.operation = operation
  }

  /// The peer has closed the connection; an ordinary end, not an error of this process.
  public var peerIsGone: Bool {
    errno == EPIPE || errno == ECONNRESET || errno == ENOTCONN || errno == ESHUTDOWN
  }

  static func invalid(_ operation: String) -> SystemError {
    SystemError(errno: EINVAL, operation: operation)
  }
}

extension SystemError: CustomStringConvertible {
  public var description: String {
    // Both strings are static storage of the C library.
    let text = unsafe String(cString: clinux_error_text(errno))
    let name = unsafe String(cString: clinux_error_name(errno))
    return "\(operation): \(text) (\(name))"
  }
}
