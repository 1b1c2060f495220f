// Miniport adapters. ADD_ADAPTER plays the PnP manager: MiniportInitializeEx, then MiniportRestart, and
// the adapter runs. REMOVE_ADAPTER takes it the legal way back: bindings, MiniportPause, MiniportHaltEx.
// Every change of state goes through the table in AdapterState; a process that has died takes no calls,
// its adapters end without them.

import CNDIS
import Events
import NDIS

extension Simulator {
  // MARK: Requests

  mutating func addAdapter(
    _ call: Call, _ handle: Handle, _ name: Name, _ actions: inout Actions
  ) throws(Failure) {
    let driver = try resolveDriver(handle, [.miniportDriver], session: call.session)
    guard store.drivers[driver, \.state] == DriverState.registered.rawValue else {
      throw Failure(.failure, .wrongState, handle.rawValue)
    }
    guard derived.adaptersByName[name] == nil else { throw Failure(.failure, .nameTaken) }
    try checkObjects(session: call.session)
    guard let index = derived.freeAdapters.first else {
      throw Failure(.resources, .tableFull, 3, UInt64(store.adapters.capacity))
    }
    let request = try open(call, object: handle)
    derived.freeAdapters.remove(index)
    derived.adaptersByName[name] = index
    store.adapters.update(index) {
      let generation = $0.generation &+ 1
      $0 = AdapterRecord()
      $0.generation = generation
      $0.life = 1
      $0.name = name
      $0.addRequest = Ref(request)
    }
    link(adapter: index, driver: driver)
    charge(objectOf: driver, isNew: true)
    move(index, .initialize, &actions)
    callHandler(adapter: index, NDISSIM_UPCALL_INITIALIZE_EX, parent: call.context, &actions)
  }

  mutating func removeAdapter(
    _ call: Call, _ handle: Handle, _ actions: inout Actions
  ) throws(Failure) {
    let index = try resolveAdapter(handle, session: call.session)
    guard store.adapters[index, \.removeRequest].isNone, store.adapters[index, \.life] != 2 else {
      throw Failure(.failure, .objectEnding, handle.rawValue)
    }
    if let id = chain(of: call.context, { self.adapter(ofObject: $0.object) == index }) {
      throw Failure(.failure, .circularWait, call.context, id)
    }
    let request = try open(call, object: handle)
    store.adapters.update(index) { $0.removeRequest = Ref(request) }
    end(adapter: index, &actions)
  }

  func adapter(ofObject object: Handle) -> UInt32? {
    guard isLiveOwner(object) else { return nil }
    switch object.kind {
    case .adapter: return object.index
    case .binding, .filterModule: return store.bindings[object.index, \.adapter].index
    default: return nil
    }
  }

  mutating func setMiniportAttributes(
    _ call: Call, _ handle: Handle, _ header: ObjectHeader, _ context: UInt64, _ flags: UInt32,
    _ actions: inout Actions
  ) throws(Failure) {
    let index = try resolveAdapter(handle, session: call.session)
    let type = UInt8(NDIS_OBJECT_TYPE_MINIPORT_ADAPTER_REGISTRATION_ATTRIBUTES)
    guard header.type == type else {
      throw Failure(.badVersion, .headerType, UInt64(header.type), UInt64(type))
    }
    guard header.revision >= 1, header.size >= 28 else {
      throw Failure(.badVersion, .headerSize, UInt64(header.size), 28)
    }
    try checkInitializing(index, handle)
    guard store.adapters[index, \.attributesSet] == 0 else {
      throw Failure(.failure, .alreadyDone, handle.rawValue)
    }
    store.adapters.update(index) {
      $0.attributesSet = 1
      $0.context = context
      $0.attributeFlags = flags
    }
    finish(call.session, call.requestID, &actions)
  }

  mutating func registerScatterGatherDMA(
    _ call: Call, _ handle: Handle, _ header: ObjectHeader, _ actions: inout Actions
  ) throws(Failure) {
    let index = try resolveAdapter(handle, session: call.session)
    let type = UInt8(NDIS_OBJECT_TYPE_SG_DMA_DESCRIPTION)
    guard header.type == type else {
      throw Failure(.badVersion, .headerType, UInt64(header.type), UInt64(type))
    }
    guard header.revision >= 1, header.size >= 36 else {
      throw Failure(.badVersion, .headerSize, UInt64(header.size), 36)
    }
    try checkInitializing(index, handle)
    let busMaster = UInt32(NDIS_MINIPORT_ATTRIBUTES_BUS_MASTER)
    guard store.adapters[index, \.attributeFlags] & busMaster != 0 else {
      throw Failure(.notSupported, .busMaster)
    }
    guard store.adapters[index, \.dmaGeneration] == 0 else {
      throw Failure(.failure, .alreadyDone, handle.rawValue)
    }
    store.adapters.update(index) {
      $0.dmaRegistered = 1
      $0.dmaGeneration &+= 1
    }
    finish(call.session, call.requestID, dmaHandle(index), 16 + 24 * 256, &actions)
  }

