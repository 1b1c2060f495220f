// Validates an adapter's queues, filters and VPorts: lists, unique ids, counts of filters, blocks and
// indicated lists, and states consistent with them.

import NDIS
import NDISStore

/// Ids found on filters, for one adapter at a time.
struct PlaceScratch {
  /// By QueueId or VPortId: the number of filters; `absent` for an unused id.
  static let absent = UInt32.max
  var queues: [UInt32]
  var vports: [UInt32]
  /// By FilterId, one bit each.
  var filters: [UInt64]

  init() {
    queues = [UInt32](repeating: PlaceScratch.absent, count: Int(QueueRecord.maximum) + 1)
    vports = [UInt32](repeating: PlaceScratch.absent, count: Int(VPortRecord.maximum) + 1)
    filters = [UInt64](repeating: 0, count: 1024)
  }
}

extension StoreCheck {
  /// Lists of an adapter; a record that is in no list is detected at the end.
  mutating func checkPlaces(
    _ adapter: AdapterRecord, _ own: Ref<AdapterRecord>, _ at: CheckedRecord,
    _ scratch: inout PlaceScratch
  ) throws(StoreError) {
    guard !(adapter.queues.isNone && adapter.filters.isNone && adapter.vports.isNone) else {
      return
    }
    let store = store
    listed.queues &+= try walk(adapter.queues, store.queues.capacity, of: at, "queues") {
      (
        store.queues[$0, \.previous], store.queues[$0, \.next],
        store.queues[$0, \.adapter] == own
      )
    }
    listed.filters &+= try walk(adapter.filters, store.filters.capacity, of: at, "filters") {
      (
        store.filters[$0, \.previous], store.filters[$0, \.next],
        store.filters[$0, \.adapter] == own
      )
    }
    listed.vports &+= try walk(adapter.vports, store.vports.capacity, of: at, "VPorts") {
      (
        store.vports[$0, \.previous], store.vports[$0, \.next],
        store.vports[$0, \.adapter] == own
      )
    }
    try checkIDs(own, &scratch)
    try checkFilters(own, &scratch)
    try checkQueues(own, &scratch)
    try checkVPorts(own, &scratch)
  }

  private func checkIDs(
    _ own: Ref<AdapterRecord>, _ scratch: inout PlaceScratch
  ) throws(StoreError) {
    for index in store.queuesOfAdapter.of(own.index) {
      let id = Int(store.queues[index, \.queueID])
      try CheckedRecord("queues", index).hold(
        id > 0 && id < scratch.queues.count && scratch.queues[id] == PlaceScratch.absent,
        "its QueueId is none, or another's")
      scratch.queues[id] = 0
    }
    for index in store.vportsOfAdapter.of(own.index) {
      let id = Int(store.vports[index, \.vportID])
      try CheckedRecord("vports", index).hold(
        id > 0 && id < scratch.vports.count && scratch.vports[id] == PlaceScratch.absent,
        "its VPortId is none, or another's")
      scratch.vports[id] = 0
    }
  }

  /// Whether an object's creator is a binding on its adapter; none: NDIS has taken it over.
  private func isMaker(_ owner: Ref<BindingRecord>, _ adapter: Ref<AdapterRecord>) -> Bool {
    owner.isNone || (isBinding(owner) && store.bindings[owner.index, \.adapter] == adapter)
  }

  private func checkFilters(
    _ own: Ref<AdapterRecord>, _ scratch: inout PlaceScratch
  ) throws(StoreError) {
    for index in store.filtersOfAdapter.of(own.index) {
      let filter = store.filters[index]
      let at = CheckedRecord("filters", index)
      try at.hold(filter.state != .free && filter.$state.validated != nil, "its state has no case")
      try at.hold(isMaker(filter.owner, own), "who set it is not there")
      try at.hold(
        filter.fieldCount > 0 && filter.fieldCount <= UInt32(FilterRecord.maximumFields),
        "it has too many fields, or none")
      try at.hold(filter.filterID > 0 && filter.filterID <= 0xFFFF, "its FilterId is none")
      let (word, bit) = (Int(filter.filterID / 64), UInt64(1) << UInt64(filter.filterID % 64))
      try at.hold(scratch.filters[word] & bit == 0, "its FilterId is another's")
      scratch.filters[word] |= bit
      let (queue, vport) = (Int(filter.queueID), Int(filter.vportID))
      try at.hold(
        (queue == 0 || vport == 0)
          && (queue == 0
            || queue < scratch.queues.count && scratch.queues[queue] != PlaceScratch.absent)
          && (vport == 0
            || vport < scratch.vports.count && scratch.vports[vport] != PlaceScratch.absent),
        "its queue or VPort is not there")
      // A filter that is being set is not counted yet.
      guard filter.state == .set else { continue }
      if queue != 0 { scratch.queues[queue] &+= 1 }
      if vport != 0 { scratch.vports[vport] &+= 1 }
    }
    for index in store.filtersOfAdapter.of(own.index) {
      scratch.filters[Int(store.filters[index, \.filterID] / 64)] = 0
    }
  }

