// A miniport driver in one page: `ndissim-example-miniport [--leak]`.
//
// It registers, lets NDIS initialize one adapter, allocates shared memory inside and outside of its
// handlers, and prints how NDIS refuses invalid requests. With --leak it leaks a block when its adapter
// is halted, and NDIS reports the leak. It exits with status 1 if a check fails.

import Glibc
import NDISDriverKit
import Synchronization

/// Prints a line, unbuffered: standard output may be a pipe.
func printLine(_ line: String) {
  let bytes = Array((line + "\n").utf8)
  _ = unsafe bytes.withUnsafeBytes { unsafe write(1, $0.baseAddress, $0.count) }
}

final class ExampleMiniport: MiniportDriver {
  private struct State {
    var dma = DMAHandle.null
    var queueMemory: SharedMemoryBlock?
  }
  private let state = Mutex<State>(State())

  // MiniportInitializeEx: attributes first, then DMA, then memory for the default receive queue.
  func initializeEx(
    _ adapter: AdapterHandle, name: String, on connection: Connection
  ) throws(DriverError) -> Status {
    printLine("MiniportInitializeEx of \(name)")
    try connection.setMiniportAttributes(adapter, context: 0xADA)
    let dma = try connection.registerScatterGatherDMA(adapter)
    let block = try connection.allocate(
      adapter, SharedMemoryParameters(length: 65536, usage: .receive, tag: "ExRx"))
    printLine("  default queue: \(block.length) bytes in \(block.extents.count) extent(s)")
    state.withLock { state in
      state.dma = dma.handle
      state.queueMemory = block
    }
    return .success
  }

  // MiniportHaltEx: frees everything that MiniportInitializeEx allocated.
  func haltEx(
    _ adapter: AdapterHandle, context: UInt64, action: HaltAction, on connection: Connection
  ) throws(DriverError) -> Status {
    printLine("MiniportHaltEx")
    let (dma, block) = state.withLock { ($0.dma, $0.queueMemory) }
    if let block { try connection.free(block) }
    try connection.deregisterScatterGatherDMA(dma)
    return .success
  }
}

/// Allocates, writes the pattern, reads it back.
func use(
  _ what: String, _ connection: Connection, _ adapter: AdapterHandle,
  _ parameters: SharedMemoryParameters
) throws(DriverError) -> SharedMemoryBlock {
  let block = try connection.allocate(adapter, parameters)
  block.writePattern()
  guard block.hasPattern() else { throw DriverError(status: .failure, sentence: "pattern lost") }
  printLine(
    "\(what): \(block.length) bytes, \(block.scatterGatherList.count) element(s), first at "
      + hex(block.scatterGatherList[0].address))
  return block
}

/// Makes a call that NDIS must refuse, with the rule it violates.
func refused(
  _ what: String, rule: String, _ body: () throws(DriverError) -> SharedMemoryBlock
) throws(DriverError) {
  do throws(DriverError) { _ = try body() } catch {
    guard error.kind == .ndis, error.rule == rule else { throw error }
    printLine("\(what): refused with \(error.status)")
    printLine("  \(error.sentence)")
    if let bugCheck = error.bugCheck { printLine("  on Windows: bug check \(bugCheck)") }
    return
  }
  throw DriverError(status: .failure, sentence: "\(what) was not refused")
}

do throws(DriverError) {
  let connection = try Connection(name: "example-miniport")
  let driver = try connection.registerMiniportDriver(ExampleMiniport(), name: "example-miniport")
  printLine("registered \(driver)")
  let adapter = try connection.addAdapter(driver, name: "example0")
  printLine("adapter example0 is running")

  var parameters = SharedMemoryParameters(
    length: 16384, usage: .xmit, flags: .contiguous, tag: "ExTx")
  let contiguous = try use("contiguous block", connection, adapter, parameters)
  parameters.flags = []
  parameters.length = 65536
  let scattered = try use("block in any shape", connection, adapter, parameters)

  parameters.length = 0
  try refused("Length 0", rule: "length") { () throws(DriverError) in
    try connection.allocate(adapter, parameters)
  }
  parameters.length = 65536
  parameters.sgListBufferLength = 8
  try refused("room for no element", rule: "sgListBufferMissing") { () throws(DriverError) in
    try connection.allocate(adapter, parameters)
  }
  parameters.sgListBufferLength = nil
  parameters.queueId = 77
  try refused("unknown queue", rule: "queueUnknown") { () throws(DriverError) in
    try connection.allocate(adapter, parameters)
  }
  parameters.queueId = 0
  parameters.flags = SharedMemoryFlags(rawValue: 0x80)
  try refused("unknown flag", rule: "unknownFlags") { () throws(DriverError) in
    try connection.allocate(adapter, parameters)
  }
  parameters.flags = []
  try refused("allocation at DISPATCH_LEVEL", rule: "wrongIRQL") { () throws(DriverError) in
    try withIRQL(.dispatch) { () throws(DriverError) in
      try connection.allocate(adapter, parameters)
    }
  }

  try connection.free(contiguous)
  printLine("freed the contiguous block")
  let leaks = CommandLine.arguments.contains("--leak")
  if leaks {
    printLine("leaking \(scattered.length) bytes")
  } else {
    try connection.free(scattered)
    printLine("freed the other block")
  }
  try connection.removeAdapter(adapter)
  let leaked = try connection.statistics().sessionLeakedBlocks
  guard leaked == (leaks ? 1 : 0) else {
    throw DriverError(status: .failure, sentence: "NDIS counts \(leaked) leaked blocks")
  }
  printLine("adapter removed; leaked blocks: \(leaked)")
  try connection.deregisterMiniportDriver(driver)
  printLine("deregistered")
} catch {
  printLine("ndissim-example-miniport: \(error)")
  exit(1)
}
