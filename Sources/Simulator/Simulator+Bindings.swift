// Bindings of protocol drivers, and filter modules, which here only exist to be refused. BIND_ADAPTER
// plays the network configuration: ProtocolBindAdapterEx is called, NdisOpenAdapterEx inside it makes the
// binding. NdisCloseAdapterEx kills the binding handle as soon as it is called.

import CNDIS
import Events
import NDIS

extension Simulator {
  mutating func bindAdapter(
    _ call: Call, _ handle: Handle, _ name: Name, _ actions: inout Actions
  ) throws(Failure) {
    let driver = try resolveDriver(handle, [.protocolDriver], session: call.session)
    let index = try makeBinding(.binding, call, driver, name)
    let binding = bindingHandle(index)
    let request: UInt32
    do throws(Failure) { request = try open(call, object: binding) } catch {
      remove(binding: index)
      throw error
    }
    store.bindings.update(index) {
      $0.request = Ref(request)
      $0.upcallOpen = UInt32(NDISSIM_UPCALL_BIND_ADAPTER_EX)
    }
    let new = NewUpcall(
      type: NDISSIM_UPCALL_BIND_ADAPTER_EX, object: binding, parent: call.context)
    if send(new, session: call.session, &actions) == nil {
      store.bindings.update(index) {
        $0.upcallOpen = 0
        $0.failure = Failure(.resources, .tableFull, 11, UInt64(store.upcalls.capacity))
      }
      end(binding: index, &actions)
    }
  }

  mutating func attachFilter(
    _ call: Call, _ handle: Handle, _ name: Name, _ actions: inout Actions
  ) throws(Failure) {
    let driver = try resolveDriver(handle, [.filterDriver], session: call.session)
    let index = try makeBinding(.module, call, driver, name)
    store.bindings.update(index) { $0.opened = 1 }
    finish(call.session, call.requestID, bindingHandle(index), &actions)
  }

  /// Whether an adapter is there for a session: its user's, and a hosted miniport's for everybody.
  private func isShown(adapter: UInt32, to session: UInt32) -> Bool {
    let owner = store.drivers[store.adapters[adapter, \.driver].index, \.session].index
    return store.sessions[owner, \.uid] == store.sessions[session, \.uid]
      || store.sessions[owner, \.isHosted] != 0
  }

  private mutating func makeBinding(
    _ kind: BindingKind, _ call: Call, _ driver: UInt32, _ name: Name
  ) throws(Failure) -> UInt32 {
    guard store.drivers[driver, \.state] == DriverState.registered.rawValue else {
      throw Failure(.failure, .wrongState, driverHandle(driver).rawValue)
    }
    guard let adapter = derived.adaptersByName[name], isShown(adapter: adapter, to: call.session)
    else { throw Failure(.adapterNotFound, .nameUnknown) }
    let state = AdapterState(rawValue: store.adapters[adapter, \.state])
    guard store.adapters[adapter, \.life] == 1,
      state == .running || state == .paused || state == .restarting
    else { throw Failure(.failure, .wrongState, adapterHandle(adapter).rawValue) }
    try checkObjects(session: call.session)
    guard let index = derived.freeBindings.first else {
      throw Failure(.resources, .tableFull, 4, UInt64(store.bindings.capacity))
    }
    derived.freeBindings.remove(index)
    store.bindings.update(index) {
      let generation = $0.generation &+ 1
      $0 = BindingRecord()
      $0.generation = generation
      $0.kind = kind.rawValue
    }
    link(binding: index, driver: driver, adapter: adapter)
    charge(objectOf: driver, isNew: true)
    return index
  }

