// Completion of OID requests. The miniport's handler returns a final status, or PENDING and then
// NdisMOidRequestComplete is called once, possibly before the handler has returned; or NDIS stops waiting.
// The miniport's completion is validated by the verifier's rules for OIDs. Then the queues' records are
// updated (`conclude`), and ProtocolOidRequestComplete notifies the requester.

import NDISDriverInterface
import NDISEvents
import NDIS
import NDISStore

extension Simulator {
  // MARK: The miniport's side

  /// MiniportOidRequest has returned PENDING, and its upcall is pended. If the request was completed inside
  /// the handler, this return ends the upcall.
  private mutating func oidPends(_ upcall: UpcallRecord) {
    if let index = oidRecord(upcall), store.oids[index, \.state] == .sent {
      store.oids.update(index) { $0.state = .pended }
      return
    }
    if let pended = upcallRecord(upcall.id) { close(upcall: pended) }
    guard let index = oidRecord(upcall) else { return }
    store.oids.update(index) { $0.upcall = 0 }
    scheduler.wake(store.oids[index, \.adapter].index)
    releaseIfComplete(oid: index)
  }

  /// The record of the request an upcall of MiniportOidRequest is about.
  private func oidRecord(_ upcall: UpcallRecord) -> Index<OIDRecord>? {
    guard let index = upcall.oid.optional, store.oids[index, \.upcall] == upcall.id else {
      return nil
    }
    return index
  }

  /// MiniportOidRequest has returned, its deadline has passed, or its process has ended.
  mutating func oidAnswered(
    _ upcall: UpcallRecord, _ outcome: UpcallOutcome
  ) {
    if case .answered = outcome, upcall.state == .pended {
      return oidPends(upcall)
    }
    guard let index = oidRecord(upcall) else { return }
    let record = store.oids[index]
    store.oids.update(index) { $0.upcall = 0 }
    scheduler.wake(record.adapter.index)
    let hasEnded = record.state == .ended
    switch outcome {
    case .died: end(oid: index, Failure(.notAccepted, .handlerDied), .abandoned)
    case .expired where hasEnded:
      miniportViolation(
        index, Failure(.failure, .handlerDeadline, settings.oidDeadline), nil)
    case .expired:
      let failure = Failure(
        .requestAborted, .oidDeadline, UInt64(record.oid), settings.oidDeadline)
      let check = BugCheck.verifierTimedOIDComplete(
        adapterHandle(record.adapter.index), oid: record.oid, limit: settings.oidDeadline)
      miniportViolation(index, failure, check)
      end(oid: index, failure, .abandoned)
    case .answered(let answer):
      let failure = verdict(index, answer, hasEnded: hasEnded)
      end(oid: index, failure, .miniport)
    }
    releaseIfComplete(oid: index)
  }

  /// Validates the return of MiniportOidRequest, whose request may have been completed inside it.
  private mutating func verdict(
    _ index: Index<OIDRecord>, _ answer: ProviderAnswer, hasEnded: Bool
  ) -> Failure {
    if answer.irql != 0 {
      let failure = Failure(.failure, .providerIRQL, UInt64(answer.irql), 0)
      let check = BugCheck(
        code: BugCheck.driverVerifier, 0xFA, UInt64(answer.irql), 0, isExtension: true)
      miniportViolation(index, failure, check)
      return failure
    }
    if let malformed = answer.malformed {
      let failure = Failure(.failure, malformed.reason, malformed.a, malformed.b)
      miniportViolation(index, failure, nil)
      return failure
    }
    guard hasEnded else {
      return accept(
        index, answer.status, answer.oid ?? Simulator.nothing, routine: "MiniportOidRequest"
      ).failure
    }
    let record = store.oids[index]
    let failure = Failure(.failure, .oidNotPending, oidHandle(index).rawValue)
    // For a request completed inside its handler the handler returns PENDING; for one that NDIS has given up
    // any status may arrive.
    if answer.status != .pending, record.end == .miniport {
      let check = BugCheck.verifierOIDDoubleComplete(
        Handle(rawValue: record.adapterHandle), oid: record.oid,
        request: oidHandle(index).rawValue)
      miniportViolation(index, failure, check)
    }
    return failure
  }

  private static let nothing = OIDResult()

