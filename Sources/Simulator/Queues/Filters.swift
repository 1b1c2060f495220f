// Receive filters: set on a queue the requester allocated, on a VPort it created, or on the default queue,
// which every protocol driver may use. NDIS assigns the FilterId, "an integer from one to the number of receive
// filters that the network adapter supports". A queue's first and last filter move it through its states; clearing
// the last one does not require DmaStopped.

import NDISEvents
import NDIS
import NDISStore

extension Simulator {
  // MARK: SET_FILTER

  mutating func prepareSetFilter(_ index: Index<OIDRecord>, _ oid: OIDRecord) throws(Failure) {
    let parameters = try input(ReceiveFilterParameters.self, oid: index)
    try parameters.checkSet()
    guard parameters.fields.count <= FilterRecord.maximumFields else {
      throw Failure(
        .invalidParameter, .elementCount, UInt64(parameters.fields.count),
        UInt64(FilterRecord.maximumFields))
    }
    try checkRoom(oid, ReceiveFilterParameters.structure.size(parameters.revision))
    let adapter = oid.adapter.index
    try receiveFilterCapabilities(adapter: adapter).check(parameters.fields)
    try checkPlace(queueID: parameters.queueID, vportID: parameters.vportID, oid)
    let count = filterCount(adapter: adapter)
    let most = min(
      store.capabilities[adapter, \.receiveFilter].maxMACHeaderFilters, FilterRecord.maximum)
    guard count < most else { throw Failure(.failure, .filterLimit, UInt64(count), UInt64(most)) }
    guard !slabs.filters.isFull else { throw slabs.filters.full(.failure) }
    let id = newFilterID(adapter: adapter, upTo: most)
    var kept = ReceiveFilterParametersImage(parameters)
    kept.filterID = id
    var fields = FilterRecord().fields
    for (place, field) in parameters.fields.enumerated() {
      fields[place] = ReceiveFilterFieldImage(field)
    }
    let filter = try slabs.filters.allocateOrRefuse(.failure) {
      $0.state = .setting
      $0.adapter = oid.adapter
      $0.owner = oid.binding
      $0.filterID = id
      $0.queueID = parameters.queueID
      $0.vportID = parameters.vportID
      $0.fieldCount = UInt32(truncatingIfNeeded: parameters.fields.count)
      $0.parameters = kept
      $0.fields = fields
    }
    store.filtersOfAdapter.insert(filter, in: adapter)
    set(filter: filter, ofOID: index)
    put(id, at: 16, ofInput: index)
  }

  /// Whether a filter may be set on a queue or VPort. Zero and zero is the default queue.
  private func checkPlace(queueID: UInt32, vportID: UInt32, _ oid: OIDRecord) throws(Failure) {
    if queueID != 0 {
      let queue = try liveQueue(adapter: oid.adapter.index, id: queueID)
      try checkOwner(queue: queue, oid)
      try check(.setFilter, queue: queue)
    } else if vportID != 0 {
      let vport = try liveVPort(adapter: oid.adapter.index, id: vportID)
      try checkOwner(vport: vport, oid)
    }
  }

  private func filterCount(adapter: Index<AdapterRecord>) -> UInt32 {
    store.filtersOfAdapter.of(adapter).reduce(0) { count, _ in count &+ 1 }
  }

  /// The next free id of 1 to `most` behind the last one, so that one is not soon reused (A57). One of them is free.
  private func newFilterID(adapter: Index<AdapterRecord>, upTo most: UInt32) -> UInt32 {
    var taken = [Bool](repeating: false, count: Int(FilterRecord.maximum) + 1)
    for index in store.filtersOfAdapter.of(adapter) {
      let id = Int(store.filters[index, \.filterID])
      if id < taken.count { taken[id] = true }
    }
    var id = store.adapters[adapter, \.lastFilterID]
    for _ in 0..<most {
      id = id >= most ? 1 : id + 1
      if !taken[Int(id)] { break }
    }
    set(lastFilterID: id, adapter: adapter)
    return id
  }

  mutating func concludeSetFilter(
    _ index: Index<OIDRecord>, _ oid: OIDRecord, _ succeeded: Bool
  ) {
    guard let filter = oid.filter.optional else { return }
    let queue = queue(adapter: oid.adapter.index, id: store.filters[filter, \.queueID])
    if let queue, store.queues[queue, \.early] != 0 {
      if !succeeded {
        let id = UInt64(store.queues[queue, \.queueID])
        reportMiniport(
          adapter: oid.adapter.index, Failure(.failure, .indicatedEarly, id))
      }
      store.queues.update(queue) { $0.early = 0 }
    }
    let vport = vport(adapter: oid.adapter.index, id: store.filters[filter, \.vportID])
    if let vport, store.vports[vport, \.early] != 0 {
      if !succeeded {
        let id = UInt64(store.vports[vport, \.vportID])
        reportMiniport(adapter: oid.adapter.index, Failure(.failure, .indicatedEarly, id))
      }
      store.vports.update(vport) { $0.early = 0 }
    }
    guard succeeded else { return remove(filter: filter) }
    store.filters.update(filter) { $0.state = .set }
    arrive(filter: filter)
    answerWithInput(oid: index)
  }

