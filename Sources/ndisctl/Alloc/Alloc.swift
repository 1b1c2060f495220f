// `ndisctl alloc`: calls NdisAllocateSharedMemory from a miniport driver of its own and prints the
// result. The blocks live as long as the command: NDIS allocates memory for a driver, and this one
// deregisters when the command ends.

import ArgumentParser
import Glibc
import NDISDriverKit
import NDISPlatform
import NDISVarlink

struct Alloc: ParsableCommand {
  static let configuration = CommandConfiguration(
    abstract: "Allocates shared memory as a miniport driver does, and prints the blocks.",
    discussion: """
      Registers a temporary miniport driver with an adapter, allocates, prints handles and addresses, \
      frees, and exits. With --hold it frees when Enter is pressed or a signal arrives, so that the \
      blocks can be inspected meanwhile. With --leak it exits without freeing, to provoke a leak report.

      EXAMPLES
        ndisctl alloc --length 64K --usage receive
        ndisctl alloc --count 3 --contiguous --hexdump
        ndisctl alloc --hold &  ndisctl list blocks
        ndisctl alloc --older --hexdump
        ndisctl run -- ndisctl alloc --leak
      """)

  @Option(
    help: ArgumentHelp(
      "Bytes, with an optional suffix K, M or G; 64K by default.", valueName: "bytes"))
  var length: ByteSize?

  @Option(help: "The number of blocks, 1 to 1000000.")
  var count = 1

  @Flag(help: "Request contiguous physical memory (NDIS_SHARED_MEM_PARAMETERS_CONTIGUOUS).")
  var contiguous = false

  @Flag(
    help: "Call NdisMAllocateSharedMemory, in MiniportInitializeEx, not NdisAllocateSharedMemory.")
  var older = false

  @Option(help: "The QueueId; 0 is the default receive queue.")
  var queue: UInt32 = 0

  @Option(help: "The usage (NDIS_SHARED_MEMORY_USAGE).")
  var usage = UsageName(usage: .receive)

  @Option(help: "The PreferredNode, a NUMA node; any by default.")
  var node: UInt32?

  @Option(help: "Pool tag, up to four characters.")
  var tag = "ctl "

  @Option(help: "Name of the adapter.")
  var adapter = "ndisctl0"

  @Flag(help: "Dump the contents, at most 256 bytes per block.")
  var hexdump = false

  @Flag(help: "Free when Enter is pressed, or on SIGINT, SIGTERM or SIGHUP.")
  var hold = false

  @Flag(help: "Exit without freeing, to provoke a leak report.")
  var leak = false

  @Flag(help: "Print a JSON document; with --hold before waiting.")
  var json = false

  @Option(help: "The daemon's driver socket; found automatically by default.")
  var driverSocket: String?

  private var bytes: Int { length?.bytes ?? 64 << 10 }

  func validate() throws {
    guard (1...1_000_000).contains(count) else {
      throw ValidationError("--count is \(count); expected 1 to 1000000")
    }
    guard (0...Int(UInt32.max)).contains(bytes) else {
      throw ValidationError("--length is \(bytes); Length has 32 bits")
    }
    guard !(older && (contiguous || queue != 0 || node != nil)) else {
      throw ValidationError(
        "--older has no queue and no node, and its memory is always contiguous: leave --queue, --node and --contiguous out"
      )
    }
    guard !(hold && leak) else { throw ValidationError("--hold and --leak are mutually exclusive") }
    guard (1...4).contains(tag.utf8.count), tag.utf8.allSatisfy({ (0x20..<0x7F).contains($0) })
    else { throw ValidationError("--tag is '\(tag)'; expected one to four ASCII characters") }
    guard (1...31).contains(adapter.utf8.count) else {
      throw ValidationError("--adapter is '\(adapter)'; expected a name of 1 to 31 bytes")
    }
  }

  func run() throws {
    do { try work() } catch let error as DriverError { throw CommandFailure(error) }
  }

  private func work() throws {
    // Before the kit starts a thread: signals are read here and must not terminate the process.
    let signals = hold ? try SignalQueue([SIGINT, SIGTERM, SIGHUP]) : nil
    let (driver, blocks) = try older ? allocateOlder() : allocate()
    var output = Output()
    if json {
      try output.line(JSON.array(blocks.map { AllocShow.json($0.block) }).prettyText)
    } else {
      for block in blocks { try output.write(AllocShow.text(block.block, hexdump: hexdump)) }
    }
    try output.flush()
    let these = AllocShow.counted(blocks.count)
    if let signals = consume signals {
      StandardError.write("holding \(these); press Enter to free\n")
      try AllocHold.wait(signals, driver.connection)
    }
    if leak {
      // The daemon detects the end of the connection; blocks that are live then are leaked.
      driver.connection.close()
      StandardError.write("leaked \(these); see 'ndisctl list violations'\n")
    } else {
      for block in blocks { try block.free(driver.connection) }
      try driver.end()
      StandardError.write("freed \(these)\n")
    }
  }

  /// Allocates all blocks or none: after a failure the earlier ones are freed.
  private func allocate() throws(DriverError) -> (ScratchMiniport, [AllocatedBlock]) {
    let driver = try ScratchMiniport(socket: driverSocket, adapterName: adapter)
    var parameters = SharedMemoryParameters(
      length: UInt32(clamping: bytes), usage: usage.usage, flags: contiguous ? .contiguous : [],
      tag: PoolTag(tag))
    parameters.queueId = queue
    if let node { parameters.preferredNode = node }
    var blocks: [SharedMemoryBlock] = []
    do throws(DriverError) {
      for _ in 0..<count {
        blocks.append(try driver.connection.allocate(driver.adapter, parameters))
      }
    } catch {
      var error = error
      for block in blocks { try driver.connection.free(block) }
      try driver.end()
      if !blocks.isEmpty {
        error.sentence += " The \(AllocShow.counted(blocks.count)) allocated before were freed."
      }
      throw error
    }
    return (driver, blocks.map { .newer($0) })
  }

  /// With NdisMAllocateSharedMemory: also all or none.
  private func allocateOlder() throws(DriverError) -> (ScratchMiniport, [AllocatedBlock]) {
    let handlers = OlderMiniport(
      length: UInt32(clamping: bytes), count: count, tag: PoolTag(tag))
    do throws(DriverError) {
      let driver = try ScratchMiniport(
        socket: driverSocket, adapterName: adapter, handlers: handlers)
      return (driver, handlers.memory.map { .older($0) })
    } catch { throw handlers.problem ?? error }
  }
}
