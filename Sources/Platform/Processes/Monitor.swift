// A monitor: a lock, the state it protects, and a condition variable, which the standard library's Mutex
// lacks. The state is accessible only with the lock held, and a wait evaluates its condition again after each
// signal, so neither missed nor spurious wake-ups are visible.
//
// Rules: code that changes the state must signal. The lock is not recursive: a body that uses its own monitor
// deadlocks. Bodies are short and do not block.
//
// The methods are inlinable: without specialisation a short body would cost several times as much.

public import Glibc

/// A lock, the state it protects, and a condition.
@safe
public final class Monitor<State>: @unchecked Sendable {
  // Unchecked: the state is accessed with the mutex held, and is passed in as `sending`.
  @usableFromInline let mutex: UnsafeMutablePointer<pthread_mutex_t>
  @usableFromInline let condition: UnsafeMutablePointer<pthread_cond_t>
  @usableFromInline let state: UnsafeMutablePointer<State>

  public init(_ initial: consuming sending State) {
    // Behind pointers, because neither may move once it is in use. With these arguments the glibc functions
    // cannot fail.
    unsafe mutex = .allocate(capacity: 1)
    unsafe mutex.initialize(to: pthread_mutex_t())
    unsafe pthread_mutex_init(mutex, nil)
    var attributes = pthread_condattr_t()
    unsafe pthread_condattr_init(&attributes)
    // The monotonic clock: deadlines must not depend on changes of the time of day.
    unsafe pthread_condattr_setclock(&attributes, CLOCK_MONOTONIC)
    unsafe condition = .allocate(capacity: 1)
    unsafe condition.initialize(to: pthread_cond_t())
    unsafe pthread_cond_init(condition, &attributes)
    unsafe pthread_condattr_destroy(&attributes)
    unsafe state = .allocate(capacity: 1)
    unsafe state.initialize(to: initial)
  }

  deinit {
    unsafe pthread_cond_destroy(condition)
    unsafe pthread_mutex_destroy(mutex)
    unsafe state.deinitialize(count: 1)
    unsafe state.deallocate()
    unsafe condition.deallocate()
    unsafe mutex.deallocate()
  }

  /// Runs `body` with exclusive access to the state.
  @inlinable public func withLock<Result: ~Copyable, Failure: Error>(
    _ body: (inout sending State) throws(Failure) -> sending Result
  ) throws(Failure) -> sending Result {
    unsafe pthread_mutex_lock(mutex)
    defer { unsafe pthread_mutex_unlock(mutex) }
    return try unsafe body(&state.pointee)
  }

  /// Waits until `body` returns a value, evaluating it now and after every signal.
  @inlinable public func wait<Result: ~Copyable>(
    until body: (inout sending State) -> sending Result?
  ) -> sending Result {
    unsafe pthread_mutex_lock(mutex)
    defer { unsafe pthread_mutex_unlock(mutex) }
    while true {
      if let result = unsafe body(&state.pointee) { return result }
      unsafe pthread_cond_wait(condition, mutex)
    }
  }

  /// As `wait(until:)`, but returns nil if the deadline of the monotonic clock passes first.
  public func wait<Result: ~Copyable>(
    deadlineNanoseconds deadline: UInt64, until body: (inout sending State) -> sending Result?
  ) -> sending Result? {
    var time = timespec()
    time.tv_sec = Int(deadline / 1_000_000_000)
    time.tv_nsec = Int(deadline % 1_000_000_000)
    unsafe pthread_mutex_lock(mutex)
    defer { unsafe pthread_mutex_unlock(mutex) }
    while true {
      if let result = unsafe body(&state.pointee) { return result }
      if unsafe pthread_cond_timedwait(condition, mutex, &time) == ETIMEDOUT {
        // The state may have changed just before the timeout, with its signal lost.
        return unsafe body(&state.pointee)
      }
    }
  }

  /// Wakes one waiter.
  public func signal() {
    unsafe pthread_cond_signal(condition)
  }

  /// Wakes every waiter.
  public func broadcast() {
    unsafe pthread_cond_broadcast(condition)
  }
}
