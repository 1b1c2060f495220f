// An adapter's queue of OID requests, served one step at a time. All of its state is in the store, so a newly
// adopted simulator makes the same step. A request stays in the queue until its requester has been notified
// and no handler of the miniport has it; so an adapter with an empty queue may be halted.

import NDIS
import NDISStore

extension Simulator {
  /// One step of the adapter's queue: sends the next request to an idle miniport in a state that takes OID
  /// requests. False when there is no pending work.
  mutating func stepOIDs(adapter index: Index<AdapterRecord>) -> Bool {
    var next = store.adapters[index, \.firstOID]
    guard !next.isNone else { return false }
    let refusal = lastingRefusal(adapter: index)
    var isBusy = false
    var waiting: Index<OIDRecord>?
    while let oid = next.optional {
      let record = store.oids[oid]
      next = record.next
      switch record.state {
      case .queued:
        if record.cancelState != .none {
          end(oid: oid, Failure(.requestAborted, .oidAborted, record.requestID), .notSent)
          return true
        }
        if let refusal {
          end(oid: oid, refusal, .notSent)
          return true
        }
        if waiting == nil { waiting = oid }
      case .sent, .pended:
        isBusy = true
        if let refusal {
          end(oid: oid, refusal, .abandoned)
          return true
        }
        if record.cancelState == .requested, sendCancellation(oid: oid) { return true }
      case .ended:
        // A request completed inside its handler keeps the miniport busy until the handler returns.
        if record.upcall != 0 { isBusy = true }
        if record.told == 0, tell(oid: oid) { return true }
      default: break
      }
    }
    guard !isBusy, let waiting, oidRefusal(adapter: index) == nil, !slabs.upcalls.isFull
    else { return false }
    begin(oid: waiting)
    return true
  }

  /// Why the queue's requests are no longer served, or nil. A surprise removal is no reason: the miniport gets
  /// requests until MiniportHaltEx, and is to complete them with NOT_ACCEPTED (nc-ndis-miniport_oid_request).
  private func lastingRefusal(adapter index: Index<AdapterRecord>) -> Failure? {
    let adapter = store.adapters[index]
    if isDisconnected(store.drivers[adapter.driver.index, \.session].index) {
      return Failure(.notAccepted, .handlerDied)
    }
    // No transition leads out of Shutdown, and MiniportShutdownEx was the last call.
    guard adapter.state == .shutdown else { return nil }
    return Failure(.notAccepted, .wrongState, adapterHandle(index).rawValue)
  }

  /// Starts the request at the head of the queue.
  private mutating func begin(oid index: Index<OIDRecord>) {
    let record = store.oids[index]
    let adapter = record.adapter.index
    let driver = store.adapters[adapter, \.driver].index
    var preparation = Preparation.forward
    do throws(Failure) {
      if OID.of(number: record.oid) != nil {
        guard let kind = OIDRequestKind(rawValue: UInt32(record.kind)) else {
          throw Failure(.invalidParameter, .oidKind, UInt64(record.oid), UInt64(record.kind))
        }
        let form = try OID.form(
          number: record.oid, kind: kind, miniport: store.drivers[driver, \.version])
        if form.answeredBy != .ndis { try checkOIDHandler(driver) }
        preparation = try prepare(oid: index, form)
      } else if isGeneral(oid: record.oid, kind: record.kind, adapter) {
        preparation = .answered
      } else {
        try checkOIDHandler(driver)
        try checkListed(oid: record.oid, adapter)
      }
      if case .answered = preparation { _ = try ndisAnswer(oid: index) }
    } catch {
      end(oid: index, error, .notSent)
      return
    }
    guard case .forward = preparation else {
      store.oids.update(index) { $0.answeredByNDIS = 1 }
      end(oid: index, Failure(.success, .none), .notSent)
      return
    }
    // From here on the end of the request must go through `conclude`.
    store.oids.update(index) { $0.state = .sent }
    guard store.drivers[driver].handlers[HandlerSlot.oidRequest] != 0 else {
      end(oid: index, Failure(.notSupported, .missingHandler, 64), .notSent)
      return
    }
    // Without deadlines, for a driver in a debugger, this one is off too.
    let new = NewUpcall(
      type: .oidRequest, object: adapterHandle(adapter), subject: Ref(any: index),
      limit: settings.upcallDeadline == 0 ? 0 : settings.oidDeadline)
    guard let id = send(new, session: store.drivers[driver, \.session].index) else {
      let failure = slabs.upcalls.full()
      end(oid: index, failure, .notSent)
      return
    }
    store.oids.update(index) {
      $0.upcall = id
      $0.lastUpcall = id
    }
    move(adapter, .oidRequest)
    // A queue's lists are waited for when its DMA has stopped.
    if record.oid == OIDNumber.nicSwitchDeleteVPort, let lists = awaitedLists(store.oids[index]) {
      noteAwaited(adapter: adapter, lists, by: "OID_NIC_SWITCH_DELETE_VPORT")
    }
  }

  /// Checked before anything is created for a request that goes to the miniport.
  private func checkOIDHandler(_ driver: Index<DriverRecord>) throws(Failure) {
    guard store.drivers[driver].handlers[HandlerSlot.oidRequest] != 0 else {
      throw Failure(.notSupported, .missingHandler, 64)
    }
  }