  mutating func openAdapter(
    _ call: Call, _ handle: Handle, _ bindContext: Handle, _ context: UInt64,
    _ actions: inout Actions
  ) throws(Failure) {
    let driver = try resolveDriver(handle, [.protocolDriver], session: call.session)
    try checkKind(bindContext, [.bindContext])
    let index = bindContext.index
    guard index < store.bindings.capacity, store.bindings[index, \.kind] != 0,
      self.bindContext(index) == bindContext
    else { throw Failure(.failure, .staleHandle, bindContext.rawValue) }
    guard store.bindings[index, \.driver] == Ref(driver) else {
      throw Failure(.failure, .foreignHandle, bindContext.rawValue)
    }
    // NdisOpenAdapterEx is legal inside ProtocolBindAdapterEx only.
    let binding = bindingHandle(index)
    guard
      chain(
        of: call.context,
        {
          $0.object == binding && Int($0.type) == NDISSIM_UPCALL_BIND_ADAPTER_EX
        }) != nil
    else { throw Failure(.failure, .wrongContext) }
    guard store.bindings[index, \.opened] == 0, store.bindings[index, \.closing] == 0 else {
      throw Failure(.failure, .alreadyDone, binding.rawValue)
    }
    store.bindings.update(index) {
      $0.opened = 1
      $0.context = context
    }
    actions.append(.event(.bindingOpened(party(binding: index), binding)))
    finish(call.session, call.requestID, binding, &actions)
  }

  func bindContext(_ index: UInt32) -> Handle {
    handle(.bindContext, store.bindings[index, \.generation], index)
  }

  mutating func closeAdapter(
    _ call: Call, _ handle: Handle, _ actions: inout Actions
  ) throws(Failure) {
    let index = try resolveBinding(handle, .binding, session: call.session)
    guard store.bindings[index, \.opened] != 0, store.bindings[index, \.closing] == 0 else {
      throw Failure(.failure, .staleHandle, handle.rawValue)
    }
    if let id = oidCircle(binding: index, context: call.context) {
      throw Failure(.failure, .circularWait, call.context, id)
    }
    let request = try open(call, object: handle)
    store.bindings.update(index) {
      $0.closing = 1
      $0.closeRequest = Ref(request)
      // Outside its handlers a closed binding has nothing left to live for.
      if $0.upcallOpen == 0 { $0.ending = 1 }
    }
    derived.workBindings.insert(index)
  }

  mutating func unbindAdapter(
    _ call: Call, _ handle: Handle, _ kind: Handle.Kind, _ actions: inout Actions
  ) throws(Failure) {
    let index = try resolveBinding(handle, kind, session: call.session)
    guard store.bindings[index, \.ending] == 0 else {
      throw Failure(.failure, .objectEnding, handle.rawValue)
    }
    if let id = chain(of: call.context, { $0.object == handle })
      ?? oidCircle(binding: index, context: call.context)
    {
      throw Failure(.failure, .circularWait, call.context, id)
    }
    // Its BIND_ADAPTER is still unanswered.
    guard store.bindings[index, \.request].isNone else {
      throw Failure(.failure, .wrongState, handle.rawValue)
    }
    let request = try open(call, object: handle)
    store.bindings.update(index) { $0.request = Ref(request) }
    end(binding: index, &actions)
  }

  /// ProtocolBindAdapterEx or ProtocolUnbindAdapterEx has returned.
  mutating func bindingAnswered(
    _ upcall: UpcallRecord, _ ending: Ending, _ actions: inout Actions
  ) {
    let index = upcall.object.index
    guard index < store.bindings.capacity, store.bindings[index, \.kind] != 0,
      bindingHandle(index) == upcall.object
    else { return }
    store.bindings.update(index) { $0.upcallOpen = 0 }
    derived.workBindings.insert(index)
    let isBind = Int(upcall.type) == NDISSIM_UPCALL_BIND_ADAPTER_EX
    let failure = verdict(
      upcall, ending, routine: isBind ? "ProtocolBindAdapterEx" : "ProtocolUnbindAdapterEx",
      allowed: isBind
        ? [.resources, .failure, .adapterNotFound, .openFailed, .unsupportedMedia] : [],
      party: party(binding: index), &actions)
    guard isBind else { return }
    let binding = store.bindings[index]
    if failure == nil, binding.opened != 0, binding.closing == 0, binding.ending == 0 {
      store.bindings.update(index) { $0.request = .none }
      complete(binding.request, upcall.object, &actions)
      return
    }
    store.bindings.update(index) {
      $0.failure =
        failure
        ?? ($0.ending != 0
          ? Failure(.failure, .ownerEnded) : Failure(.failure, .bindingNotOpened))
      // A failed bind is over; the unbind handler is not called for it. One that succeeded while
      // the binding was ending is unbound like any other.
      if failure != nil || $0.opened == 0 { $0.unbindSent = 1 }
    }
    end(binding: index, &actions)
  }

