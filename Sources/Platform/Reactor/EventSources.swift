// Pollable descriptors for events other than I/O: a wake-up from another thread, signals. All are
// non-blocking and are watched by a Reactor.

import CNDISLinux
import Glibc

/// Wakes a reactor from any thread. Wake-ups before a `drain` are coalesced.
public final class Wakeup: Sendable {
  /// Watch it for reading.
  public let descriptor: Descriptor

  public init() throws(SystemError) {
    descriptor = try SystemCall.open("eventfd") { clinux_eventfd() }
  }

  /// Makes the descriptor readable.
  public func wake() {
    // It fails only if 2^64-2 wake-ups are pending, and then it is readable anyway.
    while clinux_eventfd_add(descriptor.raw, 1) == -EINTR {}
  }

  /// Makes the descriptor unreadable; returns whether there was a wake-up.
  @discardableResult
  public func drain() throws(SystemError) -> Bool {
    var count: UInt64 = 0
    return try SystemCall.attempt("read of an eventfd") {
      unsafe clinux_eventfd_take(descriptor.raw, &count)
    } != nil
  }
}

/// The signals a daemon handles, read from a signalfd.
public struct Signals: ~Copyable, Sendable {
  /// A signal that was sent to this process.
  public enum Signal: Equatable, Sendable {
    case terminate
    case interrupt
    case hangUp
    /// SIGUSR2: hand over to another process.
    case handOver
  }

  /// Watch it for reading.
  public let descriptor: Descriptor

  /// Blocks SIGTERM, SIGINT, SIGHUP and SIGUSR2 in the calling thread and in threads it starts later. Call it
  /// on the main thread before any other is started: delivery to a thread that does not block them would kill
  /// the process. They stay blocked.
  public init() throws(SystemError) {
    descriptor = try SystemCall.open("signalfd") { clinux_signalfd() }
  }

  /// The next pending signal.
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

/// The monotonic clock (CLOCK_MONOTONIC); it stops while the machine is suspended.
public enum MonotonicClock {
  public static var nanoseconds: UInt64 { clinux_monotonic_nanoseconds() }
  public static var milliseconds: UInt64 { nanoseconds / 1_000_000 }
}
