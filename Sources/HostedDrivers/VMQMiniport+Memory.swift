// vmq's memory. A queue has one block, or with lookahead split two; an allocation that fails for lack of
// resources is retried at half the size, like in Microsoft's sample, until too few frames would fit. Memory
// is freed only when no list in it is outstanding.

import NDISDriverInterface
import NDIS
import NDISSimulator

extension VMQMiniport {
  /// Distance between buffers in bytes. With lookahead split a buffer starts with backfill of the size of a
  /// lookahead buffer, so that the whole frame can be assembled in place.
  var stride: UInt32 { settings.bufferStride }

  static func lookaheadStride(_ queue: VMQQueue) -> UInt32 { (queue.lookahead + 63) & ~63 }

  /// Starts allocating memory for a record. Calls are made in the handler `context`, 0 = in none.
  mutating func acquire(_ index: Int, in context: UInt64) {
    queues[index].goal = .acquire
    queues[index].context = context
    queues[index].tryLength = settings.queueMemory
    queues[index].status = .success
  }

  /// Starts freeing a record's memory.
  mutating func release(_ index: Int, in context: UInt64) {
    queues[index].goal = .release
    queues[index].context = context
    queues[index].isOpen = false
  }

  /// One step of a record's memory; false when there is none.
  mutating func advanceMemory(_ index: Int) -> Bool {
    let queue = queues[index]
    guard queue.memoryCall == .none, openCalls < Self.maximumOpenCalls else { return false }
    switch queue.goal {
    case .rest: return false
    case .acquire: return acquireNext(index, queue)
    case .release:
      guard queue.out.isEmpty, !queue.isIndicating else { return false }
      if queue.lookaheadMemory != .null {
        queues[index].memoryCall = .freeLookahead
        free(index, queue.lookaheadMemory)
      } else if queue.memory != .null {
        queues[index].memoryCall = .free
        free(index, queue.memory)
      } else {
        queues[index].buffers = 0
        queues[index].goal = .rest
        if queue.isLeaving { drop(record: index) }
      }
      return true
    }
  }

  private mutating func acquireNext(_ index: Int, _ queue: VMQQueue) -> Bool {
    if !queue.hasMemory {
      guard queue.tryLength >= VMQSettings.minimumBuffers * stride else {
        queues[index].status = .resources
        queues[index].goal = .rest
        return true
      }
      queues[index].memoryCall = .allocate
      let usage: SharedMemoryUsage = queue.lookahead > 0 ? .receivePostLookahead : .receive
      allocate(index, queue.tryLength, usage)
    } else if queue.lookahead > 0, queue.lookaheadMemory == .null {
      guard queue.tryBuffers >= VMQSettings.minimumBuffers else {
        // One block is useless without the other.
        queues[index].status = .resources
        queues[index].goal = .release
        return true
      }
      queues[index].memoryCall = .allocateLookahead
      allocate(
        index, queue.tryBuffers * VMQMiniport.lookaheadStride(queue), .receiveLookahead)
    } else {
      queues[index].buffers = queue.tryBuffers
      queues[index].goal = .rest
    }
    return true
  }

  private mutating func allocate(_ index: Int, _ length: UInt32, _ usage: SharedMemoryUsage) {
    let queue = queues[index]
    let isNew = settings.version >= .vports
    let parameters = SharedMemoryParameters(
      header: ObjectHeader(type: 0x80, revision: isNew ? 2 : 1, size: isNew ? 68 : 64), flags: 0,
      queueID: queue.kind == .queue ? queue.id : 0, preferredNode: 0x8000_0000,
      usage: Int32(usage.rawValue), length: length,
      sgListBufferLength: 16 + 24 * ((length + 4095) / 4096 + 1),
      vportID: queue.kind == .vport ? queue.id : 0)
    call(
      .memory, of: index, in: queue.context,
      .allocate(
        state.adapter, parameters, tag: 0x2171_6D76 /* "vmq!" */,
        site: Site(file: #fileID, line: #line)))
  }

  private mutating func free(_ index: Int, _ allocation: Handle) {
    call(
      .memory, of: index, in: queues[index].context,
      .free(ndisHandle: state.adapter, allocation: allocation))
  }

  mutating func memoryReplied(_ index: Int, _ reply: DriverReply) {
    let made = queues[index].memoryCall
    queues[index].memoryCall = .none
    if !reply.isSuccess, reply.failure.reason == .unknownContext, queues[index].context != 0 {
      // The handler the call was made in has ended in the meantime: retry outside of it.
      queues[index].context = 0
      return
    }
    switch made {
    case .none: break
    case .allocate:
      if reply.isSuccess {
        queues[index].memory = reply.value
        queues[index].sharedMemory = Handle(rawValue: reply.value2)
        queues[index].tryBuffers = min(queues[index].tryLength / stride, BufferSet.capacity)
      } else if reply.failure.status == .resources {
        queues[index].tryLength /= 2
      } else {
        giveUp(index)
      }
    case .allocateLookahead:
      if reply.isSuccess {
        queues[index].lookaheadMemory = reply.value
        queues[index].sharedLookahead = Handle(rawValue: reply.value2)
      } else if reply.failure.status == .resources {
        queues[index].tryBuffers /= 2
      } else {
        giveUp(index)
      }
    // A free cannot fail: a block NDIS does not know is freed already.
    case .free: queues[index].memory = .null
    case .freeLookahead: queues[index].lookaheadMemory = .null
    }
  }

  /// Gives up: a smaller size would not help.
  private mutating func giveUp(_ index: Int) {
    guard queues[index].goal == .acquire else { return }
    queues[index].status = .failure
    queues[index].goal = .release
  }
}

extension VMQSettings {
  /// Size for the largest frame; with lookahead split at least for the largest lookahead and some bytes
  /// behind it, because a short frame has a second segment too.
  var bufferStride: UInt32 {
    let least = VMQMiniport.lookaheadSizes.upperBound + VMQMiniport.leastRest
    return ((canSplit ? max(frameLength, least) : frameLength) + 63) & ~63
  }
}
