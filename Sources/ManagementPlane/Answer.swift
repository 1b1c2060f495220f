// Replies of the management plane are made in steps of bounded work, at most one reply in each; drivers are
// served between two steps. An answer that cannot be completed yet is suspended until something has changed
// or its deadline has passed.
//
// A step's work is counted, not timed: 1 for each record read, 16 for each record encoded in a reply. The
// budget of a step is a fraction of a millisecond.

import NDISDriverPlane
import NDISEvents
import NDISManagementInterface
import NDIS
import NDISSimulator
import NDISVarlink

/// The result of a step.
enum ManagementStep {
  /// A reply that others follow.
  case reply(JSON)
  /// The last reply.
  case last(JSON)
  /// The last reply is an error.
  case fail(any VarlinkErrorValue)
  /// The budget is spent: continue in a later turn.
  case yield
  /// No reply until something has changed, or until the answer's `deadline`.
  case suspend
}

/// An answer in progress.
class ManagementAnswer {
  /// When to continue even if nothing has changed, in monotonic milliseconds.
  var deadline: UInt64? { nil }
  /// Whether to continue when counters have changed; events always continue an answer.
  var looksAtCounters: Bool { true }

  func step(_ service: ManagementService, budget: inout Int) -> ManagementStep { .suspend }

  /// The cost of encoding a record in a reply, besides that of reading it.
  static let replyCost = 16
  /// Maximum number of items in a reply.
  static let itemsPerReply = 64
  /// The budget of one step.
  static let stepBudget = 2048
}

/// Iterates over all records of a kind in steps, and makes an item of each that matches.
struct Listing<Item> {
  let kind: ListedKind
  private var cursor = ListingCursor()
  private let make: (ManagementService, UInt32, inout Int) -> Item?

  init(_ kind: ListedKind, make: @escaping (ManagementService, UInt32, inout Int) -> Item?) {
    self.kind = kind
    self.make = make
  }

  var isAtEnd: Bool { cursor.isAtEnd }

  /// The next items, as many as the budget and the limit of a reply allow.
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

/// Counts blocks by owner and lists by holder: no record contains these counts.
struct OwnerCounts {
  private var cursor = ListingCursor()
  private var listCursor = ListingCursor()
  private var counts: [Handle: Int] = [:]
  private var lists: [Handle: Int] = [:]

  var isDone: Bool { cursor.isAtEnd && listCursor.isAtEnd }

  subscript(owner: Handle) -> Int { counts[owner] ?? 0 }

  subscript(lists holder: Handle) -> Int { lists[holder] ?? 0 }

  mutating func step(_ service: ManagementService, budget: inout Int) {
    while budget > 0,
      let index = service.switchboard.simulator.next(.block, &cursor, budget: &budget)
    {
      if let owner = service.switchboard.simulator.blockOwner(index) {
        counts[owner, default: 0] += 1
      }
    }
    while budget > 0,
      let index = service.switchboard.simulator.next(.list, &listCursor, budget: &budget)
    {
      for list in service.switchboard.simulator.listSnapshots(index, ObjectQuery(), budget: &budget)
      {
        if let holder = list.place.owner { lists[holder, default: 0] += 1 }
      }
    }
  }
}

/// An answer that is available immediately.
final class ImmediateAnswer: ManagementAnswer {
  private let outcome: ManagementStep
  init(_ outcome: ManagementStep) { self.outcome = outcome }
  override func step(_ service: ManagementService, budget: inout Int) -> ManagementStep { outcome }
}
