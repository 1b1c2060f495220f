// The lists an adapter has of its queues, filters and VPorts, and the records' way back to the free ones.
// New members go to the front.

import NDIS

extension Simulator {
  func link(queue index: UInt32, adapter: UInt32) {
    let first = store.adapters[adapter, \.queues]
    store.queues.update(index) { $0.next = first }
    if let first = first.optional { store.queues.update(first) { $0.previous = Ref(index) } }
    store.adapters.update(adapter) { $0.queues = Ref(index) }
  }

  /// Unlinks a queue and frees its record.
  mutating func remove(queue index: UInt32) {
    let record = store.queues[index]
    if let previous = record.previous.optional {
      store.queues.update(previous) { $0.next = record.next }
    } else {
      store.adapters.update(record.adapter.index) { $0.queues = record.next }
    }
    if let next = record.next.optional {
      store.queues.update(next) { $0.previous = record.previous }
    }
    store.queues.update(index) {
      $0 = QueueRecord()
      $0.generation = record.generation
    }
    derived.freeQueues.insert(index)
  }

  func link(filter index: UInt32, adapter: UInt32) {
    let first = store.adapters[adapter, \.filters]
    store.filters.update(index) { $0.next = first }
    if let first = first.optional { store.filters.update(first) { $0.previous = Ref(index) } }
    store.adapters.update(adapter) { $0.filters = Ref(index) }
  }

  /// Unlinks a filter and frees its record.
  mutating func remove(filter index: UInt32) {
    let record = store.filters[index]
    if let previous = record.previous.optional {
      store.filters.update(previous) { $0.next = record.next }
    } else {
      store.adapters.update(record.adapter.index) { $0.filters = record.next }
    }
    if let next = record.next.optional {
      store.filters.update(next) { $0.previous = record.previous }
    }
    store.filters.update(index) {
      $0 = FilterRecord()
      $0.generation = record.generation
    }
    derived.freeFilters.insert(index)
  }

  func link(vport index: UInt32, adapter: UInt32) {
    let first = store.adapters[adapter, \.vports]
    store.vports.update(index) { $0.next = first }
    if let first = first.optional { store.vports.update(first) { $0.previous = Ref(index) } }
    store.adapters.update(adapter) { $0.vports = Ref(index) }
  }

  /// Unlinks a VPort and frees its record.
  mutating func remove(vport index: UInt32) {
    let record = store.vports[index]
    if let previous = record.previous.optional {
      store.vports.update(previous) { $0.next = record.next }
    } else {
      store.adapters.update(record.adapter.index) { $0.vports = record.next }
    }
    if let next = record.next.optional {
      store.vports.update(next) { $0.previous = record.previous }
    }
    store.vports.update(index) {
      $0 = VPortRecord()
      $0.generation = record.generation
    }
    derived.freeVPorts.insert(index)
  }
}
