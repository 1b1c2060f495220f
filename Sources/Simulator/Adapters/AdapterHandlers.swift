// Calls of a miniport's handlers for an adapter's life, and the state changes when they end. One such call is
// open or pended at a time, except for MiniportShutdownEx, which overtakes the others; their results are then
// ignored.

import NDISDriverInterface
import NDISEvents
import NDIS
import NDISStore

extension Simulator {
  /// Calls a handler. False when the table of upcalls is full: nothing has changed, and the adapter is woken
  /// when a record is free.
  mutating func callHandler(
    adapter index: Index<AdapterRecord>, _ type: UpcallType, argument: UInt32 = 0,
    parent: UInt64 = 0
  ) -> Bool {
    let session = store.drivers[store.adapters[index, \.driver].index, \.session].index
    let new = NewUpcall(
      type: type, object: adapterHandle(index), parent: parent, argument: argument)
    guard let id = send(new, session: session) else { return false }
    store.adapters.update(index) {
      $0.upcallOpen = type
      $0.upcall = id
    }
    return true
  }

  /// A miniport's handler has returned, or its pended call has been completed.
  mutating func adapterAnswered(
    _ upcall: UpcallRecord, _ outcome: UpcallOutcome
  ) {
    let index = Index<AdapterRecord>(upcall.object.index)
    guard store.adapters.contains(index), store.adapters[index, \.life] != .free,
      adapterHandle(index) == upcall.object, store.adapters[index, \.upcall] == upcall.id
    else { return }
    store.adapters.update(index) {
      $0.upcallOpen = nil
      $0.upcall = 0
    }
    let handle = upcall.object
    let party = party(adapter: index)
    let type = upcall.type
    let failure: Failure? =
      switch type {
      case .initializeEx:
        verdict(
          upcall, outcome, routine: "MiniportInitializeEx",
          allowed: .initializeEx, party: party)
      case .restart:
        verdict(
          upcall, outcome, routine: "MiniportRestart", allowed: .restart,
          party: party, twice: .illegalStateTransition(.restart, handle))
      case .pause:
        waitsForLists(index, upcall, outcome)
          ?? verdict(
            upcall, outcome, routine: "MiniportPause", allowed: .pause, party: party,
            watchdog: .watchdog(.miniportPause, handle),
            twice: .illegalStateTransition(.pause, handle))
      case .shutdownEx:
        verdict(
          upcall, shutdownOutcome(upcall, outcome), routine: "MiniportShutdownEx", allowed: .void,
          party: party)
      case .devicePnPEventNotify:
        verdict(
          upcall, outcome, routine: "MiniportDevicePnPEventNotify", allowed: .void, party: party)
      default:
        verdict(
          upcall, outcome, routine: "MiniportHaltEx", allowed: .void, party: party,
          watchdog: .watchdog(.miniportHalt, handle))
      }
    handlerEnded(adapter: index, type, failure)
  }

  /// The deadline of MiniportPause has passed while bindings hold the adapter's lists: the miniport "must wait for
  /// NDIS to return all its outstanding receive indications", so its holders are late, and it may complete the pause
  /// when it has them (A86). Nil otherwise.
  private mutating func waitsForLists(
    _ index: Index<AdapterRecord>, _ upcall: UpcallRecord, _ outcome: UpcallOutcome
  ) -> Failure? {
    guard case .expired = outcome,
      blameHolders(
        adapter: index, after: settings.upcallDeadline, .watchdog(.miniportPause, upcall.object))
    else { return nil }
    excuse(upcall: upcall.id)
    if upcall.state == .pended { store.adapters.update(index) { $0.latePause = 1 } }
    return Failure(.failure, .handlerDeadline, settings.upcallDeadline)
  }

  /// For a bug check the handler runs at a high IRQL, which it may report when it returns.
  private func shutdownOutcome(_ upcall: UpcallRecord, _ outcome: UpcallOutcome) -> UpcallOutcome {
    guard upcall.argument == ShutdownAction.bugCheck.rawValue, case .answered(var answer) = outcome
    else { return outcome }
    answer.irql = 0
    return .answered(answer)
  }

  mutating func handlerEnded(
    adapter index: Index<AdapterRecord>, _ type: UpcallType, _ failure: Failure?
  ) {
    scheduler.wake(index)
    switch type {
    case .initializeEx:
      move(index, failure == nil ? .initializeComplete : .initializeFailed)
      guard let failure else { return checkAttributesSet(adapter: index) }
      store.adapters.update(index) { $0.failure = failure }
      end(adapter: index)
    case .restart:
      move(index, failure == nil ? .restartComplete : .restartFailed)
      if let failure { restartFailed(index, failure) }
    // A pause or a halt cannot fail; one that timed out is complete all the same.
    case .pause:
      move(index, .pauseComplete)
      if failure == nil { checkIndicationsBack(index, "MiniportPause") }
    case .haltEx:
      move(index, .halt)
      checkIndicationsBack(index, "MiniportHaltEx")
    case .shutdownEx: _ = changeMade(index)
    default: break
    }
  }

  /// An asynchronous allocation is pending.
  func allocationBegun(_ index: Index<AdapterRecord>) {
    store.adapters.update(index) { $0.allocationsPending &+= 1 }
  }

  /// An allocation is no longer pending: MiniportHaltEx may be called.
  mutating func allocationEnded(_ index: Index<AdapterRecord>) {
    store.adapters.update(index) { $0.allocationsPending &-= 1 }
    scheduler.wake(index)
  }

  /// An adapter that has never run is removed; one that has stays Paused.
  private mutating func restartFailed(
    _ index: Index<AdapterRecord>, _ failure: Failure
  ) {
    if !store.adapters[index, \.addRequest].isNone {
      store.adapters.update(index) {
        $0.failure = failure
        // A removal in the meantime has set its own reason.
        if $0.life != .ending { $0.haltAction = HaltAction.deviceInitializationFailed.rawValue }
      }
      return end(adapter: index)
    }
    let request = store.adapters[index, \.changeRequest]
    store.adapters.update(index) {
      $0.held = 1
      $0.changeRequest = .none
    }
    complete(request, failure)
  }

  /// A violation if MiniportPause completes, or MiniportHaltEx returns, with indicated lists outstanding.
  private mutating func checkIndicationsBack(
    _ index: Index<AdapterRecord>, _ routine: String
  ) {
    let out = store.adapters[index, \.indicated]
    let session = store.drivers[store.adapters[index, \.driver].index, \.session].index
    guard out > 0, !isDisconnected(session) else { return }
    violate(
      Failure(.failure, .indicationsLeft, UInt64(out)), routine: routine, bugCheck: nil,
      handle: adapterHandle(index), party: party(adapter: index), session: session)
  }
}
