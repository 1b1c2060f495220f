// The state of a hosted miniport: plain bytes of fixed size, so that it can be saved and restored like the
// simulator's. A receive queue and a VPort are treated alike: memory, filters, and outstanding lists.

import NDIS

/// The use of a record.
enum VMQKind: UInt8 { case free = 0, defaultQueue, queue, vport }

/// Target of a record's memory; one call at a time works towards it.
enum VMQGoal: UInt8 {
  /// No change.
  case rest = 0
  case acquire
  /// As soon as no list is outstanding.
  case release
}

/// Which call about a record's memory waits for its reply.
enum VMQMemoryCall: UInt8 { case none = 0, allocate, allocateLookahead, free, freeLookahead }

/// A receive queue or a VPort.
struct VMQQueue: BitwiseCopyable {
  var kind = VMQKind.free
  var goal = VMQGoal.rest
  var memoryCall = VMQMemoryCall.none
  /// An indication waits for its reply.
  var isIndicating = false
  /// Its parameters require indications of this queue's lists alone.
  var isSingle = false
  /// Its memory may be filled: from the completion of its allocation, or its activation, until it is
  /// freed or deleted.
  var isOpen = false
  /// Its position in the batch of QUEUE_ALLOCATION_COMPLETE, from 1; 0 = in none.
  var batch: UInt8 = 0
  /// To be removed as soon as it has no memory or lists, without completing a request.
  var isLeaving = false
  /// The QUEUE_ALLOCATION_COMPLETE in progress has finished with it.
  var isCompleted = false
  /// QueueId, or VPortId.
  var id: UInt32 = 0
  /// Bytes of a frame that go to lookahead memory; 0 = no split.
  var lookahead: UInt32 = 0
  var filters: UInt32 = 0
  var memory = Handle.null
  var lookaheadMemory = Handle.null
  /// SharedMemoryHandle of each, NULL for HAL memory, to which no NET_BUFFER can refer.
  var sharedMemory = Handle.null
  var sharedLookahead = Handle.null
  /// Bytes to request next, and buffers of lookahead memory to request next.
  var tryLength: UInt32 = 0
  var tryBuffers: UInt32 = 0
  /// Buffers in its memory.
  var buffers: UInt32 = 0
  /// The handler its memory calls are made in, 0 = none.
  var context: UInt64 = 0
  /// Result of the last acquisition.
  var status = Status.success
  /// Frames requested and not yet received, and their length.
  var requested: UInt32 = 0
  var requestedLength: UInt32 = 0
  /// Frames of the set rate that are due.
  var due: UInt32 = 0
  /// When frames due were last computed, and the remainder in thousandths of a frame.
  var rateTime: UInt64 = 0
  var rateRest: UInt64 = 0
  /// The next frame's number.
  var sequence: UInt64 = 0
  /// Frames indicated, and frames dropped for lack of a buffer.
  var indicated: UInt64 = 0
  var dropped: UInt64 = 0
  /// Buffers in use: indicated, and not returned.
  var out = BufferSet()
  /// Buffers of the indication that waits for its reply, and its frames.
  var inCall = BufferSet()
  var framesInCall = VMQReceived()

  init() {}

  var hasMemory: Bool { memory != .null }
  /// Memory is complete, and no change is in progress.
  var isReady: Bool { buffers > 0 && goal == .rest && memoryCall == .none }
  /// It has no memory, and no change is in progress.
  var isEmpty: Bool {
    memory == .null && lookaheadMemory == .null && goal == .rest && memoryCall == .none
      && !isIndicating && out.isEmpty
  }

  /// Whether a NET_BUFFER can refer to its memory.
  var isShared: Bool { sharedMemory != .null && (lookahead == 0 || sharedLookahead != .null) }

  /// Whether it receives frames: the default queue gets frames that match no filter, any other queue needs a
  /// filter.
  var receives: Bool { isOpen && isReady && (kind == .defaultQueue || filters > 0) }
}

/// A set of buffers of one queue.
struct BufferSet: BitwiseCopyable {
  static let capacity: UInt32 = 1024
  private var words = InlineArray<16, UInt64>(repeating: 0)
  private(set) var count: UInt32 = 0

  init() {}

  var isEmpty: Bool { count == 0 }

  func contains(_ index: UInt32) -> Bool {
    guard index < Self.capacity else { return false }
    return words[Int(index / 64)] & (1 << UInt64(index % 64)) != 0
  }

  mutating func insert(_ index: UInt32) {
    guard index < Self.capacity, !contains(index) else { return }
    words[Int(index / 64)] |= 1 << UInt64(index % 64)
    count += 1
  }

  /// False if it was not a member.
  @discardableResult
  mutating func remove(_ index: UInt32) -> Bool {
    guard contains(index) else { return false }
    words[Int(index / 64)] &= ~(1 << UInt64(index % 64))
    count -= 1
    return true
  }

  mutating func removeAll() { self = BufferSet() }

  mutating func subtract(_ other: BufferSet) {
    for word in 0..<16 { words[word] &= ~other.words[word] }
    count = (0..<16).reduce(0) { $0 + UInt32(words[$1].nonzeroBitCount) }
  }

  /// The first buffer below `limit` that is not in the set, from `start` on.
  func firstMissing(from start: UInt32, below limit: UInt32) -> UInt32? {
    var index = start
    while index < min(limit, Self.capacity) {
      let rest = ~words[Int(index / 64)] >> UInt64(index % 64)
      if rest != 0 {
        let found = index + UInt32(rest.trailingZeroBitCount)
        return found < limit ? found : nil
      }
      index = (index / 64 + 1) * 64
    }
    return nil
  }
}

/// The parts of a receive filter that determine the contents of a frame.
struct VMQFilter: BitwiseCopyable {
  var id: UInt32 = 0
  /// The record it belongs to.
  var queue: UInt8 = 0
  var hasVLAN = false
  var vlan: UInt16 = 0
  var address = MACAddress.broadcast
}

/// The call that a reply belongs to.
enum VMQCall: UInt8 {
  case register = 1, addAdapter, deregister
  case setAttributes, setHardwareAssist, registerDMA, deregisterDMA
  case memory, indicateStatus, indicateReceive
  case completeOID, completePause, completeRestart
  case setGeneral

  /// The tag of a call about a record.
  func tag(_ queue: Int = 0) -> UInt64 { UInt64(rawValue) | UInt64(queue) << 8 }
}

/// The OID request in progress, across turns.
struct VMQRequest: BitwiseCopyable {
  enum Work: UInt8 {
    case none = 0, completingAllocation, stopping, indicatingStop, freeing, givingUp
  }
  var work = Work.none
  var isCancelled = false
  /// The record it is about.
  var queue: UInt8 = 0
  var handle = Handle.null
  /// The open handler; 0 after PENDING.
  var upcall: UInt64 = 0
  /// Bytes of its input.
  var inputLength: UInt32 = 0
  /// The status it ends with if it failed.
  var status = Status.success
}
