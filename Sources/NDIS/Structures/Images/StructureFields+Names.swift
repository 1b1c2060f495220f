// The names of the values and bits of structure fields.

extension Structure {
  static let queueTypes: [Choice] = named(ReceiveQueueType.allCases)
  static let queueStates: [Choice] = named(ReceiveQueueOperationalState.allCases)
  static let vportStates: [Choice] = named(VPortOperationalState.allCases)
  static let filterTypes: [Choice] = [
    Choice(0, "NdisReceiveFilterTypeUndefined"), Choice(1, "NdisReceiveFilterTypeVMQueue"),
    Choice(2, "NdisReceiveFilterTypePacketCoalescing"),
  ]
  static let frameHeaders: [Choice] = [
    Choice(1, "NdisFrameHeaderMac"), Choice(2, "NdisFrameHeaderArp"),
    Choice(3, "NdisFrameHeaderIPv4"), Choice(4, "NdisFrameHeaderIPv6"),
    Choice(5, "NdisFrameHeaderUdp"),
  ]
  static let filterTests: [Choice] = [
    Choice(1, "NdisReceiveFilterTestEqual"), Choice(2, "NdisReceiveFilterTestMaskEqual"),
    Choice(3, "NdisReceiveFilterTestNotEqual"),
  ]
  static let switchTypes: [Choice] = [
    Choice(0, "NdisNicSwitchTypeUnspecified"), Choice(1, "NdisNicSwitchTypeExternal"),
  ]
  static let moderations: [Choice] = [
    Choice(0, "NdisNicSwitchVPortInterruptModerationUndefined"),
    Choice(1, "NdisNicSwitchVPortInterruptModerationAdaptive"),
    Choice(2, "NdisNicSwitchVPortInterruptModerationOff"),
    Choice(100, "NdisNicSwitchVPortInterruptModerationLow"),
    Choice(200, "NdisNicSwitchVPortInterruptModerationMedium"),
    Choice(300, "NdisNicSwitchVPortInterruptModerationHigh"),
  ]
  static let queueFlags: [Choice] = [
    Choice(1 << 0, "PER_QUEUE_RECEIVE_INDICATION"), Choice(1 << 1, "LOOKAHEAD_SPLIT_REQUIRED"),
    Choice(1 << 16, "FLAGS_CHANGED"), Choice(1 << 17, "PROCESSOR_AFFINITY_CHANGED"),
    Choice(1 << 18, "SUGGESTED_RECV_BUFFER_NUMBERS_CHANGED"), Choice(1 << 19, "NAME_CHANGED"),
    Choice(1 << 20, "INTERRUPT_COALESCING_DOMAIN_ID_CHANGED"),
    Choice(1 << 21, "QOS_SQ_ID_CHANGED"),
  ]
  static let vportFlags: [Choice] = [
    Choice(1 << 0, "LOOKAHEAD_SPLIT_ENABLED"), Choice(1 << 1, "PACKET_DIRECT_RX_ONLY"),
    Choice(1 << 15, "ENFORCE_MAX_SG_LIST"), Choice(1 << 16, "FLAGS_CHANGED"),
    Choice(1 << 17, "NAME_CHANGED"), Choice(1 << 18, "INT_MOD_CHANGED"),
    Choice(1 << 19, "STATE_CHANGED"), Choice(1 << 20, "PROCESSOR_AFFINITY_CHANGED"),
    Choice(1 << 21, "NDK_PARAMS_CHANGED"), Choice(1 << 22, "QOS_SQ_ID_CHANGED"),
    Choice(1 << 23, "NUM_QUEUE_PAIRS_CHANGED"),
  ]
  static let vportInfoFlags: [Choice] = [
    Choice(1 << 0, "LOOKAHEAD_SPLIT_ENABLED"), Choice(1 << 1, "PACKET_DIRECT_RX_ONLY"),
    Choice(1 << 2, "GFT_ENABLED"),
  ]
  static let fieldFlags: [Choice] = [Choice(1, "MAC_HEADER_VLAN_UNTAGGED_OR_ZERO")]
  static let filterArrayFlags: [Choice] = [Choice(1, "VPORT_ID_SPECIFIED")]
  static let vportArrayFlags: [Choice] = [
    Choice(1, "ENUM_ON_SPECIFIC_FUNCTION"), Choice(2, "ENUM_ON_SPECIFIC_SWITCH"),
  ]
  static let switchFlags: [Choice] = [Choice(1 << 16, "SWITCH_NAME_CHANGED")]

  private static func named<Value: RawRepresentable & CustomStringConvertible>(
    _ values: [Value]
  ) -> [Choice] where Value.RawValue == Int32 {
    values.map { Choice(UInt32(bitPattern: $0.rawValue), "\($0)") }
  }
}