  // MARK: Going

  mutating func end(binding index: UInt32, _ actions: inout Actions) {
    store.bindings.update(index) { $0.ending = 1 }
    derived.workBindings.insert(index)
  }

  /// One step of a binding's end; false when it has to wait or is at rest.
  mutating func step(binding index: UInt32, _ actions: inout Actions) -> Bool {
    let binding = store.bindings[index]
    guard binding.kind != 0 else { return false }
    let session = store.drivers[binding.driver.index, \.session].index
    let dead = isDead(session)
    if binding.closing != 0 { return stepClose(index, binding, dead: dead, &actions) }
    guard binding.ending != 0 else { return false }
    if binding.upcallOpen != 0 { return false }
    if binding.opened != 0 {
      let isBinding = binding.kind == BindingKind.binding.rawValue
      if isBinding, !dead, binding.unbindSent == 0 {
        let new = NewUpcall(
          type: NDISSIM_UPCALL_UNBIND_ADAPTER_EX, object: bindingHandle(index))
        store.bindings.update(index) {
          $0.unbindSent = 1
          $0.upcallOpen = UInt32(NDISSIM_UPCALL_UNBIND_ADAPTER_EX)
        }
        if send(new, session: session, &actions) == nil {
          store.bindings.update(index) { $0.upcallOpen = 0 }
        }
        return true
      }
      if isBinding, !dead {
        let handle = bindingHandle(index)
        violate(
          Failure(.failure, .bindingLeftOpen, handle.rawValue),
          routine: "ProtocolUnbindAdapterEx", bugCheck: nil, handle: handle,
          party: party(binding: index), session: session, &actions)
      }
      store.bindings.update(index) { $0.closing = 1 }
      return true
    }
    let adapter = binding.adapter.index
    let driver = binding.driver.index
    end(domain: bindingHandle(index), &actions)
    let failure = binding.failure
    if failure.status == .success {
      complete(binding.request, &actions)
    } else {
      complete(binding.request, failure, &actions)
    }
    remove(binding: index)
    derived.workAdapters.insert(adapter)
    derived.workDrivers.insert(driver)
    return true
  }

  private mutating func stepClose(
    _ index: UInt32, _ binding: BindingRecord, dead: Bool, _ actions: inout Actions
  ) -> Bool {
    if endOIDs(binding: index, &actions) { return false }
    if let registration = binding.registration.optional {
      store.bindings.update(index) { $0.registration = .none }
      end(registration: registration, dead ? .dead : .ended, &actions)
      return true
    }
    if !binding.blocks.isNone { return reclaimOne(.binding, index, &actions) }
    actions.append(.event(.bindingClosed(party(binding: index), bindingHandle(index))))
    store.bindings.update(index) {
      $0.opened = 0
      $0.closing = 0
      $0.closeRequest = .none
    }
    complete(binding.closeRequest, &actions)
    return true
  }

  private mutating func remove(binding index: UInt32) {
    let generation = store.bindings[index, \.generation]
    charge(objectOf: store.bindings[index, \.driver].index, isNew: false)
    unlink(binding: index)
    store.bindings.update(index) {
      $0 = BindingRecord()
      $0.generation = generation
    }
    if generation < lastGeneration { derived.freeBindings.insert(index) }
    derived.workBindings.remove(index)
  }
}
