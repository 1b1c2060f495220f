// What the switchboard needs of the operating system besides memory: the time, random numbers, and whether a
// process exists. Tests substitute their own.

import NDISPlatform

struct HostServices {
  /// Monotonic time.
  var milliseconds: () -> UInt64 = { MonotonicClock.milliseconds }
  var nanoseconds: () -> UInt64 = { MonotonicClock.nanoseconds }
  /// 64 unpredictable random bits.
  var randomBits: () throws(SystemError) -> UInt64 = { () throws(SystemError) in
    try Randomness.bits()
  }
  /// The daemon's own process, which hosted drivers belong to.
  var process: (id: Int32, user: UInt32) = (CurrentProcess.id, CurrentProcess.userID)
  /// Whether the process with this ID exists.
  var exists: (Int32) -> Bool = { CurrentProcess.exists($0) }

  init() {}
}
