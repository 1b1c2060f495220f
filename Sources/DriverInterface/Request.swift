// The requests of clients, decoded and with validated descriptors. Values only: a request is copied into a
// turn, and only the records it creates remain.

public import NDIS

/// The fields of `NDIS_OBJECT_HEADER`.
public struct ObjectHeader: Hashable, Sendable, BitwiseCopyable {
  public var type: UInt8
  public var revision: UInt8
  public var size: UInt16
  public init(type: UInt8, revision: UInt8, size: UInt16) {
    self.type = type
    self.revision = revision
    self.size = size
  }
}

/// `NDIS_SHARED_MEMORY_PARAMETERS` as passed by the caller.
public struct SharedMemoryParameters: Hashable, Sendable, BitwiseCopyable {
  public var header: ObjectHeader
  public var flags: UInt32
  public var queueID: UInt32
  public var preferredNode: UInt32
  public var usage: Int32
  public var length: UInt32
  public var sgListBufferLength: UInt32
  /// Zero in a revision-1 structure; the bytes after it are ignored (A32).
  public var vportID: UInt32

  public init(
    header: ObjectHeader, flags: UInt32, queueID: UInt32, preferredNode: UInt32, usage: Int32,
    length: UInt32, sgListBufferLength: UInt32, vportID: UInt32
  ) {
    self.header = header
    self.flags = flags
    self.queueID = queueID
    self.preferredNode = preferredNode
    self.usage = usage
    self.length = length
    self.sgListBufferLength = sgListBufferLength
    self.vportID = vportID
  }
}

/// `NDIS_SHARED_MEMORY_PROVIDER_CHARACTERISTICS`, handlers as cookies.
public struct ProviderCharacteristics: Hashable, Sendable, BitwiseCopyable {
  public var header: ObjectHeader
  public var flags: UInt32
  public var context: UInt64
  public var allocateHandler: UInt64
  public var freeHandler: UInt64

  public init(
    header: ObjectHeader, flags: UInt32, context: UInt64, allocateHandler: UInt64,
    freeHandler: UInt64
  ) {
    self.header = header
    self.flags = flags
    self.context = context
    self.allocateHandler = allocateHandler
    self.freeHandler = freeHandler
  }
}

/// The characteristics of a driver that the simulator uses.
public struct DriverCharacteristics: Hashable, Sendable, BitwiseCopyable {
  public var header: ObjectHeader
  public var version: NDISVersion
  public var name: Name
  public var context: UInt64
  public var setOptionsHandler: UInt64
  /// Miniport: InitializeHandlerEx, HaltHandlerEx, PauseHandler, RestartHandler, ShutdownHandlerEx,
  /// OidRequestHandler, CancelOidRequestHandler, ReturnNetBufferListsHandler,
  /// DevicePnPEventNotifyHandler. Protocol: BindAdapterHandlerEx, UnbindAdapterHandlerEx,
  /// OidRequestCompleteHandler, StatusHandlerEx, ReceiveNetBufferListsHandler, NetPnPEventHandler, zeros.
  public var handlers: Handlers
  /// The offset of a required handler that is zero, among those never called here (MiniportDriverUnload, send
  /// handlers); 0 if none is missing.
  public var missingHandler: UInt32 = 0

  public typealias Handlers = InlineArray<9, UInt64>

  public init(
    header: ObjectHeader, version: NDISVersion, name: Name, context: UInt64,
    setOptionsHandler: UInt64, handlers: Handlers = Handlers(repeating: 0)
  ) {
    self.header = header
    self.version = version
    self.name = name
    self.context = context
    self.setOptionsHandler = setOptionsHandler
    self.handlers = handlers
  }

  public static func == (a: Self, b: Self) -> Bool {
    a.header == b.header && a.version == b.version && a.name == b.name && a.context == b.context
      && a.setOptionsHandler == b.setOptionsHandler && a.missingHandler == b.missingHandler
      && a.handlers.indices.allSatisfy { a.handlers[$0] == b.handlers[$0] }
  }
  public func hash(into hasher: inout Hasher) {
    hasher.combine(name)
    hasher.combine(context)
  }
}

