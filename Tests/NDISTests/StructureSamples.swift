// A value of every structure in every revision, with every field set to something of its own; and the
// bytes each must have, typed again from the public headers. Used by the tests of layouts, of round trips
// and of hostile images.

import NDIS

enum Samples {
  /// Where a value stands in an image.
  enum Expected {
    case u16(Int, UInt16)
    case u32(Int, UInt32)
    case u64(Int, UInt64)
    case bytes(Int, [UInt8])
    /// A counted string: length, then UTF-16.
    case text(Int, String)
  }

  struct Sample {
    var name: String
    var revision: UInt8
    var type: UInt8 = 0x80
    var headerSize: Int
    var image: [UInt8]
    var expected: [Expected]
    /// Reads an image and writes it again.
    var again: @Sendable ([UInt8], NDISVersion) throws(Failure) -> [UInt8]
    /// Whether reading `image` gives the value it was made from.
    var isEqual: @Sendable ([UInt8]) -> Bool
  }

  static func sample<Value: StructureImage>(
    _ value: Value, _ name: String, _ headerSize: Int, type: UInt8 = 0x80, _ expected: [Expected]
  ) -> Sample {
    Sample(
      name: name, revision: value.revision, type: type, headerSize: headerSize,
      image: value.image(), expected: expected,
      again: { bytes, version throws(Failure) in
        try Value(image: bytes, for: version).image()
      },
      isEqual: { bytes in (try? Value(image: bytes)) == value })
  }

  static let affinity = GroupAffinity(mask: 0x1122_3344_5566_7788, group: 0x0102)

  static func queue(_ revision: UInt8) -> ReceiveQueueParameters {
    var value = ReceiveQueueParameters(
      queueName: "Queue ö", vmName: "VM 日本", processorAffinity: affinity,
      flags: [.perQueueReceiveIndication, .lookaheadSplitRequired, .nameChanged],
      lookaheadSize: 0x51, numSuggestedReceiveBuffers: 0x52, revision: revision)
    value.queueID = 0x53
    value.queueGroupID = 0x54
    value.msixTableEntry = 0x55
    if revision >= 2 {
      value.portID = 0x56
      value.interruptCoalescingDomainID = 0x57
    }
    if revision >= 3 { value.qosSQID = 0x58 }
    return value
  }

  static func vport(_ revision: UInt8) -> VPortParameters {
    var value = VPortParameters(
      name: "VPort", attachedTo: FunctionID(rawValue: 0x0304), numQueuePairs: 0x61,
      processorAffinity: affinity, revision: revision)
    value.flags = [.lookaheadSplitEnabled, .stateChanged, .numQueuePairsChanged]
    value.switchID = 0x62
    value.vportID = 0x63
    value.interruptModeration = .high
    value.state = .deactivated
    value.lookaheadSize = 0x64
    if revision >= 2 { value.qosSQID = 0x65 }
    return value
  }

  private static let queueFields: [Expected] = [
    .u32(8, 1), .u32(12, 0x53), .u32(16, 0x54), .u64(24, 0x1122_3344_5566_7788), .u16(32, 0x0102),
    .u32(40, 0x52), .u32(44, 0x55), .u32(48, 0x51), .text(52, "VM 日本"), .text(568, "Queue ö"),
  ]

