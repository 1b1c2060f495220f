// The example images of NDIS structures in the golden messages: every field that a driver fills has
// a value of its own, pointer fields are zero, handlers are small cookies.

import CNDIS

/// An image and its Header.Size.
enum GoldenImage {
  private static func header(_ type: Int, _ revision: Int, _ size: Int) -> NDIS_OBJECT_HEADER {
    NDIS_OBJECT_HEADER(Type: UInt8(type), Revision: UInt8(revision), Size: UInt16(size))
  }

  static let miniport: NDIS_MINIPORT_DRIVER_CHARACTERISTICS = {
    var image = NDIS_MINIPORT_DRIVER_CHARACTERISTICS()
    image.Header = header(
      Int(NDIS_OBJECT_TYPE_MINIPORT_DRIVER_CHARACTERISTICS), 2,
      Int(NDIS_SIZEOF_MINIPORT_DRIVER_CHARACTERISTICS_REVISION_2))
    (image.MajorNdisVersion, image.MinorNdisVersion) = (6, 30)
    (image.MajorDriverVersion, image.MinorDriverVersion) = (1, 2)
    image.SetOptionsHandler = 1
    image.InitializeHandlerEx = 2
    image.HaltHandlerEx = 3
    image.UnloadHandler = 4
    image.PauseHandler = 5
    image.RestartHandler = 6
    image.OidRequestHandler = 7
    image.SendNetBufferListsHandler = 8
    image.ReturnNetBufferListsHandler = 9
    image.CancelSendHandler = 10
    image.DevicePnPEventNotifyHandler = 11
    image.ShutdownHandlerEx = 12
    image.CancelOidRequestHandler = 13
    return image
  }()

  static let protocolDriver: NDIS_PROTOCOL_DRIVER_CHARACTERISTICS = {
    var image = NDIS_PROTOCOL_DRIVER_CHARACTERISTICS()
    image.Header = header(
      Int(NDIS_OBJECT_TYPE_PROTOCOL_DRIVER_CHARACTERISTICS), 2,
      Int(NDIS_SIZEOF_PROTOCOL_DRIVER_CHARACTERISTICS_REVISION_2))
    (image.MajorNdisVersion, image.MinorNdisVersion) = (6, 30)
    (image.MajorDriverVersion, image.MinorDriverVersion) = (1, 2)
    image.SetOptionsHandler = 21
    image.BindAdapterHandlerEx = 22
    image.UnbindAdapterHandlerEx = 23
    image.OpenAdapterCompleteHandlerEx = 24
    image.CloseAdapterCompleteHandlerEx = 25
    image.NetPnPEventHandler = 26
    image.OidRequestCompleteHandler = 27
    image.StatusHandlerEx = 28
    image.ReceiveNetBufferListsHandler = 29
    image.SendNetBufferListsCompleteHandler = 30
    return image
  }()

  static let filter: NDIS_FILTER_DRIVER_CHARACTERISTICS_HEAD = {
    var image = NDIS_FILTER_DRIVER_CHARACTERISTICS_HEAD()
    image.Header = header(Int(NDIS_OBJECT_TYPE_FILTER_DRIVER_CHARACTERISTICS), 1, 96)
    (image.MajorNdisVersion, image.MinorNdisVersion) = (6, 30)
    (image.MajorDriverVersion, image.MinorDriverVersion) = (1, 2)
    image.SetOptionsHandler = 41
    image.AttachHandler = 42
    image.DetachHandler = 43
    return image
  }()

  static let attributes: NDIS_MINIPORT_ADAPTER_REGISTRATION_ATTRIBUTES = {
    var image = NDIS_MINIPORT_ADAPTER_REGISTRATION_ATTRIBUTES()
    image.Header = header(
      Int(NDIS_OBJECT_TYPE_MINIPORT_ADAPTER_REGISTRATION_ATTRIBUTES), 1, 32)
    image.MiniportAdapterContext = Example.adapterContext
    image.AttributeFlags = UInt32(
      NDIS_MINIPORT_ATTRIBUTES_HARDWARE_DEVICE | NDIS_MINIPORT_ATTRIBUTES_BUS_MASTER)
    image.CheckForHangTimeInSeconds = 4
    image.InterfaceType = 5
    return image
  }()

  static let dma: NDIS_SG_DMA_DESCRIPTION = {
    var image = NDIS_SG_DMA_DESCRIPTION()
    image.Header = header(Int(NDIS_OBJECT_TYPE_SG_DMA_DESCRIPTION), 1, 40)
    image.Flags = UInt32(NDIS_SG_DMA_64_BIT_ADDRESS)
    image.MaximumPhysicalMapping = 0x10000
    image.ProcessSGListHandler = 51
    return image
  }()

  static let provider: NDIS_SHARED_MEMORY_PROVIDER_CHARACTERISTICS = {
    var image = NDIS_SHARED_MEMORY_PROVIDER_CHARACTERISTICS()
    image.Header = header(
      Int(NDIS_OBJECT_TYPE_SHARED_MEMORY_PROVIDER_CHARACTERISTICS), 1,
      Int(NDIS_SIZEOF_SHARED_MEMORY_PROVIDER_CHARACTERISTICS_REVISION_1))
    image.ProviderContext = Example.providerContext
    image.AllocateSharedMemoryHandler = 61
    image.FreeSharedMemoryHandler = 62
    return image
  }()

  static let parameters: NDIS_SHARED_MEMORY_PARAMETERS = {
    var image = NDIS_SHARED_MEMORY_PARAMETERS()
    image.Header = header(
      Int(NDIS_OBJECT_TYPE_DEFAULT), Int(NDIS_SHARED_MEMORY_PARAMETERS_REVISION_2),
      Int(NDIS_SIZEOF_SHARED_MEMORY_PARAMETERS_REVISION_2))
    image.Flags = UInt32(NDIS_SHARED_MEM_PARAMETERS_CONTIGUOUS)
    image.QueueId = 2
    image.PreferredNode = UInt32(MM_ANY_NODE_OK)
    image.Usage = 4
    image.Length = 6144
    image.SGListBufferLength = 64
    image.VPortId = 7
    return image
  }()
}
