// The checks NDIS makes of OID requests about queues, filters and VPorts that single sentences of the pages demand,
// and of indications. They are numbered so that the mutation test can leave each out.

/// A check of a request.
public enum RequestCheck: Int, Sendable, CaseIterable {
  case vportState = 0
  case vportProcessor
  case vportQueuePairs
  case vportLookahead
  case vportOfFunction
  case vportAffinity
  case vportShare
  case queuePairs
  case queuePairsUneven
  case defaultQueuePairs
  case defaultVPort
  case filterIDBits
  case filterIDGiven
  case filterTest
  case filterHeader
  case filterField
  case filterMoveQueue
  case lookaheadSize
  case lookaheadSupport
  case vportFilter
  case oneNetBuffer
  case sharedMemoryInfo

  /// Whether a request passes the check.
  public func passes(_ condition: @autoclosure () -> Bool) -> Bool {
    #if MUTANTS
      if Mutant.isRow(rawValue, of: "request") { return true }
    #endif
    return condition()
  }
}
