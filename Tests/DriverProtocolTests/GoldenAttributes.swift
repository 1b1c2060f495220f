// The golden messages of attributes that were added later; behind all others, so that their ids stay.

import CNDIS
import NDISDriverProtocol
import NDIS

extension GoldenList {
  mutating func addAttributes() {
    call("set_general_attributes", NDISSIM_SET_GENERAL_ATTRIBUTES, context: 0x101) {
      let image = GoldenImage.generalAttributes
      $0.append(Example.adapter)
      $0.append(UInt32(image.Header.Size))
      $0.append(UInt32(8))
      $0.append(image: image, size: image.Header.Size)
      $0.append(OID_GEN_SUPPORTED_LIST)
      $0.append(OID_GEN_CURRENT_PACKET_FILTER)
    }
    call("set_hardware_capabilities", NDISSIM_SET_HARDWARE_CAPABILITIES, context: 0x101) {
      let image = GoldenImage.hardwareAssist
      let filter = GoldenImage.filterCapabilities
      let nicSwitch = GoldenImage.switchCapabilities
      $0.append(Example.adapter)
      $0.append(UInt32(image.Header.Size))
      $0.append(UInt32(filter.Header.Size))
      $0.append(UInt32(filter.Header.Size))
      $0.append(UInt32(nicSwitch.Header.Size))
      $0.append(UInt32(0))
      $0.append(UInt32(0))
      $0.append(image: image, size: image.Header.Size)
      $0.append(image: filter, size: filter.Header.Size)
      $0.append(image: filter, size: filter.Header.Size)
      $0.append(image: nicSwitch, size: nicSwitch.Header.Size)
    }
    call("get_bind_parameters", NDISSIM_GET_BIND_PARAMETERS, context: 0x105) {
      $0.append(Example.bindContext)
    } reply: {
      let image = GoldenImage.bindParameters
      let filter = GoldenImage.filterCapabilities
      $0.append(UInt32(image.Header.Size))
      $0.append(UInt32(filter.Header.Size))
      $0.append(UInt32(0))
      $0.append(UInt32(0))
      $0.append(image: image, size: image.Header.Size)
      $0.append(image: filter, size: filter.Header.Size)
    }
  }
}

extension GoldenImage {
  static let bindParameters: NDIS_BIND_PARAMETERS = {
    var image = NDIS_BIND_PARAMETERS()
    image.Header = header(
      Int(NDIS_OBJECT_TYPE_BIND_PARAMETERS), 4, Int(NDIS_SIZEOF_BIND_PARAMETERS_REVISION_4))
    image.MtuSize = 1500
    image.XmitLinkSpeed = 1_000_000_000
    image.MacAddressLength = 6
    image.CurrentMacAddress.0 = 2
    image.CurrentMacAddress.5 = 7
    image.PhysicalMediumType = UInt32(NdisPhysicalMedium802_3)
    image.IfType = UInt16(IF_TYPE_ETHERNET_CSMACD)
    image.MacOptions = 0xD
    return image
  }()

  static let generalAttributes: NDIS_MINIPORT_ADAPTER_GENERAL_ATTRIBUTES = {
    var image = NDIS_MINIPORT_ADAPTER_GENERAL_ATTRIBUTES()
    image.Header = header(
      Int(NDIS_OBJECT_TYPE_MINIPORT_ADAPTER_GENERAL_ATTRIBUTES), 2,
      Int(NDIS_SIZEOF_MINIPORT_ADAPTER_GENERAL_ATTRIBUTES_REVISION_2))
    image.PhysicalMediumType = UInt32(NdisPhysicalMedium802_3)
    image.MtuSize = 1500
    image.MaxXmitLinkSpeed = 10_000_000_000
    image.XmitLinkSpeed = 1_000_000_000
    image.MaxRcvLinkSpeed = 10_000_000_000
    image.RcvLinkSpeed = 1_000_000_000
    image.MediaConnectState = UInt32(MediaConnectStateConnected)
    image.MediaDuplexState = UInt32(MediaDuplexStateFull)
    image.LookaheadSize = 1500
    image.MacOptions = 0xD
    image.SupportedPacketFilters = 0x2F
    image.MaxMulticastListSize = 32
    image.MacAddressLength = 6
    image.PermanentMacAddress.0 = 2
    image.PermanentMacAddress.5 = 1
    image.CurrentMacAddress.0 = 2
    image.CurrentMacAddress.5 = 7
    image.AccessType = UInt32(NET_IF_ACCESS_BROADCAST)
    image.ConnectionType = UInt32(NET_IF_CONNECTION_DEDICATED)
    image.IfType = UInt16(IF_TYPE_ETHERNET_CSMACD)
    image.IfConnectorPresent = 1
    image.SupportedStatistics = 0x11
    image.SupportedPauseFunctions = 3
    image.DataBackFillSize = 64
    image.ContextBackFillSize = 16
    image.SupportedOidListLength = 8
    image.AutoNegotiationFlags = 3
    return image
  }()

  static let hardwareAssist: NDIS_MINIPORT_ADAPTER_HARDWARE_ASSIST_ATTRIBUTES = {
    var image = NDIS_MINIPORT_ADAPTER_HARDWARE_ASSIST_ATTRIBUTES()
    image.Header = header(
      Int(NDIS_OBJECT_TYPE_MINIPORT_ADAPTER_HARDWARE_ASSIST_ATTRIBUTES), 2,
      Int(NDIS_SIZEOF_MINIPORT_ADAPTER_HARDWARE_ASSIST_ATTRIBUTES_REVISION_2))
    return image
  }()
}
