// Decodes request bodies to the simulator's `Request`. All input is untrusted: a body of the wrong length, an
// invalid name or a nonzero reserved field results in a failure with a sentence. This file has sessions,
// drivers, bindings and shared memory; the other files have the adapter lifecycle, OID requests, the receive
// path, and answers to upcalls.

package import NDISDriverInterface
import CNDIS
package import NDIS

/// Decodes the bodies of requests.
package enum Decoding {
  /// Decodes the request of a packet whose header is valid.
  package static func request(
    _ header: MessageHeader, _ packet: UnsafeRawBufferPointer
  ) throws(Failure) -> Request {
    var body = unsafe BodyReader(packet: packet)
    let request = try request(Int(header.type), &body)
    try body.end()
    return request
  }

  private static func request(
    _ type: Int, _ body: inout BodyReader
  ) throws(Failure) -> Request {
    switch type {
    case NDISSIM_PING: return .ping
    case NDISSIM_RESET: return .reset
    case NDISSIM_STATISTICS: return .statistics
    case NDISSIM_REGISTER_MINIPORT_DRIVER: return .registerMiniportDriver(try miniport(&body))
    case NDISSIM_REGISTER_PROTOCOL_DRIVER: return .registerProtocolDriver(try protocolDriver(&body))
    case NDISSIM_REGISTER_FILTER_DRIVER: return .registerFilterDriver(try filter(&body))
    case NDISSIM_DEREGISTER_MINIPORT_DRIVER, NDISSIM_DEREGISTER_PROTOCOL_DRIVER,
      NDISSIM_DEREGISTER_FILTER_DRIVER:
      return .deregisterDriver(try handle(&body))
    case NDISSIM_SET_MINIPORT_ATTRIBUTES:
      let adapter = try handle(&body)
      let image = try body.readImage(NDIS_MINIPORT_ADAPTER_REGISTRATION_ATTRIBUTES())
      return .setMiniportAttributes(
        adapter, ObjectHeader(image.Header), context: image.MiniportAdapterContext,
        flags: image.AttributeFlags, interface: image.InterfaceType)
    case NDISSIM_REGISTER_SCATTER_GATHER_DMA:
      let adapter = try handle(&body)
      let image = try body.readImage(NDIS_SG_DMA_DESCRIPTION())
      return .registerScatterGatherDMA(
        adapter, ObjectHeader(image.Header), flags: image.Flags,
        completeHandler: image.SharedMemAllocateCompleteHandler)
    case NDISSIM_DEREGISTER_SCATTER_GATHER_DMA:
      return .deregisterScatterGatherDMA(try handle(&body))
    case NDISSIM_REGISTER_DMA_CHANNEL: return try registerDMAChannel(&body)
    case NDISSIM_DEREGISTER_DMA_CHANNEL: return .deregisterDMAChannel(try handle(&body))
    case NDISSIM_ADD_ADAPTER: return .addAdapter(try handle(&body), try body.readName())
    case NDISSIM_REMOVE_ADAPTER: return .removeAdapter(try handle(&body))
    case NDISSIM_OPEN_ADAPTER_EX:
      let raw = try body.read(ndissim_open_adapter.self)
      return .openAdapter(
        protocolHandle: Handle(rawValue: raw.protocol_handle),
        bindContext: Handle(rawValue: raw.bind_context), context: raw.protocol_binding_context)
    case NDISSIM_CLOSE_ADAPTER_EX: return .closeAdapter(try handle(&body))
    case NDISSIM_BIND_ADAPTER: return .bindAdapter(try handle(&body), try body.readName())
    case NDISSIM_UNBIND_ADAPTER: return .unbindAdapter(try handle(&body))
    case NDISSIM_ATTACH_FILTER: return .attachFilter(try handle(&body), try body.readName())
    case NDISSIM_DETACH_FILTER: return .detachFilter(try handle(&body))
    case NDISSIM_SET_OPTIONAL_HANDLERS: return try optionalHandlers(&body)
    case NDISSIM_ALLOCATE_SHARED_MEMORY: return try allocate(&body)
    case NDISSIM_FREE_SHARED_MEMORY:
      let raw = try body.read(ndissim_free.self)
      return .free(
        ndisHandle: Handle(rawValue: raw.ndis_handle),
        allocation: Handle(rawValue: raw.allocation_handle))
    case NDISSIM_OFFER_SECTION:
      let raw = try body.read(ndissim_offer_section.self)
      try zero(UInt64(raw.reserved))
      return .offerSection(
        provider: Handle(rawValue: raw.provider_handle), domain: Handle(rawValue: raw.domain),
        size: raw.size, node: raw.node)
    case NDISSIM_WITHDRAW_SECTION: return .withdrawSection(try handle(&body))
    case NDISSIM_M_ALLOCATE_SHARED_MEMORY, NDISSIM_M_ALLOCATE_SHARED_MEMORY_ASYNC_EX,
      NDISSIM_M_FREE_SHARED_MEMORY:
      return try miniportMemory(type, &body)
    default: return try traffic(type, &body)
    }
  }

  /// Requests that require a registered driver or a binding.
  private static func traffic(_ type: Int, _ body: inout BodyReader) throws(Failure) -> Request {
    switch type {
    case NDISSIM_INDICATE_RECEIVE: return try indication(&body)
    case NDISSIM_RETURN_NET_BUFFER_LISTS: return try returned(&body)
    case NDISSIM_OID_REQUEST: return try oidRequest(&body)
    case NDISSIM_CANCEL_OID_REQUEST:
      return .cancelOIDRequest(
        binding: try handle(&body), requestID: try body.read(UInt64.self))
    case NDISSIM_MINIPORT_OID_REQUEST_COMPLETE: return try oidCompletion(&body)
    case NDISSIM_INDICATE_STATUS_EX: return try status(&body)
    default: return try life(type, &body)
    }
  }

  static func handle(_ body: inout BodyReader) throws(Failure) -> Handle {
    Handle(rawValue: try body.read(UInt64.self))
  }

  static func zero(_ reserved: UInt64) throws(Failure) {
    guard reserved == 0 else { throw Failure(.invalidParameter, .reservedNotZero, reserved) }
  }

  private static func miniport(_ body: inout BodyReader) throws(Failure) -> DriverCharacteristics {
    let context = try body.read(UInt64.self)
    let name = try body.readName()
    let image = try body.readImage(NDIS_MINIPORT_DRIVER_CHARACTERISTICS())
    var characteristics = DriverCharacteristics(
      header: ObjectHeader(image.Header),
      version: NDISVersion(image.MajorNdisVersion, image.MinorNdisVersion), name: name,
      context: context, setOptionsHandler: image.SetOptionsHandler,
      handlers: [
        image.InitializeHandlerEx, image.HaltHandlerEx, image.PauseHandler, image.RestartHandler,
        image.ShutdownHandlerEx, image.OidRequestHandler, image.CancelOidRequestHandler,
        image.ReturnNetBufferListsHandler, image.DevicePnPEventNotifyHandler,
      ])
    for (offset, handler) in [
      (40, image.UnloadHandler), (72, image.SendNetBufferListsHandler),
      (88, image.CancelSendHandler),
    ] where handler == 0 {
      characteristics.missingHandler = UInt32(offset)
    }
    // A driver that checks for hangs must support reset.
    if image.CheckForHangHandlerEx != 0, image.ResetHandlerEx == 0 {
      characteristics.missingHandler = 104
    }
    return characteristics
  }

  private static func protocolDriver(
    _ body: inout BodyReader
  ) throws(Failure) -> DriverCharacteristics {
    let context = try body.read(UInt64.self)
    let name = try body.readName()
    let image = try body.readImage(NDIS_PROTOCOL_DRIVER_CHARACTERISTICS())
    return DriverCharacteristics(
      header: ObjectHeader(image.Header),
      version: NDISVersion(image.MajorNdisVersion, image.MinorNdisVersion), name: name,
      context: context, setOptionsHandler: image.SetOptionsHandler,
      handlers: [
        image.BindAdapterHandlerEx, image.UnbindAdapterHandlerEx, image.OidRequestCompleteHandler,
        image.StatusHandlerEx, image.ReceiveNetBufferListsHandler, image.NetPnPEventHandler, 0, 0,
        0,
      ])
  }

  private static func filter(_ body: inout BodyReader) throws(Failure) -> DriverCharacteristics {
    let context = try body.read(UInt64.self)
    let name = try body.readName()
    let image = try body.readImage(NDIS_FILTER_DRIVER_CHARACTERISTICS_HEAD())
    return DriverCharacteristics(
      header: ObjectHeader(image.Header),
      version: NDISVersion(image.MajorNdisVersion, image.MinorNdisVersion), name: name,
      context: context, setOptionsHandler: image.SetOptionsHandler)
  }

  private static func optionalHandlers(_ body: inout BodyReader) throws(Failure) -> Request {
    let handle = try handle(&body)
    let image = try body.readImage(NDIS_SHARED_MEMORY_PROVIDER_CHARACTERISTICS())
    return .setOptionalHandlers(
      handle,
      ProviderCharacteristics(
        header: ObjectHeader(image.Header), flags: image.Flags, context: image.ProviderContext,
        allocateHandler: image.AllocateSharedMemoryHandler,
        freeHandler: image.FreeSharedMemoryHandler))
  }

  private static func allocate(_ body: inout BodyReader) throws(Failure) -> Request {
    let handle = try handle(&body)
    let tag = try body.read(UInt32.self)
    try zero(UInt64(try body.read(UInt32.self)))
    let site = try body.readSite()
    let image = try body.readImage(NDIS_SHARED_MEMORY_PARAMETERS())
    // A revision-1 structure has no VPortId; bytes after it are ignored (A32).
    let hasVPort =
      image.Header.Revision >= 2
      && image.Header.Size >= UInt16(NDIS_SIZEOF_SHARED_MEMORY_PARAMETERS_REVISION_2)
    return .allocate(
      handle,
      SharedMemoryParameters(
        header: ObjectHeader(image.Header), flags: image.Flags, queueID: image.QueueId,
        preferredNode: image.PreferredNode, usage: image.Usage, length: image.Length,
        sgListBufferLength: image.SGListBufferLength, vportID: hasVPort ? image.VPortId : 0),
      tag: tag, site: site)
  }
}

extension ObjectHeader {
  init(_ header: NDIS_OBJECT_HEADER) {
    self.init(type: header.Type, revision: header.Revision, size: header.Size)
  }
}
