// ListPending: chains of what waits for what. First it is found what lies within a chain: handlers in which something
// else was caused, and requests for which a handler is called. Then a chain is made of everything else.
//
// Limits: what begins or ends meanwhile may be there or not. The sets are as large as the tables of calls and requests.

import NDISDriverPlane
import NDISEvents
import NDISManagementInterface
import NDIS
import NDISSimulator
import NDISVarlink

/// Lists the chains.
final class PendingAnswer: ManagementAnswer {
  private enum Stage { case causes(ListedKind), chains(ListedKind), done }

  private let driver: String?
  private let adapter: String?
  private var stage = Stage.causes(.upcall)
  private var cursor = ListingCursor()
  /// Calls in whose handlers something was caused, by id.
  private var inner: Set<UInt64> = []
  /// Requests that wait for a call.
  private var awaited: Set<UInt32> = []

  init(driver: String?, adapter: String?) {
    self.driver = driver
    self.adapter = adapter
  }

  override func step(_ service: ManagementService, budget: inout Int) -> ManagementStep {
    var chains: [Interface.PendingChain] = []
    while budget > 0, chains.count < ManagementAnswer.itemsPerReply {
      switch stage {
      case .causes(let kind):
        if let index = service.switchboard.simulator.next(kind, &cursor, budget: &budget) {
          noteCauses(kind, index, service)
        }
      case .chains(let kind):
        if let index = service.switchboard.simulator.next(kind, &cursor, budget: &budget),
          let steps = chain(kind, index, service)
        {
          budget -= ManagementAnswer.replyCost * steps.count
          if isWanted(steps) {
            chains.append(
              Interface.PendingChain(
                steps: steps.map { Interface.PendingStep($0, now: service.now) }))
          }
        }
      case .done: return .last(Interface.ListPending.Output(chains: chains).json)
      }
      if cursor.isAtEnd { advance() }
    }
    if case .done = stage { return .last(Interface.ListPending.Output(chains: chains).json) }
    return chains.isEmpty ? .yield : .reply(Interface.ListPending.Output(chains: chains).json)
  }

  private func advance() {
    cursor = ListingCursor()
    switch stage {
    case .causes(.upcall): stage = .causes(.request)
    case .causes(.request): stage = .causes(.oid)
    case .causes: stage = .chains(.upcall)
    case .chains(.upcall): stage = .chains(.request)
    case .chains(.request): stage = .chains(.oid)
    case .chains, .done: stage = .done
    }
  }

  private func noteCauses(_ kind: ListedKind, _ index: UInt32, _ service: ManagementService) {
    switch kind {
    case .upcall:
      let (handler, request) = service.switchboard.simulator.pendingCauses(upcall: index)
      if handler != 0 { inner.insert(handler) }
      if let request { awaited.insert(request) }
    case .request: inner.insert(service.switchboard.simulator.pendingCause(request: index))
    default: inner.insert(service.switchboard.simulator.pendingCause(oid: index))
    }
  }

  private func chain(
    _ kind: ListedKind, _ index: UInt32, _ service: ManagementService
  ) -> [PendingStep]? {
    switch kind {
    case .upcall:
      inner.contains(service.switchboard.simulator.upcallID(index))
        ? nil : service.switchboard.simulator.pendingChain(upcall: index)
    case .request:
      awaited.contains(index) ? nil : service.switchboard.simulator.pendingChain(request: index)
    default: service.switchboard.simulator.pendingChain(oid: index)
    }
  }

  private func isWanted(_ steps: [PendingStep]) -> Bool {
    (driver == nil || steps.contains { "\($0.party.driver)" == driver })
      && (adapter == nil || steps.contains { "\($0.party.adapter)" == adapter })
  }
}

extension Interface.PendingStep {
  init(_ step: PendingStep, now: UInt64) {
    func name(_ name: Name) -> String? { name.isEmpty ? nil : "\(name)" }
    let party = step.party
    self.init(
      kind: step.kind.rawValue, name: step.name, depth: step.depth, state: step.state,
      driverName: name(party.driver), adapterName: name(party.adapter),
      binding: party.binding == .null ? nil : "\(party.binding)",
      session: party.pid == 0 ? nil : Int(party.session),
      pid: party.pid == 0 ? nil : Int(party.pid),
      handle: step.handle == .null ? nil : "\(step.handle)",
      ageMs: step.since.map { age($0, now) },
      remainingMs: step.deadline.map { $0 > now ? Int(clamping: $0 - now) : 0 },
      lists: step.lists.map { Int(clamping: $0) })
  }
}
