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
    case queue(UInt32)
    case vport(UInt32)

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
    let adapter = owner.kind == .adapter ? owner.adapter : nil
    if id != 0 {
      guard let adapter, let queue = queue(adapter: adapter, id: id),
        QueueState(rawValue: store.queues[queue, \.state])?.mayAllocateMemory == true
      else { throw Failure(.invalidParameter, .queueUnknown, UInt64(id)) }
      return .queue(queue)
    }
    guard vportID != 0 else { return .defaultQueue }
    guard let adapter, let vport = vport(adapter: adapter, id: vportID),
      mayAllocateMemory(vport: vport)
    else { throw Failure(.invalidParameter, .vportUnknown, UInt64(vportID)) }
    return .vport(vport)
  }

  private func mayAllocateMemory(vport index: UInt32) -> Bool {
    let function = FunctionID(rawValue: store.vports[index, \.parameters].AttachedFunctionId)
    let state = VPortState(rawValue: store.vports[index, \.state])
    return state?.mayAllocateMemory(on: function) == true && store.vports[index, \.deleting] == 0
  }

  // MARK: Blocks of a queue or VPort

  /// Counts a new block; the default queue's are not counted.
  func link(block index: UInt32, to place: MemoryPlace) {
    let record: UInt32
    let first: Ref
    switch place {
    case .defaultQueue: return
    case .queue(let queue):
      (record, first) = (queue, store.queues[queue, \.firstBlock])
      store.queues.update(queue) {
        $0.blocks &+= 1
        $0.firstBlock = Ref(index)
      }
    case .vport(let vport):
      (record, first) = (vport, store.vports[vport, \.firstBlock])
      store.vports.update(vport) {
        $0.blocks &+= 1
        $0.firstBlock = Ref(index)
      }
    }
    store.blocks.update(index) {
      $0.place = Ref(record)
      $0.placePrevious = .none
      $0.placeNext = first
    }
    if let first = first.optional { store.blocks.update(first) { $0.placePrevious = Ref(index) } }
  }

  /// A block is its owner's no more: its queue or VPort has one less.
  mutating func unlinkFromPlace(block index: UInt32) {
    let block = store.blocks[index]
    guard let place = block.place.optional else { return }
    if let previous = block.placePrevious.optional {
      store.blocks.update(previous) { $0.placeNext = block.placeNext }
    }
    if let next = block.placeNext.optional {
      store.blocks.update(next) { $0.placePrevious = block.placePrevious }
    }
    store.blocks.update(index) {
      $0.place = .none
      $0.placePrevious = .none
      $0.placeNext = .none
    }
    if block.queueID != 0 {
      store.queues.update(place) {
        $0.blocks &-= 1
        if $0.firstBlock == Ref(index) { $0.firstBlock = block.placeNext }
      }
      releaseIfEnded(queue: place)
    } else {
      store.vports.update(place) {
        $0.blocks &-= 1
        if $0.firstBlock == Ref(index) { $0.firstBlock = block.placeNext }
      }
      releaseIfEnded(vport: place)
    }
  }

  // MARK: Ends

  /// A queue is freed: at once when nothing of it is left.
  mutating func end(queue index: UInt32) {
    let adapter = store.queues[index, \.adapter].index
    store.queues.update(index) {
      $0.state = 0
      $0.ending = 1
      $0.owner = .none
    }
    derived.workAdapters.insert(adapter)
    releaseIfEnded(queue: index)
  }

  mutating func end(vport index: UInt32) {
    let adapter = store.vports[index, \.adapter].index
    store.vports.update(index) {
      $0.state = 0
      $0.ending = 1
      $0.owner = .none
    }
    derived.workAdapters.insert(adapter)
    releaseIfEnded(vport: index)
  }

  /// Memory or an indication of a queue has come back; a freed queue's record goes with the last.
  mutating func releaseIfEnded(queue index: UInt32) {
    let record = store.queues[index]
    guard record.ending != 0, record.blocks == 0, record.indicated == 0 else { return }
    remove(queue: index)
  }

  mutating func releaseIfEnded(vport index: UInt32) {
    let record = store.vports[index]
    guard record.ending != 0, record.blocks == 0, record.indicated == 0 else { return }
    remove(vport: index)
  }

  /// One step: reclaims a block that a freed queue or deleted VPort had left, or drops the record of one
  /// that has nothing left. False when there is nothing to do now.
  mutating func stepPlaces(adapter index: UInt32, _ actions: inout Actions) -> Bool {
    var next = store.adapters[index, \.queues]
    while let queue = next.optional {
      next = store.queues[queue, \.next]
      guard store.queues[queue, \.ending] != 0 else { continue }
      if let block = store.queues[queue, \.firstBlock].optional {
        if reclaim(leftBlock: block, &actions) { return true }
      } else if store.queues[queue, \.indicated] == 0 {
        remove(queue: queue)
        return true
      }
    }
    next = store.adapters[index, \.vports]
    while let vport = next.optional {
      next = store.vports[vport, \.next]
      guard store.vports[vport, \.ending] != 0 else { continue }
      if let block = store.vports[vport, \.firstBlock].optional {
        if reclaim(leftBlock: block, &actions) { return true }
      } else if store.vports[vport, \.indicated] == 0 {
        remove(vport: vport)
        return true
      }
    }
    return false
  }

  private mutating func reclaim(leftBlock block: UInt32, _ actions: inout Actions) -> Bool {
    guard let kind = OwnerKind(rawValue: store.blocks[block, \.ownerKind]) else { return false }
    return reclaim(block: block, kind, store.blocks[block, \.owner].index, &actions)
  }
}
