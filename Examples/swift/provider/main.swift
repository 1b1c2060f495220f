// A shared-memory provider in one page: `ndissim-example-provider [--scatter]`.
//
// It registers a protocol driver and, in ProtocolSetOptions, the two handlers of a provider. NDIS then
// calls it whenever a driver calls NdisAllocateSharedMemory and no provider of a higher level is
// registered. The memory belongs to this process: when a block is freed, the provider verifies through
// its own mapping what the driver wrote.
//
// With --scatter a block consists of single pages with gaps between them, unless the driver requested
// NDIS_SHARED_MEM_PARAMETERS_CONTIGUOUS. SIGTERM or Ctrl-C terminates it.

import Glibc
import NDISDriverKit
import Synchronization

/// Prints a line, unbuffered: standard output may be a pipe.
@Sendable func printLine(_ line: String) {
  let bytes = Array((line + "\n").utf8)
  _ = unsafe bytes.withUnsafeBytes { unsafe write(1, $0.baseAddress, $0.count) }
}

final class ExampleProvider: ProtocolDriver, SharedMemoryProvider {
  private let isScattering: Bool
  // Created when the driver has a handle; a Mutex, because handlers may run in several threads.
  private let allocator = Mutex<SectionAllocator?>(nil)

  init(isScattering: Bool) { self.isScattering = isScattering }

  // ProtocolSetOptions: NDIS calls it while NdisRegisterProtocolDriver runs.
  func setOptions(
    _ driver: ProtocolDriverHandle, on connection: Connection
  ) throws(DriverError) -> Status {
    let allocator = SectionAllocator(handle: driver, sectionSize: 64 << 20)
    self.allocator.withLock { $0 = allocator }
    try connection.setOptionalHandlers(driver, provider: self)
    return .success
  }

  // ALLOCATE_SHARED_MEMORY_HANDLER. The allocator offers NDIS a section when a DMA domain (such as an
  // adapter) first needs memory; later allocations only reserve pages of it.
  func allocateSharedMemory(_ request: ProviderRequest) -> ProviderAnswer {
    let asked = request.parameters
    let isScattered = isScattering && !asked.flags.contains(.contiguous)
    let who = "allocate \(asked.length) bytes for \(asked.site)"
    guard let allocator = allocator.withLock({ $0 }) else { return .refused(.failure) }
    do throws(DriverError) {
      let block = try allocator.allocate(request, isScattered: isScattered)
      printLine("\(who) -> \(block.extents.count) extent\(block.extents.count == 1 ? "" : "s")")
      return ProviderAnswer(
        context: block.context, section: block.section, extents: block.extents)
    } catch {
      printLine("\(who) -> \(error)")
      return .refused(.resources)
    }
  }

  // FREE_SHARED_MEMORY_HANDLER.
  func freeSharedMemory(_ freed: ProviderBlock) {
    let context = freed.sharedMemoryProviderContext
    guard let block = allocator.withLock({ $0 })?.free(context) else {
      printLine("free of a block that was never allocated")
      return
    }
    let length = block.extents.reduce(0) { $0 + Int($1.length) }
    printLine("free \(length) bytes")
    if hasPattern(block) { printLine("pattern verified through the provider's own mapping") }
  }

  func sectionReleased(_ section: SectionHandle) {
    allocator.withLock { $0 }?.sectionReleased(section)
  }

  /// Whether the 64-bit words of the block are their index ^ `SharedMemoryBlock.patternKey`.
  private func hasPattern(_ block: SectionAllocator.Block) -> Bool {
    var index: UInt64 = 0
    for extent in block.extents {
      let isRight = unsafe block.withBytes(of: extent) { bytes in
        for offset in stride(from: 0, to: bytes.count - 7, by: 8) {
          let found = unsafe bytes.load(fromByteOffset: offset, as: UInt64.self)
          if found != index ^ SharedMemoryBlock.patternKey { return false }
          index += 1
        }
        return true
      }
      if isRight != true { return false }
    }
    return index > 0
  }
}

do throws(DriverError) {
  let connection = try Connection(name: "example-provider")
  try connection.stopOnSignals()
  let provider = ExampleProvider(isScattering: CommandLine.arguments.contains("--scatter"))
  let driver = try connection.registerProtocolDriver(provider, name: "example-provider")
  printLine("ready")
  try connection.serve()
  // Outstanding blocks are freed through the free handler until this returns.
  try connection.deregisterProtocolDriver(driver)
  printLine("deregistered")
} catch {
  printLine("ndissim-example-provider: \(error)")
  exit(1)
}
