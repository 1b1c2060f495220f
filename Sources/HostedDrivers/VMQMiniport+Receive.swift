// vmq's receive path. Frames are generated: on request, or at a set rate from the time passed in. A frame is
// written into a free buffer of its queue's memory and indicated in a chain with others of the queue, in
// order. A buffer is reused when its list has been returned; a frame without a free buffer is dropped and
// counted, and its number is missing in the sequence. Every frame of a queue with HAL memory is dropped, too,
// because no NET_BUFFER can refer to that memory.

import NDISDriverInterface
public import NDIS

extension VMQMiniport {
  /// Size in bytes of the second segment of a frame that fits into the lookahead.
  static let leastRest: UInt32 = 64

  /// Lists per indication.
  static let chain: UInt32 = 64

  /// Makes a queue or VPort receive frames of a length, 0 = as configured.
  public mutating func generate(
    queueID: UInt32 = 0, vportID: UInt32 = 0, count: UInt32, length: UInt32 = 0
  ) throws(Failure) -> [DriverStep] {
    try ask(
      GenerateParameters(queueID: queueID, vportID: vportID, count: count, length: length))
    return taken()
  }

  mutating func ask(_ what: GenerateParameters) throws(Failure) {
    let index = try place(queueID: what.queueID, vportID: what.vportID)
    let length = what.length == 0 ? settings.frameLength : what.length
    guard length >= GeneratedFrame.lengths.lowerBound, length <= settings.frameLength else {
      throw Failure(
        .invalidParameter, .frameLength, UInt64(length), UInt64(settings.frameLength))
    }
    guard state.adapterState == .running, queues[index].receives else {
      throw Failure(.failure, .queueState, UInt64(queues[index].id))
    }
    let sum = queues[index].requested.addingReportingOverflow(what.count)
    queues[index].requested = sum.overflow ? .max : sum.partialValue
    queues[index].requestedLength = length
  }

  /// Whether the device receives frames at all.
  private var isOn: Bool {
    state.adapterState == .running && !state.isAsleep && !state.isRemoved
  }

  mutating func letFramesComeDue(_ index: Int, _ now: UInt64) {
    let rate = UInt64(settings.framesPerSecond)
    guard rate > 0, isOn, queues[index].receives else {
      queues[index].rateTime = 0
      return
    }
    let last = queues[index].rateTime
    queues[index].rateTime = now
    // The first call only starts the clock; a gap longer than a minute counts as one minute.
    guard last != 0, now > last else { return }
    let parts = min(now - last, 60_000) * rate + queues[index].rateRest
    queues[index].rateRest = parts % 1000
    let due = UInt64(queues[index].due) + parts / 1000
    queues[index].due = UInt32(clamping: due)
  }

  /// Indicates a queue's pending frames, as far as its buffers suffice.
  mutating func receive(_ index: Int) {
    let waiting = UInt64(queues[index].requested) + UInt64(queues[index].due)
    guard waiting > 0, !queues[index].isIndicating, openCalls < Self.maximumOpenCalls else {
      return
    }
    let free = queues[index].buffers - min(queues[index].out.count, queues[index].buffers)
    guard isOn, queues[index].receives, queues[index].isShared, free > 0 else {
      queues[index].dropped += waiting
      queues[index].sequence += waiting
      queues[index].requested = 0
      queues[index].due = 0
      return
    }
    let isRequest = queues[index].requested > 0
    let count = min(
      isRequest ? queues[index].requested : queues[index].due, free, Self.chain)
    if isRequest { queues[index].requested -= count } else { queues[index].due -= count }
    indicate(index, count, isRequest ? queues[index].requestedLength : settings.frameLength)
  }

  private mutating func indicate(_ index: Int, _ count: UInt32, _ length: UInt32) {
    let mine = filters.filter { Int($0.queue) == index }
    // From NDIS 6.30 "the network adapter must remove it from the packet data"
    // (ns-ntddndis-_ndis_receive_filter_field_parameters).
    let keepsTags = settings.version < .vports
    var writes = FrameWrites(queues[index], stride: stride)
    var lists: [IndicatedList] = []
    lists.reserveCapacity(Int(count))
    var from: UInt32 = 0
    for _ in 0..<count {
      let queue = queues[index]
      guard let buffer = queue.out.firstMissing(from: from, below: queue.buffers) else { break }
      from = buffer + 1
      let filter = mine.isEmpty ? nil : mine[Int(queue.sequence % UInt64(mine.count))]
      let isDefault = queue.kind == .defaultQueue
      let vlan = !isDefault && filter?.hasVLAN == true ? filter?.vlan : nil
      let frame = GeneratedFrame(
        to: isDefault ? .broadcast : filter?.address ?? .broadcast, from: source(index),
        vlan: keepsTags ? vlan : nil, queueID: queue.id, sequence: queue.sequence, length: length)
      var list = IndicatedList(
        context: UInt64(index) << 32 | UInt64(buffer),
        queueID: UInt16(truncatingIfNeeded: queue.id))
      if !keepsTags, let vlan { list.tag = Ieee8021QInformation(vlanID: vlan) }
      // A frame is two segments at most, which fit a list.
      guard (try? list.append(dataLength: length, writes.add(frame, buffer))) != nil else { break }
      lists.append(list)
      queues[index].out.insert(buffer)
      queues[index].inCall.insert(buffer)
      queues[index].framesInCall.count(frame.destination, octets: length)
      queues[index].sequence += 1
    }
    guard !lists.isEmpty else { return }
    queues[index].isIndicating = true
    var flags: ReceiveFlags = .sharedMemoryInfoValid
    if queues[index].isSingle { flags.insert(.singleQueue) }
    call(
      .indicateReceive, of: index,
      .indicateReceive(
        adapter: state.adapter, Indication(flags: flags.rawValue, lists: lists)),
      writes: writes.all)
  }

