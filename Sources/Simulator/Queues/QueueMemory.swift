// Shared memory of queues and VPorts: which of them may have some, and how many blocks each has. Only the
// adapter's own handle may name a nondefault queue or a VPort, for their memory is the miniport's to free.
// A queue that was freed, or a VPort that was deleted, with memory or indications left is gone for everybody,
// but its record and its id stay until the last of them has come back; the memory is reclaimed one block
// a step.

import NDISDriverInterface
import CNDIS
import NDISEvents
import NDIS

extension Simulator {
  /// What memory is allocated for.
  enum MemoryPlace {
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
  ) throws(Failure) -> MemoryPlace {
    let id = parameters.queueID
    var vportID = parameters.header.revision >= 2 ? parameters.vportID : 0
    if vportID == NDIS_INVALID_VPORT_ID, !settings.strictVPorts { vportID = 0 }
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
    let function = FunctionID(rawValue: store.vports[index, \.parameters].AttachedFunctionId)
    return vportState(index).mayAllocateMemory(on: function) && store.vports[index, \.deleting] == 0
  }

  // MARK: Blocks of a queue or VPort

  /// Counts a new block; the default queue's are not counted.
  func link(block index: Index<BlockRecord>, to place: MemoryPlace) {
    switch place {
    case .defaultQueue: break
    case .queue(let queue):
      store.blocksOfQueue.insert(index, in: queue) { $0.queue = Ref(queue) }
      store.queues.update(queue) { $0.blocks &+= 1 }
    case .vport(let vport):
      store.blocksOfVPort.insert(index, in: vport) { $0.vport = Ref(vport) }
      store.vports.update(vport) { $0.blocks &+= 1 }
    }
  }

  /// A block is its owner's no more: its queue or VPort has one less.
  mutating func unlinkFromPlace(block index: Index<BlockRecord>) {
    let block = store.blocks[index]
    guard !block.place.isNone else { return }
    let isQueue = block.queueID != 0
    if isQueue {
      store.blocksOfQueue.remove(index, from: block.queue.index)
    } else {
      store.blocksOfVPort.remove(index, from: block.vport.index)
    }
    store.blocks.update(index) {
      $0.place = .none
      $0.placePrevious = .none
      $0.placeNext = .none
    }
    if isQueue {
      store.queues.update(block.queue.index) { $0.blocks &-= 1 }
      releaseIfReclaimed(queue: block.queue.index)
    } else {
      store.vports.update(block.vport.index) { $0.blocks &-= 1 }
      releaseIfReclaimed(vport: block.vport.index)
    }
  }

  // MARK: Reclaiming

  /// One step: reclaims a block that a freed queue or deleted VPort had left. False when there is nothing to do
  /// now.
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
