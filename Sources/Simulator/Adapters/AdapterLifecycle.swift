// The adapter's state machine: to Running, to Paused, or to its removal, one step per turn. The next step
// follows from its record alone. An open or pended handler call is waited for: NDIS starts nothing else while
// an adapter is Pausing or a restart is pending. A dead process gets no calls; its adapters end without them.

import NDISEvents
import NDIS
import NDISStore

extension Simulator {
  /// Starts the removal of the adapter; `step` does the rest. A waiting change is dropped.
  mutating func end(adapter index: Index<AdapterRecord>) {
    let change = store.adapters[index, \.changeRequest]
    store.adapters.update(index) {
      $0.end()
      $0.changeRequest = .none
      $0.pauseReason = PauseReason.miniportDeviceRemove.rawValue
    }
    complete(change, Failure(.failure, .ownerEnded))
    scheduler.wake(index)
  }

  /// One step of an adapter towards Running, Paused or removal; false when it is waiting or idle.
  mutating func step(adapter index: Index<AdapterRecord>) -> Bool {
    let adapter = store.adapters[index]
    guard adapter.life != .free else { return false }
    let state = adapter.state
    if stepOIDs(adapter: index) { return true }
    if stepReturns(adapter: index) { return true }
    if stepPlaces(adapter: index) { return true }
    let dead = isDisconnected(store.drivers[adapter.driver.index, \.session].index)
    // Also for a dead process: the session's teardown ends its calls.
    if adapter.upcallOpen != nil { return false }
    if adapter.life == .ending { return stepTeardown(index, adapter, state, dead: dead) }
    switch state {
    case .paused where dead:
      end(adapter: index)
      return true
    case .paused where adapter.held != 0: return changeMade(index)
    case .paused:
      guard callHandler(adapter: index, .restart) else { return false }
      move(index, .restart)
      return true
    case .running where adapter.held != 0: return stepPause(index, adapter)
    case .running where !adapter.addRequest.isNone:
      store.adapters.update(index) { $0.addRequest = .none }
      complete(adapter.addRequest, adapterHandle(index))
      return true
    case .running:
      switch notifyBindings(of: index, .restart) {
      case .called: return true
      case .waiting: return false
      case .done: return changeMade(index)
      }
    default: return false
    }
  }

  /// Completes the requested change. False when no request waits for it.
  mutating func changeMade(_ index: Index<AdapterRecord>) -> Bool {
    let request = store.adapters[index, \.changeRequest]
    guard !request.isNone else { return false }
    store.adapters.update(index) { $0.changeRequest = .none }
    complete(request)
    return true
  }

  /// Pauses a running adapter: its bindings first, then the miniport.
  private mutating func stepPause(
    _ index: Index<AdapterRecord>, _ adapter: AdapterRecord
  ) -> Bool {
    switch notifyBindings(of: index, .pause) {
    case .called: return true
    case .waiting: return false
    case .done: break
    }
    let reason = adapter.pauseReason
    guard callHandler(adapter: index, .pause, argument: reason) else {
      return false
    }
    store.adapters.update(index) { $0.latePause = 0 }
    move(index, .pause)
    if store.adapters[index, \.indicated] > 0 { noteAwaited(adapter: index, by: "MiniportPause") }
    return true
  }

  // MARK: Teardown

  /// Bindings and modules end first, each waking the adapter when it has closed; then MiniportPause, the
  /// queues, MiniportHaltEx, and the adapter's remaining memory.
  private mutating func stepTeardown(
    _ index: Index<AdapterRecord>, _ adapter: AdapterRecord, _ state: AdapterState, dead: Bool
  ) -> Bool {
    if adapter.removed != 0, !dead, state == .running || state == .paused,
      let did = stepSurpriseRemoval(index, adapter, state)
    {
      return did
    }
    var next = adapter.bindings
    while let binding = next.optional {
      if store.bindings[binding, \.ending] == 0 {
        end(binding: binding)
        return true
      }
      next = store.bindings[binding, \.adapterNext]
    }
    guard adapter.bindings.isNone else { return false }
    if dead || state == .shutdown, !adapter.firstOID.isNone { return false }
    if dead, state == .running || state == .paused {
      move(index, .processEnded)
      return true
    }
    switch state {
    case .running: return stepPause(index, adapter)
    case .paused: return stepHalt(index, adapter)
    case .halted, .shutdown:
      guard adapter.allocationsPending == 0 else { return false }
      if adapter.dropped == 0 { dropIndications(adapter: index) }
      if !adapter.blocks.isNone {
        // After a shutdown nothing may be freed, so nothing is a leak.
        return reclaimOne(.adapter(index), asLeak: state == .halted)
      }
      finishAdapter(index, adapter, state, dead: dead)
      return true
    default: return false
    }
  }

