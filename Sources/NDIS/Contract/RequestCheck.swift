// The checks NDIS makes of OID requests about queues, filters and VPorts that single sentences of the pages demand,
// of indications, and of the registration of DMA. They are numbered so that the mutation test can leave each out.

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
  case dmaAttributes
  case dmaBusMaster
  case dmaPort
  case dmaWidth
  case dmaSpeed
  case dmaConflict
  case dmaChannelCounts
  case lowSections
  case dmaAfterMemory

  /// Whether the mutant of this process leaves the check out.
  public var isLeftOut: Bool {
    #if MUTANTS
      Mutant.isRow(rawValue, of: "request")
    #else
      false
    #endif
  }

  /// Whether a request passes the check.
  public func passes(_ condition: @autoclosure () -> Bool) -> Bool {
    #if MUTANTS
      if Mutant.isRow(rawValue, of: "request") { return true }
    #endif
    return condition()
  }
}
