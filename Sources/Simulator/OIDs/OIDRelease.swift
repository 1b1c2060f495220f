// Completion of an OID request: its requester is notified, its upcalls return, and its record is released when
// neither side refers to it any more.

import NDISDriverInterface
import NDISEvents
import NDIS
import NDISStore

extension Simulator {
  /// Ends a request; no effect on one that has ended.
  mutating func end(
    oid index: Index<OIDRecord>, _ failure: Failure, _ end: OIDEnd
  ) {
    let state = store.oids[index, \.state]
    guard state != .free, state != .ended else { return }
    let told =
      state == .queued ? failure : conclude(oid: index, failure)
    let isPended = state == .pended
    if isPended, let upcall = upcallRecord(store.oids[index, \.upcall]) { close(upcall: upcall) }
    forgetTimeout(oid: index)
    store.oids.update(index) {
      $0.state = .ended
      $0.end = end
      $0.failure = told
      if isPended { $0.upcall = 0 }
    }
    scheduler.wake(store.oids[index, \.adapter].index)
    _ = tell(oid: index)
  }

  /// Calls ProtocolOidRequestComplete; false when the table of upcalls is full.
  mutating func tell(oid index: Index<OIDRecord>) -> Bool {
    guard let binding = store.oids[index, \.binding].optional,
      let session = store.drivers[store.bindings[binding, \.driver].index, \.session].optional,
      !isDisconnected(session)
    else {
      store.oids.update(index) { $0.told = 1 }
      releaseIfComplete(oid: index)
      return true
    }
    let new = NewUpcall(
      type: .oidRequestComplete, object: bindingHandle(binding),
      subject: Ref(any: index))
    guard let id = send(new, session: session) else { return false }
    store.oids.update(index) {
      $0.told = 1
      $0.completion = id
    }
    completionBegan(binding: binding)
    releaseIfComplete(oid: index)
    return true
  }

  /// ProtocolOidRequestComplete or MiniportCancelOidRequest has returned.
  mutating func oidCallReturned(
    _ upcall: UpcallRecord, _ outcome: UpcallOutcome
  ) {
    guard let index = upcall.oid.optional else { return }
    let isCompletion = upcall.type == .oidRequestComplete
    let open = isCompletion ? store.oids[index, \.completion] : store.oids[index, \.cancellation]
    guard open == upcall.id else { return }
    validateReturn(upcall, outcome, isCompletion: isCompletion)
    if isCompletion {
      store.oids.update(index) { $0.completion = 0 }
      let binding = Index<BindingRecord>(upcall.object.index)
      if store.bindings[binding, \.kind] != .free, bindingHandle(binding) == upcall.object {
        completionEnded(binding: binding)
      }
    } else {
      store.oids.update(index) { $0.cancellation = 0 }
    }
    releaseIfComplete(oid: index)
  }

  /// Both are void: only the return itself and its IRQL are checked.
  private mutating func validateReturn(
    _ upcall: UpcallRecord, _ outcome: UpcallOutcome, isCompletion: Bool
  ) {
    guard let session = upcall.session.optional else { return }
    var failure: Failure?
    var check: BugCheck?
    switch outcome {
    case .died: break
    case .expired: failure = Failure(.failure, .handlerDeadline, settings.upcallDeadline)
    case .answered(let answer):
      if answer.irql != 0 {
        failure = Failure(.failure, .providerIRQL, UInt64(answer.irql), 0)
        check = BugCheck(
          code: BugCheck.driverVerifier, 0xFA, UInt64(answer.irql), 0, isExtension: true)
      } else if let malformed = answer.malformed {
        failure = Failure(.failure, malformed.reason, malformed.a, malformed.b)
      }
    }
    guard let failure else { return }
    violate(
      failure, routine: isCompletion ? "ProtocolOidRequestComplete" : "MiniportCancelOidRequest",
      bugCheck: check, handle: upcall.object, party: party(of: upcall.object, session: session),
      session: session)
  }

  // MARK: Records

  /// Removes an ended request from the queue when no handler of its miniport has it any more, and frees its
  /// record when no handler of its requester does either.
  mutating func releaseIfComplete(oid index: Index<OIDRecord>) {
    let record = store.oids[index]
    guard record.state == .ended, record.told != 0 else { return }
    if record.completion == 0 { uncharge(oid: index) }
    guard record.upcall == 0, record.cancellation == 0 else { return }
    if record.isLinked != 0 {
      store.oidsOfAdapter.remove(index, from: record.adapter.index)
      store.oids.update(index) {
        $0.previous = .none
        $0.next = .none
        $0.isLinked = 0
      }
      scheduler.wake(record.adapter.index)
    }
    guard record.completion == 0 else { return }
    if slabs.oids.isFull { wakeAll() }
    slabs.oids.release(index) {
      // Identifies the request for a late completion.
      $0.adapterHandle = record.adapterHandle
      $0.oid = record.oid
      $0.end = record.end
      $0.lastUpcall = record.lastUpcall
    }
  }

  /// Refunds a request to its session's quota.
  mutating func uncharge(oid index: Index<OIDRecord>) {
    guard let session = store.oids[index, \.session].optional else { return }
    refund(oidOf: session)
    store.oids.update(index) { $0.session = .none }
  }
}
