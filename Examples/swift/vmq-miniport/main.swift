// A miniport with VM queues in one page: `ndissim-example-vmq-miniport [--adapter NAME]`.
//
// It says in MiniportInitializeEx that its hardware has receive queues; then NDIS sends it the OIDs
// of an overlying driver's queues, having checked them and assigned the ids. A queue has shared
// memory from QUEUE_ALLOCATION_COMPLETE on, and gives it back in FREE_QUEUE, when DMA has stopped
// and the last of its lists is back. There is no cable: OID_NDISSIM_GENERATE says what comes.
//
// The default queue has no memory here, and nothing is received by it. One thread serves until
// SIGTERM or Ctrl-C; then the adapter is removed, and NDIS frees what an overlying driver has left.

import CNDIS
import Glibc
import NDISDriverKit
import Synchronization

/// Writes a line at once: the reader may be a pipe.
func say(_ line: String) {
  let bytes = Array((line + "\n").utf8)
  _ = unsafe bytes.withUnsafeBytes { unsafe write(1, $0.baseAddress, $0.count) }
}

/// A receive queue of the hardware.
struct Queue {
  /// Bytes of its memory, from one buffer to the next, and of the greatest frame.
  static let memory: UInt32 = 256 << 10
  static let buffer: UInt32 = 2048
  static let frame: UInt32 = 1514
  /// Frames of one indication.
  static let chain: UInt32 = 64

  var memory: SharedMemoryBlock?
  /// Which frames are its own, by FilterId.
  var filters: [UInt32: MACAddress] = [:]
  /// Buffers no list is out for.
  var free: [UInt32] = []
  /// Lists that are out.
  var out = 0
  /// The next frame's number.
  var sequence: UInt64 = 0
  /// FREE_QUEUE, when it waits for lists.
  var freeing: OIDRequestHandle?
}

final class ExampleVMQMiniport: MiniportDriver {
  private struct State {
    var dma = DMAHandle.null
    var queues: [UInt32: Queue] = [:]
    var isPausing = false

    var out: Int { queues.values.reduce(0) { $0 + $1.out } }

    /// The buffers of these lists are free.
    mutating func takeBack(_ lists: [UInt64]) {
      for list in lists {
        let id = UInt32(truncatingIfNeeded: list >> 32)
        queues[id]?.free.append(UInt32(truncatingIfNeeded: list))
        queues[id]?.out -= 1
      }
    }
  }
  private let state = Mutex<State>(State())

  // MARK: The adapter's life

  // MiniportInitializeEx: attributes, what the hardware can do, DMA.
  func initializeEx(
    _ adapter: AdapterHandle, name: String, on connection: Connection
  ) throws(DriverError) -> Status {
    try connection.setMiniportAttributes(adapter, context: 1)
    var filter = ReceiveFilterCapabilities()
    filter.enabledFilterTypes = NDIS_RECEIVE_FILTER_VMQ_FILTERS_ENABLED
    filter.enabledQueueTypes = NDIS_RECEIVE_FILTER_VM_QUEUES_ENABLED
    filter.numQueues = 8
    filter.supportedQueueProperties =
      NDIS_RECEIVE_FILTER_VM_QUEUE_SUPPORTED | NDIS_RECEIVE_FILTER_MSI_X_SUPPORTED
    // TEST_HEADER_FIELD_EQUAL, MAC_HEADER, MAC_HEADER_DEST_ADDR.
    filter.supportedFilterTests = 0x1
    filter.supportedHeaders = 0x1
    filter.supportedMACHeaderFields = 0x1
    filter.maxMACHeaderFilters = 64
    try connection.setHardwareAssistAttributes(adapter, receiveFilter: filter)
    let dma = try connection.registerScatterGatherDMA(adapter)
    state.withLock { $0.dma = dma.handle }
    say("MiniportInitializeEx of \(name): \(filter.numQueues) VM queues")
    return .success
  }

  // MiniportPause: PENDING while lists are out.
  func pause(
    _ adapter: AdapterHandle, context: UInt64, reason: PauseReason, on connection: Connection
  ) throws(DriverError) -> Status {
    state.withLock { state in
      state.isPausing = state.out > 0
      return state.isPausing ? .pending : .success
    }
  }

