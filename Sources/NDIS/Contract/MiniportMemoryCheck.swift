// The checks NDIS makes of NdisMAllocateSharedMemory, NdisMAllocateSharedMemoryAsyncEx and NdisMFreeSharedMemory
// that single sentences of their pages demand. They are numbered so that the mutation test can leave each out.

/// A check of a call.
public enum MiniportMemoryCheck: Int, Sendable, CaseIterable {
  case initializing = 0
  case dmaRegistered
  case dmaHandle
  case length
  case completeHandler
  case freeRoutine
  case freeAddress
  case freeSubrange
  case freeOwner
  case freeLength
  case freeCached
  case freePhysicalAddress
  case freeInShutdown
  case haltWaits

  /// Whether a call passes the check.
  public func passes(_ condition: @autoclosure () -> Bool) -> Bool {
    #if MUTANTS
      if Mutant.isRow(rawValue, of: "miniport-memory") { return true }
    #endif
    return condition()
  }
}