  private static let queues: [Sample] = [
    sample(
      queue(1), "NDIS_RECEIVE_QUEUE_PARAMETERS", 1084, queueFields + [.u32(4, 0x80003)]),
    sample(
      queue(2), "NDIS_RECEIVE_QUEUE_PARAMETERS", 1092,
      queueFields + [.u32(4, 0x80003), .u32(1084, 0x56), .u32(1088, 0x57)]),
    sample(
      queue(3), "NDIS_RECEIVE_QUEUE_PARAMETERS", 1096,
      queueFields + [.u32(1084, 0x56), .u32(1088, 0x57), .u32(1092, 0x58)]),
    sample(
      ReceiveQueueFreeParameters(queueID: 0x59), "NDIS_RECEIVE_QUEUE_FREE_PARAMETERS", 12,
      [.u32(4, 0), .u32(8, 0x59)]),
    sample(
      ReceiveQueueInfo(queue(1), state: .paused, numFilters: 9, revision: 1),
      "NDIS_RECEIVE_QUEUE_INFO", 1084, queueFields + [.u32(20, 2)]),
    sample(
      ReceiveQueueInfo(queue(2), state: .dmaStopped, numFilters: 9),
      "NDIS_RECEIVE_QUEUE_INFO", 1092,
      queueFields + [.u32(20, 3), .u32(1084, 9), .u32(1088, 0x57)]),
    sample(
      ReceiveQueueInfoArray([
        ReceiveQueueInfo(queue(2), state: .running, numFilters: 1),
        ReceiveQueueInfo(queue(2), state: .paused, numFilters: 2),
      ]),
      "NDIS_RECEIVE_QUEUE_INFO_ARRAY", 16,
      [
        .u32(4, 16), .u32(8, 2), .u32(12, 1092), .u32(16 + 20, 1), .u32(16 + 1084, 1),
        .u32(16 + 1092 + 20, 2), .u32(16 + 1092 + 1084, 2),
      ]),
    sample(
      QueueAllocationComplete([
        .init(queueID: 1, completionStatus: .success), .init(queueID: 2),
        .init(queueID: 3, completionStatus: .resources),
      ]),
      "NDIS_RECEIVE_QUEUE_ALLOCATION_COMPLETE_ARRAY", 20,
      [
        .u32(4, 0), .u32(8, 20), .u32(12, 3), .u32(16, 16), .bytes(20, [0x80, 1, 16, 0]),
        .u32(28, 1), .u32(32, 0), .u32(44, 2), .u32(60, 3), .u32(64, 0xC000_009A),
      ]),
    sample(
      QueueAllocationComplete.Element(queueID: 5, completionStatus: .failure),
      "NDIS_RECEIVE_QUEUE_ALLOCATION_COMPLETE_PARAMETERS", 16,
      [.u32(4, 0), .u32(8, 5), .u32(12, 0xC000_0001)]),
    sample(
      ReceiveQueueState(queueID: 6, state: .dmaStopped), "NDIS_RECEIVE_QUEUE_STATE", 16,
      [.u32(4, 0), .u32(8, 6), .u32(12, 3)]),
  ]

  static func field(_ revision: UInt8) -> ReceiveFilterField {
    var value = ReceiveFilterField.vlan(0x0605, orUntagged: true)
    value.revision = revision
    value.test = .maskEqual
    for index in 0..<16 { value.resultValue[index] = UInt8(0xA0 + index) }
    return value
  }

