// What the switchboard asks of the operating system beside memory: the time, random numbers, and whether a process
// still exists. A test answers instead.

import NDISPlatform

struct HostServices {
  /// Monotonic time.
  var milliseconds: () -> UInt64 = { MonotonicClock.milliseconds }
  var nanoseconds: () -> UInt64 = { MonotonicClock.nanoseconds }
  /// 64 bits that nobody can guess.
  var randomBits: () throws(SystemError) -> UInt64 = { () throws(SystemError) in
    try Randomness.bits()
  }
  /// Whether the process of this id exists.
  var exists: (Int32) -> Bool = { CurrentProcess.exists($0) }

  init() {}
}
