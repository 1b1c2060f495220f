// One object in full, and what it hangs together with.

import Management
import NDIS
import Simulator

/// Describes one object. Owners of blocks have theirs counted first.
final class DescribeAnswer: ManagementAnswer {
  private let text: String
  private var counts = OwnerCounts()
  /// References of one relation that are told.
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
        guard counts.isDone else { return .again }
      }
    default: break
    }
    let described = describe(object, service)
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
      let name = found.map { switchboard.simulator.name($0.kind, $0.index) } ?? Name()
      result.references.append(
        Interface.Reference(relation: relation, handle: "\(handle)", name: "\(name)"))
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
      result.adapter = Interface.Adapter(adapter, blocks: counts[adapter.handle])
      refer("driver", adapter.driver)
      for binding in switchboard.simulator.bindings(ofAdapter: index, limit: limit) {
        refer("binding", binding)
      }
    case .binding:
      let binding = switchboard.simulator.bindingSnapshot(index)
      result.binding = Interface.Binding(binding, blocks: counts[binding.handle])
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
    }
    return result
  }
}