  private static let filters: [Sample] = [
    sample(
      {
        var value = ReceiveFilterParameters(
          queueID: 0x71, fields: [.destinationAddress([1, 2, 3, 4, 5, 6]), field(1)], revision: 1)
        value.filterID = 0x72
        value.requestedFilterIDBitCount = 0x73
        return value
      }(), "NDIS_RECEIVE_FILTER_PARAMETERS", 36,
      [
        .u32(4, 0), .u32(8, 1), .u32(12, 0x71), .u32(16, 0x72), .u32(20, 40), .u32(24, 2),
        .u32(28, 56), .u32(32, 0x73), .bytes(40, [0x80, 1, 56, 0]), .u32(48, 1), .u32(52, 1),
        .u32(56, 1), .bytes(64, [1, 2, 3, 4, 5, 6, 0]), .u32(96 + 16, 4),
        .bytes(96 + 24, [6, 5, 0]), .bytes(96 + 40, Array(0xA0...0xAF)),
      ]),
    sample(
      {
        var value = ReceiveFilterParameters(queueID: 0x74, vportID: 0x75, fields: [field(2)])
        value.filterType = .packetCoalescing
        value.maxCoalescingDelay = 0x76
        return value
      }(), "NDIS_RECEIVE_FILTER_PARAMETERS", 44,
      [
        .u32(8, 2), .u32(12, 0x74), .u32(20, 48), .u32(24, 1), .u32(28, 56), .u32(36, 0x76),
        .u32(40, 0x75), .bytes(48, [0x80, 2, 56, 0]),
      ]),
    sample(
      field(1), "NDIS_RECEIVE_FILTER_FIELD_PARAMETERS", 56,
      [
        .u32(4, 1), .u32(8, 1), .u32(12, 2), .u32(16, 4), .bytes(24, [6, 5, 0]),
        .bytes(40, Array(0xA0...0xAF)),
      ]),
    sample(field(2), "NDIS_RECEIVE_FILTER_FIELD_PARAMETERS", 56, [.u32(16, 4)]),
    sample(
      ReceiveFilterClearParameters(queueID: 7, filterID: 8), "NDIS_RECEIVE_FILTER_CLEAR_PARAMETERS",
      16, [.u32(4, 0), .u32(8, 7), .u32(12, 8)]),
    sample(
      ReceiveFilterMoveParameters(
        filterID: 9, from: .init(queueID: 10, vportID: 11), to: .init(queueID: 12, vportID: 13)),
      "NDIS_RECEIVE_FILTER_MOVE_FILTER_PARAMETERS", 24,
      [.u32(4, 9), .u32(8, 10), .u32(12, 11), .u32(16, 12), .u32(20, 13)]),
    sample(
      ReceiveFilterInfo(filterID: 14), "NDIS_RECEIVE_FILTER_INFO", 16,
      [.u32(4, 0), .u32(8, 1), .u32(12, 14)]),
    sample(
      ReceiveFilterInfoArray(
        queueID: 15, filters: [.init(filterID: 16), .init(filterID: 17)], revision: 1),
      "NDIS_RECEIVE_FILTER_INFO_ARRAY", 20,
      [.u32(4, 15), .u32(8, 20), .u32(12, 2), .u32(16, 16), .u32(32, 16), .u32(48, 17)]),
    sample(
      ReceiveFilterInfoArray(vportID: 18, filters: [.init(filterID: 19)]),
      "NDIS_RECEIVE_FILTER_INFO_ARRAY", 28,
      [.u32(4, 0), .u32(8, 28), .u32(12, 1), .u32(20, 1), .u32(24, 18), .u32(40, 19)]),
    sample(
      ReceiveFilterGlobalParameters(enabledFilterTypes: 20, enabledQueueTypes: 21),
      "NDIS_RECEIVE_FILTER_GLOBAL_PARAMETERS", 16, [.u32(4, 0), .u32(8, 20), .u32(12, 21)]),
    capabilities(1, 56), capabilities(2, 84),
  ]

  private static func capabilities(_ revision: UInt8, _ size: Int) -> Sample {
    var value = ReceiveFilterCapabilities(revision: revision)
    value.enabledFilterTypes = 31
    value.enabledQueueTypes = 32
    value.numQueues = 33
    value.supportedQueueProperties = 34
    value.supportedFilterTests = 35
    value.supportedHeaders = 36
    value.supportedMACHeaderFields = 37
    value.maxMACHeaderFilters = 38
    value.maxQueueGroups = 39
    value.maxQueuesPerQueueGroup = 40
    value.minLookaheadSplitSize = 41
    value.maxLookaheadSplitSize = 42
    if revision >= 2 {
      value.maxFieldTestsPerPacketCoalescingFilter = 43
      value.maxPacketCoalescingFilters = 44
      value.ndisReserved = 45
    }
    return sample(
      value, "NDIS_RECEIVE_FILTER_CAPABILITIES", size,
      [.u32(4, 0)] + (0..<12).map { .u32(8 + 4 * $0, UInt32(31 + $0)) }
        + (revision >= 2 ? (0..<3).map { .u32(72 + 4 * $0, UInt32(43 + $0)) } : []))
  }

