// Lists of all objects of a kind, of the blocks that match a filter, and block counts grouped by a property.

import NDISDriverPlane
import NDISEvents
import NDISManagementInterface
import NDIS
import NDISSimulator
import NDISVarlink

/// Lists all objects of a kind.
final class ListAnswer<Item: VarlinkValue>: ManagementAnswer {
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
      return { Interface.Binding(binding, blocks: $0[binding.handle]) }
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

/// Lists the events after a sequence number: all that are in the ring, in pieces, or only the first piece.
final class EventsAnswer: ManagementAnswer {
  private var last: UInt64
  private let inPieces: Bool

  init(after last: UInt64, inPieces: Bool) {
    self.last = last
    self.inPieces = inPieces
  }

  override func step(_ service: ManagementService, budget: inout Int) -> ManagementStep {
    let log = service.recorder.log
    var events: [Interface.Event] = []
    last = max(last, log.oldest &- 1)
    while events.count < ManagementAnswer.itemsPerReply, let entry = log[last &+ 1] {
      events.append(Interface.Event(entry))
      budget -= ManagementAnswer.replyCost
      last = entry.sequence
    }
    let output = Interface.ListEvents.Output(events: events).json
    return inPieces && log[last &+ 1] != nil ? .reply(output) : .last(output)
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

/// Counts blocks grouped by a property, and replies with the groups.
final class SummaryAnswer: ManagementAnswer {
  typealias Property = Interface.SummarizeBlocks.Input.By

  private enum Key: Hashable {
    case none
    case number(UInt64)
    case site(Site)
  }

  private struct Group {
    var label: String
    var blocks = 0
    var bytes = 0
    var oldest = UInt64.max

    mutating func add(_ block: BlockSnapshot) {
      blocks += 1
      bytes += Int(block.length)
      oldest = min(oldest, block.createdAt)
    }

    mutating func add(_ other: Group) {
      blocks += other.blocks
      bytes += other.bytes
      oldest = min(oldest, other.oldest)
    }
  }

  /// Maximum number of groups listed individually.
  static let limit = 1024
  static let others = "(others)"

  private let property: Property
  private let query: BlockQuery
  private var cursor = ListingCursor()
  private var groups: [Key: Group] = [:]
  private var rest = Group(label: SummaryAnswer.others)

  init(by property: Property, _ query: BlockQuery) {
    self.property = property
    self.query = query
  }

  override func step(_ service: ManagementService, budget: inout Int) -> ManagementStep {
    while budget > 0,
      let index = service.switchboard.simulator.next(.block, &cursor, budget: &budget)
    {
      guard service.switchboard.simulator.matches(index, query) else { continue }
      count(service.switchboard.simulator.blockSnapshot(index))
      budget -= 1
    }
    guard cursor.isAtEnd else { return .yield }
    return .last(output(now: service.now).json)
  }

  private func count(_ block: BlockSnapshot) {
    let key = key(of: block)
    if groups[key] == nil {
      guard groups.count < SummaryAnswer.limit else {
        rest.add(block)
        return
      }
      groups[key] = Group(label: label(of: block))
    }
    groups[key]?.add(block)
  }

  private func key(of block: BlockSnapshot) -> Key {
    func number(_ handle: Handle?) -> Key { handle.map { .number($0.rawValue) } ?? .none }
    return switch property {
    case .driver: number(block.driver)
    case .adapter: number(block.adapter)
    case .owner: number(block.owner)
    case .provider: number(block.provider)
    case .section: number(block.section)
    case .session: block.session.map { .number(UInt64($0)) } ?? .none
    case .queue: .number(UInt64(block.queueID))
    case .usage: .number(UInt64(block.usage.rawValue))
    case .tag: block.tag == 0 ? .none : .number(UInt64(block.tag))
    case .site: block.site.isEmpty ? .none : .site(block.site)
    }
  }

  private func label(of block: BlockSnapshot) -> String {
    switch property {
    case .driver: block.driverName.map { "\($0)" } ?? ""
    case .adapter: block.adapterName.map { "\($0)" } ?? ""
    case .owner: block.owner.map { "\($0)" } ?? ""
    case .provider: "\(block.providerName)"
    case .section: block.section.map { "\($0)" } ?? ""
    case .session: block.session.map { "\($0)" } ?? ""
    case .queue: "\(block.queueID)"
    case .usage: "\(block.usage)"
    case .tag: block.tag == 0 ? "" : tagText(block.tag)
    case .site: "\(block.site)"
    }
  }

  private func output(now: UInt64) -> Interface.SummarizeBlocks.Output {
    // Drivers or registrations with the same name form one group.
    var byLabel: [String: Group] = [:]
    for group in groups.values {
      byLabel[group.label, default: Group(label: group.label)].add(group)
    }
    var sorted = byLabel.values.sorted {
      $0.bytes == $1.bytes ? $0.label < $1.label : $0.bytes > $1.bytes
    }
    if rest.blocks > 0 { sorted.append(rest) }
    return Interface.SummarizeBlocks.Output(
      groups: sorted.map {
        Interface.BlockGroup(
          key: $0.label, blocks: $0.blocks, bytes: $0.bytes, oldestMs: age($0.oldest, now))
      })
  }
}
