// Bindings of protocol drivers, and filter modules, which exist here only to be refused. BIND_ADAPTER stands
// in for network configuration: ProtocolBindAdapterEx is called, and NdisOpenAdapterEx inside it creates the
// binding. NdisCloseAdapterEx invalidates the binding handle as soon as it is called. The rest of a binding's
// life is in BindingLifecycle.swift.

import NDISDriverInterface
import NDISEvents
import NDIS
import NDISStore

extension Simulator {
  mutating func bindAdapter(
    _ call: Call, _ handle: Handle, _ name: Name
  ) throws(Failure) {
    let driver = try resolveDriver(handle, [.protocolDriver], session: call.sessionIndex)
    let index = try makeBinding(.binding, call, driver, name)
    let binding = bindingHandle(index)
    let request: Index<RequestRecord>
    do throws(Failure) { request = try open(call, object: binding) } catch {
      remove(binding: index)
      throw error
    }
    store.bindings.update(index) { $0.request = Ref(request) }
    let type = UpcallType.bindAdapterEx
    if !callHandler(binding: index, type, parent: call.context) {
      store.bindings.update(index) {
        $0.failure = slabs.upcalls.full()
      }
      end(binding: index)
    }
  }

  mutating func attachFilter(
    _ call: Call, _ handle: Handle, _ name: Name
  ) throws(Failure) {
    let driver = try resolveDriver(handle, [.filterDriver], session: call.sessionIndex)
    let index = try makeBinding(.module, call, driver, name)
    store.bindings.update(index) { $0.opened = 1 }
    finish(call.sessionIndex, call.requestID, bindingHandle(index))
  }

  /// Whether an adapter is visible to a session: one of its own user's, or a hosted miniport's.
  private func isShown(adapter: Index<AdapterRecord>, to session: Index<SessionRecord>) -> Bool {
    let owner = store.drivers[store.adapters[adapter, \.driver].index, \.session].index
    return store.sessions[owner, \.uid] == store.sessions[session, \.uid]
      || store.sessions[owner, \.isHosted] != 0
  }

  private mutating func makeBinding(
    _ kind: BindingKind, _ call: Call, _ driver: Index<DriverRecord>, _ name: Name
  ) throws(Failure) -> Index<BindingRecord> {
    guard store.drivers[driver, \.state] == .registered else {
      throw Failure(.failure, .wrongState, driverHandle(driver).rawValue)
    }
    guard let adapter = derived.adaptersByName[name],
      isShown(adapter: adapter, to: call.sessionIndex)
    else { throw Failure(.adapterNotFound, .nameUnknown) }
    let state = store.adapters[adapter, \.state]
    guard store.adapters[adapter, \.life] == .live,
      state == .running || state == .paused || state == .restarting
    else { throw Failure(.failure, .wrongState, adapterHandle(adapter).rawValue) }
    try checkQuota(objectsOf: call.sessionIndex)
    let count = bindingCount(adapter)
    guard count < settings.adapterBindings else {
      throw Failure(
        .resources, .adapterBindings, UInt64(count), UInt64(settings.adapterBindings))
    }
    let index = try slabs.bindings.allocateOrRefuse {
      $0.kind = kind
    }
    store.bindingsOfDriver.insert(index, in: driver) { $0.driver = Ref(driver) }
    store.bindingsOfAdapter.insert(index, in: adapter) { $0.adapter = Ref(adapter) }
    charge(objectOf: driver)
    return index
  }

  private func bindingCount(_ adapter: Index<AdapterRecord>) -> UInt32 {
    store.bindingsOfAdapter.of(adapter).reduce(0) { count, _ in count &+ 1 }
  }

