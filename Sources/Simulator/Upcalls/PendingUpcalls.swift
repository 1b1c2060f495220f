// Handlers that return PENDING. Such an upcall is pended: its record stays with its deadline, it is no longer
// a context for calls, and it ends with its completion, its deadline, or its process. The completion may
// arrive while the handler is still running, as on Windows, where another thread may make it; it then takes
// effect as soon as the handler has returned PENDING. A handler that completes and then returns another
// status has answered twice: a violation, and the returned status wins.

import NDISDriverInterface
import NDISEvents
import NDIS
import NDISStore

extension Simulator {
  /// Whether the handler of an upcall may return PENDING.
  static func mayPend(_ type: UpcallType) -> Bool {
    switch type {
    case .pause, .restart, .bindAdapterEx,
      .unbindAdapterEx, .netPnPEvent, .oidRequest:
      true
    default: false
    }
  }

  /// Whether the handler has returned PENDING, which is then handled here. An OID request is notified; the
  /// upcall is already `pended` when `oidAnswered` receives the answer.
  mutating func pends(
    _ index: Index<UpcallRecord>, _ upcall: UpcallRecord, _ outcome: UpcallOutcome
  ) -> Bool {
    guard case .answered(let answer) = outcome, answer.status == .pending, answer.irql == 0,
      answer.malformed == nil
    else { return false }
    guard upcall.completion == .pending else {
      close(upcall: index)
      var told = upcall
      told.completion = .pending
      tell(told, .answered(ProviderAnswer(status: upcall.completion)))
      return true
    }
    store.upcalls.update(index) { $0.state = .pended }
    store.globals.update(0) { $0.pended &+= 1 }
    if upcall.type == .oidRequest {
      tell(store.upcalls[index], outcome)
    }
    return true
  }

  /// Completes a call whose handler has returned PENDING, or is going to. False when there is no such call,
  /// or it has been completed.
  mutating func complete(
    upcall id: UInt64, _ type: UpcallType, _ status: Status
  ) -> Bool {
    guard let index = upcallRecord(id), store.upcalls[index, \.type] == type else {
      return false
    }
    switch store.upcalls[index, \.state] {
    case .open where store.upcalls[index, \.completion] == .pending:
      store.upcalls.update(index) { $0.completion = status }
      return true
    case .pended:
      let upcall = store.upcalls[index]
      close(upcall: index)
      tell(upcall, .answered(ProviderAnswer(status: status)))
      return true
    default: return false
    }
  }

  /// Maps the end of a driver's own handler to a failure; nil is success. `watchdog` is the bug check for one
  /// that takes too long, `twice` for one that was completed and did not return PENDING.
  mutating func verdict(
    _ upcall: UpcallRecord, _ outcome: UpcallOutcome, routine: String, allowed: HandlerStatuses,
    party: Party,
    watchdog: BugCheck? = nil, twice: BugCheck? = nil
  ) -> Failure? {
    func report(_ failure: Failure, _ check: BugCheck?) -> Failure {
      violate(
        failure, routine: routine, bugCheck: check, handle: upcall.object, party: party,
        session: upcall.session.optional)
      return failure
    }
    switch outcome {
    case .died: return Failure(.failure, .handlerDied)
    case .expired:
      return report(
        Failure(.failure, .handlerDeadline, settings.upcallDeadline), watchdog)
    case .answered(let answer):
      let entered = UpcallType.irql(ofType: upcall.$type.raw, argument: upcall.argument)
      // PASSIVE_LEVEL is accepted everywhere: a client that knows no other level returns at it.
      if answer.irql != 0, answer.irql != entered.rawValue {
        return report(
          Failure(.failure, .providerIRQL, UInt64(answer.irql), 0),
          BugCheck(
            code: BugCheck.driverVerifier, 0xFA, UInt64(answer.irql), 0, isExtension: true))
      }
      if upcall.completion != .pending {
        _ = report(
          Failure(.failure, .completionUnexpected, upcall.object.rawValue), twice)
      }
      if answer.status == .success { return nil }
      guard allowed.contains(answer.status) else {
        return report(
          Failure(.failure, .handlerStatus, UInt64(answer.status.rawValue)), nil)
      }
      return Failure(answer.status, .handlerFailed, UInt64(answer.status.rawValue))
    }
  }
}