  /// NdisMOidRequestComplete.
  mutating func completeOIDRequest(
    _ call: Call, _ adapter: Handle, _ oid: Handle, _ status: Status, _ result: OIDResult
  ) throws(Failure) {
    let routine = "NdisMOidRequestComplete"
    let owner = try resolveAdapter(adapter, session: call.sessionIndex)
    try checkKind(oid, [.oidRequest])
    let index = Index<OIDRecord>(oid.index)
    guard store.oids.contains(index), oidHandle(index) == oid,
      store.oids[index, \.adapterHandle] == adapter.rawValue,
      store.oids[index, \.state] == .sent || store.oids[index, \.state] == .pended
    else {
      let (failure, check) = notPending(oid, owner)
      violate(
        failure, routine: routine, bugCheck: check, irql: call.irql, handle: oid,
        party: party(adapter: owner), session: call.sessionIndex)
      finish(call.sessionIndex, call.requestID, failure, bugCheck: check)
      return
    }
    guard status != .pending else {
      // PENDING is not a completion: the request stays pending.
      let number = store.oids[index, \.oid]
      let failure = Failure(.failure, .oidStatus, UInt64(number), UInt64(status.rawValue))
      let check = BugCheck.verifierOIDComplete(adapter, oid: number, status: status)
      miniportViolation(index, failure, check, routine: routine, irql: call.irql)
      finish(call.sessionIndex, call.requestID, failure, bugCheck: check)
      return
    }
    let taken = accept(index, status, result, routine: routine, irql: call.irql)
    end(oid: index, taken.failure, .miniport)
    if let check = taken.check {
      finish(call.sessionIndex, call.requestID, taken.failure, bugCheck: check)
    } else {
      finish(call.sessionIndex, call.requestID)
    }
  }

  /// Completion of a request that is not pending with this miniport: already completed by it, given up by
  /// NDIS, or another miniport's.
  private func notPending(_ oid: Handle, _ adapter: Index<AdapterRecord>) -> (Failure, BugCheck?) {
    let failure = Failure(.failure, .oidNotPending, oid.rawValue)
    let index = Index<OIDRecord>(oid.index)
    if store.oids.contains(index), oidHandle(index) == oid,
      store.oids[index, \.adapterHandle] == adapterHandle(adapter).rawValue
    {
      let record = store.oids[index]
      switch record.end {
      case .miniport:
        let check = BugCheck.verifierOIDDoubleComplete(
          adapterHandle(adapter), oid: record.oid, request: oid.rawValue)
        return (failure, check)
      case .abandoned: return (Failure(.failure, .lateAnswer, record.lastUpcall), nil)
      default: break
      }
    }
    let driver = driverHandle(store.adapters[adapter, \.driver].index)
    return (failure, BugCheck.invalidOIDCompletion(driver, request: oid.rawValue))
  }

  /// Validates a miniport's completion of a request, and stores its result if it is valid.
  private mutating func accept(
    _ index: Index<OIDRecord>, _ status: Status, _ result: OIDResult, routine: String,
    irql: IRQL = .passive
  ) -> (failure: Failure, check: BugCheck?) {
    let record = store.oids[index]
    let adapter = Handle(rawValue: record.adapterHandle)
    let number = UInt64(record.oid)
    var failure = Failure(.failure, .oidStatus, number, UInt64(status.rawValue))
    let check: BugCheck
    let form = OIDRequestKind(rawValue: UInt32(record.kind)).flatMap {
      OID.of(number: record.oid)?.form($0)
    }
    let room = min(UInt64(record.outputLength), UInt64(result.information.count))
    if let form, !form.mayEnd(with: status) {
      if form.mustSucceed {
        failure.reason = .oidMustSucceed
        check = .failedOIDWhichMustSucceed(adapter, oid: record.oid, status: status)
      } else {
        check = .verifierOIDComplete(adapter, oid: record.oid, status: status)
      }
    } else if UInt64(result.bytesWritten) > room {
      failure = Failure(.failure, .oidBytesWritten, UInt64(result.bytesWritten), room)
      check = .oidRequestInvalidBuffer(adapter, request: oidHandle(index).rawValue)
    } else {
      keep(result, index)
      let ended =
        status == .success
        ? Failure(.success, .none) : Failure(status, .handlerFailed, UInt64(status.rawValue))
      return (ended, nil)
    }
    miniportViolation(index, failure, check, routine: routine, irql: irql)
    return (failure, check)
  }

  private mutating func keep(_ result: OIDResult, _ index: Index<OIDRecord>) {
    store.oids.update(index) {
      $0.bytesRead = min(result.bytesRead, $0.inputLength)
      $0.bytesWritten = result.bytesWritten
      $0.bytesNeeded = result.bytesNeeded
      $0.supportedRevision = result.supportedRevision
      $0.outputBytes = result.bytesWritten
    }
    let count = Int(result.bytesWritten)
    guard count > 0 else { return }
    store.oidOutputs.update(index) {
      for at in 0..<min(count, OIDBufferRecord.capacity) { $0.bytes[at] = result.information[at] }
    }
  }

  private mutating func miniportViolation(
    _ index: Index<OIDRecord>, _ failure: Failure, _ check: BugCheck?,
    routine: String = "MiniportOidRequest", irql: IRQL = .passive
  ) {
    let adapter = store.oids[index, \.adapter].index
    violate(
      failure, routine: routine, bugCheck: check, irql: irql, handle: oidHandle(index),
      party: party(adapter: adapter),
      session: store.drivers[store.adapters[adapter, \.driver].index, \.session].optional)
  }

  // MARK: End

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
      bugCheck: check, handle: upcall.object, party: party(session: session), session: session)
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
