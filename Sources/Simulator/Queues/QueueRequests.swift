// The OID requests that allocate, change and free a receive queue. NDIS assigns the QueueId and keeps the
// parameters; a request changes the queue's state when it has succeeded, except for FREE_QUEUE: the queue
// enters Stop DMA when the request is sent to the miniport, and returns to its previous state if the miniport
// fails it.

import NDISEvents
import NDIS
import NDISStore

extension Simulator {
  // MARK: ALLOCATE_QUEUE

  mutating func prepareAllocateQueue(_ index: Index<OIDRecord>, _ oid: OIDRecord) throws(Failure) {
    let parameters = try input(ReceiveQueueParameters.self, oid: index)
    let adapter = oid.adapter.index
    try parameters.checkAllocation(
      for: miniportVersion(adapter: adapter), receiveFilterCapabilities(adapter: adapter))
    try checkRoom(oid, ReceiveQueueParameters.structure.size(parameters.revision))
    let id = try freeQueueID(adapter: adapter)
    var kept = ReceiveQueueParametersImage(parameters)
    kept.queueID = id
    let queue = try slabs.queues.allocateOrRefuse(.failure) {
      $0.adapter = oid.adapter
      $0.owner = oid.binding
      $0.queueID = id
      $0.parameters = kept
    }
    store.queuesOfAdapter.insert(queue, in: adapter)
    set(queue: queue, ofOID: index)
    put(id, at: 12, ofInput: index)
  }

  /// The lowest free id. A freed queue with outstanding memory or lists keeps its id.
  private func freeQueueID(adapter: Index<AdapterRecord>) throws(Failure) -> UInt32 {
    let most = min(
      store.capabilities[adapter, \.receiveFilter].numQueues, QueueRecord.maximum)
    let queues = store.queuesOfAdapter.of(adapter)
    if let id = lowestFreeID(queues, upTo: most, \.queueID) { return id }
    throw Failure(.failure, .noQueues, UInt64(most))
  }

  mutating func concludeAllocateQueue(
    _ index: Index<OIDRecord>, _ oid: OIDRecord, _ succeeded: Bool
  ) {
    guard let queue = oid.queue.optional else { return }
    guard succeeded else { return remove(queue: queue) }
    do throws(Failure) {
      // From the miniport's answer NDIS takes the MSI-X entry (A27) only; the rest stays as requested.
      let answer = try ReceiveQueueParameters(image: answer(oid: index))
      store.queues.update(queue) { $0.parameters.msixTableEntry = answer.msixTableEntry }
    } catch { reportMiniport(adapter: oid.adapter.index, error) }
    move(queue: queue, .allocateQueue)
    answerWithInput(oid: index)
    put(store.queues[queue, \.parameters].msixTableEntry, at: 44, ofOutput: index)
  }

  // MARK: QUEUE_ALLOCATION_COMPLETE

  mutating func prepareAllocationComplete(_ index: Index<OIDRecord>, _ oid: OIDRecord)
    throws(Failure)
  {
    let array = try input(QueueAllocationComplete.self, oid: index)
    try array.check()
    try checkRoom(oid, array.image().count)
    for element in array.queues {
      let queue = try liveQueue(adapter: oid.adapter.index, id: element.queueID)
      try checkOwner(queue: queue, oid)
      try check(.allocationComplete, queue: queue)
    }
  }

  /// Every queue has its own status: those that failed keep their state.
  mutating func concludeAllocationComplete(
    _ index: Index<OIDRecord>, _ oid: OIDRecord
  ) -> Failure {
    let adapter = oid.adapter.index
    do throws(Failure) {
      let asked = try input(QueueAllocationComplete.self, oid: index).queues.map(\.queueID)
      let answered = try QueueAllocationComplete(image: answer(oid: index))
      try answered.check()
      guard Set(answered.queues.map(\.queueID)) == Set(asked) else {
        let other = answered.queues.first { !asked.contains($0.queueID) }
        throw Failure(
          .failure, .queueUnknown, UInt64(other?.queueID ?? UInt32(asked.count)))
      }
      for element in answered.queues where element.completionStatus == .success {
        guard let queue = queue(adapter: adapter, id: element.queueID) else { continue }
        move(queue: queue, .allocationComplete)
      }
    } catch {
      // It is unknown which queues have their memory.
      reportMiniport(adapter: adapter, error)
      return Failure(.failure, error.reason, error.a, error.b)
    }
    if store.oids[index, \.outputBytes] == 0 { answerWithInput(oid: index) }
    return Failure(.success, .none)
  }

