// Queues, filters and VPorts during an adapter's life: the miniport's indication of DmaStopped, the closing
// of the binding that created them, teardown by NDIS before MiniportHaltEx, and forced teardown without a
// miniport.

import NDISEvents
import NDIS
import NDISStore

extension Simulator {
  /// The miniport has indicated NDIS_STATUS_RECEIVE_QUEUE_STATE. Only DmaStopped is indicated, once, during
  /// FREE_QUEUE.
  mutating func queueStateIndicated(
    adapter: Index<AdapterRecord>, _ state: ReceiveQueueState
  ) {
    guard state.state == .dmaStopped else { return }
    guard let queue = queue(adapter: adapter, id: state.queueID), move(queue: queue, .dmaStopped)
    else {
      // ndis-status-receive-queue-state: DMA that stops for another reason "should not" lead to this state.
      advise(
        Failure(.success, .unexpectedDmaStopped, UInt64(state.queueID)),
        routine: "NdisMIndicateStatusEx", handle: adapterHandle(adapter),
        party: party(adapter: adapter))
      return
    }
    store.queues.update(queue) { $0.dmaStopped = 1 }
    if store.queues[queue, \.indicated] != 0 {
      noteAwaited(adapter: adapter, .queue(queue), by: "OID_RECEIVE_FILTER_FREE_QUEUE")
    }
  }

  /// The binding is closing: anything it allocated and did not free is a violation, reported once, and is
  /// left for NDIS to free. On an adapter that takes no more OID requests, or completes them with
  /// NOT_ACCEPTED because it was removed by surprise, the binding could not have freed it.
  mutating func reassignQueuesToNDIS(binding index: Index<BindingRecord>) {
    let adapter = store.bindings[index, \.adapter].index
    let binding = Ref(index)
    var count: UInt64 = 0
    for queue in store.queuesOfAdapter.of(adapter) {
      guard store.queues[queue, \.owner] == binding else { continue }
      // A queue that is still being allocated does not belong to the binding yet.
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
    guard count > 0, oidRefusal(adapter: adapter) == nil, store.adapters[adapter, \.removed] == 0
    else { return }
    let handle = bindingHandle(index)
    violate(
      Failure(.failure, .queuesLeft, handle.rawValue, count), routine: "NdisCloseAdapterEx",
      bugCheck: nil, handle: handle, party: party(binding: index),
      session: store.drivers[store.bindings[index, \.driver].index, \.session].optional)
  }

  // MARK: Before a halt

  /// Before MiniportHaltEx: clears filters, frees queues, deletes VPorts, frees VFs and deletes the switch by
  /// NDIS's own OID requests, one at a time. Objects the miniport fails to free are removed all the same.
  /// True while any are left.
  mutating func freeQueuesBeforeHalt(adapter index: Index<AdapterRecord>)
    -> Bool
  {
    // One at a time: the completion of the last one calls this again.
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
    // A freed queue with outstanding memory or lists does not block the halt; it has been reported already.
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

  // MARK: Forced teardown

  /// The adapter has been removed: removes its queues, filters and VPorts without calling the miniport. Their
  /// memory has been reclaimed, and no outstanding list is counted for them.
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
