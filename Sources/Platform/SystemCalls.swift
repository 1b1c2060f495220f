// Error handling for every system call of this module. A call returns -errno on failure (see CLinux.h); an
// interrupted call is repeated here, EAGAIN becomes nil, and other errors are thrown. close(2) is the
// exception: after EINTR the descriptor is closed already, and a second close could close a descriptor of
// another thread.

import CNDISLinux
import Glibc

enum SystemCall {
  /// Repeats the call while it is interrupted; throws any other failure.
  @inline(__always)
  @discardableResult
  static func run<Result: FixedWidthInteger & SignedInteger>(
    _ operation: @autoclosure () -> String, _ call: () -> Result
  ) throws(SystemError) -> Result {
    while true {
      let result = call()
      if result >= 0 { return result }
      let number = Int32(truncatingIfNeeded: 0 &- result)
      if number != EINTR { throw SystemError(errno: number, operation: operation()) }
    }
  }

  /// As `run`, but returns nil if the call would block.
  @inline(__always)
  static func attempt<Result: FixedWidthInteger & SignedInteger>(
    _ operation: @autoclosure () -> String, _ call: () -> Result
  ) throws(SystemError) -> Result? {
    while true {
      let result = call()
      if result >= 0 { return result }
      let number = Int32(truncatingIfNeeded: 0 &- result)
      if number == EAGAIN { return nil }
      if number != EINTR { throw SystemError(errno: number, operation: operation()) }
    }
  }

  /// A call that returns a new descriptor.
  @inline(__always)
  static func open(
    _ operation: @autoclosure () -> String, _ call: () -> Int32
  ) throws(SystemError) -> Descriptor {
    Descriptor(owning: try run(operation(), call))
  }
}