  private static let vportFields: [Expected] = [
    .u32(12, 0x63), .text(16, "VPort"), .u16(532, 0x0304), .u32(536, 0x61), .u32(540, 300),
    .u32(544, 2), .u64(552, 0x1122_3344_5566_7788), .u16(560, 0x0102), .u32(568, 0x64),
  ]

  private static let vports: [Sample] = [
    sample(
      nicSwitch(1), "NDIS_NIC_SWITCH_PARAMETERS", 548,
      [.u32(4, 0x10000), .u32(8, 1), .u32(12, 0x22), .text(16, "Schalter"), .u32(532, 0x21)]),
    sample(
      nicSwitch(2), "NDIS_NIC_SWITCH_PARAMETERS", 552,
      [.u32(536, 0), .u32(540, 0), .u32(544, 0), .u32(548, 0x23)]),
    sample(
      NICSwitchDeleteParameters(switchID: 0x24), "NDIS_NIC_SWITCH_DELETE_SWITCH_PARAMETERS", 12,
      [.u32(4, 0), .u32(8, 0x24)]),
    sample(
      vport(1), "NDIS_NIC_SWITCH_VPORT_PARAMETERS", 572,
      vportFields + [.u32(4, 0x88_0001), .u32(8, 0x62)]),
    sample(
      vport(2), "NDIS_NIC_SWITCH_VPORT_PARAMETERS", 748, vportFields + [.u32(744, 0x65)]),
    sample(
      VPortDeleteParameters(vportID: 0x25), "NDIS_NIC_SWITCH_DELETE_VPORT_PARAMETERS", 12,
      [.u32(4, 0), .u32(8, 0x25)]),
    sample(
      VPortInfo(vport(1), numFilters: 0x26), "NDIS_NIC_SWITCH_VPORT_INFO", 576,
      vportFields.dropFirst() + [.u32(4, 0x63), .u32(8, 1), .u32(12, 0x62), .u32(572, 0x26)]),
    sample(
      VPortInfoArray(
        on: FunctionID(rawValue: 0x0708), of: 0x27, vports: [VPortInfo(vport(1), numFilters: 1)]),
      "NDIS_NIC_SWITCH_VPORT_INFO_ARRAY", 28,
      [
        .u32(4, 3), .u32(8, 0x27), .u16(12, 0x0708), .u32(16, 28), .u32(20, 1), .u32(24, 576),
        .u32(28 + 572, 1),
      ]),
    sample(VPortInfoArray(), "NDIS_NIC_SWITCH_VPORT_INFO_ARRAY", 28, [.u32(4, 0), .u32(20, 0)]),
    sample(
      {
        var value = StatusIndication(
          from: Handle(rawValue: 0x81), .receiveQueueState, bufferSize: 0x82,
          to: Handle(rawValue: 0x83), requestID: 0x84)
        value.portNumber = 0x85
        for index in 0..<16 { value.guid[index] = UInt8(index + 1) }
        return value
      }(), "NDIS_STATUS_INDICATION", 112, type: 0x98,
      [
        .u64(8, 0x81), .u32(16, 0x85), .u32(20, 0x4002_000D), .u32(24, 0), .u64(32, 0x83),
        .u64(40, 0x84), .u64(48, 0), .u32(56, 0x82), .bytes(60, Array(1...16)), .u64(80, 0),
        .u64(104, 0),
      ]),
    sample(
      GenerateParameters(queueID: 0x91, vportID: 0x92, count: 0x93, length: 0x94),
      "NDISSIM_GENERATE_PARAMETERS", 24,
      [.u32(4, 0), .u32(8, 0x91), .u32(12, 0x92), .u32(16, 0x93), .u32(20, 0x94)]),
  ]

