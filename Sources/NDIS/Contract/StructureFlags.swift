// Flags, sizes and reserved values of structures that drivers pass, to compare fields of requests with.
// Structures with a Swift type of their own have their flags there.

/// Flags of `NDIS_SHARED_MEMORY_PARAMETERS`.
public enum SharedMemoryParameterFlags {
  /// `NDIS_SHARED_MEM_PARAMETERS_CONTIGUOUS`.
  @inlinable public static var contiguous: UInt32 { 0x1 }
}

/// Flags of `NDIS_SHARED_MEMORY_PROVIDER_CHARACTERISTICS`.
public enum SharedMemoryProviderFlags {
  /// `NDIS_SHARED_MEMORY_PROVIDER_CHAR_SUPPORTS_PF_VPORTS`.
  @inlinable public static var supportsPFVPorts: UInt32 { 0x1 }
}

/// Reserved values of `PreferredNode`.
public enum NUMANode {
  /// `MM_ANY_NODE_OK`.
  @inlinable public static var any: UInt32 { 0x8000_0000 }
}

/// Reserved values of VPortId.
public enum VPortID {
  /// `NDIS_INVALID_VPORT_ID`.
  @inlinable public static var invalid: UInt32 { 0xFFFF_FFFF }
}

/// Attribute flags of a miniport's adapter.
public enum MiniportAttributes {
  /// `NDIS_MINIPORT_ATTRIBUTES_BUS_MASTER`.
  @inlinable public static var busMaster: UInt32 { 0x40 }
  /// `NDIS_MINIPORT_ATTRIBUTES_REGISTER_BUGCHECK_CALLBACK`.
  @inlinable public static var registerBugCheckCallback: UInt32 { 0x400 }
  /// `NDIS_SG_DMA_64_BIT_ADDRESS`, a flag of NDIS_SG_DMA_DESCRIPTION.
  @inlinable public static var sgDMA64BitAddress: UInt32 { 1 }
}

/// Sizes and flags of `NDIS_OID_REQUEST`.
public enum OIDRequestStructure {
  /// `NDIS_SIZEOF_OID_REQUEST_REVISION_1`, bytes.
  @inlinable public static var sizeOfRevision1: UInt16 { 236 }
  /// `NDIS_SIZEOF_OID_REQUEST_REVISION_2`, bytes.
  @inlinable public static var sizeOfRevision2: UInt16 { 248 }
  /// `NDIS_OID_REQUEST_FLAGS_VPORT_ID_VALID`.
  @inlinable public static var vportIDValid: UInt32 { 0x1 }
}

/// Flags of `NDIS_RECEIVE_FILTER_CAPABILITIES`: of enabled filter types, enabled queue types, and supported
/// queue properties.
public enum ReceiveFilterCapabilityFlags {
  /// `NDIS_RECEIVE_FILTER_VMQ_FILTERS_ENABLED`, a filter type.
  @inlinable public static var vmqFiltersEnabled: UInt32 { 0x1 }
  /// `NDIS_RECEIVE_FILTER_VM_QUEUES_ENABLED`, a queue type.
  @inlinable public static var vmQueuesEnabled: UInt32 { 0x1 }
  /// `NDIS_RECEIVE_FILTER_MSI_X_SUPPORTED`, a queue property.
  @inlinable public static var msixSupported: UInt32 { 0x1 }
  /// `NDIS_RECEIVE_FILTER_VM_QUEUE_SUPPORTED`, a queue property.
  @inlinable public static var vmQueueSupported: UInt32 { 0x2 }
  /// `NDIS_RECEIVE_FILTER_LOOKAHEAD_SPLIT_SUPPORTED`, a queue property; forbidden from NDIS 6.30.
  @inlinable public static var lookaheadSplitSupported: UInt32 { 0x4 }
  /// `NDIS_RECEIVE_FILTER_DYNAMIC_PROCESSOR_AFFINITY_CHANGE_SUPPORTED`, a queue property; from NDIS 6.30.
  @inlinable public static var dynamicProcessorAffinityChangeSupported: UInt32 { 0x8 }
  /// `NDIS_RECEIVE_FILTER_INTERRUPT_VECTOR_COALESCING_SUPPORTED`, a queue property; from NDIS 6.30.
  @inlinable public static var interruptVectorCoalescingSupported: UInt32 { 0x10 }
  /// `NDIS_RECEIVE_FILTER_DYNAMIC_PROCESSOR_AFFINITY_CHANGE_SUPPORTED` and
  /// `NDIS_RECEIVE_FILTER_INTERRUPT_VECTOR_COALESCING_SUPPORTED`, queue properties that an adapter with VMQ or SR-IOV
  /// must set from NDIS 6.30.
  @inlinable public static var requiredFrom630: UInt32 { 0x18 }
}

/// `NicSwitchCapabilities` of `NDIS_NIC_SWITCH_CAPABILITIES`.
public enum NICSwitchCapabilityFlags {
  /// `NDIS_NIC_SWITCH_CAPS_ASYMMETRIC_QUEUE_PAIRS_FOR_NONDEFAULT_VPORT_SUPPORTED`.
  @inlinable public static var asymmetricQueuePairsSupported: UInt32 { 0x4 }
  /// `NDIS_NIC_SWITCH_CAPS_SINGLE_VPORT_POOL`.
  @inlinable public static var singleVPortPool: UInt32 { 0x10 }
}
