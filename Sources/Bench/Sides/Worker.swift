// The other processes of the benchmark: a driver whose system calls are counted, a remote provider, a miniport
// that indicates frames, and a driver that reads them. `ndisctl bench worker`, which is hidden, runs them.

import Glibc
import NDIS
import NDISDriverKit
import NDISPlatform

/// The other processes of the benchmark.
public enum Worker {
  /// Allocates and frees a number of times over the socket, then exits. It sleeps after each call for
  /// `restMicroseconds`: see `Bench.countSystemCalls`.
  public static func pairs(
    _ count: Int, restMicroseconds: UInt32, socketPath: String
  ) throws(BenchFailure) {
    let driver = try DriverSide(socketPath: socketPath)
    do throws(DriverError) {
      for _ in 0..<count {
        let block = try driver.allocate()
        if restMicroseconds > 0 { usleep(restMicroseconds) }
        try driver.connection.free(block)
        if restMicroseconds > 0 { usleep(restMicroseconds) }
      }
    } catch { throw BenchFailure(error) }
  }

  /// Indicates frames on commands of its standard input, until that is closed: see `Round` and `Indications`.
  public static func miniport(socketPath: String) throws(BenchFailure) {
    let miniport = try ReceiveMiniport(socketPath: socketPath)
    printLine("ready")
    while let line = readLine() {
      guard let what = Indications(command: line) else {
        throw BenchFailure("'\(line)' is not a measurement")
      }
      try miniport.measure(what).printResult()
    }
  }

  /// Reads frames until SIGTERM, then prints a line `FRAMES WRONG`.
  public static func receiver(socketPath: String) throws(BenchFailure) {
    do throws(DriverError) {
      let connection = try Connection(path: socketPath, name: "ndisctl-bench-receiver")
      try connection.stopOnSignals()
      let receiver = ReceiveDriver()
      let driver = try connection.registerProtocolDriver(receiver, name: "bench-receiver")
      _ = try connection.bindAdapter(driver, adapterName: ReceiveMiniport.adapterName)
      printLine("ready")
      try connection.serve()
      printLine("\(receiver.counts.frames) \(receiver.counts.wrong)")
    } catch { throw BenchFailure(error) }
  }

  /// Provides shared memory to every driver until SIGTERM, then prints the number of its allocations.
  public static func provider(socketPath: String) throws(BenchFailure) {
    do throws(DriverError) {
      let connection = try Connection(path: socketPath, name: "ndisctl-bench-provider")
      try connection.stopOnSignals()
      let provider = BenchProvider()
      let driver = try connection.registerProtocolDriver(provider, name: "bench-provider")
      printLine("ready")
      try connection.serve()
      try connection.deregisterProtocolDriver(driver)
      printLine("\(provider.allocations.withLock { $0 })")
    } catch { throw BenchFailure(error) }
  }
}

/// Writes a line, unbuffered.
private func printLine(_ line: String) {
  let bytes = Array((line + "\n").utf8)
  _ = unsafe bytes.withUnsafeBytes { unsafe write(1, $0.baseAddress, $0.count) }
}

private final class BenchProvider: ProtocolDriver, SharedMemoryProvider {
  private let allocator = Monitor<SectionAllocator?>(nil)
  let allocations = Monitor<Int>(0)

  func setOptions(
    _ driver: ProtocolDriverHandle, on connection: Connection
  ) throws(DriverError) -> Status {
    let made = SectionAllocator(handle: driver, sectionSize: 64 << 20)
    allocator.withLock { $0 = made }
    try connection.setOptionalHandlers(driver, provider: self)
    return .success
  }

  func allocateSharedMemory(_ request: ProviderRequest) -> ProviderAnswer {
    allocations.withLock { $0 += 1 }
    guard let allocator = allocator.withLock({ $0 }) else { return .refused(.failure) }
    do throws(DriverError) {
      let block = try allocator.allocate(request, isScattered: false)
      return ProviderAnswer(
        context: block.context, section: block.section, extents: block.extents)
    } catch { return .refused(.resources) }
  }

  func freeSharedMemory(_ freed: ProviderBlock) {
    _ = allocator.withLock { $0 }?.free(freed.sharedMemoryProviderContext)
  }

  func sectionReleased(_ section: SectionHandle) {
    allocator.withLock { $0 }?.sectionReleased(section)
  }
}
