// The state of an adapter's link: set with the general attributes, changed by NDIS_STATUS_LINK_STATE.

import CNDIS

/// `NDIS_LINK_STATE`.
public struct LinkState: StructureImage {
  public static var structure: Structure { .linkState }
  public var revision: UInt8 = 1
  /// `NET_IF_MEDIA_CONNECT_STATE`: 1 connected, 2 disconnected, else unknown.
  public var connectState: UInt32
  /// `NET_IF_MEDIA_DUPLEX_STATE`: 1 half, 2 full, else unknown.
  public var duplexState: UInt32
  /// Bits per second.
  public var xmitSpeed: UInt64
  /// Bits per second.
  public var rcvSpeed: UInt64
  /// `NDIS_SUPPORTED_PAUSE_FUNCTIONS`.
  public var pauseFunctions: UInt32
  /// `NDIS_LINK_STATE_*`.
  public var autoNegotiation: UInt32

  public init(
    connectState: UInt32 = 1, duplexState: UInt32 = 2, xmitSpeed: UInt64 = 10_000_000_000,
    rcvSpeed: UInt64 = 10_000_000_000, pauseFunctions: UInt32 = 0, autoNegotiation: UInt32 = 0
  ) {
    self.connectState = connectState
    self.duplexState = duplexState
    self.xmitSpeed = xmitSpeed
    self.rcvSpeed = rcvSpeed
    self.pauseFunctions = pauseFunctions
    self.autoNegotiation = autoNegotiation
  }

  public init(image bytes: UnsafeRawBufferPointer, for version: NDISVersion) throws(Failure) {
    let (image, _) = try unsafe Self.load(NDIS_LINK_STATE(), bytes, version)
    self.init(
      connectState: image.MediaConnectState, duplexState: image.MediaDuplexState,
      xmitSpeed: image.XmitLinkSpeed, rcvSpeed: image.RcvLinkSpeed,
      pauseFunctions: image.PauseFunctions, autoNegotiation: image.AutoNegotiationFlags)
  }

  public func append(to bytes: inout [UInt8]) {
    var image = NDIS_LINK_STATE()
    image.MediaConnectState = connectState
    image.MediaDuplexState = duplexState
    image.XmitLinkSpeed = xmitSpeed
    image.RcvLinkSpeed = rcvSpeed
    image.PauseFunctions = pauseFunctions
    image.AutoNegotiationFlags = autoNegotiation
    store(image, to: &bytes)
  }

  /// The documented name of the connect state.
  public var connectStateName: String {
    switch connectState {
    case 1: "Connected"
    case 2: "Disconnected"
    default: "Unknown"
    }
  }

  /// The documented name of the duplex state.
  public var duplexStateName: String {
    switch duplexState {
    case 1: "Half"
    case 2: "Full"
    default: "Unknown"
    }
  }
}
