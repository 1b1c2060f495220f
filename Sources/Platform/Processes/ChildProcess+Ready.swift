// Waiting for a child that reports on a descriptor when it is ready.

import Glibc

extension ChildProcess {
  /// Waits until `isReady`, which is evaluated first and whenever `descriptor` is readable.
  ///
  /// - Returns: false if the child has ended before.
  /// - Throws: ETIMEDOUT if it takes longer than `milliseconds`.
  package func wait(
    milliseconds: UInt32, readable descriptor: Int32, until isReady: () -> Bool
  ) throws(SystemError) -> Bool {
    let ended = try endDescriptor()
    let end = MonotonicClock.nanoseconds &+ UInt64(milliseconds) * 1_000_000
    while !isReady() {
      let now = MonotonicClock.nanoseconds
      guard now < end else {
        throw SystemError(errno: ETIMEDOUT, operation: "waiting for process \(pid)")
      }
      var waited = [
        pollfd(fd: descriptor, events: Int16(POLLIN), revents: 0),
        pollfd(fd: ended.raw, events: Int16(POLLIN), revents: 0),
      ]
      _ = unsafe poll(&waited, 2, Int32(clamping: (end - now) / 1_000_000 + 1))
      if waited[0].revents == 0, waited[1].revents != 0 { return false }
    }
    return true
  }
}