  // MARK: QUEUE_PARAMETERS

  mutating func prepareQueueParameters(_ index: Index<OIDRecord>, _ oid: OIDRecord) throws(Failure)
  {
    let change = try input(ReceiveQueueParameters.self, oid: index)
    let adapter = oid.adapter.index
    let queue = try liveQueue(adapter: adapter, id: change.queueID)
    try checkOwner(queue: queue, oid)
    try change.checkSet(
      for: miniportVersion(adapter: adapter), receiveFilterCapabilities(adapter: adapter))
    try check(.queueParametersSet, queue: queue)
    _ = try parameters(queue: queue).applying(change)
    set(queue: queue, ofOID: index)
  }

  mutating func concludeQueueParameters(_ index: Index<OIDRecord>, _ oid: OIDRecord) {
    guard let queue = oid.queue.optional,
      let change = try? input(ReceiveQueueParameters.self, oid: index),
      var changed = try? parameters(queue: queue).applying(change)
    else { return }
    // Fields of a newer requester's revision have to be stored in full.
    changed.revision = max(changed.revision, change.revision)
    let kept = ReceiveQueueParametersImage(changed)
    store.queues.update(queue) { $0.parameters = kept }
    move(queue: queue, .queueParametersSet)
  }

  /// A queue's current parameters.
  func parameters(queue index: Index<QueueRecord>) throws(Failure) -> ReceiveQueueParameters {
    try store.queues[index, \.parameters].value()
  }

  // MARK: FREE_QUEUE

  mutating func prepareFreeQueue(_ index: Index<OIDRecord>, _ oid: OIDRecord) throws(Failure) {
    let free = try input(ReceiveQueueFreeParameters.self, oid: index)
    let queue = try liveQueue(adapter: oid.adapter.index, id: free.queueID)
    try checkOwner(queue: queue, oid)
    let filters = store.queues[queue, \.filters]
    guard filters == 0 else { throw Failure(.invalidParameter, .filtersLeft, UInt64(filters)) }
    let before = store.queues[queue, \.state]
    try take(.freeQueue, queue: queue)
    set(queue: queue, before: before, ofOID: index)
  }

  mutating func concludeFreeQueue(
    _ oid: OIDRecord, _ succeeded: Bool, isGone: Bool
  ) {
    guard let queue = oid.queue.optional else { return }
    guard isGone else {
      if let event = QueueEvent.freeFailed(from: oid.before) {
        move(queue: queue, event)
        store.queues.update(queue) { $0.dmaStopped = 0 }
      }
      return
    }
    let record = store.queues[queue]
    let id = UInt64(record.queueID)
    if succeeded {
      if record.dmaStopped == 0 {
        reportMiniport(
          adapter: oid.adapter.index, Failure(.failure, .dmaStoppedMissing, id))
      }
      if record.indicated != 0 {
        reportMiniport(
          adapter: oid.adapter.index,
          Failure(.failure, .indicationsLeft, UInt64(record.indicated), id))
      }
      if record.blocks != 0 {
        reportMiniport(
          adapter: oid.adapter.index,
          Failure(.failure, .queueMemoryLeft, id, UInt64(record.blocks)))
      }
    }
    freed(queue: queue)
  }

  /// Only the binding that allocated a queue may change it.
  func checkOwner(queue index: Index<QueueRecord>, _ oid: OIDRecord) throws(Failure) {
    guard mayChange(store.queues[index, \.owner], oid) else {
      throw Failure(.invalidParameter, .queueOwner, UInt64(store.queues[index, \.queueID]))
    }
  }
}
