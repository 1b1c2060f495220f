// The context of a thread: its simulated IRQL, and the upcall whose handler it runs. Every call reads both
// from here. A thread starts at PASSIVE_LEVEL outside any handler; a handler starts at PASSIVE_LEVEL
// regardless of the thread's previous level, and the level on return is reported to NDIS.
//
// Bound to threads, not to tasks: between two suspensions of an async function the thread may
// change.

import Glibc
public import NDIS

/// The simulated IRQL of the calling thread, as `KeGetCurrentIrql`.
public enum CurrentIRQL {
  /// Setting it is `KeRaiseIrql` and `KeLowerIrql`; nothing checks the direction.
  public static var level: IRQL {
    get { unsafe ThreadContext.current.pointee.irql }
    set { unsafe ThreadContext.current.pointee.irql = newValue }
  }
}

/// Runs `body` at another IRQL and restores the previous one.
public func withIRQL<Result: ~Copyable, Failure: Error>(
  _ level: IRQL, _ body: () throws(Failure) -> Result
) throws(Failure) -> Result {
  let before = CurrentIRQL.level
  CurrentIRQL.level = level
  defer { CurrentIRQL.level = before }
  return try body()
}

/// The values. One block per thread, allocated on first use and freed with the thread.
struct ThreadContext {
  var irql: IRQL = .passive
  /// The upcall in whose handler the thread is, 0 = none.
  var upcall: UInt64 = 0
  /// Whose upcall: the address of the connection.
  var owner: UInt = 0

  private static let key: pthread_key_t = {
    var key = pthread_key_t()
    // Fails only if the process already has a thousand keys.
    let problem = unsafe pthread_key_create(&key) { unsafe free($0) }
    precondition(problem == 0, "no thread-specific data left")
    return key
  }()

  static var current: UnsafeMutablePointer<ThreadContext> {
    if let block = unsafe pthread_getspecific(key) {
      return unsafe block.assumingMemoryBound(to: ThreadContext.self)
    }
    guard let block = unsafe malloc(MemoryLayout<ThreadContext>.size) else {
      fatalError("no memory for a thread's context")
    }
    let context = unsafe block.bindMemory(to: ThreadContext.self, capacity: 1)
    unsafe context.initialize(to: ThreadContext())
    unsafe pthread_setspecific(key, block)
    return unsafe context
  }
}
