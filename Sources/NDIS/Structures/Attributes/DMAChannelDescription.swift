// The parameters of NdisMRegisterDmaChannel.

/// NDIS_DMA_DESCRIPTION, and the parameters beside it.
public struct DMAChannelDescription: Hashable, Sendable {
  /// The NIC has 32 address lines.
  public var has32BitAddresses: Bool
  /// All ones: unlimited.
  public var maximumLength: UInt32
  public var demandMode: Bool
  public var autoInitialize: Bool
  /// The bus-relative number of the channel; nil: not specified.
  public var channel: UInt32?
  public var width: UInt32
  public var speed: UInt32
  /// Must be zero.
  public var port: UInt32

  public init(
    has32BitAddresses: Bool = true, maximumLength: UInt32 = .max, demandMode: Bool = false,
    autoInitialize: Bool = false, channel: UInt32? = nil, width: UInt32 = 0, speed: UInt32 = 0,
    port: UInt32 = 0
  ) {
    self.has32BitAddresses = has32BitAddresses
    self.maximumLength = maximumLength
    self.demandMode = demandMode
    self.autoInitialize = autoInitialize
    self.channel = channel
    self.width = width
    self.speed = speed
    self.port = port
  }
}