  // MARK: CLEAR_FILTER

  mutating func prepareClearFilter(_ index: Index<OIDRecord>, _ oid: OIDRecord) throws(Failure) {
    let clear = try input(ReceiveFilterClearParameters.self, oid: index)
    guard let filter = filter(adapter: oid.adapter.index, id: clear.filterID),
      store.filters[filter, \.queueID] == clear.queueID
    else {
      throw Failure(
        .fileNotFound, .filterUnknown, UInt64(clear.filterID), UInt64(clear.queueID))
    }
    guard mayChange(store.filters[filter, \.owner], oid) else {
      throw Failure(.fileNotFound, .filterOwner, UInt64(clear.filterID))
    }
    set(filter: filter, ofOID: index)
  }

  mutating func concludeClearFilter(_ oid: OIDRecord) {
    guard let filter = oid.filter.optional else { return }
    leave(filter: filter)
    remove(filter: filter)
  }

  // MARK: MOVE_FILTER

  mutating func prepareMoveFilter(_ index: Index<OIDRecord>, _ oid: OIDRecord) throws(Failure) {
    let move = try input(ReceiveFilterMoveParameters.self, oid: index)
    guard let filter = filter(adapter: oid.adapter.index, id: move.filterID),
      store.filters[filter, \.queueID] == move.source.queueID,
      store.filters[filter, \.vportID] == move.source.vportID
    else {
      throw Failure(
        .invalidParameter, .filterUnknown, UInt64(move.filterID), UInt64(move.source.queueID))
    }
    guard mayChange(store.filters[filter, \.owner], oid) else {
      throw Failure(.invalidParameter, .filterOwner, UInt64(move.filterID))
    }
    let to = move.destination
    guard to != move.source else { throw Failure(.invalidParameter, .nothingChanged) }
    // "The SourceQueueId and DestQueueId members must always be set to NDIS_DEFAULT_RECEIVE_QUEUE_ID"
    // (ns-ntddndis-_ndis_receive_filter_move_filter_parameters).
    let isDefault = move.source.queueID == 0 && to.queueID == 0
    guard RequestCheck.filterMoveQueue.passes(isDefault) else {
      throw Failure(
        .invalidParameter, .filterMoveQueue, UInt64(move.source.queueID), UInt64(to.queueID))
    }
    try checkPlace(queueID: 0, vportID: to.vportID, oid)
    set(filter: filter, ofOID: index)
  }

  /// Source and destination change in one turn.
  mutating func concludeMoveFilter(_ index: Index<OIDRecord>, _ oid: OIDRecord) {
    guard let filter = oid.filter.optional,
      let to = try? input(ReceiveFilterMoveParameters.self, oid: index).destination
    else { return }
    leave(filter: filter)
    store.filters.update(filter) {
      $0.queueID = to.queueID
      $0.vportID = to.vportID
      $0.parameters.queueID = to.queueID
      $0.parameters.vportID = to.vportID
    }
    arrive(filter: filter)
  }

  // MARK: Queues and VPorts of filters

  /// Attaches a filter to its queue or VPort.
  private func arrive(filter index: Index<FilterRecord>) {
    let adapter = store.filters[index, \.adapter].index
    if let queue = queue(adapter: adapter, id: store.filters[index, \.queueID]) {
      store.queues.update(queue) { $0.filters &+= 1 }
      move(queue: queue, .setFilter)
    }
    if let vport = vport(adapter: adapter, id: store.filters[index, \.vportID]) {
      store.vports.update(vport) { $0.filters &+= 1 }
    }
  }

  /// Detaches a filter from its queue or VPort.
  private func leave(filter index: Index<FilterRecord>) {
    let adapter = store.filters[index, \.adapter].index
    if let queue = queue(adapter: adapter, id: store.filters[index, \.queueID]) {
      store.queues.update(queue) { $0.filters &-= 1 }
      let isLast = store.queues[queue, \.filters] == 0
      move(queue: queue, isLast ? .clearLastFilter : .clearFilter)
    }
    if let vport = vport(adapter: adapter, id: store.filters[index, \.vportID]) {
      store.vports.update(vport) { $0.filters &-= 1 }
    }
  }

  /// A filter with its fields, as it was set.
  func parameters(filter index: Index<FilterRecord>) throws(Failure) -> ReceiveFilterParameters {
    let record = store.filters[index]
    // The image is stored without its fields, which are stored beside it.
    var head = record.parameters
    head.fieldCount = 0
    var result = try head.value()
    for place in 0..<min(Int(record.fieldCount), FilterRecord.maximumFields) {
      result.fields.append(try record.fields[place].value())
    }
    return result
  }
}
