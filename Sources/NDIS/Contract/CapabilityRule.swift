// The "must" statements about the capabilities a miniport reports with hardware-assist attributes: one rule for
// each, of the pages of NDIS_RECEIVE_FILTER_CAPABILITIES, NDIS_NIC_SWITCH_CAPABILITIES,
// NDIS_MINIPORT_ADAPTER_HARDWARE_ASSIST_ATTRIBUTES, determining-receive-filtering-capabilities and
// determining-the-vmq-capabilities-of-a-network-adapter. A broken rule is a violation without a bug check: the
// page of NdisMSetMiniportAttributes has no status for it, and drivers that break some of them start on Windows.

/// A "must" about capabilities.
public enum CapabilityRule: UInt8, CaseIterable, Sendable {
  // NDIS_RECEIVE_FILTER_CAPABILITIES
  case msix
  case vmQueue
  case lookaheadSplit
  case lookaheadSizes
  case processorAffinity
  case vectorCoalescing
  case teaming
  case equalTest
  case macHeader
  case destinationAddress
  case filterTypes
  case queueTypes
  case numQueues
  case queueAddresses
  case coalescingQueue
  case coalescingFields
  case coalescingFilters
  case reserved
  // NDIS_NIC_SWITCH_CAPABILITIES
  case numSwitches
  case numVPorts
  case numQueuePairs
  case queuePairsPerVPort
  case macAddresses
  case olderMembers
  case hashKey
  // NDIS_MINIPORT_ADAPTER_HARDWARE_ASSIST_ATTRIBUTES
  case receiveFilterPair
  case nicSwitchPair

  /// The reason of a violation.
  public var reason: Reason {
    switch self {
    case .msix: .capabilityMSIX
    case .vmQueue: .capabilityVMQueue
    case .lookaheadSplit: .capabilityLookahead
    case .lookaheadSizes: .capabilityLookaheadSizes
    case .processorAffinity: .capabilityAffinity
    case .vectorCoalescing: .capabilityVectorCoalescing
    case .teaming: .capabilityTeaming
    case .equalTest: .capabilityEqualTest
    case .macHeader: .capabilityMACHeader
    case .destinationAddress: .capabilityDestinationAddress
    case .filterTypes: .capabilityFilterTypes
    case .queueTypes: .capabilityQueueTypes
    case .numQueues: .capabilityNumQueues
    case .queueAddresses: .capabilityQueueAddresses
    case .coalescingQueue: .capabilityCoalescingQueue
    case .coalescingFields: .capabilityCoalescingFields
    case .coalescingFilters: .capabilityCoalescingFilters
    case .reserved: .capabilityReserved
    case .numSwitches: .capabilityNumSwitches
    case .numVPorts: .capabilityNumVPorts
    case .numQueuePairs: .capabilityQueuePairs
    case .queuePairsPerVPort: .capabilityQueuePairsPerVPort
    case .macAddresses: .capabilityMACAddresses
    case .olderMembers: .capabilityOlderMembers
    case .hashKey: .capabilityHashKey
    case .receiveFilterPair, .nicSwitchPair: .capabilityPair
    }
  }
}
