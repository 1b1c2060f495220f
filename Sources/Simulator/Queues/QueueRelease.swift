// Removing queues, filters and VPorts from their adapter's lists, and finding free ids there.

import NDIS
import NDISStore

extension Simulator {
  /// Unlinks a queue and frees its record.
  mutating func remove(queue index: Index<QueueRecord>) {
    store.queuesOfAdapter.remove(index, from: store.queues[index, \.adapter].index)
    slabs.queues.release(index)
  }

  /// Unlinks a filter and frees its record.
  mutating func remove(filter index: Index<FilterRecord>) {
    store.filtersOfAdapter.remove(index, from: store.filters[index, \.adapter].index)
    slabs.filters.release(index)
  }

  /// Unlinks a VPort and frees its record.
  mutating func remove(vport index: Index<VPortRecord>) {
    store.vportsOfAdapter.remove(index, from: store.vports[index, \.adapter].index)
    slabs.vports.release(index)
  }

  /// The lowest id from 1 to `most` that is unused in an adapter's list; nil when all are in use.
  func lowestFreeID<Member: StoreRecord>(
    _ members: LinkedMembers<Member>, upTo most: UInt32, _ id: KeyPath<Member, UInt32>
  ) -> UInt32? {
    var taken = [Bool](repeating: false, count: Int(most) + 1)
    for index in members {
      let number = Int(members.members[index, id])
      if number < taken.count { taken[number] = true }
    }
    return taken.dropFirst().firstIndex(of: false).map { UInt32($0) }
  }
}
