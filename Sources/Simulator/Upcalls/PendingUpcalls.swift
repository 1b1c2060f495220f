// Handlers that answer PENDING. Such an upcall is pended: its record stays with its deadline, it is no
// context for calls any more, and it ends with its completion, by the deadline, or with its process. The
// completion may come while the handler still runs, as on Windows, where another thread may make it; it
// then counts as soon as the handler has answered PENDING. A handler that completes and then answers
// something else has answered twice: a violation, and what it answered counts.

import NDISDriverInterface
import NDISEvents
import NDIS
import NDISStore

extension Simulator {
  /// Whether the handler of an upcall may answer PENDING.
  static func mayPend(_ type: UpcallType) -> Bool {
    switch type {
    case .pause, .restart, .bindAdapterEx,
      .unbindAdapterEx, .netPnPEvent, .oidRequest:
      true
    default: false
    }
  }

  /// Whether the handler has answered PENDING; then that is dealt with. An OID request is told of it, the
  /// upcall being `pended` when `oidAnswered` sees the answer.
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

  /// Completes what a handler answered PENDING to, or is going to. False when there is nothing to
  /// complete: no such call, or one completed already.
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

  /// What a handler's end means for a driver's own handler: nil is success. `watchdog` is the bug check
  /// of one that takes too long, `twice` that of one that was completed and did not answer PENDING.
  mutating func verdict(
    _ upcall: UpcallRecord, _ outcome: UpcallOutcome, routine: String, allowed: [Status],
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
      if answer.irql != 0 {
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
