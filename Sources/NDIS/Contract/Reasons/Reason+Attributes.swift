// The sentences of reasons about a miniport's attributes and capabilities.

extension Reason {
  func attributesSentence(_ a: UInt64, _ b: UInt64) -> String {
    switch self {
    case .attributesOrder:
      "Attributes of type \(hex(a)) were set before the general attributes; these must come directly after the registration attributes."
    case .attributesMissing:
      "MiniportInitializeEx succeeded without general attributes; NDIS_MINIPORT_ADAPTER_GENERAL_ATTRIBUTES must be set in it."
    case .supportedOIDList:
      "SupportedOidListLength is \(a); whole OIDs of 4 bytes each are accepted, \(b) bytes at most."
    case .oidNotListed: "OID \(hex(a, digits: 8)) is not in the miniport's SupportedOidList."
    case .capabilityNumSwitches: "MaxNumSwitches is \(a); it must be 1."
    case .capabilityNumVPorts:
      "MaxNumVPorts is \(a); it must be at least MaxNumVFs + 1, and MaxNumVFs is \(b)."
    case .capabilityQueuePairs:
      "MaxNumQueuePairs is \(a); it must be at least MaxNumVPorts, \(b)."
    case .capabilityQueuePairsPerVPort:
      "A number of queue pairs of one VPort is \(a); it is specified in powers of 2."
    case .capabilityMACAddresses:
      "MaxNumMacAddresses is \(a); it must be at least MaxNumVPorts, \(b)."
    case .capabilityOlderMembers:
      "NumTotalMacAddresses, NumMacAddressesPerPort or NumVlansPerPort is \(a); from revision 2 on they must be 0."
    case .capabilityHashKey:
      "NicSwitchCapabilities is \(hex(a)); with HASH_FUNCTION_SUPPORTED it must include HASH_KEY_SUPPORTED."
    case .capabilityPair:
      "The current \(a == 0 ? "receive filter" : "NIC switch") capabilities were set without those of the hardware; these must not be NULL."
    default: receiveCapabilitySentence(a, b)
    }
  }

  /// NDIS_RECEIVE_FILTER_CAPABILITIES.
  private func receiveCapabilitySentence(_ a: UInt64, _ b: UInt64) -> String {
    let supporting = "an adapter with VMQ or SR-IOV must set"
    return switch self {
    case .capabilityVMQueue:
      "SupportedQueueProperties is \(hex(a)); \(supporting) NDIS_RECEIVE_FILTER_VM_QUEUE_SUPPORTED."
    case .capabilityAffinity:
      "SupportedQueueProperties is \(hex(a)); from NDIS 6.30 on \(supporting) NDIS_RECEIVE_FILTER_DYNAMIC_PROCESSOR_AFFINITY_CHANGE_SUPPORTED."
    case .capabilityVectorCoalescing:
      "SupportedQueueProperties is \(hex(a)); from NDIS 6.30 on \(supporting) NDIS_RECEIVE_FILTER_INTERRUPT_VECTOR_COALESCING_SUPPORTED."
    case .capabilityTeaming:
      "SupportedQueueProperties is \(hex(a)); a miniport does not set the IMPLAT flags, which are for load balancing filters."
    case .capabilityEqualTest:
      "SupportedFilterTests is \(hex(a)); \(supporting) NDIS_RECEIVE_FILTER_TEST_HEADER_FIELD_EQUAL_SUPPORTED."
    case .capabilityMACHeader:
      "SupportedHeaders is \(hex(a)); \(supporting) NDIS_RECEIVE_FILTER_MAC_HEADER_SUPPORTED."
    case .capabilityDestinationAddress:
      "SupportedMacHeaderFields is \(hex(a)); \(supporting) NDIS_RECEIVE_FILTER_MAC_HEADER_DEST_ADDR_SUPPORTED."
    case .capabilityFilterTypes:
      "EnabledFilterTypes is \(hex(a)); with VMQ or SR-IOV enabled it must include NDIS_RECEIVE_FILTER_VMQ_FILTERS_ENABLED."
    case .capabilityQueueTypes:
      "EnabledQueueTypes is \(hex(a)) beside a NIC switch of SR-IOV; NDIS_RECEIVE_FILTER_VM_QUEUES_ENABLED must not be set then."
    case .capabilityNumQueues where b == 0:
      "NumQueues is \(a) beside a NIC switch of SR-IOV; it must be 0 then."
    case .capabilityNumQueues:
      "NumQueues is 0 and VM queues are enabled; it must be nonzero then."
    case .capabilityQueueAddresses:
      "NumQueues is \(a); it must be at most the number of MAC addresses, \(b)."
    case .capabilityCoalescingQueue:
      "SupportedQueueProperties is \(hex(a)) and packet coalescing is enabled; it must include NDIS_RECEIVE_FILTER_PACKET_COALESCING_SUPPORTED_ON_DEFAULT_QUEUE."
    case .capabilityCoalescingFields:
      "MaxFieldTestsPerPacketCoalescingFilter is \(a); it must be \(b == 0 ? "0 without packet coalescing" : "at least \(b)")."
    case .capabilityCoalescingFilters:
      "MaxPacketCoalescingFilters is \(a); it must be \(b == 0 ? "0 without packet coalescing" : "at least \(b)")."
    case .capabilityReserved: "NdisReserved is \(a); it must be 0."
    case .capabilityLookaheadSizes:
      "MinLookaheadSplitSize is \(a) and MaxLookaheadSplitSize \(b); from NDIS 6.30 on they must be 0."
    default: "The call failed for reason \(rawValue)."
    }
  }
}
