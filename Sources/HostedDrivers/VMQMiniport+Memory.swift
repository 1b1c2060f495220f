// vmq's memory. A queue has one block, or with lookahead split two; a request that is refused for want of
// resources is made again at half the size, as Microsoft's sample does, until too few frames would fit.
// Memory is given back only when no list is out that lies in it.

import NDISDriverInterface
import NDIS

extension VMQMiniport {
  /// Bytes from one buffer to the next. With lookahead split the first bytes of a buffer are backfill, as
  /// many as a lookahead buffer has, so that the whole frame can be put together in place.
  var stride: UInt32 { settings.bufferStride }

  static func lookaheadStride(_ queue: VMQQueue) -> UInt32 { (queue.lookahead + 63) & ~63 }

  /// Begins to get memory for a record. Calls are made in the handler `context`, 0 = in none.
  mutating func acquire(_ index: Int, in context: UInt64) {
    queues[index].goal = .acquire
    queues[index].context = context
    queues[index].tryLength = settings.queueMemory
    queues[index].status = .success
  }

  /// Begins to give a record's memory back.
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
        // What it has is of no use without the other.
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
      // The handler it was made in has come to its end without us: again, outside of it.
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
    // A free cannot be refused: what NDIS does not know any more is gone.
    case .free: queues[index].memory = .null
    case .freeLookahead: queues[index].lookaheadMemory = .null
    }
  }

  /// Smaller would not help.
  private mutating func giveUp(_ index: Int) {
    guard queues[index].goal == .acquire else { return }
    queues[index].status = .failure
    queues[index].goal = .release
  }
}

extension VMQSettings {
  /// Room for the greatest frame; where there is lookahead split, for the greatest lookahead and some
  /// bytes behind it at least, since the second segment of a short frame is there too.
  var bufferStride: UInt32 {
    let least = VMQMiniport.lookaheadSizes.upperBound + VMQMiniport.leastRest
    return ((canSplit ? max(frameLength, least) : frameLength) + 63) & ~63
  }
}
