// `ndisctl alloc --older`: NdisMAllocateSharedMemory, which a miniport may call only in MiniportInitializeEx. The driver
// of the command allocates there.

import NDISDriverKit
import NDISPlatform

/// A block of either routine, freed with the routine that belongs to it.
enum AllocatedBlock {
  case newer(SharedMemoryBlock)
  case older(MiniportSharedMemory)

  var block: SharedMemoryBlock {
    switch self {
    case .newer(let block): block
    case .older(let memory): memory.block
    }
  }

  func free(_ connection: Connection) throws(DriverError) {
    switch self {
    case .newer(let block): try connection.free(block)
    case .older(let memory): try connection.mFreeSharedMemory(memory)
    }
  }
}

/// A miniport that allocates in its MiniportInitializeEx: all blocks or none.
final class OlderMiniport: MiniportDriver {
  private struct State: Sendable {
    var memory: [MiniportSharedMemory] = []
    var problem: DriverError?
    var dma = DMAHandle.null
  }
  private let length: UInt32
  private let count: Int
  private let tag: PoolTag
  private let state = Monitor<State>(State())

  init(length: UInt32, count: Int, tag: PoolTag) {
    self.length = length
    self.count = count
    self.tag = tag
  }

  /// What was allocated.
  var memory: [MiniportSharedMemory] { state.withLock { $0.memory } }
  /// Why it was not; ADD_ADAPTER reports the status of the handler only.
  var problem: DriverError? { state.withLock { $0.problem } }

  func initializeEx(
    _ adapter: AdapterHandle, name: String, on connection: Connection
  ) throws(DriverError) -> Status {
    try connection.setMiniportAttributes(adapter, context: adapter.rawValue)
    let dma = try connection.registerScatterGatherDMA(adapter).handle
    state.withLock { $0.dma = dma }
    do throws(DriverError) {
      for _ in 0..<count {
        let memory = try connection.mAllocateSharedMemory(adapter, length: length, tag: tag)
        state.withLock { $0.memory.append(memory) }
      }
      return .success
    } catch {
      for memory in memory { try connection.mFreeSharedMemory(memory) }
      try connection.deregisterScatterGatherDMA(dma)
      state.withLock { state in
        state.problem = error
        state.memory = []
      }
      return error.status
    }
  }

  func haltEx(
    _ adapter: AdapterHandle, context: UInt64, action: HaltAction, on connection: Connection
  ) throws(DriverError) -> Status {
    try connection.deregisterScatterGatherDMA(state.withLock { $0.dma })
    return .success
  }
}
