// Counts blocks grouped by a property.

import NDISDriverPlane
import NDISEvents
import NDISManagementInterface
import NDIS
import NDISSimulator
import NDISVarlink

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
