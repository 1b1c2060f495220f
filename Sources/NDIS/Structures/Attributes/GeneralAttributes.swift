// What a miniport says about its adapter in general, in MiniportInitializeEx, and NDIS answers from then on. The
// pointers of the structure (power management, RSS) are not sent; the list of OIDs is beside it.

public import CNDIS

/// `NDIS_MINIPORT_ADAPTER_GENERAL_ATTRIBUTES`.
public struct GeneralAttributes: StructureImage {
  public static var structure: Structure { .generalAttributes }
  /// `NDIS_MAX_PHYS_ADDRESS_LENGTH`, bytes.
  @inlinable public static var maximumAddress: Int { 32 }
  public var revision: UInt8
  /// `NDIS_MEDIUM`; 0 is 802.3.
  public var mediaType: UInt32 = 0
  /// `NDIS_PHYSICAL_MEDIUM`; 14 is 802.3.
  public var physicalMediumType: UInt32 = 14
  /// Bytes, without the header.
  public var mtuSize: UInt32 = 1500
  public var maxXmitLinkSpeed: UInt64 = 10_000_000_000
  public var maxRcvLinkSpeed: UInt64 = 10_000_000_000
  public var link = LinkState()
  /// Bytes.
  public var lookaheadSize: UInt32 = 1500
  public var macOptions: UInt32 = 0xD
  public var supportedPacketFilters: UInt32 = 0x2F
  /// Addresses.
  public var maxMulticastListSize: UInt32 = 32
  /// At most 32 bytes; both of one length.
  public var permanentAddress: [UInt8] = []
  public var currentAddress: [UInt8] = []
  public var accessType: UInt32 = 2
  public var directionType: UInt32 = 0
  public var connectionType: UInt32 = 1
  /// IANA's; 6 is Ethernet.
  public var interfaceType: UInt16 = 6
  public var isConnectorPresent = true
  public var supportedStatistics: UInt32 = 0
  /// Bytes.
  public var dataBackFillSize: UInt32 = 0
  /// Bytes.
  public var contextBackFillSize: UInt32 = 0
  /// Bytes of the list of OIDs.
  public var supportedOIDListLength: UInt32 = 0

  /// Those of an Ethernet adapter.
  public init(address: [UInt8] = [], revision: UInt8 = 2) {
    self.revision = revision
    permanentAddress = address
    currentAddress = address
  }

  public init(image bytes: UnsafeRawBufferPointer, for version: NDISVersion) throws(Failure) {
    let (image, revision) = try unsafe Self.load(
      NDIS_MINIPORT_ADAPTER_GENERAL_ATTRIBUTES(), bytes, version)
    self.revision = revision
    guard Int(image.MacAddressLength) <= Self.maximumAddress else {
      throw Failure(
        .invalidParameter, .macAddressLength, UInt64(image.MacAddressLength),
        UInt64(Self.maximumAddress))
    }
    mediaType = image.MediaType
    physicalMediumType = image.PhysicalMediumType
    mtuSize = image.MtuSize
    maxXmitLinkSpeed = image.MaxXmitLinkSpeed
    maxRcvLinkSpeed = image.MaxRcvLinkSpeed
    link = LinkState(
      connectState: image.MediaConnectState, duplexState: image.MediaDuplexState,
      xmitSpeed: image.XmitLinkSpeed, rcvSpeed: image.RcvLinkSpeed,
      pauseFunctions: image.SupportedPauseFunctions,
      autoNegotiation: image.AutoNegotiationFlags)
    lookaheadSize = image.LookaheadSize
    macOptions = image.MacOptions
    supportedPacketFilters = image.SupportedPacketFilters
    maxMulticastListSize = image.MaxMulticastListSize
    let length = Int(image.MacAddressLength)
    permanentAddress = unsafe withUnsafeBytes(of: image.PermanentMacAddress) {
      unsafe Array($0.prefix(length))
    }
    currentAddress = unsafe withUnsafeBytes(of: image.CurrentMacAddress) {
      unsafe Array($0.prefix(length))
    }
    accessType = image.AccessType
    directionType = image.DirectionType
    connectionType = image.ConnectionType
    interfaceType = image.IfType
    isConnectorPresent = image.IfConnectorPresent != 0
    supportedStatistics = image.SupportedStatistics
    dataBackFillSize = image.DataBackFillSize
    contextBackFillSize = image.ContextBackFillSize
    supportedOIDListLength = image.SupportedOidListLength
  }

  public func append(to bytes: inout [UInt8]) {
    var image = NDIS_MINIPORT_ADAPTER_GENERAL_ATTRIBUTES()
    image.MediaType = mediaType
    image.PhysicalMediumType = physicalMediumType
    image.MtuSize = mtuSize
    image.MaxXmitLinkSpeed = maxXmitLinkSpeed
    image.XmitLinkSpeed = link.xmitSpeed
    image.MaxRcvLinkSpeed = maxRcvLinkSpeed
    image.RcvLinkSpeed = link.rcvSpeed
    image.MediaConnectState = link.connectState
    image.MediaDuplexState = link.duplexState
    image.LookaheadSize = lookaheadSize
    image.MacOptions = macOptions
    image.SupportedPacketFilters = supportedPacketFilters
    image.MaxMulticastListSize = maxMulticastListSize
    image.MacAddressLength = UInt16(
      truncatingIfNeeded: min(currentAddress.count, Self.maximumAddress))
    unsafe withUnsafeMutableBytes(of: &image.PermanentMacAddress) {
      unsafe $0.copyBytes(from: permanentAddress.prefix($0.count))
    }
    unsafe withUnsafeMutableBytes(of: &image.CurrentMacAddress) {
      unsafe $0.copyBytes(from: currentAddress.prefix($0.count))
    }
    image.AccessType = accessType
    image.DirectionType = directionType
    image.ConnectionType = connectionType
    image.IfType = interfaceType
    image.IfConnectorPresent = isConnectorPresent ? 1 : 0
    image.SupportedStatistics = supportedStatistics
    image.SupportedPauseFunctions = link.pauseFunctions
    image.DataBackFillSize = dataBackFillSize
    image.ContextBackFillSize = contextBackFillSize
    image.SupportedOidListLength = supportedOIDListLength
    image.AutoNegotiationFlags = link.autoNegotiation
    store(image, to: &bytes)
  }
}

/// The image of `NDIS_MINIPORT_ADAPTER_GENERAL_ATTRIBUTES`.
public struct GeneralAttributesImage: StoredImage {
  public typealias Value = GeneralAttributes
  @usableFromInline var image = NDIS_MINIPORT_ADAPTER_GENERAL_ATTRIBUTES()

  @inlinable public init() {}
}
