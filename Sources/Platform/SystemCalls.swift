// The funnel every system call of this module goes through. A call answers -errno when it fails (see
// CLinux.h); here an interrupted call is made again, "would block" becomes nil, and the rest is
// thrown. close(2) alone stays outside: after EINTR its descriptor is gone all the same, and a
// second close could hit somebody else's.

import CNDISLinux
import Glibc

enum SystemCall {
  /// Makes the call until it is not interrupted; any failure is thrown.
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

  /// As `run`, but nil when the call would have had to wait.
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

  /// A call that makes a descriptor.
  @inline(__always)
  static func open(
    _ operation: @autoclosure () -> String, _ call: () -> Int32
  ) throws(SystemError) -> Descriptor {
    Descriptor(owning: try run(operation(), call))
  }
}