  private static func switchCapabilities(_ revision: UInt8, _ size: Int) -> Sample {
    var value = NICSwitchCapabilities(revision: revision)
    value.numTotalMACAddresses = 0x41
    value.numMACAddressesPerPort = 0x47
    value.numVLANsPerPort = 0x48
    if revision >= 2 {
      value.capabilities = 0x42
      value.maxNumSwitches = 0x43
      value.maxNumVPorts = 0x44
      value.maxNumVFs = 0x45
      value.maxNumQueuePairs = 0x46
      value.maxNumQueuePairsPerNonDefaultVPort = 0x49
      value.maxNumMACAddresses = 0x4A
    }
    if revision >= 3 { value.maxNumQueuePairsForDefaultVPort = 0x4B }
    let later: [Expected] = [
      .u32(32, 0x42), .u32(36, 0x43), .u32(40, 0x44), .u32(48, 0x45), .u32(52, 0x46),
      .u32(68, 0x49), .u32(92, 0x4A),
    ]
    return sample(
      value, "NDIS_NIC_SWITCH_CAPABILITIES", size,
      [.u32(4, 0), .u32(12, 0x41), .u32(16, 0x47), .u32(20, 0x48)]
        + (revision >= 2 ? later : []) + (revision >= 3 ? [.u32(128, 0x4B)] : []))
  }

  private static let functions: [Sample] = [
    switchCapabilities(1, 32), switchCapabilities(2, 116), switchCapabilities(3, 132),
    sample(
      NICSwitchInfo(nicSwitch(2), allocatedVFs: 0x47, vports: 0x48, activeVPorts: 0x49),
      "NDIS_NIC_SWITCH_INFO", 572,
      [
        .u32(4, 0), .u32(8, 1), .u32(12, 0x22), .text(16, "Schalter"), .u32(532, 0x21),
        .u32(536, 0x47), .u32(540, 0x48), .u32(544, 0x49), .u32(548, 0x23), .u32(552, 0),
      ]),
    sample(
      NICSwitchInfoArray([
        NICSwitchInfo(nicSwitch(1), allocatedVFs: 1, vports: 2, activeVPorts: 3)
      ]), "NDIS_NIC_SWITCH_INFO_ARRAY", 16,
      [.u32(4, 16), .u32(8, 1), .u32(12, 572), .u32(16 + 540, 2)]),
    sample(
      {
        var value = VFParameters(vmName: "vm", nicName: "nic")
        value.vmFriendlyName = "friendly"
        value.permanentMACAddress = [1, 2, 3, 4, 5, 6]
        value.currentMACAddress = [7, 8, 9, 10, 11, 12]
        value.function = FunctionID(rawValue: 0x0910)
        value.requestorID = 0x1234_5678
        return value
      }(), "NDIS_NIC_SWITCH_VF_PARAMETERS", 1632,
      [
        .u32(4, 0), .u32(8, 0), .text(12, "vm"), .text(528, "friendly"), .text(1044, "nic"),
        .u16(1560, 6), .bytes(1562, [1, 2, 3, 4, 5, 6, 0]), .bytes(1594, [7, 8, 9, 10, 11, 12, 0]),
        .u16(1626, 0x0910), .u32(1628, 0x1234_5678),
      ]),
    sample(
      VFFreeParameters(function: FunctionID(rawValue: 0x1112)),
      "NDIS_NIC_SWITCH_FREE_VF_PARAMETERS", 10, [.u32(4, 0), .u16(8, 0x1112)]),
  ]

  private static func nicSwitch(_ revision: UInt8) -> NICSwitchParameters {
    var value = NICSwitchParameters(friendlyName: "Schalter", numVFs: 0x21, revision: revision)
    value.flags = .nameChanged
    value.switchID = 0x22
    if revision >= 2 { value.numQueuePairsForDefaultVPort = 0x23 }
    return value
  }

  static let all = queues + filters + functions + vports + attributes
}
