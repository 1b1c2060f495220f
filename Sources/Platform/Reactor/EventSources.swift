// Descriptors that become readable for a reason other than I/O: a wake-up from another thread, a
// point in time, a signal. All are non-blocking and are watched by a Reactor.

import CNDISLinux
import Glibc

/// Wakes a reactor from any thread. Wake-ups before a `drain` count as one.
public final class Wakeup: Sendable {
  /// To be watched for reading.
  public let descriptor: Descriptor

  public init() throws(SystemError) {
    descriptor = try SystemCall.open("eventfd") { clinux_eventfd() }
  }

  /// Makes the descriptor readable.
  public func wake() {
    // It fails only when 2^64-2 wake-ups are already pending, and then it is readable as it is.
    while clinux_eventfd_add(descriptor.raw, 1) == -EINTR {}
  }

  /// Makes the descriptor unreadable; says whether there had been a wake-up.
  @discardableResult
  public func drain() throws(SystemError) -> Bool {
    var count: UInt64 = 0
    return try SystemCall.attempt("read of an eventfd") {
      unsafe clinux_eventfd_take(descriptor.raw, &count)
    } != nil
  }
}

/// Becomes readable at a point of the monotonic clock.
public struct Timer: ~Copyable, Sendable {
  /// To be watched for reading.
  public let descriptor: Descriptor

  public init() throws(SystemError) {
    descriptor = try SystemCall.open("timerfd_create") { clinux_timerfd() }
  }

  /// Sets the time, in place of an earlier one. A time in the past is reached at once.
  public func arm(atNanoseconds deadline: UInt64) throws(SystemError) {
    // Zero would mean "never" to the kernel.
    try SystemCall.run("timerfd_settime") { clinux_timerfd_set(descriptor.raw, max(deadline, 1)) }
  }

  /// Forgets the time.
  public func disarm() throws(SystemError) {
    try SystemCall.run("timerfd_settime") { clinux_timerfd_set(descriptor.raw, 0) }
  }

  /// Makes the descriptor unreadable; says whether the time had been reached.
  @discardableResult
  public func acknowledge() throws(SystemError) -> Bool {
    var count: UInt64 = 0
    return try SystemCall.attempt("read of a timerfd") {
      unsafe clinux_eventfd_take(descriptor.raw, &count)
    } != nil
  }
}

/// The signals a daemon lives by, read instead of handled.
public struct Signals: ~Copyable, Sendable {
  /// A signal that was sent to this process.
  public enum Signal: Equatable, Sendable {
    case terminate
    case interrupt
    case hangUp
    /// SIGUSR2: another process takes over.
    case handOver
  }

  /// To be watched for reading.
  public let descriptor: Descriptor

  /// Blocks SIGTERM, SIGINT, SIGHUP and SIGUSR2 in the calling thread and in the threads it starts later.
  /// Call it on the main thread before any other is started: a thread that does not block them
  /// would be killed by them, and the process with it. They stay blocked.
  public init() throws(SystemError) {
    descriptor = try SystemCall.open("signalfd") { clinux_signalfd() }
  }

  /// The next signal that is waiting.
  public func next() throws(SystemError) -> Signal? {
    let number = try SystemCall.attempt("read of a signalfd") {
      clinux_signalfd_take(descriptor.raw)
    }
    switch number {
    case SIGTERM: return .terminate
    case SIGINT: return .interrupt
    case SIGHUP: return .hangUp
    case SIGUSR2: return .handOver
    default: return nil
    }
  }
}

/// The clock that never goes back; it stands still while the machine sleeps.
public enum MonotonicClock {
  public static var nanoseconds: UInt64 { clinux_monotonic_nanoseconds() }
  public static var milliseconds: UInt64 { nanoseconds / 1_000_000 }
}
