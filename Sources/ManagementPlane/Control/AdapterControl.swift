// Administrative changes of adapters: pause, restart, shutdown, surprise removal and halt. Adding and
// removing hosted miniports is in MiniportControl.
//
// A change may require calls of drivers' handlers. It is started in one step, and its answer waits for its
// completion like WaitFor: it holds a wait slot and is checked after each event. A client that stops waiting
// does not cancel the change.

import NDISDriverPlane
import NDISEvents
import NDISManagementInterface
import NDIS
import NDISSimulator
import NDISVarlink

/// The progress of a change of an adapter.
struct AdapterStanding {
  /// Absent until there is an adapter.
  var handle: Handle?
  /// The state shown in lists, or "gone".
  var state: String
  /// The change is complete.
  var isDone: Bool
}

/// Starts a change of an adapter, and replies when it is complete.
final class AdapterAnswer: ManagementAnswer {
  /// The progress of the change; throws if it can no longer be completed.
  typealias Look = (ManagementService) throws(ManagementFailure) -> AdapterStanding
  typealias Output = (_ handle: String?, _ state: String) -> JSON

  /// False: reply as soon as the change has been started.
  let waits: Bool
  private let name: String
  private let begin: (ManagementService) throws(ManagementFailure) -> Look
  private let output: Output
  private let end: UInt64?
  private var look: Look?

  /// - Parameter name: the adapter's name, as the caller wrote it.
  init(
    _ name: String, timeoutMs: Int?, _ service: ManagementService, output: @escaping Output,
    begin: @escaping (ManagementService) throws(ManagementFailure) -> Look
  ) throws(ManagementFailure) {
    guard timeoutMs ?? 0 >= 0 else { throw .invalid("timeoutMs") }
    waits = timeoutMs != 0
    end = timeoutMs.flatMap { time in
      let (end, overflow) = service.now.addingReportingOverflow(UInt64(max(0, time)))
      return overflow ? nil : end
    }
    self.name = name
    self.begin = begin
    self.output = output
  }

  override var deadline: UInt64? { waits ? end : nil }

  override func step(_ service: ManagementService, budget: inout Int) -> ManagementStep {
    do throws(ManagementFailure) {
      let look: Look
      if let known = self.look {
        look = known
        budget -= 8
      } else {
        look = try begin(service)
        self.look = look
        budget = 0
      }
      let standing = try look(service)
      if standing.isDone || !waits {
        return .last(output(standing.handle.map { "\($0)" }, standing.state))
      }
      if let end, service.now >= end {
        let found = "\(quoted(name)) is \(standing.state)"
        return .fail(Interface.TimedOut(found: found + service.holding(standing.handle, &budget)))
      }
      return .suspend
    } catch { return .fail(error.error) }
  }
}

extension ManagementService {
  /// Who holds lists of an adapter, as the end of a sentence.
  func holding(_ adapter: Handle?, _ budget: inout Int) -> String {
    guard let adapter, let found = switchboard.simulator.find(adapter), found.kind == .adapter
    else { return "" }
    return holding(FoundObject(kind: found.kind, index: found.index), budget: &budget)
  }

  func change(_ input: Interface.ChangeAdapter.Input) throws(ManagementFailure) -> AdapterAnswer {
    let change = try ManagementService.change(of: input)
    return try AdapterAnswer(
      input.adapter, timeoutMs: input.timeoutMs, self,
      output: { Interface.ChangeAdapter.Output(handle: $0, state: $1).json },
      begin: { service throws(ManagementFailure) in
        let handle = try service.adapter(input.adapter)
        do throws(Failure) { try service.switchboard.change(adapter: handle, change) } catch {
          throw service.refused(error, handle, change)
        }
        return { service throws(ManagementFailure) in try service.look(at: handle, change) }
      })
  }

