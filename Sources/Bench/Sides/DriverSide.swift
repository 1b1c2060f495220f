// Our side of a comparison: a miniport with one adapter that allocates and frees through the kit, as a driver
// does. The parameters are constructed for each call, as in the examples.

import NDIS
import NDISDriverKit
import NDISPlatform

/// The measured driver.
final class DriverSide {
  let connection: Connection
  let adapter: AdapterHandle

  /// Bytes of every block.
  static let blockLength: UInt32 = 4096

  init(socketPath: String) throws(BenchFailure) {
    do throws(DriverError) {
      connection = try Connection(path: socketPath, name: "ndisctl-bench")
      let driver = try connection.registerMiniportDriver(BenchMiniport(), name: "bench")
      adapter = try connection.addAdapter(driver, name: "bench0")
    } catch { throw BenchFailure(error) }
  }

  deinit { connection.close() }

  /// Allocates one block.
  func allocate() throws(DriverError) -> SharedMemoryBlock {
    try connection.allocate(
      adapter,
      SharedMemoryParameters(length: DriverSide.blockLength, usage: .receive, tag: "bnch"))
  }

  /// Sends an allocation; nil if no slot is free.
  func begin() throws(DriverError) -> AllocationTicket? {
    try connection.beginAllocate(
      adapter,
      SharedMemoryParameters(length: DriverSide.blockLength, usage: .receive, tag: "bnch"))
  }

  /// Allocates and frees, one call at a time; a sample is a pair.
  func sync(pairs: Int) throws(BenchFailure) -> Round {
    var samples = [UInt64](repeating: 0, count: pairs)
    do throws(DriverError) {
      try connection.free(try allocate())
      let begin = MonotonicClock.nanoseconds
      var before = begin
      for index in 0..<pairs {
        try connection.free(try allocate())
        let now = MonotonicClock.nanoseconds
        samples[index] = now &- before
        before = now
      }
      return Round(samples: samples, elapsed: before &- begin)
    } catch { throw BenchFailure(error) }
  }

  /// Keeps `window` requests in flight; a sample is a request. Each slot of the window alternates between
  /// allocation and free; the oldest request is awaited, and the next one of its slot is sent at once.
  func pipelined(requests: Int, window: Int) throws(BenchFailure) -> Round {
    var samples = [UInt64](repeating: 0, count: requests)
    var flight = [Flight](repeating: .idle, count: window)
    var since = [UInt64](repeating: 0, count: window)
    do throws(DriverError) {
      let begin = MonotonicClock.nanoseconds
      var now = begin
      var asked = 0
      var done = 0
      while done < requests {
        while asked < requests, asked - done < window {
          let slot = asked % window
          flight[slot] = try next(after: flight[slot])
          since[slot] = now
          asked += 1
        }
        let slot = done % window
        flight[slot] = try finished(flight[slot])
        now = MonotonicClock.nanoseconds
        samples[done] = now &- since[slot]
        done += 1
      }
      for slot in flight {
        if case .block(let block) = slot { try connection.free(block) }
      }
      return Round(samples: samples, elapsed: now &- begin)
    } catch { throw BenchFailure(error) }
  }

  private enum Flight {
    case idle
    case allocating(AllocationTicket)
    case block(SharedMemoryBlock)
    case freeing(FreeTicket)
  }

  private func next(after slot: Flight) throws(DriverError) -> Flight {
    if case .block(let block) = slot {
      if let ticket = try connection.beginFree(block) { return .freeing(ticket) }
    } else {
      if let ticket = try begin() { return .allocating(ticket) }
    }
    throw DriverError(status: .resources, sentence: "no request slot is free")
  }

  private func finished(_ slot: Flight) throws(DriverError) -> Flight {
    switch slot {
    case .allocating(let ticket): return .block(try connection.finish(ticket))
    case .freeing(let ticket):
      try connection.finish(ticket)
      return .idle
    case .idle, .block: return slot
    }
  }
}

private final class BenchMiniport: MiniportDriver {
  private let dma = Monitor<DMAHandle>(.null)

  func initializeEx(
    _ adapter: AdapterHandle, name: String, on connection: Connection
  ) throws(DriverError) -> Status {
    try connection.setMiniportAttributes(adapter, context: 1)
    let handle = try connection.registerScatterGatherDMA(adapter).handle
    dma.withLock { $0 = handle }
    return .success
  }

  func haltEx(
    _ adapter: AdapterHandle, context: UInt64, action: HaltAction, on connection: Connection
  ) throws(DriverError) -> Status {
    try connection.deregisterScatterGatherDMA(dma.withLock { $0 })
    return .success
  }
}
