// The sentences of refusals of parameters of VPorts and filters, and of what exceeds an adapter's capabilities; a part
// of `sentence(_:_:)`.

extension Reason {
  /// Parameters of VPorts and filters.
  func vportParameterSentence(_ a: UInt64, _ b: UInt64) -> String {
    switch self {
    case .vportProcessor:
      "ProcessorAffinity is \(hex(a)); a nondefault VPort of the PF is created with exactly one processor."
    case .queuePairs: "NumQueuePairs is \(a); 1 to \(b) queue pairs are available."
    case .queuePairsUneven:
      "NumQueuePairs is \(a); the other nondefault VPorts have \(b), and the adapter does not support asymmetric queue pairs."
    case .vportShare:
      "The PF already has \(a) nondefault VPorts; \(b) are its share without NDIS_NIC_SWITCH_CAPS_SINGLE_VPORT_POOL."
    case .vportOfFunction:
      "VPort \(a) is attached to VF \(b); ProcessorAffinity is valid for VPorts of the PF only."
    case .defaultVPort: "VPort 0 is the default VPort, which is deleted with its switch only."
    case .vportWithoutFilter:
      "VPort \(a) has no receive filter; nothing may be indicated on it before its first filter is set or after its last one was cleared."
    case .filterIDGiven: "FilterId is \(a); it must be 0 when a filter is set, NDIS assigns it."
    case .filterIDBits: "RequestedFilterIdBitCount is \(a); it must be 0."
    case .filterMoveQueue:
      "A filter is moved from queue \(a) to queue \(b); both must be NDIS_DEFAULT_RECEIVE_QUEUE_ID."
    default: "The call failed for reason \(rawValue)."
    }
  }

  /// What the adapter's capabilities lack.
  func exceededSentence(_ a: UInt64, _ b: UInt64) -> String {
    switch self {
    case .filterTestUnsupported:
      "ReceiveFilterTest is \(a); SupportedFilterTests of the adapter is \(hex(b))."
    case .filterHeaderUnsupported:
      "FrameHeader is \(a); SupportedHeaders of the adapter is \(hex(b))."
    case .filterFieldUnsupported:
      "HeaderField is \(a); the adapter's supported fields of this header are \(hex(b))."
    case .lookaheadUnsupported:
      "Lookahead split is requested; SupportedQueueProperties of the adapter is \(hex(a))."
    case .vlanUntested:
      "The filter tests a MAC address without a VLAN, and NDIS_RECEIVE_FILTER_FIELD_MAC_HEADER_VLAN_UNTAGGED_OR_ZERO is not set; a miniport of NDIS 6.20 must fail it."
    default: "The call failed for reason \(rawValue)."
    }
  }

  /// What is in use at its end.
  func inUseSentence(_ a: UInt64, _ b: UInt64) -> String {
    switch self {
    case .queueMemoryInUse:
      "Memory of queue \(a) was freed in state \(QueueState(rawValue: UInt8(truncatingIfNeeded: b))?.name ?? "\(b)"), in which the adapter may still write to it; indicate DmaStopped first."
    case .listsHeld:
      "Binding \(hex(a)) was closed while it held \(b) indicated list(s); return them with NdisReturnNetBufferLists first."
    case .writtenAfterFree:
      "Block \(hex(a)) was written after it was freed, first at byte \(b); its memory may belong to another owner by then."
    case .requestsLeft:
      "Binding \(hex(a)) was closed with \(b) OID request(s) outstanding; wait for ProtocolOidRequestComplete first."
    default: "The call failed for reason \(rawValue)."
    }
  }

  /// What is waited for.
  func heldSentence(_ a: UInt64, _ b: UInt64) -> String {
    switch self {
    case .listsNotReturned:
      "\(a) indicated NET_BUFFER_LIST(s) that this binding holds were waited for longer than \(b) ms; return them with NdisReturnNetBufferLists."
    case .dmaChannelBusMaster:
      "The adapter declared NDIS_MINIPORT_ATTRIBUTES_BUS_MASTER on interface type \(Int64(bitPattern: a)); a bus master registers a DMA channel on the ISA bus (1) only."
    case .dmaChannelTaken: "DMA channel \(a) is claimed by adapter \(hex(b))."
    case .dmaBeforeAttributes:
      "MiniportInitializeEx must call NdisMSetMiniportAttributes before NdisMRegisterDmaChannel."
    case .dmaDescription:
      "The member at offset \(a) of NDIS_DMA_DESCRIPTION is \(b); DmaWidth is 0 to 2, DmaSpeed 0 to 3, DmaPort 0."
    case .dmaChannelReleased:
      "NdisMDeregisterDmaChannel (handle \(hex(a))) was called outside MiniportInitializeEx and MiniportHaltEx."
    case .dmaChannelLeft:
      "The adapter was halted without NdisMDeregisterDmaChannel (handle \(hex(a)))."
    case .lowAddressesFull:
      "A section of \(a) bytes does not fit below 4 GiB, where memory of an adapter without 64-bit addresses must lie; the greatest gap there has \(b)."
    case .dmaAfterMemory:
      "The adapter has memory at \(hex(a)), which it cannot address; register DMA before allocating, or with NDIS_SG_DMA_64_BIT_ADDRESS."
    default: "The call failed for reason \(rawValue)."
    }
  }
}
