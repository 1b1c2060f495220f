// One object in full, with the objects it is related to.

import NDISDriverPlane
import NDISManagementInterface
import NDIS
import NDISSimulator

/// Describes one object. For owners of blocks these are counted first; for a queue or VPort its filters and
/// blocks are searched for.
final class DescribeAnswer: ManagementAnswer {
  private let text: String
  private var counts = OwnerCounts()
  private var contents = QueueContents()
  /// Maximum number of references listed for a relation.
  static let limit = 64

  init(_ text: String) { self.text = text }

  override func step(_ service: ManagementService, budget: inout Int) -> ManagementStep {
    let object: FoundObject
    do throws(ManagementFailure) { object = try service.object(text) } catch {
      return .fail(error.error)
    }
    switch object.kind {
    case .driver, .adapter, .binding:
      if !counts.isDone {
        counts.step(service, budget: &budget)
        guard counts.isDone else { return .yield }
      }
    case .queue, .vport:
      if !contents.isDone {
        contents.step(object, service, budget: &budget)
        guard contents.isDone else { return .yield }
      }
    default: break
    }
    var described = describe(object, service)
    let holders = service.switchboard.simulator.listHolders(
      object.kind, object.index, budget: &budget)
    if !holders.isEmpty {
      described.holders = holders.map { Interface.ListHolder($0, now: service.now) }
    }
    if object.kind == .adapter {
      described.add(service.switchboard.simulator.attributesSnapshot(object.index))
    }
    return .last(Interface.Describe.Output(object: described).json)
  }

  private func describe(_ object: FoundObject, _ service: ManagementService) -> Interface.Object {
    let switchboard = service.switchboard
    let index = object.index
    var budget = Int.max
    var result = Interface.Object(kind: "\(object.kind)", references: [])
    func refer(_ relation: String, _ handle: Handle?) {
      guard let handle, handle != .null else { return }
      let found = switchboard.simulator.find(handle)
      let name = "\(found.map { switchboard.simulator.name($0.kind, $0.index) } ?? Name())"
      result.references.append(.init(relation: relation, handle: "\(handle)", name: name))
    }
    let limit = DescribeAnswer.limit
    switch object.kind {
    case .session:
      result.session = Interface.Session(
        switchboard.simulator.sessionSnapshot(index, budget: &budget),
        waitingPackets: switchboard.waitingPackets(session: index))
      for driver in switchboard.simulator.drivers(ofSession: index, limit: limit) {
        refer("driver", driver)
      }
    case .driver:
      let driver = switchboard.simulator.driverSnapshot(index, budget: &budget)
      result.driver = Interface.Driver(driver, blocks: counts[driver.handle])
      refer("provider", driver.provider)
      for child in switchboard.simulator.children(ofDriver: index, limit: limit) {
        refer(driver.kind == .miniport ? "adapter" : "binding", child)
      }
    case .adapter:
      let adapter = switchboard.simulator.adapterSnapshot(index, budget: &budget)
      result.adapter = Interface.Adapter(
        adapter, blocks: counts[adapter.handle],
        hosted: switchboard.hostedMiniport(of: adapter.handle))
      refer("driver", adapter.driver)
      for binding in switchboard.simulator.bindings(ofAdapter: index, limit: limit) {
        refer("binding", binding)
      }
    case .binding:
      let binding = switchboard.simulator.bindingSnapshot(index)
      result.binding = Interface.Binding(binding, counts)
      refer("driver", binding.driver)
      refer("adapter", binding.adapter)
      refer("provider", binding.provider)
    case .provider:
      result.provider = switchboard.providerValue(index, budget: &budget)
      refer("owner", switchboard.simulator.providerSnapshot(index, budget: &budget).owner)
      for section in switchboard.simulator.sections(ofProvider: index, limit: limit) {
        refer("section", section)
      }
    case .section:
      let section = switchboard.simulator.sectionSnapshot(index)
      result.section = Interface.Section(section)
      refer("provider", section.provider)
      refer("owner", section.domain)
    case .block:
      let block = switchboard.simulator.blockSnapshot(index)
      result.block = switchboard.blockValue(index, extents: true, budget: &budget)
      refer("owner", block.owner)
      refer("driver", block.driver)
      refer("adapter", block.adapter)
      refer("provider", block.provider)
      refer("section", block.section)
    case .queue:
      let queue = switchboard.simulator.queueSnapshot(index)
      result.queue = Interface.Queue(queue)
      (result.filters, result.blocks) = (contents.filters, contents.blocks)
      refer("adapter", queue.place.adapter)
      refer("binding", queue.place.owner)
    case .vport:
      let vport = switchboard.simulator.vportSnapshot(index)
      result.vport = Interface.VPort(vport)
      (result.filters, result.blocks) = (contents.filters, contents.blocks)
      refer("adapter", vport.place.adapter)
      refer("binding", vport.place.owner)
    case .filter:
      let filter = switchboard.simulator.filterSnapshot(index)
      result.filter = Interface.Filter(filter)
      refer("adapter", filter.place.adapter)
      refer("binding", filter.place.owner)
    case .oid:
      let oid = switchboard.simulator.oidSnapshot(index)
      result.oid = Interface.OidRequest(oid)
      refer("adapter", oid.place.adapter)
      refer("binding", oid.place.owner)
    case .list, .upcall, .request: break
    }
    return result
  }
}

/// The filters and blocks of a queue or VPort, searched for in steps among all of their kind.
struct QueueContents {
  private(set) var filters: [Interface.Filter] = []
  private(set) var blocks: [Interface.Block] = []
  private var filterCursor = ListingCursor()
  private var blockCursor = ListingCursor()

  /// All records were visited, or the maximum number was found.
  var isDone: Bool { isFull(filterCursor, filters.count) && isFull(blockCursor, blocks.count) }

  private func isFull(_ cursor: ListingCursor, _ count: Int) -> Bool {
    cursor.isAtEnd || count >= DescribeAnswer.limit
  }

  mutating func step(_ object: FoundObject, _ service: ManagementService, budget: inout Int) {
    let switchboard = service.switchboard
    let isQueue = object.kind == .queue
    guard let number = switchboard.simulator.number(object.kind, object.index),
      let adapter = switchboard.simulator.adapter(of: object.kind, object.index),
      let owner = switchboard.simulator.handle(.adapter, adapter)
    else { return }
    var wanted = ObjectQuery()
    wanted.adapter = owner
    if isQueue { wanted.queueID = number } else { wanted.vportID = number }
    while budget > 0, !isFull(filterCursor, filters.count),
      let index = switchboard.simulator.next(.filter, &filterCursor, budget: &budget)
    {
      guard switchboard.simulator.matches(.filter, index, wanted) else { continue }
      filters.append(Interface.Filter(switchboard.simulator.filterSnapshot(index)))
      budget -= ManagementAnswer.replyCost
    }
    while budget > 0, !isFull(blockCursor, blocks.count),
      let index = switchboard.simulator.next(.block, &blockCursor, budget: &budget)
    {
      guard switchboard.simulator.blockOwner(index) == owner,
        switchboard.simulator.blockPlace(index) == (isQueue ? (number, 0) : (0, number))
      else { continue }
      blocks.append(switchboard.blockValue(index, extents: true, budget: &budget))
      budget -= ManagementAnswer.replyCost
    }
  }
}
