// Completions by drivers whose handlers returned PENDING, and changes made to an adapter from outside. The
// completion routines are VOID on Windows: an invalid call of one is a violation.

import NDISDriverInterface
import NDISEvents
public import NDIS
import NDISStore

extension Simulator {
  /// NdisMPauseComplete.
  mutating func pauseComplete(
    _ call: Call, _ handle: Handle
  ) throws(Failure) {
    let index = try resolveAdapter(handle, session: call.sessionIndex)
    if store.adapters[index, \.latePause] != 0 {
      // The pause that NDIS no longer waits for.
      store.adapters.update(index) { $0.latePause = 0 }
      return finish(call.sessionIndex, call.requestID)
    }
    let pended = Pended(
      upcall: store.adapters[index, \.upcall], type: .pause, object: handle,
      party: party(adapter: index), allowed: .pause, check: .illegalStateTransition(.pause, handle))
    end(pended, call, .success)
  }

  /// NdisMRestartComplete.
  mutating func restartComplete(
    _ call: Call, _ handle: Handle, _ status: Status
  ) throws(Failure) {
    let index = try resolveAdapter(handle, session: call.sessionIndex)
    let pended = Pended(
      upcall: store.adapters[index, \.upcall], type: .restart, object: handle,
      party: party(adapter: index), allowed: .restart,
      check: .illegalStateTransition(.restart, handle))
    end(pended, call, status)
  }

  /// NdisCompleteBindAdapterEx.
  mutating func completeBind(
    _ call: Call, _ bindContext: Handle, _ status: Status
  ) throws(Failure) {
    let index = try resolveBindContext(bindContext, session: call.sessionIndex)
    let pended = Pended(
      upcall: store.bindings[index, \.upcall], type: .bindAdapterEx,
      object: bindContext, party: party(binding: index), allowed: .bindAdapterEx)
    end(pended, call, status)
  }

  /// NdisCompleteUnbindAdapterEx.
  mutating func completeUnbind(
    _ call: Call, _ binding: Handle, _ status: Status
  ) throws(Failure) {
    let index = try resolveBinding(binding, .binding, session: call.sessionIndex)
    let pended = Pended(
      upcall: store.bindings[index, \.upcall], type: .unbindAdapterEx,
      object: binding, party: party(binding: index), allowed: .unbindAdapterEx)
    end(pended, call, status)
  }

  /// NdisCompleteNetPnPEvent.
  mutating func completeNetPnPEvent(
    _ call: Call, _ binding: Handle, _ status: Status
  ) throws(Failure) {
    let index = try resolveBinding(binding, .binding, session: call.sessionIndex)
    let upcall = store.bindings[index, \.upcall]
    let event = upcallRecord(upcall).map { store.upcalls[$0, \.argument] } ?? 0
    let pended = Pended(
      upcall: upcall, type: .netPnPEvent, object: binding,
      party: party(binding: index), allowed: Simulator.statuses(ofEvent: event))
    end(pended, call, status)
  }

  /// A call that may be pending, and the statuses it may be completed with besides SUCCESS.
  private struct Pended {
    var upcall: UInt64
    var type: UpcallType
    var object: Handle
    var party: Party
    var allowed: HandlerStatuses
    /// The bug check of a completion with nothing pending.
    var check: BugCheck?
  }

  private mutating func end(
    _ pended: Pended, _ call: Call, _ status: Status
  ) {
    var wrong: Failure?
    var end = status
    if status != .success, !pended.allowed.contains(status) {
      wrong = Failure(.failure, .handlerStatus, UInt64(status.rawValue))
      end = pended.allowed.contains(.failure) ? .failure : .success
    }
    var check: BugCheck?
    // PENDING does not complete the call; any other undocumented status does, as a failure if the handler may
    // fail.
    if status != .pending, !complete(upcall: pended.upcall, pended.type, end) {
      wrong = Failure(.failure, .completionUnexpected, pended.object.rawValue)
      check = pended.check
    }
    guard let wrong else { return finish(call.sessionIndex, call.requestID) }
    violate(
      wrong, routine: Routine.of(message: call.type).map { "\($0.name)" } ?? "completion",
      bugCheck: check, irql: call.irql, handle: pended.object, party: pended.party,
      session: call.sessionIndex)
    finish(call.sessionIndex, call.requestID, wrong, bugCheck: check)
  }

  // MARK: Changes

  /// CHANGE_ADAPTER, an extension: pause, restart, shutdown, surprise removal, halt. Every session may change
  /// a hosted adapter.
  mutating func changeAdapter(
    _ call: Call, _ handle: Handle, _ change: AdapterChange
  ) throws(Failure) {
    let index = try resolveAdapterToChange(handle, session: call.sessionIndex)
    try checkCircle(call, adapter: index)
    try check(change, index, handle)
    let request = try open(call, object: handle)
    make(change, index, Ref(request))
  }

