// Miniport adapters: adding and removing them, and the attributes their miniport sets in
// MiniportInitializeEx. ADD_ADAPTER stands in for the PnP manager: MiniportInitializeEx, then
// MiniportRestart, and the adapter is Running. REMOVE_ADAPTER halts it in the documented order. The steps in
// between are in AdapterLifecycle.swift.

import NDISDriverInterface
import NDISEvents
import NDIS
import NDISStore

extension Simulator {
  // MARK: Requests

  mutating func addAdapter(
    _ call: Call, _ handle: Handle, _ name: Name
  ) throws(Failure) {
    let driver = try resolveDriver(handle, [.miniportDriver], session: call.sessionIndex)
    guard store.drivers[driver, \.state] == .registered else {
      throw Failure(.failure, .wrongState, handle.rawValue)
    }
    guard derived.adaptersByName[name] == nil else { throw Failure(.failure, .nameTaken) }
    try checkQuota(objectsOf: call.sessionIndex)
    guard !slabs.adapters.isFull else { throw slabs.adapters.full() }
    let request = try open(call, object: handle)
    let index = try slabs.adapters.allocateOrRefuse {
      $0.begin()
      $0.name = name
      $0.addRequest = Ref(request)
    }
    derived.adaptersByName[name] = index
    store.adaptersOfDriver.insert(index, in: driver) { $0.driver = Ref(driver) }
    charge(objectOf: driver)
    move(index, .initialize)
    let type = UpcallType.initializeEx
    if !callHandler(adapter: index, type, parent: call.context) {
      // Fails as if the handler had failed with RESOURCES.
      let failure = slabs.upcalls.full()
      handlerEnded(adapter: index, type, failure)
    }
  }

  mutating func removeAdapter(
    _ call: Call, _ handle: Handle
  ) throws(Failure) {
    let index = try resolveAdapter(handle, session: call.sessionIndex)
    guard store.adapters[index, \.removeRequest].isNone, store.adapters[index, \.life] != .ending
    else {
      throw Failure(.failure, .objectEnding, handle.rawValue)
    }
    try checkCircle(call, adapter: index)
    let request = try open(call, object: handle)
    store.adapters.update(index) { $0.removeRequest = Ref(request) }
    end(adapter: index)
  }

  /// A call that waits for an adapter's handlers must not be made from inside one of them.
  func checkCircle(_ call: Call, adapter index: Index<AdapterRecord>) throws(Failure) {
    if let id = chain(of: call.context, { self.adapter(ofObject: $0.object) == index }) {
      throw Failure(.failure, .circularWait, call.context, id)
    }
  }

  func adapter(ofObject object: Handle) -> Index<AdapterRecord>? {
    guard isLiveOwner(object) else { return nil }
    switch object.kind {
    case .adapter: return Index(object)
    case .binding, .filterModule: return store.bindings[Index(object), \.adapter].index
    default: return nil
    }
  }

  mutating func setMiniportAttributes(
    _ call: Call, _ handle: Handle, _ header: ObjectHeader, _ context: UInt64, _ flags: UInt32,
    _ interface: Int32
  ) throws(Failure) {
    if let structure = AttributesStructure.unread(type: header.type) {
      return try setUnreadAttributes(call, handle, header, structure)
    }
    let index = try resolveAdapter(handle, session: call.sessionIndex)
    try check(header, AttributesStructure.registration)
    try checkInitializing(index, handle)
    guard store.adapters[index, \.attributesSet] == 0 else {
      throw Failure(.failure, .alreadyDone, handle.rawValue)
    }
    store.adapters.update(index) {
      $0.attributesSet = 1
      $0.context = context
      $0.attributeFlags = flags
      $0.interfaceType = interface
    }
    finish(call.sessionIndex, call.requestID)
  }

  mutating func registerScatterGatherDMA(
    _ call: Call, _ handle: Handle, _ header: ObjectHeader, _ flags: UInt32, completeHandler: UInt64
  ) throws(Failure) {
    let index = try resolveAdapter(handle, session: call.sessionIndex)
    try check(header, AttributesStructure.scatterGatherDMA)
    try checkInitializing(index, handle)
    let busMaster = MiniportAttributes.busMaster
    guard store.adapters[index, \.attributeFlags] & busMaster != 0 else {
      throw Failure(.notSupported, .busMaster)
    }
    guard store.adapters[index, \.dmaGeneration] == 0 else {
      throw Failure(.failure, .alreadyDone, handle.rawValue)
    }
    let isLow = flags & MiniportAttributes.sgDMA64BitAddress == 0
    if isLow { try leaveHighAddresses(adapter: index) }
    store.adapters.update(index) {
      $0.dmaRegistered = 1
      $0.dmaGeneration &+= 1
      $0.allocateCompleteHandler = completeHandler
      if isLow { $0.lowAddresses = 1 }
    }
    finish(call.sessionIndex, call.requestID, dmaHandle(index), 16 + 24 * 256)
  }

  func dmaHandle(_ index: Index<AdapterRecord>) -> Handle {
    // One DMA handle per adapter: it has the adapter's generation.
    handle(.dma, store.adapters[index, \.generation], index)
  }

  mutating func deregisterScatterGatherDMA(
    _ call: Call, _ handle: Handle
  ) throws(Failure) {
    let index = try resolveDMA(handle, session: call.sessionIndex)
    guard hasRegisteredDMA(index) else {
      throw Failure(.invalidParameter, .staleHandle, handle.rawValue)
    }
    store.adapters.update(index) { $0.dmaRegistered = 0 }
    finish(call.sessionIndex, call.requestID)
  }

  /// The adapter that a MiniportDmaHandle is of, whether or not it has been deregistered.
  func resolveDMA(
    _ handle: Handle, session: Index<SessionRecord>
  ) throws(Failure) -> Index<AdapterRecord> {
    try checkKind(handle, [.dma])
    let index = Index<AdapterRecord>(handle.index)
    guard store.adapters.contains(index), store.adapters[index, \.life] != .free,
      dmaHandle(index) == handle, store.adapters[index, \.dmaGeneration] != 0
    else { throw Failure(.invalidParameter, .staleHandle, handle.rawValue) }
    return try resolveAdapter(adapterHandle(index), session: session)
  }

  /// Attributes and DMA are set in MiniportInitializeEx.
  func checkInitializing(_ index: Index<AdapterRecord>, _ handle: Handle) throws(Failure) {
    guard store.adapters[index, \.state] == .initializing else {
      throw Failure(.failure, .wrongState, handle.rawValue)
    }
  }
}
