// What a hosted miniport remembers: plain bytes of fixed size, so that its state can be kept and read
// again as the simulator's is. A receive queue and a VPort are the same to it: memory, filters, and lists
// that are out.

import NDIS

/// What a record stands for.
enum VMQKind: UInt8 { case free = 0, defaultQueue, queue, vport }

/// Where a record's memory is to go; work on it is done one call at a time.
enum VMQGoal: UInt8 {
  /// Nowhere: it has what it has.
  case rest = 0
  case acquire
  /// When no list is out any more.
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
  /// Its parameters asked for indications of its own.
  var isSingle = false
  /// Its memory may be filled: from the completion of its allocation, or its activation, until it is
  /// freed or deleted.
  var isOpen = false
  /// Its place in the batch of QUEUE_ALLOCATION_COMPLETE, from 1; 0 = in none.
  var batch: UInt8 = 0
  /// To be forgotten as soon as it has nothing any more, without an end of a request.
  var isLeaving = false
  /// That request has finished with it.
  var isCompleted = false
  /// QueueId, or VPortId.
  var id: UInt32 = 0
  /// Bytes of a frame that go to lookahead memory; 0 = no split.
  var lookahead: UInt32 = 0
  var filters: UInt32 = 0
  var memory = Handle.null
  var lookaheadMemory = Handle.null
  /// SharedMemoryHandle of each, NULL for memory of the HAL: no NET_BUFFER can name that.
  var sharedMemory = Handle.null
  var sharedLookahead = Handle.null
  /// Bytes to ask for next, and buffers of lookahead memory to ask for next.
  var tryLength: UInt32 = 0
  var tryBuffers: UInt32 = 0
  /// Buffers its memory has.
  var buffers: UInt32 = 0
  /// The handler its memory calls are made in, 0 = none.
  var context: UInt64 = 0
  /// What came of the last acquisition.
  var status = Status.success
  /// Frames asked for and not yet received, of this length.
  var requested: UInt32 = 0
  var requestedLength: UInt32 = 0
  /// Frames of the set rate that are due.
  var due: UInt32 = 0
  /// When the rate was looked at last, and what was left over, in thousandths of a frame.
  var rateTime: UInt64 = 0
  var rateRest: UInt64 = 0
  /// The next frame's number.
  var sequence: UInt64 = 0
  /// Frames that were indicated, and frames there was no buffer for.
  var indicated: UInt64 = 0
  var dropped: UInt64 = 0
  /// Buffers that are not free: indicated, and not returned.
  var out = BufferSet()
  /// Those of the indication that waits for its reply.
  var inCall = BufferSet()

  init() {}

  var hasMemory: Bool { memory != .null }
  /// All there is to have, and nothing is going on with it.
  var isReady: Bool { buffers > 0 && goal == .rest && memoryCall == .none }
  /// Nothing is held and nothing is going on.
  var isEmpty: Bool {
    memory == .null && lookaheadMemory == .null && goal == .rest && memoryCall == .none
      && !isIndicating && out.isEmpty
  }

  /// Whether a NET_BUFFER can say where its frames lie.
  var isShared: Bool { sharedMemory != .null && (lookahead == 0 || sharedLookahead != .null) }

  /// Whether frames reach it: the default queue takes what no filter wants, any other needs a filter.
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

  /// False when it was not there.
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

  /// The first buffer of `limit` that is not in the set, from `start` on.
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

/// A receive filter, as far as it decides what a frame looks like.
struct VMQFilter: BitwiseCopyable {
  var id: UInt32 = 0
  /// The record it belongs to.
  var queue: UInt8 = 0
  var hasVLAN = false
  var vlan: UInt16 = 0
  var address = MACAddress.broadcast
}

/// Which of the driver's calls a reply is about.
enum VMQCall: UInt8 {
  case register = 1, addAdapter, deregister
  case setAttributes, setHardwareAssist, registerDMA, deregisterDMA
  case memory, indicateStatus, indicateReceive
  case completeOID, completePause, completeRestart

  /// The tag of a call about a record.
  func tag(_ queue: Int = 0) -> UInt64 { UInt64(rawValue) | UInt64(queue) << 8 }
}

/// The OID request that is being worked on for longer than its turn.
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
  /// What it ends with when it gave up.
  var status = Status.success
}
