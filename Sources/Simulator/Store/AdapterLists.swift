// The lists an adapter has of its queues, filters and VPorts, their ids, and the records' way back to the free
// ones. New members go to the front.

import NDIS

/// A record that hangs in a list of its adapter.
protocol AdapterMember: BitwiseCopyable {
  var generation: UInt32 { get set }
  var adapter: Ref { get set }
  var previous: Ref { get set }
  var next: Ref { get set }
  /// A free record.
  init()
}

extension QueueRecord: AdapterMember {}
extension FilterRecord: AdapterMember {}
extension VPortRecord: AdapterMember {}

extension Simulator {
  func link(queue index: UInt32, adapter: UInt32) {
    link(index, store.queues, \.queues, adapter)
  }

  func link(filter index: UInt32, adapter: UInt32) {
    link(index, store.filters, \.filters, adapter)
  }

  func link(vport index: UInt32, adapter: UInt32) {
    link(index, store.vports, \.vports, adapter)
  }

  /// Unlinks a queue and frees its record.
  mutating func remove(queue index: UInt32) {
    if unlink(index, store.queues, \.queues) { derived.freeQueues.insert(index) }
  }

  /// Unlinks a filter and frees its record.
  mutating func remove(filter index: UInt32) {
    if unlink(index, store.filters, \.filters) { derived.freeFilters.insert(index) }
  }

  /// Unlinks a VPort and frees its record.
  mutating func remove(vport index: UInt32) {
    if unlink(index, store.vports, \.vports) { derived.freeVPorts.insert(index) }
  }

  private func link<Member: AdapterMember>(
    _ index: UInt32, _ members: Table<Member>, _ head: WritableKeyPath<AdapterRecord, Ref>,
    _ adapter: UInt32
  ) {
    let first = store.adapters[adapter, head]
    members.update(index) { $0.next = first }
    if let first = first.optional { members.update(first) { $0.previous = Ref(index) } }
    store.adapters.update(adapter) { $0[keyPath: head] = Ref(index) }
  }

  /// False when the record is not to be used again: its generations are used up.
  private func unlink<Member: AdapterMember>(
    _ index: UInt32, _ members: Table<Member>, _ head: WritableKeyPath<AdapterRecord, Ref>
  ) -> Bool {
    let record = members[index]
    if let previous = record.previous.optional {
      members.update(previous) { $0.next = record.next }
    } else {
      store.adapters.update(record.adapter.index) { $0[keyPath: head] = record.next }
    }
    if let next = record.next.optional {
      members.update(next) { $0.previous = record.previous }
    }
    members.update(index) {
      $0 = Member()
      $0.generation = record.generation
    }
    return record.generation < lastGeneration
  }

  /// The lowest id from 1 to `most` that no member of a list has; nil when all are taken.
  func lowestFreeID<Member: AdapterMember>(
    _ members: Table<Member>, _ first: Ref, upTo most: UInt32, _ id: KeyPath<Member, UInt32>
  ) -> UInt32? {
    var taken = [Bool](repeating: false, count: Int(most) + 1)
    var next = first
    while let index = next.optional {
      let number = Int(members[index, id])
      if number < taken.count { taken[number] = true }
      next = members[index, \.next]
    }
    return taken.dropFirst().firstIndex(of: false).map { UInt32($0) }
  }
}
