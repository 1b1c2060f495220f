// The example images of NDIS structures in the golden messages: every field that a driver fills has
// a value of its own, pointer fields are zero, handlers are small cookies.

import CNDIS

/// An image and its Header.Size.
enum GoldenImage {
  static func header(_ type: Int, _ revision: Int, _ size: Int) -> NDIS_OBJECT_HEADER {
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

  static let dmaChannel = NDIS_DMA_DESCRIPTION(
    DemandMode: 1, AutoInitialize: 0, DmaChannelSpecified: 1, Reserved0: 0, DmaWidth: 2,
    DmaSpeed: 3, DmaPort: 0, DmaChannel: 5)

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

  static let filterCapabilities: NDIS_RECEIVE_FILTER_CAPABILITIES = {
    var image = NDIS_RECEIVE_FILTER_CAPABILITIES()
    image.Header = header(
      Int(NDIS_OBJECT_TYPE_DEFAULT), Int(NDIS_RECEIVE_FILTER_CAPABILITIES_REVISION_2),
      Int(NDIS_SIZEOF_RECEIVE_FILTER_CAPABILITIES_REVISION_2))
    image.EnabledFilterTypes = NDIS_RECEIVE_FILTER_VMQ_FILTERS_ENABLED
    image.EnabledQueueTypes = NDIS_RECEIVE_FILTER_VM_QUEUES_ENABLED
    image.NumQueues = 8
    image.SupportedQueueProperties = NDIS_RECEIVE_FILTER_VM_QUEUE_SUPPORTED
    image.SupportedFilterTests = 5
    image.SupportedHeaders = 3
    image.SupportedMacHeaderFields = 9
    image.MaxMacHeaderFilters = 16
    return image
  }()

  static let switchCapabilities: NDIS_NIC_SWITCH_CAPABILITIES = {
    var image = NDIS_NIC_SWITCH_CAPABILITIES()
    image.Header = header(
      Int(NDIS_OBJECT_TYPE_DEFAULT), Int(NDIS_NIC_SWITCH_CAPABILITIES_REVISION_2),
      Int(NDIS_SIZEOF_NIC_SWITCH_CAPABILITIES_REVISION_2))
    image.MaxNumSwitches = 1
    image.MaxNumVPorts = 12
    image.MaxNumVFs = 4
    image.MaxNumQueuePairs = 24
    return image
  }()

  /// NdisRequestMethod, which has every field; 6 bytes of input.
  static let oidRequest: NDIS_OID_REQUEST = {
    var image = NDIS_OID_REQUEST()
    image.Header = header(
      Int(NDIS_OBJECT_TYPE_OID_REQUEST), Int(NDIS_OID_REQUEST_REVISION_2),
      Int(NDIS_SIZEOF_OID_REQUEST_REVISION_2))
    image.RequestType = Int32(NdisRequestMethod)
    image.PortNumber = 1
    image.Timeout = 3
    image.RequestId = 0x9191
    image.RequestHandle = 0x9292
    image.DATA.Oid = OID_RECEIVE_FILTER_QUEUE_PARAMETERS
    image.DATA.InformationBufferLength = 6
    image.DATA.BytesWritten = 512  // OutputBufferLength
    image.DATA.BytesNeeded = 13  // MethodId
    image.SwitchId = 14
    image.VPortId = 15
    image.Flags = UInt32(NDIS_OID_REQUEST_FLAGS_VPORT_ID_VALID)
    return image
  }()

  /// 4 bytes of buffer.
  static let status: NDIS_STATUS_INDICATION = {
    var image = NDIS_STATUS_INDICATION()
    image.Header = header(
      Int(NDIS_OBJECT_TYPE_STATUS_INDICATION), Int(NDIS_STATUS_INDICATION_REVISION_1),
      Int(NDIS_SIZEOF_STATUS_INDICATION_REVISION_1))
    image.SourceHandle = Example.adapter
    image.PortNumber = 1
    image.StatusCode = NDIS_STATUS_LINK_STATE
    image.DestinationHandle = Example.binding
    image.RequestId = 0x9191
    image.StatusBufferSize = 4
    image.Guid = (1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15, 16)
    return image
  }()

  static func segment(offset: UInt32, length: UInt32) -> NET_BUFFER_SHARED_MEMORY {
    var image = NET_BUFFER_SHARED_MEMORY()
    image.SharedMemoryHandle = Example.sharedMemory
    image.SharedMemoryOffset = offset
    image.SharedMemoryLength = length
    return image
  }
}
