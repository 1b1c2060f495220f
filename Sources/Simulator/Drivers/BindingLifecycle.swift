// The binding's state machine: the handlers NDIS calls for it, the effects of an adapter's pause, restart or
// removal, and its end. According to the documents every one of these handlers may return PENDING.

import NDISEvents
import NDIS
import NDISStore

extension Simulator {
  /// Calls a handler. False when the table of upcalls is full: nothing has changed, and the binding is woken
  /// when a record is free.
  mutating func callHandler(
    binding index: Index<BindingRecord>, _ type: UpcallType, argument: UInt32 = 0,
    parent: UInt64 = 0
  ) -> Bool {
    let session = store.drivers[store.bindings[index, \.driver].index, \.session].index
    let new = NewUpcall(
      type: type, object: bindingHandle(index), parent: parent, argument: argument)
    guard let id = send(new, session: session) else { return false }
    store.bindings.update(index) {
      $0.upcallOpen = type
      $0.upcall = id
    }
    return true
  }

  /// The statuses ProtocolNetPnPEvent may return besides SUCCESS. A pause cannot fail.
  static func statuses(ofEvent event: UInt32) -> HandlerStatuses {
    .netPnPEvent(isPause: event == NetPnPEvent.pause.rawValue)
  }

  /// ProtocolBindAdapterEx, ProtocolUnbindAdapterEx or ProtocolNetPnPEvent has returned, or its pended call
  /// has been completed.
  mutating func bindingAnswered(
    _ upcall: UpcallRecord, _ outcome: UpcallOutcome
  ) {
    let index = Index<BindingRecord>(upcall.object.index)
    guard store.bindings.contains(index), store.bindings[index, \.kind] != .free,
      bindingHandle(index) == upcall.object, store.bindings[index, \.upcall] == upcall.id
    else { return }
    store.bindings.update(index) {
      $0.upcallOpen = nil
      $0.upcall = 0
    }
    scheduler.wake(index)
    scheduler.wake(store.bindings[index, \.adapter].index)
    let party = party(binding: index)
    switch upcall.type {
    case .bindAdapterEx:
      let failure = verdict(
        upcall, outcome, routine: "ProtocolBindAdapterEx", allowed: .bindAdapterEx,
        party: party)
      bound(index, failure)
    case .unbindAdapterEx:
      _ = verdict(
        upcall, outcome, routine: "ProtocolUnbindAdapterEx", allowed: .unbindAdapterEx,
        party: party,
        watchdog: .watchdog(.protocolUnbind, upcall.object))
    default:
      let isPause = upcall.argument == NetPnPEvent.pause.rawValue
      _ = verdict(
        upcall, outcome, routine: "ProtocolNetPnPEvent",
        allowed: Simulator.statuses(ofEvent: upcall.argument), party: party,
        watchdog: .watchdog(isPause ? .protocolPause : .protocolNetPnPEvent, upcall.object))
      told(index, upcall.argument)
    }
  }

  /// The bind handler has succeeded or failed.
  private mutating func bound(
    _ index: Index<BindingRecord>, _ failure: Failure?
  ) {
    let binding = store.bindings[index]
    if failure == nil, binding.opened != 0, binding.closing == 0, binding.ending == 0 {
      store.bindings.update(index) { $0.request = .none }
      complete(binding.request, bindingHandle(index))
      return
    }
    store.bindings.update(index) {
      $0.failure =
        failure
        ?? ($0.ending != 0
          ? Failure(.failure, .ownerEnded) : Failure(.failure, .bindingNotOpened))
      // A failed bind ends here; the unbind handler is not called for it. A bind that succeeded while the
      // binding was ending is unbound like any other.
      if failure != nil || $0.opened == 0 { $0.unbindSent = 1 }
    }
    end(binding: index)
  }

  // MARK: Network PnP events

  /// Progress of notifying an adapter's bindings of an event.
  enum NotificationProgress { case called, waiting, done }

  /// Notifies the next open binding of a pause, a restart or a removal. `waiting` while a handler of a
  /// binding is open.
  mutating func notifyBindings(
    of adapter: Index<AdapterRecord>, _ event: NetPnPEvent
  ) -> NotificationProgress {
    var waits = false
    for index in store.bindingsOfAdapter.of(adapter) {
      let binding = store.bindings[index]
      guard binding.kind == .binding, binding.ending == 0,
        binding.closing == 0, needs(binding, event),
        !isDisconnected(store.drivers[binding.driver.index, \.session].index)
      else { continue }
      if binding.upcallOpen != nil {
        waits = true
        continue
      }
      guard binding.opened != 0 else { continue }
      let type = UpcallType.netPnPEvent
      return callHandler(binding: index, type, argument: event.rawValue)
        ? .called : .waiting
    }
    return waits ? .waiting : .done
  }