  /// Surprise removal, up to the end of the bindings: they are notified, the miniport is notified, bindings
  /// and miniport are paused. Nil when that is complete.
  private mutating func stepSurpriseRemoval(
    _ index: Index<AdapterRecord>, _ adapter: AdapterRecord, _ state: AdapterState
  ) -> Bool? {
    switch notifyBindings(of: index, .queryRemoveDevice) {
    case .called: return true
    case .waiting: return false
    case .done: break
    }
    if adapter.notified == 0 {
      let event = PnPEvent.surpriseRemoved.rawValue
      let type = UpcallType.devicePnPEventNotify
      guard callHandler(adapter: index, type, argument: event) else { return false }
      store.adapters.update(index) { $0.notified = 1 }
      return true
    }
    return state == .running ? stepPause(index, adapter) : nil
  }

  /// In Paused with all bindings closed: NDIS frees the queues, then calls MiniportHaltEx. After a surprise
  /// removal it asks the miniport too, which is to complete the requests with NOT_ACCEPTED.
  private mutating func stepHalt(
    _ index: Index<AdapterRecord>, _ adapter: AdapterRecord
  ) -> Bool {
    if freeQueuesBeforeHalt(adapter: index) {
      // Woken when that request has ended.
      return store.adapters[index, \.firstOID] != adapter.firstOID
    }
    // MiniportHaltEx is not called with OID requests outstanding.
    guard store.adapters[index, \.firstOID].isNone else { return false }
    // Nor while memory is on its way to MiniportSharedMemoryAllocateComplete.
    guard MiniportMemoryCheck.haltWaits.passes(store.adapters[index, \.allocationsPending] == 0)
    else { return false }
    // The state becomes Halted when MiniportHaltEx returns; it is called in Paused.
    return callHandler(
      adapter: index, .haltEx, argument: adapter.haltAction)
  }

  private mutating func finishAdapter(
    _ index: Index<AdapterRecord>, _ adapter: AdapterRecord, _ state: AdapterState, dead: Bool
  ) {
    let handle = adapterHandle(index)
    let driver = adapter.driver.index
    let failedFirst =
      adapter.failure.status != .success
      && adapter.haltAction != HaltAction.deviceInitializationFailed.rawValue
    let routine = failedFirst ? "MiniportInitializeEx" : "MiniportHaltEx"
    if !dead, state == .halted { checkChannelReleased(index, routine: routine) }
    if adapter.dmaRegistered != 0, !dead, state == .halted {
      let dma = dmaHandle(index)
      violate(
        Failure(.failure, .dmaStillRegistered, dma.rawValue), routine: routine,
        bugCheck: BugCheck(
          code: BugCheck.dmaVerifier, 0x07, dma.rawValue, isExtension: true),
        handle: handle, party: party(adapter: index),
        session: store.drivers[driver, \.session].optional)
    }
    dropQueues(adapter: index)
    end(domain: handle)
    refund(objectOf: driver)
    store.adaptersOfDriver.remove(index, from: store.adapters[index, \.driver].index)
    derived.adaptersByName[adapter.name] = nil
    let failure =
      adapter.failure.status == .success ? Failure(.failure, .ownerEnded) : adapter.failure
    complete(adapter.addRequest, failure)
    complete(adapter.removeRequest)
    slabs.adapters.release(index)
    scheduler.rest(index)
    scheduler.wake(driver)
  }
}