  mutating func openAdapter(
    _ call: Call, _ handle: Handle, _ bindContext: Handle, _ context: UInt64
  ) throws(Failure) {
    let driver = try resolveDriver(handle, [.protocolDriver], session: call.sessionIndex)
    let index: Index<BindingRecord>
    do throws(Failure) {
      index = try resolveBindContext(bindContext, session: call.sessionIndex)
    } catch {
      // The documents list no INVALID_PARAMETER for this routine.
      throw Failure(
        error.reason == .wrongKindOfHandle || error.reason == .nullHandle
          ? error.status : .failure, error.reason, error.a, error.b)
    }
    guard store.bindings[index, \.driver] == Ref(driver) else {
      throw Failure(.failure, .foreignHandle, bindContext.rawValue)
    }
    // NdisOpenAdapterEx is legal inside ProtocolBindAdapterEx only.
    let binding = bindingHandle(index)
    guard
      chain(
        of: call.context,
        {
          $0.object == binding && $0.type == .bindAdapterEx
        }) != nil
    else { throw Failure(.failure, .wrongContext) }
    guard store.bindings[index, \.opened] == 0, store.bindings[index, \.closing] == 0 else {
      throw Failure(.failure, .alreadyDone, binding.rawValue)
    }
    let adapter = store.bindings[index, \.adapter].index
    let runs = store.adapters[adapter, \.state] == .running
    store.bindings.update(index) {
      $0.opened = 1
      $0.context = context
      // It receives NetEventRestart when the adapter runs.
      $0.paused = runs ? 0 : 1
    }
    turn.emit(.event(.bindingOpened(party(binding: index), binding)))
    finish(call.sessionIndex, call.requestID, binding)
  }

  /// The binding a BindContext names.
  func resolveBindContext(_ bindContext: Handle, session: Index<SessionRecord>) throws(Failure)
    -> Index<BindingRecord>
  {
    try checkKind(bindContext, [.bindContext])
    let index = Index<BindingRecord>(bindContext.index)
    guard store.bindings.contains(index), store.bindings[index, \.kind] != .free,
      self.bindContext(index) == bindContext
    else { throw Failure(.invalidParameter, .staleHandle, bindContext.rawValue) }
    guard store.drivers[store.bindings[index, \.driver].index, \.session] == Ref(session) else {
      throw Failure(.invalidParameter, .foreignHandle, bindContext.rawValue)
    }
    return index
  }

  func bindContext(_ index: Index<BindingRecord>) -> Handle {
    handle(.bindContext, store.bindings[index, \.generation], index)
  }

  mutating func closeAdapter(
    _ call: Call, _ handle: Handle
  ) throws(Failure) {
    let index = try resolveBinding(handle, .binding, session: call.sessionIndex)
    guard store.bindings[index, \.opened] != 0, store.bindings[index, \.closing] == 0 else {
      throw Failure(.failure, .staleHandle, handle.rawValue)
    }
    if let id = oidCircle(binding: index, context: call.context) {
      throw Failure(.failure, .circularWait, call.context, id)
    }
    let request = try open(call, object: handle)
    adviseToWait(call, binding: index)
    store.bindings.update(index) {
      $0.closing = 1
      $0.closeRequest = Ref(request)
      // A closed binding has no further use; one that is being bound ends as a failed bind.
      if $0.upcallOpen != .bindAdapterEx { $0.ending = 1 }
    }
    wake(binding: index)
  }

  /// nf-ndis-ndiscloseadapterex: a protocol driver "should wait" for the OID requests it made.
  private mutating func adviseToWait(_ call: Call, binding index: Index<BindingRecord>) {
    let outstanding = requestsOutstanding(of: index)
    guard outstanding > 0 else { return }
    let handle = bindingHandle(index)
    advise(
      Failure(.success, .requestsLeft, handle.rawValue, outstanding),
      routine: "NdisCloseAdapterEx", irql: call.irql, handle: handle,
      party: party(binding: index))
  }

  mutating func unbindAdapter(
    _ call: Call, _ handle: Handle, _ kind: Handle.Kind
  ) throws(Failure) {
    let index = try resolveBinding(handle, kind, session: call.sessionIndex)
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
    end(binding: index)
  }

  // MARK: Open completions

  /// A call of ProtocolOidRequestComplete has started.
  mutating func completionBegan(binding index: Index<BindingRecord>) {
    store.bindings.update(index) { $0.completions &+= 1 }
    scheduler.wake(index)
  }

  /// ProtocolOidRequestComplete has returned.
  mutating func completionEnded(binding index: Index<BindingRecord>) {
    store.bindings.update(index) { $0.completions &-= 1 }
    scheduler.wake(index)
  }

  func set(registration: Index<RegistrationRecord>, binding index: Index<BindingRecord>) {
    store.bindings.update(index) { $0.registration = Ref(registration) }
  }
}
