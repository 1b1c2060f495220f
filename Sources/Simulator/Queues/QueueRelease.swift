// Taking queues, filters and VPorts out of their adapter's lists, and the ids that are not in use there.

import NDIS

extension Simulator {
  /// Unlinks a queue and frees its record.
  mutating func remove(queue index: Index<QueueRecord>) {
    let record = store.queues[index]
    store.queuesOfAdapter.remove(index, from: record.adapter.index)
    store.queues.update(index) {
      $0 = QueueRecord()
      $0.generation = record.generation
    }
    if record.generation < lastGeneration { derived.freeQueues.insert(index) }
  }

  /// Unlinks a filter and frees its record.
  mutating func remove(filter index: Index<FilterRecord>) {
    let record = store.filters[index]
    store.filtersOfAdapter.remove(index, from: record.adapter.index)
    store.filters.update(index) {
      $0 = FilterRecord()
      $0.generation = record.generation
    }
    if record.generation < lastGeneration { derived.freeFilters.insert(index) }
  }

  /// Unlinks a VPort and frees its record.
  mutating func remove(vport index: Index<VPortRecord>) {
    let record = store.vports[index]
    store.vportsOfAdapter.remove(index, from: record.adapter.index)
    store.vports.update(index) {
      $0 = VPortRecord()
      $0.generation = record.generation
    }
    if record.generation < lastGeneration { derived.freeVPorts.insert(index) }
  }

  /// The lowest id from 1 to `most` that no member of an adapter's list has; nil when all are taken.
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
