// NDIS_RECEIVE_FILTER_FIELD_PARAMETERS: one test of one field of a frame's header. The meaning of the field's
// number depends on the frame header; it is validated against the header in the same structure.

import CNDIS

/// `NDIS_FRAME_HEADER`.
public enum FrameHeader: Int32, Sendable, CaseIterable, BitwiseCopyable {
  case mac = 1
  case arp = 2
  case ipv4 = 3
  case ipv6 = 4
  case udp = 5

  /// The greatest field number of this header; the least is 1.
  public var maximumField: Int32 {
    switch self {
    case .mac: Int32(NdisMacHeaderFieldMaximum - 1)
    case .arp: Int32(NdisARPHeaderFieldMaximum - 1)
    case .ipv4: Int32(NdisIPv4HeaderFieldMaximum - 1)
    case .ipv6: Int32(NdisIPv6HeaderFieldMaximum - 1)
    case .udp: Int32(NdisUdpHeaderFieldMaximum - 1)
    }
  }
}

/// `NDIS_MAC_HEADER_FIELD`.
public enum MACHeaderField: Int32, Sendable, CaseIterable, BitwiseCopyable {
  case destinationAddress = 1
  case sourceAddress = 2
  case `protocol` = 3
  case vlanID = 4
  case priority = 5
  case packetType = 6
}

/// `NDIS_RECEIVE_FILTER_TEST`.
public enum ReceiveFilterTest: Int32, Sendable, CaseIterable, BitwiseCopyable {
  case equal = 1
  case maskEqual = 2
  case notEqual = 3
}

/// A test of a header's field. The tests of a filter are combined with AND.
public struct ReceiveFilterField: StructureImage {
  public static var structure: Structure { .receiveFilterField }
  public var revision: UInt8
  public var flags: Flags
  public var frameHeader: FrameHeader
  public var test: ReceiveFilterTest
  /// A number of the frame header's enumeration, `MACHeaderField` for instance.
  public var headerField: Int32
  /// The value to compare the field with, in the order of its bytes in the frame: an integer of several bytes
  /// begins with its most significant one (A56).
  public var fieldValue: SIMD16<UInt8>
  /// The expected result of `.maskEqual`.
  public var resultValue: SIMD16<UInt8>

  public struct Flags: OptionSet, Hashable, Sendable, BitwiseCopyable {
    public var rawValue: UInt32
    public init(rawValue: UInt32) { self.rawValue = rawValue }
    /// `NDIS_RECEIVE_FILTER_FIELD_MAC_HEADER_VLAN_UNTAGGED_OR_ZERO`: a frame without a VLAN tag
    /// passes, too.
    public static let vlanUntaggedOrZero = Flags(rawValue: 1)
  }

  /// The frame's destination is this MAC address, of six bytes; further ones are ignored.
  public static func destinationAddress(_ address: [UInt8]) -> ReceiveFilterField {
    var value = SIMD16<UInt8>()
    for (index, byte) in address.prefix(6).enumerated() { value[index] = byte }
    return ReceiveFilterField(.destinationAddress, value)
  }

  /// The frame has this VLAN id. The value is in network byte order (A56).
  public static func vlan(_ id: UInt16, orUntagged: Bool = false) -> ReceiveFilterField {
    var value = SIMD16<UInt8>()
    value[0] = UInt8(truncatingIfNeeded: id >> 8)
    value[1] = UInt8(truncatingIfNeeded: id)
    var field = ReceiveFilterField(.vlanID, value)
    if orUntagged { field.flags = .vlanUntaggedOrZero }
    return field
  }

  /// The VLAN id of a test of that field.
  public var vlanID: UInt16 { UInt16(fieldValue[0] & 0x0F) << 8 | UInt16(fieldValue[1]) }

  /// A field of the MAC header equals `value`.
  public init(_ field: MACHeaderField, _ value: SIMD16<UInt8>, revision: UInt8 = 1) {
    self.revision = revision
    flags = []
    frameHeader = .mac
    test = .equal
    headerField = field.rawValue
    fieldValue = value
    resultValue = SIMD16()
  }

  public init(image bytes: UnsafeRawBufferPointer, for version: NDISVersion) throws(Failure) {
    let (image, revision) = try unsafe Self.load(
      NDIS_RECEIVE_FILTER_FIELD_PARAMETERS(), bytes, version)
    try checkFlags(image.Flags, known: Flags.vlanUntaggedOrZero.rawValue)
    self.revision = revision
    flags = Flags(rawValue: image.Flags)
    frameHeader = try checkValue(image.FrameHeader, FrameHeader.self, .filterFrameHeader)
    test = try checkValue(image.ReceiveFilterTest, ReceiveFilterTest.self, .filterTest)
    guard image.HeaderField >= 1, image.HeaderField <= frameHeader.maximumField else {
      throw Failure(
        .invalidParameter, .filterHeaderField, UInt64(UInt32(bitPattern: image.HeaderField)),
        UInt64(frameHeader.rawValue))
    }
    headerField = image.HeaderField
    fieldValue = unsafe unsafeBitCast(image.FieldValue, to: SIMD16<UInt8>.self)
    resultValue = unsafe unsafeBitCast(image.ResultValue, to: SIMD16<UInt8>.self)
  }

  public func append(to bytes: inout [UInt8]) {
    var image = NDIS_RECEIVE_FILTER_FIELD_PARAMETERS()
    image.Flags = flags.rawValue
    image.FrameHeader = frameHeader.rawValue
    image.ReceiveFilterTest = test.rawValue
    image.HeaderField = headerField
    unsafe withUnsafeMutableBytes(of: &image.FieldValue) { target in
      for index in 0..<16 { unsafe target[index] = fieldValue[index] }
    }
    unsafe withUnsafeMutableBytes(of: &image.ResultValue) { target in
      for index in 0..<16 { unsafe target[index] = resultValue[index] }
    }
    store(image, to: &bytes)
  }
}
