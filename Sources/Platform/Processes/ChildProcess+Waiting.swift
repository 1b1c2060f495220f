// Waits for one child, for programs that have few of them and no SignalQueue. The end of a child is a
// pollable event: nothing here polls in intervals.

import CNDISLinux
import Glibc

extension ChildProcess {
  /// Waits until the child has ended, and reaps it; nil if it has not ended in time. A child can be reaped
  /// once: here, or by `nextStateChange`.
  ///
  /// - Parameter milliseconds: nil: no timeout.
  public func waitForEnd(milliseconds: Int32? = nil) throws(SystemError) -> Change? {
    let process = try SystemCall.open("pidfd_open") { clinux_process_descriptor(pid) }
    let end = milliseconds.map { MonotonicClock.nanoseconds &+ UInt64(max(0, $0)) * 1_000_000 }
    while true {
      var left: Int32 = -1
      if let end {
        let now = MonotonicClock.nanoseconds
        left = Int32(clamping: (max(end, now) - now + 999_999) / 1_000_000)
      }
      let ready = try SystemCall.run("poll") { clinux_wait_until(process.raw, 0, left) }
      guard ready > 0 else { return nil }
      var ended = clinux_ended()
      let taken = try SystemCall.run("waitid") { unsafe clinux_wait(pid, &ended) }
      guard taken == 1 else { continue }
      switch Int(ended.how) {
      case Int(CLINUX_EXITED): return .exited(status: ended.status)
      case Int(CLINUX_STOPPED): continue
      default: return .killed(signal: ended.status)
      }
    }
  }

  /// Ends the child and reaps it: SIGTERM, then SIGKILL if it has not ended in time.
  public func end(timeoutMilliseconds: Int32) throws(SystemError) {
    _ = kill(pid, SIGTERM)
    if try waitForEnd(milliseconds: timeoutMilliseconds) == nil {
      _ = kill(pid, SIGKILL)
      _ = try waitForEnd()
    }
  }

  /// Becomes readable when the child has ended.
  public func endDescriptor() throws(SystemError) -> Descriptor {
    try SystemCall.open("pidfd_open") { clinux_process_descriptor(pid) }
  }
}
