// How a call of the management plane is answered: in steps, each of bounded work. A step makes at most one
// reply; between two steps drivers have their turn. What cannot be answered yet is suspended until
// something has changed, or its time is up.
//
// A step's work is counted, not timed: one for a record that is read, sixteen for one that is made
// into a reply. With the budget of a step that is a fraction of a millisecond.

import NDISDriverPlane
import NDISEvents
import NDISManagementInterface
import NDIS
import NDISSimulator
import NDISVarlink

/// What a step of an answer came to.
enum ManagementStep {
  /// A reply; others follow.
  case reply(JSON)
  /// The last reply.
  case last(JSON)
  /// The last reply is an error.
  case fail(any VarlinkErrorValue)
  /// The budget is used up: continue in a later turn.
  case yield
  /// Nothing to reply until something has changed, or until `deadline` of the answer.
  case suspend
}

/// An answer in the making.
class ManagementAnswer {
  /// When to ask again although nothing has changed: monotonic milliseconds.
  var deadline: UInt64? { nil }
  /// Whether a change of counters is worth a look; events always are.
  var looksAtCounters: Bool { true }

  func step(_ service: ManagementService, budget: inout Int) -> ManagementStep { .suspend }

  /// What a reply costs beside the record it is made from.
  static let replyCost = 16
  /// Items of one reply.
  static let itemsPerReply = 64
  /// The work of one step.
  static let stepBudget = 2048
}

/// Visits all records of a kind, some in each step, and makes an item of each that is wanted.
struct Listing<Item> {
  let kind: ListedKind
  private var cursor = ListingCursor()
  private let make: (ManagementService, UInt32, inout Int) -> Item?

  init(_ kind: ListedKind, make: @escaping (ManagementService, UInt32, inout Int) -> Item?) {
    self.kind = kind
    self.make = make
  }

  var isAtEnd: Bool { cursor.isAtEnd }

  /// Some more items, as many as the budget buys and a reply may have.
  mutating func next(_ service: ManagementService, budget: inout Int) -> [Item] {
    var items: [Item] = []
    while items.count < ManagementAnswer.itemsPerReply, budget > 0,
      let index = service.switchboard.simulator.next(kind, &cursor, budget: &budget)
    {
      guard let item = make(service, index, &budget) else { continue }
      items.append(item)
      budget -= ManagementAnswer.replyCost
    }
    return items
  }
}

/// Counts blocks by their owner, of which no record has a count.
struct OwnerCounts {
  private var cursor = ListingCursor()
  private var counts: [Handle: Int] = [:]

  var isDone: Bool { cursor.isAtEnd }

  subscript(owner: Handle) -> Int { counts[owner] ?? 0 }

  mutating func step(_ service: ManagementService, budget: inout Int) {
    while budget > 0,
      let index = service.switchboard.simulator.next(.block, &cursor, budget: &budget)
    {
      if let owner = service.switchboard.simulator.blockOwner(index) {
        counts[owner, default: 0] += 1
      }
    }
  }
}

/// An answer that is known at once.
final class ImmediateAnswer: ManagementAnswer {
  private let outcome: ManagementStep
  init(_ outcome: ManagementStep) { self.outcome = outcome }
  override func step(_ service: ManagementService, budget: inout Int) -> ManagementStep { outcome }
}