  /// A locally administered address, derived from the adapter's name and the queue.
  private func source(_ index: Int) -> MACAddress {
    var hash: UInt32 = 2_166_136_261
    for byte in settings.name.utf8 { hash = (hash ^ UInt32(byte)) &* 16_777_619 }
    return MACAddress(
      rawValue: 0x0200 << 32 | UInt64(hash & 0x00FF_FFFF) << 8 | UInt64(index & 0xFF))
  }

  mutating func indicated(_ index: Int, _ reply: DriverReply) {
    queues[index].isIndicating = false
    let count = UInt64(queues[index].inCall.count)
    if reply.isSuccess {
      queues[index].indicated += count
      state.received.add(queues[index].framesInCall)
    } else {
      // The indication failed: the buffers are free, the frames dropped.
      queues[index].dropped += count
      queues[index].out.subtract(queues[index].inCall)
    }
    queues[index].framesInCall = VMQReceived()
    queues[index].inCall.removeAll()
  }

  /// A list has been returned; a number that is not outstanding is ignored.
  mutating func returned(_ number: UInt64) {
    guard let index = Int(exactly: number >> 32), queues.indices.contains(index) else { return }
    queues[index].out.remove(UInt32(truncatingIfNeeded: number))
  }
}

/// The writes of one indication: frames in adjacent buffers are one write.
private struct FrameWrites {
  private let lookaheadSize: UInt32
  private let stride: UInt32
  private let lookaheadStride: UInt32
  private let sharedMemory: Handle
  private let sharedLookahead: Handle
  private var memory: Block
  private var lookahead: Block

  init(_ queue: VMQQueue, stride: UInt32) {
    lookaheadSize = queue.lookahead
    self.stride = stride
    lookaheadStride = VMQMiniport.lookaheadStride(queue)
    sharedMemory = queue.sharedMemory
    sharedLookahead = queue.sharedLookahead
    memory = Block(allocation: queue.memory, gap: stride)
    lookahead = Block(allocation: queue.lookaheadMemory, gap: lookaheadStride)
  }

  /// Writes a frame into a buffer and returns its segments.
  mutating func add(_ frame: GeneratedFrame, _ buffer: UInt32) -> [NetBufferSharedMemory] {
    let start = buffer * stride
    let bytes = frame.bytes
    guard lookaheadSize > 0 else {
      memory.put(bytes[...], at: start)
      return [part(sharedMemory, start, bytes.count)]
    }
    let head = min(Int(lookaheadSize), bytes.count)
    lookahead.put(bytes[..<head], at: buffer * lookaheadStride)
    let first = part(sharedLookahead, buffer * lookaheadStride, head)
    let rest = start + lookaheadSize  // behind the backfill
    guard head < bytes.count else {
      // Both segments are required; by the frame's length, no byte of this one belongs to the frame.
      return [first, part(sharedMemory, rest, Int(VMQMiniport.leastRest))]
    }
    memory.put(bytes[head...], at: rest)
    return [first, part(sharedMemory, rest, bytes.count - head)]
  }

  private func part(_ handle: Handle, _ offset: UInt32, _ length: Int) -> NetBufferSharedMemory {
    NetBufferSharedMemory(
      sharedMemoryHandle: handle, offset: offset, length: UInt32(truncatingIfNeeded: length))
  }

  /// All writes.
  var all: [MemoryWrite] { lookahead.all + memory.all }

  /// The writes to one block.
  private struct Block {
    let allocation: Handle
    /// A gap between two buffers' contents below this many bytes is unused and may be overwritten.
    let gap: UInt32
    private var start: UInt32 = 0
    private var bytes: [UInt8] = []
    private var done: [MemoryWrite] = []

    init(allocation: Handle, gap: UInt32) {
      self.allocation = allocation
      self.gap = gap
    }

    mutating func put(_ more: ArraySlice<UInt8>, at offset: UInt32) {
      let end = start + UInt32(truncatingIfNeeded: bytes.count)
      if !bytes.isEmpty, offset >= end, offset - end < gap {
        bytes.append(contentsOf: repeatElement(0, count: Int(offset - end)))
      } else {
        done = all
        bytes = []
        start = offset
      }
      bytes += more
    }

    var all: [MemoryWrite] {
      bytes.isEmpty
        ? done : done + [MemoryWrite(allocation: allocation, offset: start, bytes: bytes)]
    }
  }
}
