// What an adapter's life asks of its queues, filters and VPorts: the miniport's word that DMA has stopped,
// the end of the binding that made them, what NDIS itself frees before MiniportHaltEx, and the end of an
// adapter that nobody can be asked about.

import NDISEvents
import NDIS
import NDISStore

extension Simulator {
  /// The miniport has indicated NDIS_STATUS_RECEIVE_QUEUE_STATE. Only DmaStopped has to be indicated; it
  /// belongs to FREE_QUEUE, once.
  mutating func queueStateIndicated(
    adapter: Index<AdapterRecord>, _ state: ReceiveQueueState
  ) {
    guard state.state == .dmaStopped else { return }
    guard let queue = queue(adapter: adapter, id: state.queueID), move(queue: queue, .dmaStopped)
    else {
      reportMiniport(
        adapter: adapter, Failure(.failure, .unexpectedDmaStopped, UInt64(state.queueID)),
        routine: "NdisMIndicateStatusEx")
      return
    }
    store.queues.update(queue) { $0.dmaStopped = 1 }
  }

  /// The binding is closing: what it allocated and did not free is a violation, once, and becomes NDIS's
  /// to free. Of an adapter that takes no OID requests any more it could not free anything.
  mutating func reassignQueuesToNDIS(binding index: Index<BindingRecord>) {
    let adapter = store.bindings[index, \.adapter].index
    let binding = Ref(index)
    var count: UInt64 = 0
    for queue in store.queuesOfAdapter.of(adapter) {
      guard store.queues[queue, \.owner] == binding else { continue }
      // One that is still being allocated is not the binding's yet.
      if queueState(queue).isLive { count += 1 }
      store.queues.update(queue) { $0.owner = .none }
    }
    for filter in store.filtersOfAdapter.of(adapter) {
      guard store.filters[filter, \.owner] == binding else { continue }
      if store.filters[filter, \.state] == .set { count += 1 }
      store.filters.update(filter) { $0.owner = .none }
    }
    for vport in store.vportsOfAdapter.of(adapter) {
      guard store.vports[vport, \.owner] == binding else { continue }
      if vportState(vport).isLive { count += 1 }
      store.vports.update(vport) { $0.owner = .none }
    }
    count += disownFunctions(of: binding, adapter: adapter)
    guard count > 0, oidRefusal(adapter: adapter) == nil else { return }
    let handle = bindingHandle(index)
    violate(
      Failure(.failure, .queuesLeft, handle.rawValue, count), routine: "NdisCloseAdapterEx",
      bugCheck: nil, handle: handle, party: party(binding: index),
      session: store.drivers[store.bindings[index, \.driver].index, \.session].optional)
  }

  // MARK: Before a halt

  /// Before MiniportHaltEx: clears filters, frees queues, deletes VPorts, frees VFs and deletes the switch
  /// by OID requests of NDIS itself, one at a time. What the miniport then refuses is gone all the same.
  /// True while something is left.
  mutating func freeQueuesBeforeHalt(adapter index: Index<AdapterRecord>)
    -> Bool
  {
    // One at a time: the last one's end calls this again.
    guard store.adapters[index, \.firstOID].isNone else { return true }
    if let filter = store.adapters[index, \.filters].optional {
      let clear = ReceiveFilterClearParameters(
        queueID: store.filters[filter, \.queueID], filterID: store.filters[filter, \.filterID])
      ask(adapter: index, OIDNumber.receiveFilterClearFilter, clear)
      return true
    }
    if let queue = firstLiveQueue(adapter: index) {
      let free = ReceiveQueueFreeParameters(queueID: store.queues[queue, \.queueID])
      ask(adapter: index, OIDNumber.receiveFilterFreeQueue, free)
      return true
    }
    if let vport = liveVPorts(adapter: index).first {
      let delete = VPortDeleteParameters(vportID: store.vports[vport, \.vportID])
      ask(adapter: index, OIDNumber.nicSwitchDeleteVPort, delete)
      return true
    }
    let functions = store.capabilities[index, \.functions]
    if functions != 0 {
      let function = UInt16(truncatingIfNeeded: functions.trailingZeroBitCount)
      let free = VFFreeParameters(function: FunctionID(rawValue: function))
      ask(adapter: index, OIDNumber.nicSwitchFreeVF, free)
      return true
    }
    if store.capabilities[index, \.hasSwitch] != 0 {
      ask(adapter: index, OIDNumber.nicSwitchDeleteSwitch, NICSwitchDeleteParameters())
      return true
    }
    // A freed queue whose memory or lists are not back yet holds nothing up; that is reported already.
    return false
  }

  private func firstLiveQueue(adapter: Index<AdapterRecord>) -> Index<QueueRecord>? {
    for index in store.queuesOfAdapter.of(adapter) {
      if queueState(index).isLive { return index }
    }
    return nil
  }

  private mutating func ask(
    adapter: Index<AdapterRecord>, _ oid: UInt32, _ structure: some StructureImage
  ) {
    issueInternalRequest(adapter: adapter, oid: oid, kind: .set, input: structure.image())
  }

  // MARK: Without anybody being asked

  /// The adapter is gone: its queues, filters and VPorts go without anybody being asked. Their memory has been
  /// reclaimed, and no list that is out counts for them.
  mutating func dropQueues(adapter index: Index<AdapterRecord>) {
    forgetOIDSubjects(adapter: index)
    while let filter = store.adapters[index, \.filters].optional { remove(filter: filter) }
    for queue in store.queuesOfAdapter.of(index) {
      release(queue: queue, .adapterRemoved)
    }
    for vport in store.vportsOfAdapter.of(index) {
      release(vport: vport, .adapterRemoved)
    }
    forgetCapabilities(adapter: index)
  }
}
