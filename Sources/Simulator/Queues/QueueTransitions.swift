// Where the state of a queue or VPort changes, and nowhere else: an event is looked up in QueueState.table or
// VPortState.table, and the record takes the row. A row that ends where it began writes nothing. The record of
// one that has become Undefined or Deleted goes with its state.
//
// FREE_QUEUE, from its beginning to its end: `prepareFreeQueue` takes freeQueue (to Stop DMA), `queueStateIndicated`
// dmaStopped (to Freeing), `concludeFreeQueue` either freeFailed (back to where it was) or, with `freed`, what
// follows from the lists and the memory that are outstanding: resourcesFreed (to Undefined), or resourcesLeft (to
// Reclaiming) and resourcesFreed when the last of them has come back (`releaseIfReclaimed`).

import NDIS
import NDISStore

extension Simulator {
  /// The state of the queue at a used index.
  func queueState(_ index: Index<QueueRecord>) -> QueueState {
    QueueState(rawValue: store.queues[index, \.state]) ?? .undefined
  }

  /// The state of the VPort at a used index.
  func vportState(_ index: Index<VPortRecord>) -> VPortState {
    VPortState(rawValue: store.vports[index, \.state]) ?? .deleted
  }

  // MARK: Transitions

  /// An event happens to a queue. False for an invalid combination, which changes nothing.
  @discardableResult
  func move(queue index: Index<QueueRecord>, _ event: QueueEvent) -> Bool {
    let state = queueState(index)
    guard state.after(event) != state else { return state.taking(event) != nil }
    var moved = false
    store.queues.update(index) { moved = $0.take(event) != nil }
    return moved
  }

  /// An event happens to a VPort. False for an invalid combination, which changes nothing.
  @discardableResult
  func move(vport index: Index<VPortRecord>, _ event: VPortEvent) -> Bool {
    let state = vportState(index)
    guard state.after(event) != state else { return state.taking(event) != nil }
    var moved = false
    store.vports.update(index) { moved = $0.take(event) != nil }
    return moved
  }

  /// Refuses an event that is an invalid combination now.
  func check(_ event: QueueEvent, queue index: Index<QueueRecord>) throws(Failure) {
    guard queueState(index).after(event) != nil else {
      throw Failure(.invalidParameter, .queueState, UInt64(store.queues[index, \.queueID]))
    }
  }

  /// An event happens to a queue; an invalid combination is refused.
  func take(_ event: QueueEvent, queue index: Index<QueueRecord>) throws(Failure) {
    try check(event, queue: index)
    move(queue: index, event)
  }

  // MARK: Ends

  /// FREE_QUEUE has ended, and the queue is gone: at once when nothing of it is outstanding.
  mutating func freed(queue index: Index<QueueRecord>) {
    let record = store.queues[index]
    guard record.blocks != 0 || record.indicated != 0 else {
      return release(queue: index, .resourcesFreed)
    }
    move(queue: index, .resourcesLeft)
    store.queues.update(index) { $0.owner = .none }
    scheduler.wake(record.adapter.index)
  }

  /// DELETE_VPORT has ended, and the VPort is gone: at once when nothing of it is outstanding.
  mutating func deleted(vport index: Index<VPortRecord>) {
    let record = store.vports[index]
    guard record.blocks != 0 || record.indicated != 0 else { return release(vport: index, .delete) }
    move(vport: index, .deleteResourcesLeft)
    store.vports.update(index) { $0.owner = .none }
    scheduler.wake(record.adapter.index)
  }

  /// Memory or a list of a queue has come back; that was the last when the queue is being reclaimed.
  mutating func releaseIfReclaimed(queue index: Index<QueueRecord>) {
    guard queueState(index) == .reclaiming, store.queues[index, \.blocks] == 0,
      store.queues[index, \.indicated] == 0
    else { return }
    release(queue: index, .resourcesFreed)
  }

  /// Memory or a list of a VPort has come back; that was the last when the VPort is being reclaimed.
  mutating func releaseIfReclaimed(vport index: Index<VPortRecord>) {
    guard vportState(index) == .reclaiming, store.vports[index, \.blocks] == 0,
      store.vports[index, \.indicated] == 0
    else { return }
    release(vport: index, .resourcesFreed)
  }

  /// The last event of a queue: its record goes.
  mutating func release(queue index: Index<QueueRecord>, _ event: QueueEvent) {
    move(queue: index, event)
    if queueState(index) == .undefined { remove(queue: index) }
  }

  /// The last event of a VPort: its record goes.
  mutating func release(vport index: Index<VPortRecord>, _ event: VPortEvent) {
    move(vport: index, event)
    if vportState(index) == .deleted { remove(vport: index) }
  }
}
