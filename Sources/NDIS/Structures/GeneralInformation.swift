// The structures of general OIDs: NDIS_STATISTICS_INFO of OID_GEN_STATISTICS, NDIS_INTERRUPT_MODERATION_PARAMETERS of
// OID_GEN_INTERRUPT_MODERATION and NDIS_LINK_PARAMETERS of OID_GEN_LINK_PARAMETERS. NDIS passes them on unread, so
// they are read and written here field by field, without an entry in the table of structures.

/// `NDIS_INTERRUPT_MODERATION`.
public enum GeneralInterruptModeration: UInt32, Sendable, CaseIterable, BitwiseCopyable {
  case unknown = 0
  case notSupported = 1
  case enabled = 2
  case disabled = 3

  /// `NDIS_SIZEOF_INTERRUPT_MODERATION_PARAMETERS_REVISION_1`, bytes.
  public static let size = 12

  /// NDIS_INTERRUPT_MODERATION_PARAMETERS with this value.
  public var image: [UInt8] {
    header(revision: 1, size: Self.size) + littleEndian(UInt32(0)) + littleEndian(rawValue)
  }

  /// The value of NDIS_INTERRUPT_MODERATION_PARAMETERS; nil for another structure, or an unknown value.
  public init?(image bytes: [UInt8]) {
    guard isImage(bytes, size: Self.size) else { return nil }
    self.init(rawValue: number(bytes, at: 8))
  }
}

/// `NDIS_LINK_PARAMETERS`, the members with a set of values.
public struct LinkParameters: Hashable, Sendable, BitwiseCopyable {
  /// `NDIS_SIZEOF_LINK_PARAMETERS_REVISION_1`, bytes.
  public static let size = 32

  /// Reads the structure; nil for another one, or when a member has an unknown value: MediaDuplexState 0 to 2,
  /// PauseFunctions 0 to 4, three flags of AutoNegotiationFlags and the one of pause functions.
  public init?(image bytes: [UInt8]) {
    guard isImage(bytes, size: Self.size), number(bytes, at: 4) <= 2, number(bytes, at: 24) <= 4,
      number(bytes, at: 28) & ~0xF == 0
    else { return nil }
  }
}

/// `NDIS_STATISTICS_INFO`: what an adapter without a transmit path counts; the counters of transmission are zero.
public struct StatisticsInfo: Hashable, Sendable, BitwiseCopyable {
  /// `NDIS_SIZEOF_STATISTICS_INFO_REVISION_1`, bytes.
  public static let size = 152

  /// All `NDIS_STATISTICS_FLAGS_VALID_*` of revision 1.
  static let supported: UInt32 = 0x3F_87FF

  public var inDiscards: UInt64 = 0
  public var inUnicastPackets: UInt64 = 0
  public var inMulticastPackets: UInt64 = 0
  public var inBroadcastPackets: UInt64 = 0
  public var inUnicastOctets: UInt64 = 0
  public var inMulticastOctets: UInt64 = 0
  public var inBroadcastOctets: UInt64 = 0

  public init() {}

  /// The structure, member by member.
  public var image: [UInt8] {
    let octets = inUnicastOctets &+ inMulticastOctets &+ inBroadcastOctets
    let counters: [UInt64] = [
      inDiscards, /* ifInErrors */ 0, octets, inUnicastPackets, inMulticastPackets,
      inBroadcastPackets, /* ifHCOut..., ifOutErrors, ifOutDiscards */ 0, 0, 0, 0, 0, 0,
      inUnicastOctets, inMulticastOctets, inBroadcastOctets, /* ifHCOut...Octets */ 0, 0, 0,
    ]
    return header(revision: 1, size: Self.size) + littleEndian(Self.supported)
      + counters.flatMap { littleEndian($0) }
  }
}

private func header(revision: UInt8, size: Int) -> [UInt8] {
  [
    ObjectType.default, revision, UInt8(truncatingIfNeeded: size),
    UInt8(truncatingIfNeeded: size >> 8),
  ]
}

/// Whether the bytes begin with a header of NDIS_OBJECT_TYPE_DEFAULT that holds at least `size` bytes.
private func isImage(_ bytes: [UInt8], size: Int) -> Bool {
  bytes.count >= size && bytes[0] == ObjectType.default && bytes[1] >= 1
    && Int(bytes[2]) | Int(bytes[3]) << 8 >= size
}

private func number(_ bytes: [UInt8], at offset: Int) -> UInt32 {
  (0..<4).reduce(0) { $0 | UInt32(bytes[offset + $1]) << UInt32(8 * $1) }
}

private func littleEndian<Number: FixedWidthInteger>(_ number: Number) -> [UInt8] {
  (0..<Number.bitWidth / 8).map { UInt8(truncatingIfNeeded: number >> Number($0 * 8)) }
}