  /// The request's Timeout has passed. A request that the miniport has not received ends; otherwise the
  /// miniport is called to cancel it, as if its requester had.
  mutating func timedOut(oid index: Index<OIDRecord>) {
    forgetTimeout(oid: index)
    let record = store.oids[index]
    switch record.state {
    case .queued:
      let failure = Failure(
        .requestAborted, .oidDeadline, UInt64(record.oid), UInt64(record.timeout) &* 1_000)
      end(oid: index, failure, .notSent)
    case .sent, .pended:
      if record.cancelState == .none { store.oids.update(index) { $0.cancelState = .requested } }
    default: break
    }
    scheduler.wake(record.adapter.index)
  }

  /// Disarms the request's Timeout.
  mutating func forgetTimeout(oid index: Index<OIDRecord>) {
    guard store.oids[index, \.deadline] != 0 else { return }
    store.oids.update(index) { $0.deadline = 0 }
    scheduler.forgetDeadline(of: index)
  }

  /// Calls MiniportCancelOidRequest, once per request; false when the table of upcalls is full.
  private mutating func sendCancellation(oid index: Index<OIDRecord>)
    -> Bool
  {
    let adapter = store.oids[index, \.adapter].index
    let driver = store.adapters[adapter, \.driver].index
    guard store.drivers[driver].handlers[HandlerSlot.cancelOIDRequest] != 0 else {
      store.oids.update(index) { $0.cancelState = .called }
      return true
    }
    let new = NewUpcall(
      type: .cancelOIDRequest, object: adapterHandle(adapter),
      subject: Ref(any: index))
    guard let id = send(new, session: store.drivers[driver, \.session].index) else {
      return false
    }
    store.oids.update(index) {
      $0.cancelState = .called
      $0.cancellation = id
    }
    return true
  }

  // MARK: Internal API

  /// Ends every request of the adapter with `status` and notifies the requesters: the adapter was removed or
  /// its process has ended.
  mutating func endOIDs(
    adapter index: Index<AdapterRecord>, _ status: Status
  ) {
    let failure = Failure(status, .adapterRemoved, adapterHandle(index).rawValue)
    for oid in store.oidsOfAdapter.of(index) {
      let isQueued = store.oids[oid, \.state] == .queued
      end(oid: oid, failure, isQueued ? .notSent : .abandoned)
    }
  }

  /// How many OID requests of a binding it has not been told the end of.
  func requestsOutstanding(of binding: Index<BindingRecord>) -> UInt64 {
    let adapter = store.bindings[binding, \.adapter].index
    return UInt64(
      store.oidsOfAdapter.of(adapter).count {
        store.oids[$0, \.binding] == Ref(binding) && store.oids[$0, \.told] == 0
      })
  }

  /// The binding is closing: cancels its requests. True while one of them has not ended, or a call of
  /// ProtocolOidRequestComplete has not returned. For a dead process there is no wait: its request at the
  /// miniport is cancelled without a completion.
  mutating func endOIDs(binding index: Index<BindingRecord>) -> Bool {
    let binding = store.bindings[index]
    guard binding.kind == .binding else { return false }
    let isDead = isDisconnected(store.drivers[binding.driver.index, \.session].index)
    var waits = false
    for oid in store.oidsOfAdapter.of(binding.adapter.index) {
      let record = store.oids[oid]
      guard record.binding == Ref(index), record.told == 0 else { continue }
      switch record.state {
      case .queued:
        end(oid: oid, Failure(.requestAborted, .oidAborted, record.requestID), .notSent)
      case .sent, .pended:
        if record.cancelState == .none {
          store.oids.update(oid) { $0.cancelState = .requested }
          scheduler.wake(binding.adapter.index)
        }
        if isDead {
          store.oids.update(oid) { $0.binding = .none }
          uncharge(oid: oid)
        } else {
          waits = true
        }
      default: if isDead { _ = tell(oid: oid) }
      }
      if store.oids[oid, \.binding] == Ref(index), store.oids[oid, \.isLinked] != 0,
        store.oids[oid, \.told] == 0
      {
        waits = true
      }
    }
    return waits || binding.completions > completionsAround(closing: index)
  }

  /// Calls of ProtocolOidRequestComplete of a binding from inside which NdisCloseAdapterEx was called: the
  /// close cannot wait for these.
  private func completionsAround(closing index: Index<BindingRecord>) -> UInt32 {
    guard let request = store.bindings[index, \.closeRequest].optional else { return 0 }
    let handle = bindingHandle(index)
    var count: UInt32 = 0
    _ = chain(of: store.requests[request, \.context]) {
      if $0.type == .oidRequestComplete, $0.object == handle { count += 1 }
      return false
    }
    return count
  }

  /// The upcall of MiniportOidRequest around a call, for a request of this binding: a close from inside it
  /// would deadlock.
  func oidCircle(binding index: Index<BindingRecord>, context: UInt64) -> UInt64? {
    chain(of: context) {
      guard $0.type == .oidRequest, let oid = $0.oid.optional else {
        return false
      }
      let record = store.oids[oid]
      return record.upcall == $0.id && record.binding == Ref(index) && record.told == 0
    }
  }

  /// After a restart: extends Timeouts by the time the daemon was down.
  func postponeOIDs(by milliseconds: UInt64) {
    for index in store.oids.touched where store.oids[index, \.deadline] != 0 {
      store.oids.update(index) { $0.deadline &+= milliseconds }
    }
  }
}