  // MiniportHaltEx: before it NDIS has had every queue freed.
  func haltEx(
    _ adapter: AdapterHandle, context: UInt64, action: HaltAction, on connection: Connection
  ) throws(DriverError) -> Status {
    try connection.deregisterScatterGatherDMA(state.withLock { $0.dma })
    say("MiniportHaltEx")
    return .success
  }

  // MARK: The queues' life

  // MiniportOidRequest.
  func oidRequest(
    _ adapter: AdapterHandle, context: UInt64, _ request: OIDRequest, handle: OIDRequestHandle,
    on connection: Connection
  ) throws(DriverError) -> OIDAnswer {
    switch request.oid {
    case OID_RECEIVE_FILTER_ALLOCATE_QUEUE:
      var queue: ReceiveQueueParameters = try read(request)
      state.withLock { $0.queues[queue.queueID] = Queue() }
      queue.msixTableEntry = queue.queueID
      return OIDAnswer(.success, information: queue.image())

    case OID_RECEIVE_FILTER_QUEUE_ALLOCATION_COMPLETE:
      var array: QueueAllocationComplete = try read(request)
      for index in array.queues.indices {
        let id = array.queues[index].queueID
        array.queues[index].completionStatus = allocateMemory(adapter, queue: id, on: connection)
      }
      return OIDAnswer(.success, information: array.image())

    case OID_RECEIVE_FILTER_SET_FILTER:
      let filter: ReceiveFilterParameters = try read(request)
      guard filter.fields.count == 1, let field = filter.fields.first, field.frameHeader == .mac,
        field.headerField == MACHeaderField.destinationAddress.rawValue, field.test == .equal
      else { return OIDAnswer(.notSupported) }
      let address = MACAddress((0..<6).map { field.fieldValue[$0] })
      let isSet = state.withLock { state in
        state.queues[filter.queueID]?.filters.updateValue(address, forKey: filter.filterID)
        return state.queues[filter.queueID] != nil
      }
      return isSet ? OIDAnswer(.success, information: request.input) : OIDAnswer(.notSupported)

    case OID_RECEIVE_FILTER_CLEAR_FILTER:
      let filter: ReceiveFilterClearParameters = try read(request)
      state.withLock { _ = $0.queues[filter.queueID]?.filters.removeValue(forKey: filter.filterID) }
      return .success

    case OID_RECEIVE_FILTER_FREE_QUEUE:
      let queue: ReceiveQueueFreeParameters = try read(request)
      // Without a filter no frame has come any more: DMA has stopped.
      try connection.indicateQueueState(adapter, queueID: queue.queueID, .dmaStopped)
      state.withLock { $0.queues[queue.queueID]?.freeing = handle }
      try endFreed(adapter, on: connection)
      return .pending

    case OID_NDISSIM_GENERATE:
      try indicate(try read(request), adapter, on: connection)
      return .success

    default: return OIDAnswer(.notSupported)
    }
  }

  private func read<Parameters: StructureImage>(
    _ request: OIDRequest
  ) throws(DriverError) -> Parameters {
    do throws(Failure) { return try Parameters(image: request.input) } catch {
      throw .refusal(error.status)
    }
  }

  /// Gets a queue its memory; answers its CompletionStatus.
  private func allocateMemory(
    _ adapter: AdapterHandle, queue id: UInt32, on connection: Connection
  ) -> Status {
    var parameters = SharedMemoryParameters(length: Queue.memory, usage: .receive, tag: "ExVQ")
    parameters.queueId = id
    do throws(DriverError) {
      let block = try connection.allocate(adapter, parameters)
      state.withLock {
        $0.queues[id]?.memory = block
        $0.queues[id]?.free = Array(0..<Queue.memory / Queue.buffer)
      }
      say("queue \(id): \(block.length) bytes of shared memory")
      return .success
    } catch { return error.status }
  }

