// Lists of all objects of a kind, and of the blocks that match a filter.

import NDISDriverPlane
import NDISEvents
import NDISManagementInterface
import NDIS
import NDISSimulator
import NDISVarlink

/// Lists all objects of a kind.
final class ListAnswer<Item>: ManagementAnswer {
  private var listing: Listing<Item>
  private let output: ([Item]) -> any VarlinkValue

  init(_ listing: Listing<Item>, output: @escaping ([Item]) -> any VarlinkValue) {
    self.listing = listing
    self.output = output
  }

  override func step(_ service: ManagementService, budget: inout Int) -> ManagementStep {
    let items = listing.next(service, budget: &budget)
    if listing.isAtEnd { return .last(output(items).json) }
    return items.isEmpty ? .yield : .reply(output(items).json)
  }
}

/// Lists all objects of a kind with their block counts, which are computed first.
final class CountedListAnswer<Item: VarlinkValue>: ManagementAnswer {
  private var counts = OwnerCounts()
  private var listing: Listing<(OwnerCounts) -> Item>
  private let output: ([Item]) -> any VarlinkValue

  init(
    _ listing: Listing<(OwnerCounts) -> Item>, output: @escaping ([Item]) -> any VarlinkValue
  ) {
    self.listing = listing
    self.output = output
  }

  override func step(_ service: ManagementService, budget: inout Int) -> ManagementStep {
    if !counts.isDone {
      counts.step(service, budget: &budget)
      guard counts.isDone, budget > 0 else { return .yield }
    }
    let items = listing.next(service, budget: &budget).map { $0(counts) }
    if listing.isAtEnd { return .last(output(items).json) }
    return items.isEmpty ? .yield : .reply(output(items).json)
  }
}

/// A listing for each kind.
enum Listings {
  static var sessions: Listing<Interface.Session> {
    Listing(.session) { service, index, budget in
      Interface.Session(
        service.switchboard.simulator.sessionSnapshot(index, budget: &budget),
        waitingPackets: service.switchboard.waitingPackets(session: index))
    }
  }

  static var drivers: Listing<(OwnerCounts) -> Interface.Driver> {
    Listing(.driver) { service, index, budget in
      let driver = service.switchboard.simulator.driverSnapshot(index, budget: &budget)
      return { Interface.Driver(driver, blocks: $0[driver.handle]) }
    }
  }

  static var adapters: Listing<(OwnerCounts) -> Interface.Adapter> {
    Listing(.adapter) { service, index, budget in
      let adapter = service.switchboard.simulator.adapterSnapshot(index, budget: &budget)
      let hosted = service.switchboard.hostedMiniport(of: adapter.handle)
      return { Interface.Adapter(adapter, blocks: $0[adapter.handle], hosted: hosted) }
    }
  }

  static var bindings: Listing<(OwnerCounts) -> Interface.Binding> {
    Listing(.binding) { service, index, _ in
      let binding = service.switchboard.simulator.bindingSnapshot(index)
      return { Interface.Binding(binding, $0) }
    }
  }

  static var providers: Listing<Interface.Provider> {
    Listing(.provider) { service, index, budget in
      service.switchboard.providerValue(index, budget: &budget)
    }
  }

  static var sections: Listing<Interface.Section> {
    Listing(.section) { service, index, _ in
      Interface.Section(service.switchboard.simulator.sectionSnapshot(index))
    }
  }

  static func blocks(_ query: BlockQuery, extents: Bool) -> Listing<Interface.Block> {
    Listing(.block) { service, index, budget in
      guard service.switchboard.simulator.matches(index, query) else { return nil }
      return service.switchboard.blockValue(index, extents: extents, budget: &budget)
    }
  }
}

extension Switchboard {
  /// Number of packets in the outbox of a session's process.
  func waitingPackets(session: UInt32) -> Int {
    connection(ofSession: session)?.peer.waiting ?? 0
  }

  func providerValue(_ index: UInt32, budget: inout Int) -> Interface.Provider {
    let provider = simulator.providerSnapshot(index, budget: &budget)
    let pool = provider.hosted.flatMap { Int($0) < pools.count ? pools[Int($0)] : nil }
    return Interface.Provider(provider, pool: pool)
  }

  func blockValue(_ index: UInt32, extents: Bool, budget: inout Int) -> Interface.Block {
    let all = extents ? simulator.blockExtents(index, budget: &budget) : nil
    return Interface.Block(simulator.blockSnapshot(index), extents: all, now: clock())
  }
}
