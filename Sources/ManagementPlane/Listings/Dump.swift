// The complete state as one document, sent in pieces that the client joins: short parts first, then the
// lists.

import NDISManagementInterface
import NDISSimulator
import NDISVarlink

/// Replies with the complete state.
final class DumpAnswer: ManagementAnswer {
  private typealias Output = Interface.DumpState.Output

  private enum Stage {
    case status, count, sessions, drivers, adapters, bindings, providers, sections
    case queues, vports, filters, oids, lists, blocks
    case events(UInt64)
  }

  private var stage = Stage.status
  private var counts = OwnerCounts()
  private var sessions = Listings.sessions
  private var drivers = Listings.drivers
  private var adapters = Listings.adapters
  private var bindings = Listings.bindings
  private var providers = Listings.providers
  private var sections = Listings.sections
  private var queues = Listings.queues()
  private var vports = Listings.vports()
  private var filters = Listings.filters()
  private var oids = Listings.oids()
  private var lists = Listings.lists()
  private var blocks = Listings.blocks(BlockQuery(), extents: true)

  override func step(_ service: ManagementService, budget: inout Int) -> ManagementStep {
    switch stage {
    case .status:
      stage = .count
      budget -= ManagementAnswer.stepBudget
      let output = Output(
        status: service.status(), settings: service.settings(),
        violations: service.violationCounts())
      return .reply(output.json)
    case .count:
      counts.step(service, budget: &budget)
      if counts.isDone { stage = .sessions }
      return .yield
    case .sessions:
      return list(&sessions, .drivers, service, &budget) { Output(sessions: $0) }
    case .drivers:
      return list(&drivers, .adapters, service, &budget) { [counts] items in
        Output(drivers: items.map { $0(counts) })
      }
    case .adapters:
      return list(&adapters, .bindings, service, &budget) { [counts] items in
        Output(adapters: items.map { $0(counts) })
      }
    case .bindings:
      return list(&bindings, .providers, service, &budget) { [counts] items in
        Output(bindings: items.map { $0(counts) })
      }
    case .providers:
      return list(&providers, .sections, service, &budget) { Output(providers: $0) }
    case .sections:
      return list(&sections, .queues, service, &budget) { Output(sections: $0) }
    case .queues:
      return list(&queues, .vports, service, &budget) { Output(queues: $0) }
    case .vports:
      return list(&vports, .filters, service, &budget) { Output(vports: $0) }
    case .filters:
      return list(&filters, .oids, service, &budget) { Output(filters: $0) }
    case .oids:
      return list(&oids, .lists, service, &budget) { Output(oids: $0) }
    case .lists:
      return list(&lists, .blocks, service, &budget) { Output(lists: $0.flatMap { $0 }) }
    case .blocks:
      return list(&blocks, .events(0), service, &budget) { Output(blocks: $0) }
    case .events(let last): return events(after: last, service, &budget)
    }
  }

  private func list<Item>(
    _ listing: inout Listing<Item>, _ next: Stage, _ service: ManagementService,
    _ budget: inout Int,
    output: ([Item]) -> Output
  ) -> ManagementStep {
    let items = listing.next(service, budget: &budget)
    if listing.isAtEnd { stage = next }
    return items.isEmpty ? .yield : .reply(output(items).json)
  }

  private func events(
    after last: UInt64, _ service: ManagementService, _ budget: inout Int
  ) -> ManagementStep {
    let log = service.recorder.log
    var events: [Interface.Event] = []
    var sequence = max(log.oldest, last &+ 1)
    while events.count < ManagementAnswer.itemsPerReply, let entry = log[sequence] {
      events.append(Interface.Event(entry))
      budget -= ManagementAnswer.replyCost
      sequence &+= 1
    }
    stage = .events(sequence &- 1)
    let output = Output(events: events).json
    return log[sequence] == nil ? .last(output) : .reply(output)
  }
}
