// The parameters of NdisMSetMiniportAttributes with general and with hardware-assist attributes, as images. The
// turn checks their headers and contents.

public import NDIS

/// `NDIS_MINIPORT_ADAPTER_GENERAL_ATTRIBUTES` as an image, and the list of OIDs it points to.
public struct GeneralAttributesCall: Sendable, Hashable {
  public var image: [UInt8]
  /// OIDs of 4 bytes each.
  public var supportedOIDs: [UInt8]
  public init(image: [UInt8], supportedOIDs: [UInt8] = []) {
    self.image = image
    self.supportedOIDs = supportedOIDs
  }

  /// Of attributes, and the OIDs the miniport supports.
  public init(_ attributes: GeneralAttributes, supported: [UInt32] = []) {
    var attributes = attributes
    supportedOIDs = supported.flatMap { oid in
      (0..<4).map { UInt8(truncatingIfNeeded: oid >> ($0 * 8)) }
    }
    attributes.supportedOIDListLength = UInt32(clamping: supportedOIDs.count)
    image = attributes.image()
  }
}

/// `NDIS_RECEIVE_FILTER_CAPABILITIES` and `NDIS_NIC_SWITCH_CAPABILITIES` as images, those of the hardware and those
/// currently enabled; empty for NULL.
public struct HardwareAssist: Sendable, Hashable {
  /// Of NDIS_MINIPORT_ADAPTER_HARDWARE_ASSIST_ATTRIBUTES; nil where no such image is sent.
  public var header: ObjectHeader?
  public var hardwareReceiveFilter: [UInt8]
  public var hardwareNICSwitch: [UInt8]
  public var receiveFilter: [UInt8]
  public var nicSwitch: [UInt8]

  /// Whether there are any, of receive filters or of the NIC switch.
  public var hasCapabilities: Bool {
    ![hardwareReceiveFilter, hardwareNICSwitch, receiveFilter, nicSwitch].allSatisfy(\.isEmpty)
  }

  /// Everything the hardware has is enabled.
  public init(receiveFilter: [UInt8] = [], nicSwitch: [UInt8] = []) {
    header = nil
    hardwareReceiveFilter = receiveFilter
    hardwareNICSwitch = nicSwitch
    self.receiveFilter = receiveFilter
    self.nicSwitch = nicSwitch
  }

  public init(
    header: ObjectHeader, hardwareReceiveFilter: [UInt8], receiveFilter: [UInt8],
    hardwareNICSwitch: [UInt8], nicSwitch: [UInt8]
  ) {
    self.header = header
    self.hardwareReceiveFilter = hardwareReceiveFilter
    self.hardwareNICSwitch = hardwareNICSwitch
    self.receiveFilter = receiveFilter
    self.nicSwitch = nicSwitch
  }
}
