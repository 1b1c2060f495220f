// Samples of the structures a miniport describes its adapter with; offsets typed again from the public headers.

import NDIS

extension Samples {
  static let attributes: [Sample] = [
    general(1, 216), general(2, 224), bind(1, 248), bind(2, 256), bind(3, 280), bind(4, 312),
    sample(
      LinkState(
        connectState: 2, duplexState: 1, xmitSpeed: 0x71, rcvSpeed: 0x72, pauseFunctions: 3,
        autoNegotiation: 4), "NDIS_LINK_STATE", 40,
      [.u32(4, 2), .u32(8, 1), .u64(16, 0x71), .u64(24, 0x72), .u32(32, 3), .u32(36, 4)]),
  ]

  private static func bind(_ revision: UInt8, _ size: Int) -> Sample {
    var value = GeneralAttributes.unset
    value.mediaType = 0x61
    value.physicalMediumType = 0x62
    value.mtuSize = 0x63
    value.maxXmitLinkSpeed = 0x64
    value.maxRcvLinkSpeed = 0x66
    value.link = LinkState(connectState: 1, duplexState: 2, xmitSpeed: 0x65, rcvSpeed: 0x67)
    value.lookaheadSize = 0x68
    value.macOptions = 0x69
    value.supportedPacketFilters = 0x6A
    value.maxMulticastListSize = 0x6B
    value.currentAddress = [7, 8, 9, 10, 11, 12]
    value.accessType = 0x6C
    value.directionType = 0x6D
    value.connectionType = 0x6E
    value.interfaceType = 0x6F
    value.isConnectorPresent = true
    value.dataBackFillSize = 0x71
    value.contextBackFillSize = 0x72
    return sample(
      BindParameters(value, revision: revision), "NDIS_BIND_PARAMETERS", size, type: 0x86,
      [
        .u64(8, 0), .u32(32, 0x61), .u32(36, 0x63), .u64(40, 0x64), .u64(48, 0x65), .u64(56, 0x66),
        .u64(64, 0x67), .u32(72, 1), .u32(76, 2), .u32(80, 0x68), .u32(96, 0x6A),
        .u32(100, 0x6B), .u16(104, 6), .bytes(106, [7, 8, 9, 10, 11, 12]), .u32(140, 0x62),
        .u32(180, 0x6C), .u32(184, 0x6D), .u32(188, 0x6E), .u16(192, 0x6F), .bytes(194, [1]),
        .u32(208, 0x71), .u32(212, 0x72), .u32(216, 0x69),
      ])
  }

  private static func general(_ revision: UInt8, _ size: Int) -> Sample {
    var value = GeneralAttributes(revision: revision)
    value.mediaType = 0x61
    value.physicalMediumType = 0x62
    value.mtuSize = 0x63
    value.maxXmitLinkSpeed = 0x64
    value.maxRcvLinkSpeed = 0x66
    value.link = LinkState(
      connectState: 1, duplexState: 2, xmitSpeed: 0x65, rcvSpeed: 0x67, pauseFunctions: 0x70,
      autoNegotiation: 0x74)
    value.lookaheadSize = 0x68
    value.macOptions = 0x69
    value.supportedPacketFilters = 0x6A
    value.maxMulticastListSize = 0x6B
    value.permanentAddress = [1, 2, 3, 4, 5, 6]
    value.currentAddress = [7, 8, 9, 10, 11, 12]
    value.accessType = 0x6C
    value.directionType = 0x6D
    value.connectionType = 0x6E
    value.interfaceType = 0x6F
    value.supportedStatistics = 0x75
    value.dataBackFillSize = 0x71
    value.contextBackFillSize = 0x72
    value.supportedOIDListLength = 0x73
    return sample(
      value, "NDIS_MINIPORT_ADAPTER_GENERAL_ATTRIBUTES", size, type: 0x9F,
      [
        .u32(4, 0), .u32(8, 0x61), .u32(12, 0x62), .u32(16, 0x63), .u64(24, 0x64), .u64(32, 0x65),
        .u64(40, 0x66), .u64(48, 0x67), .u32(56, 1), .u32(60, 2), .u32(64, 0x68), .u64(72, 0),
        .u32(80, 0x69), .u32(84, 0x6A), .u32(88, 0x6B), .u16(92, 6),
        .bytes(94, [1, 2, 3, 4, 5, 6]), .bytes(126, [7, 8, 9, 10, 11, 12]), .u64(160, 0),
        .u32(168, 0x6C), .u32(172, 0x6D), .u32(176, 0x6E), .u16(180, 0x6F), .bytes(182, [1]),
        .u32(184, 0x75), .u32(188, 0x70), .u32(192, 0x71), .u32(196, 0x72), .u64(200, 0),
        .u32(208, 0x73), .u32(212, 0x74),
      ])
  }
}