  private static func change(
    of input: Interface.ChangeAdapter.Input
  ) throws(ManagementFailure) -> AdapterChange {
    guard input.reasons == nil || input.change == .pause else { throw .invalid("reasons") }
    func action<Action: CaseIterable & CustomStringConvertible>(
      _ prefix: String, _ usual: Action
    ) throws(ManagementFailure) -> Action {
      guard let text = input.action else { return usual }
      let known = Action.allCases.first { "\($0)" == text || "\($0)" == prefix + text }
      guard let known else { throw .invalid("action") }
      return known
    }
    switch input.change {
    case .shutdown: return .shutdown(try action("NdisShutdown", .powerOff))
    case .halt: return .halt(try action("NdisHalt", .deviceDisabled))
    case .pause, .restart, .surpriseRemove:
      guard input.action == nil else { throw .invalid("action") }
    }
    switch input.change {
    case .restart: return .restart
    case .surpriseRemove: return .surpriseRemove
    default:
      var reasons: PauseReason = input.reasons == nil ? .ndisInternal : []
      for name in input.reasons ?? [] {
        guard let reason = PauseReason.named.first(where: { $0.name == name })?.reason else {
          throw .invalid("reasons")
        }
        reasons.insert(reason)
      }
      return .pause(reasons)
    }
  }

  /// An error for a refusal due to the adapter's state; it names the required state.
  private func refused(
    _ failure: Failure, _ handle: Handle, _ change: AdapterChange
  ) -> ManagementFailure {
    guard failure.reason == .wrongState else { return refused(failure) }
    let standing = standing(handle) { _ in false }
    let needed =
      switch change {
      case .pause: "one that is Running, with no other change pending, can be paused"
      case .restart: "one that was paused with ChangeAdapter, and is Paused, can be restarted"
      case .shutdown: "one that is Paused, Restarting, Running or Pausing can be shut down"
      case .surpriseRemove, .halt:
        "after a shutdown nothing more can be done to it; it goes with its driver"
      }
    return ManagementFailure(
      Interface.Refused(
        status: "\(failure.status)", rule: failure.reason.rule,
        message: "The adapter is \(standing.state): \(needed)."))
  }

  /// The progress of a change.
  private func look(
    at handle: Handle, _ change: AdapterChange
  ) throws(ManagementFailure) -> AdapterStanding {
    let standing = standing(handle) { adapter in
      switch change {
      // If the adapter was restarted meanwhile, it had been paused before.
      case .pause: adapter.state == .paused || !adapter.isHeld
      case .restart: adapter.state == .running
      case .shutdown: adapter.state == .shutdown
      case .surpriseRemove, .halt: false
      }
    }
    switch change {
    case .surpriseRemove, .halt: break
    case .pause, .restart, .shutdown:
      guard standing.state != AdapterStanding.gone else {
        throw refused(Failure(.failure, .ownerEnded))
      }
    }
    if case .restart = change, !standing.isDone, isHeld(handle) {
      throw ManagementFailure(
        Interface.Refused(
          status: "\(Status.failure)", rule: "restartFailed",
          message:
            "MiniportRestart failed, or the adapter was paused again: its state is \(standing.state)."
        ))
    }
    return standing
  }

  private func isHeld(_ handle: Handle) -> Bool {
    guard let found = switchboard.simulator.find(handle), found.kind == .adapter else {
      return false
    }
    var budget = 0
    return switchboard.simulator.adapterSnapshot(found.index, budget: &budget).isHeld
  }

  /// The progress of an adapter's change; for a removed adapter, every change is complete.
  func standing(
    _ handle: Handle, _ isDone: (AdapterSnapshot) -> Bool
  ) -> AdapterStanding {
    let known = handle == .null ? nil : handle
    guard let found = switchboard.simulator.find(handle), found.kind == .adapter else {
      return AdapterStanding(handle: known, state: AdapterStanding.gone, isDone: known != nil)
    }
    var budget = 0
    let adapter = switchboard.simulator.adapterSnapshot(found.index, budget: &budget)
    return AdapterStanding(handle: known, state: adapter.state.name, isDone: isDone(adapter))
  }
}

extension AdapterStanding {
  static let gone = "gone"
}
