// The images that a driver registers with. Cookies are also assigned to required handlers that the kit does
// not serve; NDIS never calls these here.

import CNDIS
import NDIS

enum Characteristics {
  private static func header(_ type: Int, _ revision: UInt8, _ size: Int) -> NDIS_OBJECT_HEADER {
    NDIS_OBJECT_HEADER(Type: UInt8(type), Revision: revision, Size: UInt16(size))
  }

  static func miniport(
    _ number: UInt64, _ version: NDISVersion
  ) -> NDIS_MINIPORT_DRIVER_CHARACTERISTICS {
    var image = NDIS_MINIPORT_DRIVER_CHARACTERISTICS()
    image.Header = header(
      Int(NDIS_OBJECT_TYPE_MINIPORT_DRIVER_CHARACTERISTICS), 2,
      Int(NDIS_SIZEOF_MINIPORT_DRIVER_CHARACTERISTICS_REVISION_2))
    (image.MajorNdisVersion, image.MinorNdisVersion) = (version.major, version.minor)
    image.MajorDriverVersion = 1
    image.SetOptionsHandler = Registry.cookie(number, 1)
    image.InitializeHandlerEx = Registry.cookie(number, 2)
    image.HaltHandlerEx = Registry.cookie(number, 3)
    image.UnloadHandler = Registry.cookie(number, 4)
    image.PauseHandler = Registry.cookie(number, 5)
    image.RestartHandler = Registry.cookie(number, 6)
    image.OidRequestHandler = Registry.cookie(number, 7)
    image.SendNetBufferListsHandler = Registry.cookie(number, 8)
    image.ReturnNetBufferListsHandler = Registry.cookie(number, 9)
    image.CancelSendHandler = Registry.cookie(number, 10)
    image.DevicePnPEventNotifyHandler = Registry.cookie(number, 11)
    image.ShutdownHandlerEx = Registry.cookie(number, 12)
    image.CancelOidRequestHandler = Registry.cookie(number, 13)
    return image
  }

  static func protocolDriver(
    _ number: UInt64, _ version: NDISVersion
  ) -> NDIS_PROTOCOL_DRIVER_CHARACTERISTICS {
    var image = NDIS_PROTOCOL_DRIVER_CHARACTERISTICS()
    image.Header = header(
      Int(NDIS_OBJECT_TYPE_PROTOCOL_DRIVER_CHARACTERISTICS), 2,
      Int(NDIS_SIZEOF_PROTOCOL_DRIVER_CHARACTERISTICS_REVISION_2))
    (image.MajorNdisVersion, image.MinorNdisVersion) = (version.major, version.minor)
    image.MajorDriverVersion = 1
    image.SetOptionsHandler = Registry.cookie(number, 1)
    image.BindAdapterHandlerEx = Registry.cookie(number, 2)
    image.UnbindAdapterHandlerEx = Registry.cookie(number, 3)
    image.OpenAdapterCompleteHandlerEx = Registry.cookie(number, 4)
    image.CloseAdapterCompleteHandlerEx = Registry.cookie(number, 5)
    image.NetPnPEventHandler = Registry.cookie(number, 6)
    image.OidRequestCompleteHandler = Registry.cookie(number, 7)
    image.StatusHandlerEx = Registry.cookie(number, 8)
    image.ReceiveNetBufferListsHandler = Registry.cookie(number, 9)
    image.SendNetBufferListsCompleteHandler = Registry.cookie(number, 10)
    return image
  }

  static func filter(_ version: NDISVersion) -> NDIS_FILTER_DRIVER_CHARACTERISTICS_HEAD {
    var image = NDIS_FILTER_DRIVER_CHARACTERISTICS_HEAD()
    image.Header = header(
      Int(NDIS_OBJECT_TYPE_FILTER_DRIVER_CHARACTERISTICS), 1,
      MemoryLayout<NDIS_FILTER_DRIVER_CHARACTERISTICS_HEAD>.size)
    (image.MajorNdisVersion, image.MinorNdisVersion) = (version.major, version.minor)
    image.MajorDriverVersion = 1
    image.AttachHandler = 1
    image.DetachHandler = 2
    return image
  }

  static func attributes(
    _ context: UInt64, isBusMaster: Bool, wantsBugCheckShutdown: Bool
  ) -> NDIS_MINIPORT_ADAPTER_REGISTRATION_ATTRIBUTES {
    var image = NDIS_MINIPORT_ADAPTER_REGISTRATION_ATTRIBUTES()
    image.Header = header(
      Int(NDIS_OBJECT_TYPE_MINIPORT_ADAPTER_REGISTRATION_ATTRIBUTES),
      wantsBugCheckShutdown ? 2 : 1,
      MemoryLayout<NDIS_MINIPORT_ADAPTER_REGISTRATION_ATTRIBUTES>.size)
    image.MiniportAdapterContext = context
    image.AttributeFlags = UInt32(
      NDIS_MINIPORT_ATTRIBUTES_HARDWARE_DEVICE
        | (isBusMaster ? NDIS_MINIPORT_ATTRIBUTES_BUS_MASTER : 0)
        | (wantsBugCheckShutdown ? NDIS_MINIPORT_ATTRIBUTES_REGISTER_BUGCHECK_CALLBACK : 0))
    image.InterfaceType = 5  // PCIBus
    return image
  }

  /// `driver`: the number of the miniport, for MiniportSharedMemoryAllocateComplete; nil = without that handler.
  static func dma(
    _ maximumPhysicalMapping: UInt32, driver: UInt64?
  ) -> NDIS_SG_DMA_DESCRIPTION {
    var image = NDIS_SG_DMA_DESCRIPTION()
    image.Header = header(
      Int(NDIS_OBJECT_TYPE_SG_DMA_DESCRIPTION), 1,
      // Revision 1 and its tail padding.
      MemoryLayout<NDIS_SG_DMA_DESCRIPTION>.offset(of: \.PdoOverride) ?? 40)
    image.Flags = UInt32(NDIS_SG_DMA_64_BIT_ADDRESS)
    image.MaximumPhysicalMapping = maximumPhysicalMapping
    image.ProcessSGListHandler = 1
    image.SharedMemAllocateCompleteHandler = driver.map { Registry.cookie($0, 14) } ?? 0
    return image
  }

  static func provider(
    _ number: UInt64, _ context: UInt64
  ) -> NDIS_SHARED_MEMORY_PROVIDER_CHARACTERISTICS {
    var image = NDIS_SHARED_MEMORY_PROVIDER_CHARACTERISTICS()
    image.Header = header(
      Int(NDIS_OBJECT_TYPE_SHARED_MEMORY_PROVIDER_CHARACTERISTICS), 1,
      Int(NDIS_SIZEOF_SHARED_MEMORY_PROVIDER_CHARACTERISTICS_REVISION_1))
    image.ProviderContext = context
    image.AllocateSharedMemoryHandler = Registry.cookie(number, 1)
    image.FreeSharedMemoryHandler = Registry.cookie(number, 2)
    return image
  }
}
