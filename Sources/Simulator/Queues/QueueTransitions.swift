// The only place where the state of a queue or VPort changes: an event is looked up in QueueState.table or
// VPortState.table, and the row is applied to the record. A row that does not change the state writes
// nothing. A record that becomes Undefined or Deleted is freed in the same turn.
//
// FREE_QUEUE, from start to end: `prepareFreeQueue` applies freeQueue (to Stop DMA), `queueStateIndicated`
// dmaStopped (to Freeing), `concludeFreeQueue` either freeFailed (back to the previous state) or, with
// `freed`, depending on outstanding lists and memory, resourcesFreed (to Undefined), or resourcesLeft (to
// Reclaiming) and resourcesFreed when the last of them has been returned (`releaseIfReclaimed`).

import NDIS
import NDISStore

extension Simulator {
  /// The state of the queue at a used index.
  func queueState(_ index: Index<QueueRecord>) -> QueueState {
    store.queues[index, \.state]
  }

  /// The state of the VPort at a used index.
  func vportState(_ index: Index<VPortRecord>) -> VPortState {
    store.vports[index, \.state]
  }

  // MARK: Transitions

  /// Applies an event to a queue. False for an invalid combination, which changes nothing.
  @discardableResult
  func move(queue index: Index<QueueRecord>, _ event: QueueEvent) -> Bool {
    let state = queueState(index)
    guard state.after(event) != state else { return state.taking(event) != nil }
    var moved = false
    store.queues.update(index) { moved = $0.take(event) != nil }
    return moved
  }

  /// Applies an event to a VPort. False for an invalid combination, which changes nothing.
  @discardableResult
  func move(vport index: Index<VPortRecord>, _ event: VPortEvent) -> Bool {
    let state = vportState(index)
    guard state.after(event) != state else { return state.taking(event) != nil }
    var moved = false
    store.vports.update(index) { moved = $0.take(event) != nil }
    return moved
  }

  /// Fails if an event is an invalid combination now.
  func check(_ event: QueueEvent, queue index: Index<QueueRecord>) throws(Failure) {
    guard queueState(index).after(event) != nil else {
      throw Failure(.invalidParameter, .queueState, UInt64(store.queues[index, \.queueID]))
    }
  }

  /// Applies an event to a queue; fails for an invalid combination.
  func take(_ event: QueueEvent, queue index: Index<QueueRecord>) throws(Failure) {
    try check(event, queue: index)
    move(queue: index, event)
  }

  // MARK: End

  /// FREE_QUEUE has ended: removes the queue, at once if it has nothing outstanding.
  mutating func freed(queue index: Index<QueueRecord>) {
    let record = store.queues[index]
    guard record.blocks != 0 || record.indicated != 0 else {
      return release(queue: index, .resourcesFreed)
    }
    move(queue: index, .resourcesLeft)
    if record.indicated != 0 {
      noteAwaited(
        adapter: record.adapter.index, .queue(index), by: "OID_RECEIVE_FILTER_FREE_QUEUE")
    }
    store.queues.update(index) { $0.owner = .none }
    scheduler.wake(record.adapter.index)
  }

  /// DELETE_VPORT has ended: removes the VPort, at once if it has nothing outstanding.
  mutating func deleted(vport index: Index<VPortRecord>) {
    let record = store.vports[index]
    guard record.blocks != 0 || record.indicated != 0 else { return release(vport: index, .delete) }
    move(vport: index, .deleteResourcesLeft)
    if record.indicated != 0 {
      noteAwaited(adapter: record.adapter.index, .vport(index), by: "OID_NIC_SWITCH_DELETE_VPORT")
    }
    store.vports.update(index) { $0.owner = .none }
    scheduler.wake(record.adapter.index)
  }

  /// Memory or a list of a queue has been returned: if it was the last, releases a queue in Reclaiming.
  mutating func releaseIfReclaimed(queue index: Index<QueueRecord>) {
    guard queueState(index) == .reclaiming, store.queues[index, \.blocks] == 0,
      store.queues[index, \.indicated] == 0
    else { return }
    release(queue: index, .resourcesFreed)
  }

  /// Memory or a list of a VPort has been returned: if it was the last, releases a VPort in Reclaiming.
  mutating func releaseIfReclaimed(vport index: Index<VPortRecord>) {
    guard vportState(index) == .reclaiming, store.vports[index, \.blocks] == 0,
      store.vports[index, \.indicated] == 0
    else { return }
    release(vport: index, .resourcesFreed)
  }

  /// Applies the last event of a queue and frees its record.
  mutating func release(queue index: Index<QueueRecord>, _ event: QueueEvent) {
    move(queue: index, event)
    if queueState(index) == .undefined { remove(queue: index) }
  }

  /// Applies the last event of a VPort and frees its record.
  mutating func release(vport index: Index<VPortRecord>, _ event: VPortEvent) {
    move(vport: index, event)
    if vportState(index) == .deleted { remove(vport: index) }
  }
}
