// The numbers of the OIDs by name; `OID.table` describes them. They are compared for every OID request, so
// they are literals that other modules can inline; a test compares them with the C header.

/// The numbers of OIDs.
public enum OIDNumber {
  // MARK: Receive queues and filters

  /// `OID_RECEIVE_FILTER_HARDWARE_CAPABILITIES`.
  @inlinable public static var receiveFilterHardwareCapabilities: UInt32 { 0x0001_0221 }
  /// `OID_RECEIVE_FILTER_GLOBAL_PARAMETERS`.
  @inlinable public static var receiveFilterGlobalParameters: UInt32 { 0x0001_0222 }
  /// `OID_RECEIVE_FILTER_ALLOCATE_QUEUE`.
  @inlinable public static var receiveFilterAllocateQueue: UInt32 { 0x0001_0223 }
  /// `OID_RECEIVE_FILTER_FREE_QUEUE`.
  @inlinable public static var receiveFilterFreeQueue: UInt32 { 0x0001_0224 }
  /// `OID_RECEIVE_FILTER_ENUM_QUEUES`.
  @inlinable public static var receiveFilterEnumQueues: UInt32 { 0x0001_0225 }
  /// `OID_RECEIVE_FILTER_QUEUE_PARAMETERS`.
  @inlinable public static var receiveFilterQueueParameters: UInt32 { 0x0001_0226 }
  /// `OID_RECEIVE_FILTER_SET_FILTER`.
  @inlinable public static var receiveFilterSetFilter: UInt32 { 0x0001_0227 }
  /// `OID_RECEIVE_FILTER_CLEAR_FILTER`.
  @inlinable public static var receiveFilterClearFilter: UInt32 { 0x0001_0228 }
  /// `OID_RECEIVE_FILTER_ENUM_FILTERS`.
  @inlinable public static var receiveFilterEnumFilters: UInt32 { 0x0001_0229 }
  /// `OID_RECEIVE_FILTER_PARAMETERS`.
  @inlinable public static var receiveFilterParameters: UInt32 { 0x0001_022A }
  /// `OID_RECEIVE_FILTER_QUEUE_ALLOCATION_COMPLETE`.
  @inlinable public static var receiveFilterQueueAllocationComplete: UInt32 { 0x0001_022B }
  /// `OID_RECEIVE_FILTER_CURRENT_CAPABILITIES`.
  @inlinable public static var receiveFilterCurrentCapabilities: UInt32 { 0x0001_022D }
  /// `OID_RECEIVE_FILTER_MOVE_FILTER`.
  @inlinable public static var receiveFilterMoveFilter: UInt32 { 0x0001_0230 }

  // MARK: The NIC switch, virtual functions, VPorts

  /// `OID_NIC_SWITCH_HARDWARE_CAPABILITIES`.
  @inlinable public static var nicSwitchHardwareCapabilities: UInt32 { 0x0001_022E }
  /// `OID_NIC_SWITCH_CURRENT_CAPABILITIES`.
  @inlinable public static var nicSwitchCurrentCapabilities: UInt32 { 0x0001_022F }
  /// `OID_NIC_SWITCH_CREATE_SWITCH`.
  @inlinable public static var nicSwitchCreateSwitch: UInt32 { 0x0001_0237 }
  /// `OID_NIC_SWITCH_PARAMETERS`.
  @inlinable public static var nicSwitchParameters: UInt32 { 0x0001_0238 }
  /// `OID_NIC_SWITCH_DELETE_SWITCH`.
  @inlinable public static var nicSwitchDeleteSwitch: UInt32 { 0x0001_0239 }
  /// `OID_NIC_SWITCH_ENUM_SWITCHES`.
  @inlinable public static var nicSwitchEnumSwitches: UInt32 { 0x0001_0240 }
  /// `OID_NIC_SWITCH_CREATE_VPORT`.
  @inlinable public static var nicSwitchCreateVPort: UInt32 { 0x0001_0241 }
  /// `OID_NIC_SWITCH_VPORT_PARAMETERS`.
  @inlinable public static var nicSwitchVPortParameters: UInt32 { 0x0001_0242 }
  /// `OID_NIC_SWITCH_ENUM_VPORTS`.
  @inlinable public static var nicSwitchEnumVPorts: UInt32 { 0x0001_0243 }
  /// `OID_NIC_SWITCH_DELETE_VPORT`.
  @inlinable public static var nicSwitchDeleteVPort: UInt32 { 0x0001_0244 }
  /// `OID_NIC_SWITCH_ALLOCATE_VF`.
  @inlinable public static var nicSwitchAllocateVF: UInt32 { 0x0001_0245 }
  /// `OID_NIC_SWITCH_FREE_VF`.
  @inlinable public static var nicSwitchFreeVF: UInt32 { 0x0001_0246 }

  // MARK: The adapter in general

  /// `OID_GEN_DRIVER_VERSION`.
  @inlinable public static var driverVersion: UInt32 { 0x0001_0110 }

  // MARK: Power

  /// `OID_PNP_SET_POWER`.
  @inlinable public static var pnpSetPower: UInt32 { 0xFD01_0101 }
  /// `OID_PNP_QUERY_POWER`.
  @inlinable public static var pnpQueryPower: UInt32 { 0xFD01_0102 }

  // MARK: Extensions

  /// `OID_NDISSIM_GENERATE`.
  @inlinable public static var generate: UInt32 { 0xFF01_0001 }
}
