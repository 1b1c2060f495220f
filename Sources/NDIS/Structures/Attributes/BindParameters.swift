// The parameters NDIS passes to a protocol driver when it binds, made from the adapter's general attributes. The
// capabilities the structure points to are beside it; other pointers are not sent.

import CNDIS

/// `NDIS_BIND_PARAMETERS`.
public struct BindParameters: StructureImage {
  public static var structure: Structure { .bindParameters }
  public var revision: UInt8
  /// The adapter's; members that NDIS_BIND_PARAMETERS lacks are as in `GeneralAttributes.unset`.
  public var attributes: GeneralAttributes

  public init(_ attributes: GeneralAttributes = .unset, revision: UInt8 = 4) {
    self.revision = revision
    self.attributes = attributes
  }

  public init(image bytes: UnsafeRawBufferPointer, for version: NDISVersion) throws(Failure) {
    let (image, revision) = try unsafe Self.load(NDIS_BIND_PARAMETERS(), bytes, version)
    var attributes = GeneralAttributes.unset
    let length = Int(image.MacAddressLength)
    guard length <= GeneralAttributes.maximumAddress else {
      throw Failure(
        .invalidParameter, .macAddressLength, UInt64(length),
        UInt64(GeneralAttributes.maximumAddress))
    }
    attributes.mediaType = image.MediaType
    attributes.physicalMediumType = image.PhysicalMediumType
    attributes.mtuSize = image.MtuSize
    attributes.maxXmitLinkSpeed = image.MaxXmitLinkSpeed
    attributes.maxRcvLinkSpeed = image.MaxRcvLinkSpeed
    attributes.link.xmitSpeed = image.XmitLinkSpeed
    attributes.link.rcvSpeed = image.RcvLinkSpeed
    attributes.link.connectState = image.MediaConnectState
    attributes.link.duplexState = image.MediaDuplexState
    attributes.lookaheadSize = image.LookaheadSize
    attributes.supportedPacketFilters = image.SupportedPacketFilters
    attributes.maxMulticastListSize = image.MaxMulticastListSize
    attributes.currentAddress = unsafe withUnsafeBytes(of: image.CurrentMacAddress) {
      unsafe Array($0.prefix(length))
    }
    attributes.accessType = image.AccessType
    attributes.directionType = image.DirectionType
    attributes.connectionType = image.ConnectionType
    attributes.interfaceType = image.IfType
    attributes.isConnectorPresent = image.IfConnectorPresent != 0
    attributes.dataBackFillSize = image.DataBackFillSize
    attributes.contextBackFillSize = image.ContextBackFillSize
    attributes.macOptions = image.MacOptions
    self.init(attributes, revision: revision)
  }

  public func append(to bytes: inout [UInt8]) {
    var image = NDIS_BIND_PARAMETERS()
    image.MediaType = attributes.mediaType
    image.PhysicalMediumType = attributes.physicalMediumType
    image.MtuSize = attributes.mtuSize
    image.MaxXmitLinkSpeed = attributes.maxXmitLinkSpeed
    image.XmitLinkSpeed = attributes.link.xmitSpeed
    image.MaxRcvLinkSpeed = attributes.maxRcvLinkSpeed
    image.RcvLinkSpeed = attributes.link.rcvSpeed
    image.MediaConnectState = attributes.link.connectState
    image.MediaDuplexState = attributes.link.duplexState
    image.LookaheadSize = attributes.lookaheadSize
    image.SupportedPacketFilters = attributes.supportedPacketFilters
    image.MaxMulticastListSize = attributes.maxMulticastListSize
    image.MacAddressLength = UInt16(
      truncatingIfNeeded: min(attributes.currentAddress.count, GeneralAttributes.maximumAddress))
    unsafe withUnsafeMutableBytes(of: &image.CurrentMacAddress) {
      unsafe $0.copyBytes(from: attributes.currentAddress.prefix($0.count))
    }
    image.AccessType = attributes.accessType
    image.DirectionType = attributes.directionType
    image.ConnectionType = attributes.connectionType
    image.IfType = attributes.interfaceType
    image.IfConnectorPresent = attributes.isConnectorPresent ? 1 : 0
    image.DataBackFillSize = attributes.dataBackFillSize
    image.ContextBackFillSize = attributes.contextBackFillSize
    image.MacOptions = attributes.macOptions
    store(image, to: &bytes)
  }
}

extension GeneralAttributes {
  /// Of an adapter whose miniport has set none: zeros.
  public static let unset: GeneralAttributes = {
    var unset = GeneralAttributes()
    unset.physicalMediumType = 0
    unset.mtuSize = 0
    unset.maxXmitLinkSpeed = 0
    unset.maxRcvLinkSpeed = 0
    unset.link = LinkState(connectState: 0, duplexState: 0, xmitSpeed: 0, rcvSpeed: 0)
    unset.lookaheadSize = 0
    unset.macOptions = 0
    unset.supportedPacketFilters = 0
    unset.maxMulticastListSize = 0
    unset.accessType = 0
    unset.connectionType = 0
    unset.interfaceType = 0
    unset.isConnectorPresent = false
    return unset
  }()
}
