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
      let waits = waitsForLists(record)
      if waits {
        excuse(upcall: upcall.id)
      } else {
        let check = BugCheck.verifierTimedOIDComplete(
          adapterHandle(record.adapter.index), oid: record.oid, limit: settings.oidDeadline)
        miniportViolation(index, failure, check)
      }
      end(oid: index, failure, waits ? .excused : .abandoned)
    case .answered(let answer):
      let failure = verdict(index, answer, hasEnded: hasEnded)
      end(oid: index, failure, .miniport)
    }
    releaseIfComplete(oid: index)
  }

  /// The deadline of a request that ends a queue or VPort has passed while bindings hold its lists: the miniport "waits
  /// for all outstanding NET_BUFFER_LIST structures", so their holders are late (A86). False otherwise.
  private mutating func waitsForLists(_ oid: OIDRecord) -> Bool {
    guard let awaited = awaitedLists(oid) else { return false }
    return blameHolders(adapter: oid.adapter.index, awaited, after: settings.oidDeadline, nil)
  }

  /// The lists that a request which ends a queue or VPort waits for; nil for any other.
  func awaitedLists(_ oid: OIDRecord) -> AwaitedLists? {
    guard !oid.subject.isNone else { return nil }
    return switch oid.oid {
    case OIDNumber.receiveFilterFreeQueue: .queue(oid.queue.index)
    case OIDNumber.nicSwitchDeleteVPort: .vport(oid.vport.index)
    default: nil
    }
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
      if endedExcused(oid, adapter) {
        store.oids.update(index) { $0.end = .miniport }
        return finish(call.sessionIndex, call.requestID)
      }
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

  /// Whether NDIS has given up a request of this adapter while the miniport waited for others.
  private func endedExcused(_ oid: Handle, _ adapter: Handle) -> Bool {
    let index = Index<OIDRecord>(oid.index)
    return store.oids.contains(index) && oidHandle(index) == oid
      && store.oids[index, \.end] == .excused
      && store.oids[index, \.adapterHandle] == adapter.rawValue
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
}