  private func needs(_ binding: BindingRecord, _ event: NetPnPEvent) -> Bool {
    switch event {
    case .pause: binding.paused == 0
    case .restart: binding.paused != 0
    case .queryRemoveDevice: binding.queried == 0
    default: false
    }
  }

  /// The handler of an event has ended; its status is ignored, because these events cannot be refused.
  private mutating func told(_ index: Index<BindingRecord>, _ event: UInt32) {
    store.bindings.update(index) {
      switch NetPnPEvent(rawValue: event) {
      case .pause: $0.paused = 1
      case .restart: $0.paused = 0
      case .queryRemoveDevice: $0.queried = 1
      default: break
      }
    }
  }

  // MARK: Teardown

  /// Starts the end of the binding; `step` does the rest.
  mutating func end(binding index: Index<BindingRecord>) {
    store.bindings.update(index) { $0.ending = 1 }
    wake(binding: index)
  }

  /// The binding is ending: it has pending work, and its adapter's pause no longer waits for it.
  mutating func wake(binding index: Index<BindingRecord>) {
    scheduler.wake(index)
    scheduler.wake(store.bindings[index, \.adapter].index)
  }

  /// One step of a binding's end; false when it is waiting or idle.
  mutating func step(binding index: Index<BindingRecord>) -> Bool {
    let binding = store.bindings[index]
    guard binding.kind != .free else { return false }
    let session = store.drivers[binding.driver.index, \.session].index
    let dead = isDisconnected(session)
    if binding.closing != 0 { return stepClose(index, binding, dead: dead) }
    guard binding.ending != 0 else { return false }
    if binding.upcallOpen != nil { return false }
    if binding.opened != 0 {
      let isBinding = binding.kind == .binding
      if isBinding, !dead, binding.unbindSent == 0 {
        guard callHandler(binding: index, .unbindAdapterEx) else {
          return false
        }
        store.bindings.update(index) { $0.unbindSent = 1 }
        return true
      }
      if isBinding, !dead {
        let handle = bindingHandle(index)
        // The unbind handler is not called for a bind that failed: its driver closes the adapter before.
        let hasFailed =
          binding.failure.status != .success && binding.failure.reason != .ownerEnded
        violate(
          Failure(.failure, .bindingLeftOpen, handle.rawValue),
          routine: hasFailed ? "ProtocolBindAdapterEx" : "ProtocolUnbindAdapterEx", bugCheck: nil,
          handle: handle,
          party: party(binding: index), session: session)
      }
      store.bindings.update(index) { $0.closing = 1 }
      return true
    }
    let adapter = binding.adapter.index
    let driver = binding.driver.index
    end(domain: bindingHandle(index))
    let failure = binding.failure
    if failure.status == .success {
      complete(binding.request)
    } else {
      complete(binding.request, failure)
    }
    remove(binding: index)
    scheduler.wake(adapter)
    scheduler.wake(driver)
    return true
  }

  /// Closes a binding: its OID requests end, its queues are left for NDIS to free, and its lists are
  /// returned. A driver must not unbind while it holds lists: that is what NDIS's tracker of lists reports.
  private mutating func release(_ index: Index<BindingRecord>) -> Bool {
    if endOIDs(binding: index) { return false }
    reassignQueuesToNDIS(binding: index)
    let held = returnAll(binding: index)
    let session = store.drivers[store.bindings[index, \.driver].index, \.session].index
    if held > 0, !isDisconnected(session) {
      let handle = bindingHandle(index)
      violate(
        Failure(.failure, .listsHeld, handle.rawValue, held), routine: "NdisCloseAdapterEx",
        bugCheck: .leakedNetBufferList, handle: handle, party: party(binding: index),
        session: session)
    }
    store.bindings.update(index) { $0.released = 1 }
    return true
  }

  private mutating func stepClose(
    _ index: Index<BindingRecord>, _ binding: BindingRecord, dead: Bool
  ) -> Bool {
    if binding.released == 0 { return release(index) }
    if let registration = binding.registration.optional {
      store.bindings.update(index) { $0.registration = .none }
      end(registration: registration, dead ? .dead : .ended)
      return true
    }
    if !binding.blocks.isNone { return reclaimOne(.binding(index)) }
    turn.emit(.event(.bindingClosed(party(binding: index), bindingHandle(index))))
    store.bindings.update(index) {
      $0.opened = 0
      $0.closing = 0
      $0.released = 0
      $0.closeRequest = .none
    }
    complete(binding.closeRequest)
    scheduler.wake(binding.adapter.index)
    return true
  }

  mutating func remove(binding index: Index<BindingRecord>) {
    forgetOIDs(binding: index)
    refund(objectOf: store.bindings[index, \.driver].index)
    store.bindingsOfDriver.remove(index, from: store.bindings[index, \.driver].index)
    store.bindingsOfAdapter.remove(index, from: store.bindings[index, \.adapter].index)
    slabs.bindings.release(index)
    scheduler.rest(index)
  }
}