  /// The same from the management plane, without waiting for completion.
  public mutating func change(
    adapter handle: Handle, _ change: AdapterChange, now: UInt64
  ) throws(Failure) {
    turn.now = now
    let index = try resolveAdapterToChange(handle, session: nil)
    try check(change, index, handle)
    make(change, index, .none)
    commit()
  }

  private func resolveAdapterToChange(
    _ handle: Handle, session: Index<SessionRecord>?
  ) throws(Failure) -> Index<AdapterRecord> {
    let index = Index<AdapterRecord>(handle.index)
    guard handle.kind == .adapter, store.adapters.contains(index),
      store.adapters[index, \.life] != .free, adapterHandle(index) == handle,
      let owner = store.drivers[store.adapters[index, \.driver].index, \.session].optional,
      session == nil || store.sessions[owner, \.isHosted] != 0
    else { return try resolveAdapter(handle, session: session ?? Index(UInt32.max)) }
    return index
  }

  /// Whether the adapter's state allows the change. A halt or a removal waits for pending calls; a pause or a
  /// restart is refused.
  private func check(
    _ change: AdapterChange, _ index: Index<AdapterRecord>, _ handle: Handle
  ) throws(Failure) {
    let adapter = store.adapters[index]
    guard adapter.life == .live,
      !isDisconnected(store.drivers[adapter.driver.index, \.session].index)
    else {
      throw Failure(.failure, .objectEnding, handle.rawValue)
    }
    let state = adapter.state
    let isChanging = !adapter.changeRequest.isNone || !adapter.addRequest.isNone
    let isLegal: Bool =
      switch change {
      case .pause: state.after(.pause) != nil && adapter.held == 0 && !isChanging
      case .restart: state.after(.restart) != nil && adapter.held != 0 && !isChanging
      case .shutdown: state.after(.shutdown) != nil
      case .surpriseRemove, .halt: state != .shutdown
      }
    guard isLegal else { throw Failure(.failure, .wrongState, handle.rawValue) }
    if case .shutdown = change, slabs.upcalls.isFull {
      throw slabs.upcalls.full()
    }
  }

  private mutating func make(
    _ change: AdapterChange, _ index: Index<AdapterRecord>, _ request: Ref<RequestRecord>
  ) {
    scheduler.wake(index)
    switch change {
    case .pause(let reason):
      store.adapters.update(index) {
        $0.held = 1
        $0.pauseReason = reason.rawValue
        $0.changeRequest = request
      }
    case .restart:
      store.adapters.update(index) {
        $0.held = 0
        $0.changeRequest = request
      }
    case .shutdown(let action): shutDown(index, action, request)
    case .surpriseRemove:
      store.adapters.update(index) {
        $0.removed = 1
        $0.haltAction = HaltAction.deviceSurpriseRemoved.rawValue
        $0.removeRequest = request
      }
      end(adapter: index)
    case .halt(let action):
      store.adapters.update(index) {
        $0.haltAction = action.rawValue
        $0.removeRequest = request
      }
      end(adapter: index)
    }
  }

  /// MiniportShutdownEx, the last call the adapter gets. Pending handlers are not waited for, OID requests
  /// end, and lists are not returned.
  private mutating func shutDown(
    _ index: Index<AdapterRecord>, _ action: ShutdownAction, _ request: Ref<RequestRecord>
  ) {
    let adapter = store.adapters[index]
    if let upcall = upcallRecord(adapter.upcall),
      store.upcalls[upcall, \.state] == .pended
    {
      close(upcall: upcall)
    }
    move(index, .shutdown)
    store.adapters.update(index) {
      $0.changeRequest = request
      $0.addRequest = .none
      $0.shutdownAction = action.rawValue
      $0.upcallOpen = nil
      $0.upcall = 0
      // The caller of ADD_ADAPTER has not received the handle; the adapter is removed.
      if !adapter.addRequest.isNone { $0.end() }
    }
    // From NDIS 6.30 MiniportShutdownEx is called for a bug check only if the miniport asked for it.
    let isCalled = action != .bugCheck || wantsBugCheckShutdown(adapter: index)
    // Must be the first call: `check` found space for one upcall, and OID completions are upcalls too.
    if isCalled { _ = callHandler(adapter: index, .shutdownEx, argument: action.rawValue) }
    let overtaken = Failure(.failure, .ownerEnded)
    complete(adapter.changeRequest, overtaken)
    complete(adapter.addRequest, overtaken)
    endOIDs(adapter: index, .notAccepted)
    dropIndications(adapter: index)
    if !isCalled { _ = changeMade(index) }
  }
}