  func dmaHandle(_ index: UInt32) -> Handle {
    // One a life of the adapter: its generation is the adapter's.
    handle(.dma, store.adapters[index, \.generation], index)
  }

  mutating func deregisterScatterGatherDMA(
    _ call: Call, _ handle: Handle, _ actions: inout Actions
  ) throws(Failure) {
    try checkKind(handle, [.dma])
    let index = handle.index
    guard index < store.adapters.capacity, store.adapters[index, \.life] != 0,
      dmaHandle(index) == handle, store.adapters[index, \.dmaRegistered] != 0
    else { throw Failure(.invalidParameter, .staleHandle, handle.rawValue) }
    _ = try resolveAdapter(adapterHandle(index), session: call.session)
    store.adapters.update(index) { $0.dmaRegistered = 0 }
    finish(call.session, call.requestID, &actions)
  }

  /// Attributes and DMA are set in MiniportInitializeEx.
  private func checkInitializing(_ index: UInt32, _ handle: Handle) throws(Failure) {
    guard store.adapters[index, \.state] == AdapterState.initializing.rawValue else {
      throw Failure(.failure, .wrongState, handle.rawValue)
    }
  }

  // MARK: States

  /// Moves an adapter through the table. An invalid combination changes nothing.
  private mutating func move(
    _ index: UInt32, _ event: AdapterEvent, _ actions: inout Actions
  ) {
    guard let from = AdapterState(rawValue: store.adapters[index, \.state]),
      let to = from.after(event)
    else { return }
    store.adapters.update(index) { $0.state = to.rawValue }
    actions.append(
      .event(
        .adapterState(
          party(adapter: index), adapterHandle(index), from: from.name, to: to.name)))
  }

  private mutating func callHandler(
    adapter index: UInt32, _ type: Int, parent: UInt64 = 0, _ actions: inout Actions
  ) {
    let session = store.drivers[store.adapters[index, \.driver].index, \.session].index
    let new = NewUpcall(type: type, object: adapterHandle(index), parent: parent)
    store.adapters.update(index) { $0.upcallOpen = UInt32(truncatingIfNeeded: type) }
    if send(new, session: session, &actions) == nil {
      // No room for the call: as if the handler had failed for want of resources.
      store.adapters.update(index) { $0.upcallOpen = 0 }
      handlerEnded(
        index, type, Failure(.resources, .tableFull, 11, UInt64(store.upcalls.capacity)), &actions)
    }
  }

  /// A handler of a miniport has returned.
  mutating func adapterAnswered(
    _ upcall: UpcallRecord, _ ending: Ending, _ actions: inout Actions
  ) {
    let index = upcall.object.index
    guard index < store.adapters.capacity, store.adapters[index, \.life] != 0,
      adapterHandle(index) == upcall.object
    else { return }
    store.adapters.update(index) { $0.upcallOpen = 0 }
    let type = Int(upcall.type)
    let (routine, allowed): (String, [Status]) =
      switch type {
      case NDISSIM_UPCALL_INITIALIZE_EX:
        ("MiniportInitializeEx", [.notAccepted, .resources, .failure])
      case NDISSIM_UPCALL_RESTART: ("MiniportRestart", [.resources, .failure])
      case NDISSIM_UPCALL_PAUSE: ("MiniportPause", [])
      default: ("MiniportHaltEx", [])
      }
    let failure = verdict(
      upcall, ending, routine: routine, allowed: allowed, party: party(adapter: index), &actions)
    handlerEnded(index, type, failure, &actions)
  }

  private mutating func handlerEnded(
    _ index: UInt32, _ type: Int, _ failure: Failure?, _ actions: inout Actions
  ) {
    switch type {
    case NDISSIM_UPCALL_INITIALIZE_EX:
      move(index, failure == nil ? .initializeComplete : .initializeFailed, &actions)
    case NDISSIM_UPCALL_RESTART:
      move(index, failure == nil ? .restartComplete : .restartFailed, &actions)
    case NDISSIM_UPCALL_PAUSE: move(index, .pauseComplete, &actions)  // pause cannot fail
    default: move(index, .halt, &actions)
    }
    if let failure, type == NDISSIM_UPCALL_INITIALIZE_EX || type == NDISSIM_UPCALL_RESTART {
      store.adapters.update(index) { $0.failure = failure }
      end(adapter: index, &actions)
    }
    derived.workAdapters.insert(index)
  }