  private mutating func checkQueues(
    _ own: Ref<AdapterRecord>, _ scratch: inout PlaceScratch
  ) throws(StoreError) {
    let store = store
    for index in store.queuesOfAdapter.of(own.index) {
      let queue = store.queues[index]
      let at = CheckedRecord("queues", index)
      guard let state = queue.storedState.validated else {
        throw at.damaged("its state has no case")
      }
      try at.hold(
        (queue.dmaStopped | queue.early) <= 1, "one of its flags is neither 0 nor 1")
      try at.hold(isMaker(queue.owner, own), "who allocated it is not there")
      try at.hold(
        state != .reclaiming || queue.owner.isNone, "it was freed and still has an owner")
      try at.hold(
        state != .reclaiming || queue.blocks != 0 || queue.indicated != 0,
        "it was freed and nothing of it is left")
      try at.hold(
        state != .stopDMA && state != .freeing || isBeingFreed(index, on: own.index),
        "no request frees it")
      try at.hold(queue.parameters.queueID == queue.queueID, "its parameters are another's")
      let filters = scratch.queues[Int(queue.queueID)]
      scratch.queues[Int(queue.queueID)] = PlaceScratch.absent
      let hasFilters = state == .set || state == .running
      try at.hold(
        queue.filters == filters && (state == .undefined || hasFilters == (filters != 0)),
        "it counts other filters than it has")
      let blocks = try walk(queue.firstBlock, store.blocks.capacity, of: at, "blocks") {
        (
          store.blocks[$0, \.placePrevious], store.blocks[$0, \.placeNext],
          store.blocks[$0, \.queueID] == queue.queueID
            && store.blocks[$0].ownerIndex == .adapter(own.index)
            && store.blocks[$0].queue == Ref(index)
        )
      }
      listed.placedBlocks &+= blocks
      try at.hold(queue.blocks == blocks, "it counts other blocks than it has")
      try at.hold(
        queue.indicated == indicatedOnQueue[Int(index)],
        "it counts other indicated lists than there are")
    }
  }

  /// Whether FREE_QUEUE of a queue is at the miniport.
  private func isBeingFreed(
    _ queue: Index<QueueRecord>, on adapter: Index<AdapterRecord>
  ) -> Bool {
    // The list of requests has already been checked for cycles.
    for index in store.oidsOfAdapter.of(adapter) {
      let oid = store.oids[index]
      if oid.queue == Ref(queue), oid.oid == OIDNumber.receiveFilterFreeQueue,
        oid.state == .sent || oid.state == .pended
      {
        return true
      }
    }
    return false
  }

  private mutating func checkVPorts(
    _ own: Ref<AdapterRecord>, _ scratch: inout PlaceScratch
  ) throws(StoreError) {
    let store = store
    for index in store.vportsOfAdapter.of(own.index) {
      let vport = store.vports[index]
      let at = CheckedRecord("vports", index)
      guard let state = vport.storedState.validated else {
        throw at.damaged("its state has no case")
      }
      try at.hold(
        (vport.deleting | vport.early) <= 1, "one of its flags is neither 0 nor 1")
      try at.hold(isMaker(vport.owner, own), "who created it is not there")
      try at.hold(
        state != .reclaiming || vport.owner.isNone, "it was deleted and still has an owner")
      try at.hold(
        state != .reclaiming || vport.blocks != 0 || vport.indicated != 0,
        "it was deleted and nothing of it is left")
      try at.hold(vport.parameters.vportID == vport.vportID, "its parameters are another's")
      let filters = scratch.vports[Int(vport.vportID)]
      scratch.vports[Int(vport.vportID)] = PlaceScratch.absent
      try at.hold(vport.filters == filters, "it counts other filters than it has")
      let blocks = try walk(vport.firstBlock, store.blocks.capacity, of: at, "blocks") {
        (
          store.blocks[$0, \.placePrevious], store.blocks[$0, \.placeNext],
          store.blocks[$0, \.queueID] == 0 && store.blocks[$0, \.vportID] == vport.vportID
            && store.blocks[$0].ownerIndex == .adapter(own.index)
            && store.blocks[$0].vport == Ref(index)
        )
      }
      listed.placedBlocks &+= blocks
      try at.hold(vport.blocks == blocks, "it counts other blocks than it has")
      try at.hold(
        vport.indicated == indicatedOnVPort[Int(index)],
        "it counts other indicated lists than there are")
    }
  }

  /// Totals; an object that is being created has an adapter before it has a state.
  mutating func countPlaces() throws(StoreError) {
    for index in store.queues.touched {
      let record = store.queues[index]
      inUse.queues &+=
        try isUsed("queues", index, record.generation, record.adapter, record.storedState.raw)
        ? 1 : 0
    }
    for index in store.filters.touched {
      let record = store.filters[index]
      inUse.filters &+=
        try isUsed("filters", index, record.generation, record.adapter, record.$state.raw) ? 1 : 0
    }
    for index in store.vports.touched {
      let record = store.vports[index]
      inUse.vports &+=
        try isUsed("vports", index, record.generation, record.adapter, record.storedState.raw)
        ? 1 : 0
    }
  }

  private func isUsed<Record>(
    _ name: StaticString, _ index: Index<Record>, _ generation: UInt32,
    _ adapter: Ref<AdapterRecord>, _ state: UInt8
  ) throws(StoreError) -> Bool {
    let at = CheckedRecord(name, index)
    try at.hold(generation <= lastGeneration, "its generation is too great")
    try at.hold(!adapter.isNone || state == 0, "it is free and has a state")
    return !adapter.isNone
  }
}
