// Shared memory of queues and VPorts: which of them may allocate it, and how many blocks each has. Only the
// adapter's own handle may be used for a nondefault queue or a VPort, because the miniport frees their
// memory. A queue that was freed, or a VPort that was deleted, with memory or indications outstanding is no
// longer visible, but its record and its id stay until the last of them has been returned; the memory is
// reclaimed one block per step.

import NDISDriverInterface
import NDISEvents
import NDIS
import NDISStore

extension Simulator {
  /// The queue or VPort memory is allocated for.
  enum MemoryTarget {
    case defaultQueue
    case queue(Index<QueueRecord>)
    case vport(Index<VPortRecord>)

    var isVPort: Bool {
      if case .vport = self { true } else { false }
    }
  }

  /// QueueId and VPortId of NdisAllocateSharedMemory (A28 to A33).
  func checkPlace(
    _ parameters: SharedMemoryParameters, _ owner: Owner
  ) throws(Failure) -> MemoryTarget {
    let id = parameters.queueID
    var vportID = parameters.header.revision >= 2 ? parameters.vportID : 0
    if vportID == VPortID.invalid, !settings.strictVPorts { vportID = 0 }
    guard id == 0 || vportID == 0 else {
      throw Failure(.invalidParameter, .queueAndVPort, UInt64(id), UInt64(vportID))
    }
    let adapter: Index<AdapterRecord>? =
      if case .adapter(let index) = owner.object { index } else { nil }
    if id != 0 {
      guard let adapter, let queue = queue(adapter: adapter, id: id),
        queueState(queue).mayAllocateMemory
      else { throw Failure(.invalidParameter, .queueUnknown, UInt64(id)) }
      return .queue(queue)
    }
    guard vportID != 0 else { return .defaultQueue }
    guard let adapter, let vport = vport(adapter: adapter, id: vportID),
      mayAllocateMemory(vport: vport)
    else { throw Failure(.invalidParameter, .vportUnknown, UInt64(vportID)) }
    return .vport(vport)
  }

  private func mayAllocateMemory(vport index: Index<VPortRecord>) -> Bool {
    let function = FunctionID(rawValue: store.vports[index, \.parameters].attachedFunctionID)
    return vportState(index).mayAllocateMemory(on: function) && store.vports[index, \.deleting] == 0
  }

  // MARK: Counts of a queue or VPort

  func countBlock(queue: Index<QueueRecord>) {
    store.queues.update(queue) { $0.blocks &+= 1 }
  }

  func countBlock(vport: Index<VPortRecord>) {
    store.vports.update(vport) { $0.blocks &+= 1 }
  }

  mutating func uncountBlock(queue: Index<QueueRecord>) {
    store.queues.update(queue) { $0.blocks &-= 1 }
    releaseIfReclaimed(queue: queue)
  }

  mutating func uncountBlock(vport: Index<VPortRecord>) {
    store.vports.update(vport) { $0.blocks &-= 1 }
    releaseIfReclaimed(vport: vport)
  }

  /// Sets how many indicated lists are counted for a queue.
  mutating func set(indicated count: UInt32, queue: Index<QueueRecord>) {
    store.queues.update(queue) { $0.indicated = count }
    if count == 0 { releaseIfReclaimed(queue: queue) }
  }

  mutating func set(indicated count: UInt32, vport: Index<VPortRecord>) {
    store.vports.update(vport) { $0.indicated = count }
    if count == 0 { releaseIfReclaimed(vport: vport) }
  }

  /// Records that a frame arrived before the queue's SET_FILTER had completed.
  func noteEarlyFrame(queue: Index<QueueRecord>) {
    store.queues.update(queue) { $0.early = 1 }
  }

  /// The miniport indicates on a VPort without a filter while SET_FILTER is pending for it.
  func noteEarlyFrame(vport: Index<VPortRecord>) {
    store.vports.update(vport) { $0.early = 1 }
  }

  // MARK: Reclaiming

  /// One step: reclaims a block left over from a freed queue or deleted VPort. False when there is no pending
  /// work.
  mutating func stepPlaces(adapter index: Index<AdapterRecord>) -> Bool {
    for queue in store.queuesOfAdapter.of(index) {
      guard queueState(queue) == .reclaiming,
        let block = store.queues[queue, \.firstBlock].optional
      else { continue }
      if reclaim(leftBlock: block) { return true }
    }
    for vport in store.vportsOfAdapter.of(index) {
      guard vportState(vport) == .reclaiming,
        let block = store.vports[vport, \.firstBlock].optional
      else { continue }
      if reclaim(leftBlock: block) { return true }
    }
    return false
  }

  private mutating func reclaim(leftBlock block: Index<BlockRecord>)
    -> Bool
  {
    guard let owner = store.blocks[block].ownerIndex else { return false }
    return reclaim(block: block, owner)
  }
}