  /// Ends FREE_QUEUE of the queues whose lists are all back: gives their memory back first.
  private func endFreed(_ adapter: AdapterHandle, on connection: Connection) throws(DriverError) {
    let freed = state.withLock { state in
      let freed = state.queues.filter { $0.value.freeing != nil && $0.value.out == 0 }
      for id in freed.keys { state.queues[id] = nil }
      return freed
    }
    for (id, queue) in freed {
      if let memory = queue.memory { try connection.free(memory) }
      say("queue \(id): no list is out, memory freed")
      if let request = queue.freeing {
        try connection.completeOIDRequest(adapter, request, .success)
      }
    }
  }

  // MARK: Receiving

  /// Writes frames into free buffers of a queue, as DMA would, and indicates them in one chain. A
  /// frame for which there is no buffer is lost, and its number is missing.
  private func indicate(
    _ what: GenerateParameters, _ adapter: AdapterHandle, on connection: Connection
  ) throws(DriverError) {
    guard what.count <= Queue.chain, what.length <= Queue.frame else {
      throw .refusal(.invalidParameter)
    }
    let lists = state.withLock { state -> [NetBufferListIndication] in
      guard var queue = state.queues[what.queueID], let memory = queue.memory,
        let address = queue.filters.values.first
      else { return [] }
      var lists: [NetBufferListIndication] = []
      for _ in 0..<what.count {
        defer { queue.sequence += 1 }
        guard let buffer = queue.free.popLast() else { continue }
        let frame = GeneratedFrame(
          to: address, from: MACAddress([2, 0, 0, 0, 1, 0]), queueID: what.queueID,
          sequence: queue.sequence, length: what.length == 0 ? Queue.frame : what.length)
        let offset = buffer * Queue.buffer
        frame.write(to: memory, at: Int(offset))
        // The list's own number: what has to be known when it comes back.
        lists.append(
          NetBufferListIndication(
            context: UInt64(what.queueID) << 32 | UInt64(buffer),
            queueID: UInt16(truncatingIfNeeded: what.queueID), memory.sharedMemoryHandle,
            offset: offset, length: frame.length))
      }
      queue.out += lists.count
      state.queues[what.queueID] = queue
      return lists
    }
    guard !lists.isEmpty else { throw .refusal(.failure) }
    say("queue \(what.queueID): indicates \(lists.count) frames")
    do throws(DriverError) {
      try connection.indicateReceive(
        adapter, lists, flags: [.sharedMemoryInfoValid, .singleQueue])
    } catch {
      // They went nowhere, while the adapter is paused for instance: the frames are lost.
      state.withLock { state in state.takeBack(lists.map(\.context)) }
      throw error
    }
  }

  // MiniportReturnNetBufferLists: buffers are free again; what has waited for them ends.
  func returnNetBufferLists(
    _ adapter: AdapterHandle, context: UInt64, _ lists: [UInt64], flags: ReturnFlags,
    on connection: Connection
  ) {
    let isPaused = state.withLock { state in
      state.takeBack(lists)
      defer { if state.out == 0 { state.isPausing = false } }
      return state.isPausing && state.out == 0
    }
    do throws(DriverError) {
      try endFreed(adapter, on: connection)
      if isPaused { try connection.pauseComplete(adapter) }
    } catch { say("MiniportReturnNetBufferLists: \(error)") }
  }
}

extension GeneratedFrame {
  /// Writes the frame into shared memory.
  func write(to block: SharedMemoryBlock, at offset: Int) {
    unsafe UnsafeMutableRawBufferPointer(rebasing: block.virtualAddress[offset...])
      .copyBytes(from: bytes)
  }
}

do throws(DriverError) {
  let words = CommandLine.arguments
  let name = words.firstIndex(of: "--adapter").flatMap { place in words.dropFirst(place + 1).first }
  let connection = try Connection(name: "example-vmq-miniport")
  try connection.stopOnSignals()
  let driver = try connection.registerMiniportDriver(
    ExampleVMQMiniport(), name: "example-vmq-miniport")
  let adapter = try connection.addAdapter(driver, name: name ?? "example-vmq0")
  say("ready")
  try connection.serve()
  try connection.removeAdapter(adapter)
  try connection.deregisterMiniportDriver(driver)
  guard try connection.statistics().sessionLeakedBlocks == 0 else {
    throw DriverError(status: .failure, sentence: "NDIS has found a leak")
  }
  say("deregistered")
} catch {
  say("ndissim-example-vmq-miniport: \(error)")
  exit(1)
}