/// A request.
public enum Request: Sendable {
  case ping
  case reset
  case statistics
  case registerMiniportDriver(DriverCharacteristics)
  case registerProtocolDriver(DriverCharacteristics)
  case registerFilterDriver(DriverCharacteristics)
  case deregisterDriver(Handle)
  case setMiniportAttributes(
    Handle, ObjectHeader, context: UInt64, flags: UInt32, interface: Int32 = 5)
  case registerScatterGatherDMA(
    Handle, ObjectHeader, flags: UInt32 = 1, completeHandler: UInt64 = 0)
  case deregisterScatterGatherDMA(Handle)
  case registerDMAChannel(Handle, DMAChannelDescription)
  case deregisterDMAChannel(Handle)
  case addAdapter(Handle, Name)
  case removeAdapter(Handle)
  case openAdapter(protocolHandle: Handle, bindContext: Handle, context: UInt64)
  case closeAdapter(Handle)
  case bindAdapter(Handle, Name)
  case unbindAdapter(Handle)
  case attachFilter(Handle, Name)
  case detachFilter(Handle)
  case setOptionalHandlers(Handle, ProviderCharacteristics)
  case allocate(Handle, SharedMemoryParameters, tag: UInt32, site: Site)
  case free(ndisHandle: Handle, allocation: Handle)
  indirect case allocateMiniport(adapter: Handle, MiniportAllocation)
  indirect case allocateMiniportAsync(dma: Handle, MiniportAllocation, context: UInt64)
  indirect case freeMiniport(adapter: Handle, MiniportFree)
  case offerSection(provider: Handle, domain: Handle, size: UInt64, node: UInt32)
  case withdrawSection(Handle)
  // Adapter lifecycle.
  indirect case setGeneralAttributes(Handle, GeneralAttributesCall)
  indirect case setHardwareAssist(Handle, HardwareAssist)
  case pauseComplete(Handle)
  case restartComplete(Handle, Status)
  indirect case indicateStatus(Handle, IndicatedStatus)
  case changeAdapter(Handle, AdapterChange)
  case completeBind(bindContext: Handle, Status)
  case getBindParameters(Handle)
  case completeUnbind(binding: Handle, Status)
  case completeNetPnPEvent(binding: Handle, Status)
  // OID requests.
  indirect case oidRequest(binding: Handle, OIDCall)
  case cancelOIDRequest(binding: Handle, requestID: UInt64)
  case completeOIDRequest(adapter: Handle, oid: Handle, Status, OIDResult)
  // Receive path.
  case indicateReceive(adapter: Handle, Indication)
  case returnLists(binding: Handle, flags: UInt32, lists: [Handle])
  /// The message could not be decoded; it is a request of the session nevertheless, and gets a reply.
  case refused(Failure)
}

extension Request {
  /// The handle of the driver, adapter, binding or module that makes the request, as NdisHandle,
  /// MiniportAdapterHandle and NdisBindingHandle are; null for a request without one. It is not checked.
  public var subject: Handle {
    switch self {
    case .ping, .reset, .statistics, .registerMiniportDriver, .registerProtocolDriver,
      .registerFilterDriver, .refused:
      .null
    case .deregisterDriver(let handle), .setMiniportAttributes(let handle, _, _, _, _),
      .registerScatterGatherDMA(let handle, _, _, _), .deregisterScatterGatherDMA(let handle),
      .registerDMAChannel(let handle, _), .deregisterDMAChannel(let handle),
      .addAdapter(let handle, _), .removeAdapter(let handle), .closeAdapter(let handle),
      .bindAdapter(let handle, _), .unbindAdapter(let handle), .attachFilter(let handle, _),
      .detachFilter(let handle), .setOptionalHandlers(let handle, _),
      .allocate(let handle, _, _, _),
      .withdrawSection(let handle), .setGeneralAttributes(let handle, _),
      .setHardwareAssist(let handle, _), .pauseComplete(let handle), .getBindParameters(let handle),
      .restartComplete(let handle, _), .indicateStatus(let handle, _),
      .changeAdapter(let handle, _), .allocateMiniport(let handle, _),
      .allocateMiniportAsync(let handle, _, _), .freeMiniport(let handle, _):
      handle
    case .openAdapter(let handle, _, _), .free(let handle, _), .offerSection(let handle, _, _, _),
      .completeBind(let handle, _), .completeUnbind(let handle, _),
      .completeNetPnPEvent(let handle, _), .oidRequest(let handle, _),
      .cancelOIDRequest(let handle, _), .completeOIDRequest(let handle, _, _, _),
      .indicateReceive(let handle, _), .returnLists(let handle, _, _):
      handle
    }
  }
}

/// A request with the common fields of its message.
public struct Call: Sendable {
  public var session: UInt32
  public var requestID: UInt64
  /// The message type, which identifies the routine.
  public var type: UInt16
  public var context: UInt64
  public var irql: IRQL

  public init(session: UInt32, requestID: UInt64, type: UInt16, context: UInt64, irql: IRQL) {
    self.session = session
    self.requestID = requestID
    self.type = type
    self.context = context
    self.irql = irql
  }
}