  // MARK: Going and coming

  mutating func end(adapter index: UInt32, _ actions: inout Actions) {
    store.adapters.update(index) { $0.life = 2 }
    derived.workAdapters.insert(index)
  }

  /// One step of an adapter towards running or gone; false when it has to wait or is at rest.
  mutating func step(adapter index: UInt32, _ actions: inout Actions) -> Bool {
    let adapter = store.adapters[index]
    guard adapter.life != 0 else { return false }
    if stepOIDs(adapter: index, &actions) { return true }
    if stepPlaces(adapter: index, &actions) { return true }
    let dead = isDead(store.drivers[adapter.driver.index, \.session].index)
    // Of a dead process too: its session answers for it.
    if adapter.upcallOpen != 0 { return false }
    guard let state = AdapterState(rawValue: adapter.state) else { return false }
    if adapter.life == 1 {
      switch state {
      case .paused where dead:
        end(adapter: index, &actions)
        return true
      case .paused:
        move(index, .restart, &actions)
        callHandler(adapter: index, NDISSIM_UPCALL_RESTART, &actions)
        return true
      case .running where !adapter.addRequest.isNone:
        store.adapters.update(index) { $0.addRequest = .none }
        complete(adapter.addRequest, adapterHandle(index), &actions)
        return true
      default: return false
      }
    }
    return stepAway(index, adapter, state, dead: dead, &actions)
  }

  private mutating func stepAway(
    _ index: UInt32, _ adapter: AdapterRecord, _ state: AdapterState, dead: Bool,
    _ actions: inout Actions
  ) -> Bool {
    // Bindings and modules first; each wakes the adapter when it has gone.
    var next = adapter.bindings
    while let binding = next.optional {
      if store.bindings[binding, \.ending] == 0 {
        end(binding: binding, &actions)
        return true
      }
      next = store.bindings[binding, \.adapterNext]
    }
    guard adapter.bindings.isNone, adapter.firstOID.isNone else { return false }
    if dead, state != .halted {
      // The process is gone and takes no calls: an end the documents have no word for.
      store.adapters.update(index) { $0.state = AdapterState.halted.rawValue }
      actions.append(
        .event(
          .adapterState(
            party(adapter: index), adapterHandle(index), from: state.name,
            to: AdapterState.halted.name)))
      return true
    }
    switch state {
    case .running:
      move(index, .pause, &actions)
      callHandler(adapter: index, NDISSIM_UPCALL_PAUSE, &actions)
      return true
    case .paused:
      // The state becomes Halted when MiniportHaltEx returns; it is called in Paused.
      callHandler(adapter: index, NDISSIM_UPCALL_HALT_EX, &actions)
      return true
    case .halted:
      if !adapter.blocks.isNone { return reclaimOne(.adapter, index, &actions) }
      finishAdapter(index, adapter, dead: dead, &actions)
      return true
    default: return false
    }
  }

  private mutating func finishAdapter(
    _ index: UInt32, _ adapter: AdapterRecord, dead: Bool, _ actions: inout Actions
  ) {
    let handle = adapterHandle(index)
    let driver = adapter.driver.index
    if adapter.dmaRegistered != 0, !dead {
      let dma = dmaHandle(index)
      violate(
        Failure(.failure, .dmaStillRegistered, dma.rawValue),
        routine: adapter.failure.status == .success ? "MiniportHaltEx" : "MiniportInitializeEx",
        bugCheck: BugCheck(
          code: BugCheck.dmaVerifier, 0x07, dma.rawValue, isExtension: true),
        handle: handle, party: party(adapter: index),
        session: store.drivers[driver, \.session].optional, &actions)
    }
    end(domain: handle, &actions)
    charge(objectOf: driver, isNew: false)
    unlink(adapter: index)
    derived.adaptersByName[adapter.name] = nil
    let failure =
      adapter.failure.status == .success ? Failure(.failure, .ownerEnded) : adapter.failure
    complete(adapter.addRequest, failure, &actions)
    complete(adapter.removeRequest, &actions)
    store.adapters.update(index) {
      $0 = AdapterRecord()
      $0.generation = adapter.generation
    }
    if adapter.generation < lastGeneration { derived.freeAdapters.insert(index) }
    derived.workAdapters.remove(index)
    derived.workDrivers.insert(driver)
  }
}
