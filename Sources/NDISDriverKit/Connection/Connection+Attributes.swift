// NdisMSetMiniportAttributes ("nf-ndis-ndismsetminiportattributes") with attributes that come behind the registration
// attributes. All calls are made in `initializeEx`, at PASSIVE_LEVEL.

import CNDIS
import NDISDriverProtocol
public import NDIS

extension Connection {
  /// General attributes, directly behind the registration attributes. A daemon that is older than this call does
  /// without them.
  ///
  /// - Parameter supported: the OIDs the miniport supports, 512 at most; NDIS answers OID_GEN_SUPPORTED_LIST with
  ///   them.
  public func setGeneralAttributes(
    _ adapter: AdapterHandle, _ attributes: GeneralAttributes, supported: [UInt32] = []
  ) throws(DriverError) {
    var attributes = attributes
    attributes.supportedOIDListLength = UInt32(clamping: supported.count * 4)
    let image = attributes.image()
    _ = try isKnown { () throws(DriverError) in
      try call(NDISSIM_SET_GENERAL_ATTRIBUTES) { writer in
        writer.append(adapter.rawValue)
        writer.append(UInt32(truncatingIfNeeded: image.count))
        writer.append(attributes.supportedOIDListLength)
        unsafe image.withUnsafeBytes { unsafe writer.append(bytes: $0) }
        for oid in supported { writer.append(oid) }
      }
    }
  }

  /// Makes a call that an older daemon may not have; false if it does not.
  private func isKnown(_ body: () throws(DriverError) -> Void) throws(DriverError) -> Bool {
    do throws(DriverError) {
      try body()
      return true
    } catch {
      guard error.rule == Reason.unknownMessage.rule else { throw error }
      return false
    }
  }

  /// Hardware-assist attributes of an adapter of which everything is enabled.
  public func setHardwareAssistAttributes(
    _ adapter: AdapterHandle, receiveFilter: ReceiveFilterCapabilities? = nil,
    nicSwitch: [UInt8] = []
  ) throws(DriverError) {
    let filter = receiveFilter?.image() ?? []
    try call(NDISSIM_SET_HARDWARE_ASSIST_ATTRIBUTES) { writer in
      writer.append(adapter.rawValue)
      writer.append(UInt32(truncatingIfNeeded: filter.count))
      writer.append(UInt32(truncatingIfNeeded: nicSwitch.count))
      unsafe filter.withUnsafeBytes { unsafe writer.append(bytes: $0) }
      unsafe nicSwitch.withUnsafeBytes { unsafe writer.append(bytes: $0) }
    }
  }

  /// Hardware-assist attributes: what the hardware can do, and what of it is enabled. A daemon that is older than
  /// this call gets what is enabled.
  public func setHardwareAssistAttributes(
    _ adapter: AdapterHandle, hardware: CapabilitySet, current: CapabilitySet
  ) throws(DriverError) {
    var attributes = NDIS_MINIPORT_ADAPTER_HARDWARE_ASSIST_ATTRIBUTES()
    attributes.Header.Type = UInt8(NDIS_OBJECT_TYPE_MINIPORT_ADAPTER_HARDWARE_ASSIST_ATTRIBUTES)
    attributes.Header.Revision = 2
    let size = Int(NDIS_SIZEOF_MINIPORT_ADAPTER_HARDWARE_ASSIST_ATTRIBUTES_REVISION_2)
    attributes.Header.Size = UInt16(truncatingIfNeeded: size)
    let images = [
      hardware.receiveFilter?.image() ?? [], current.receiveFilter?.image() ?? [],
      hardware.nicSwitch?.image() ?? [], current.nicSwitch?.image() ?? [],
    ]
    let isKnown = try isKnown { () throws(DriverError) in
      try call(NDISSIM_SET_HARDWARE_CAPABILITIES) { writer in
        writer.append(adapter.rawValue)
        writer.append(UInt32(truncatingIfNeeded: size))
        for image in images { writer.append(UInt32(truncatingIfNeeded: image.count)) }
        writer.append(UInt32(0))
        writer.append(image: attributes, size: size)
        for image in images { unsafe image.withUnsafeBytes { unsafe writer.append(bytes: $0) } }
      }
    }
    if !isKnown {
      try setHardwareAssistAttributes(
        adapter, receiveFilter: current.receiveFilter,
        nicSwitch: current.nicSwitch?.image() ?? [])
    }
  }
}
