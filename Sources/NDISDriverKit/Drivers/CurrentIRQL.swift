// What a thread carries with it: its simulated IRQL, and the upcall whose handler it is in. Every
// call takes both from here. A thread begins at PASSIVE_LEVEL outside any handler; a handler begins
// at PASSIVE_LEVEL whatever the thread was at before, and the level it leaves behind is reported to
// NDIS.
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

/// Runs `body` at another IRQL and comes back to the one before.
public func withIRQL<Result: ~Copyable, Failure: Error>(
  _ level: IRQL, _ body: () throws(Failure) -> Result
) throws(Failure) -> Result {
  let before = CurrentIRQL.level
  CurrentIRQL.level = level
  defer { CurrentIRQL.level = before }
  return try body()
}

/// The values themselves. One block a thread, made at its first use and freed with the thread.
struct ThreadContext {
  var irql: IRQL = .passive
  /// The upcall in whose handler the thread is, 0 = none.
  var upcall: UInt64 = 0
  /// Whose upcall: the address of the connection.
  var owner: UInt = 0

  private static let key: pthread_key_t = {
    var key = pthread_key_t()
    // Fails only when a process has a thousand keys; then nothing could work.
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
