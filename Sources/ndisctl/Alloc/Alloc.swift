// `ndisctl alloc`: calls NdisAllocateSharedMemory as a miniport driver of its own and shows what came
// back. The blocks live as long as the command does: NDIS gives memory to a driver, and this one is
// gone when the command ends.

import ArgumentParser
import Glibc
import NDISDriverKit
import NDISPlatform
import NDISVarlink

struct Alloc: ParsableCommand {
  static let configuration = CommandConfiguration(
    abstract: "Allocates shared memory as a miniport driver would, and shows it.",
    discussion: """
      Registers a miniport driver and an adapter for the time of the command, allocates, prints handles \
      and addresses, frees, and goes. With --hold it frees only when Enter is pressed or a signal \
      comes, so that others can look at the blocks meanwhile. With --leak it goes without freeing: the \
      daemon then reports a leak, which is what a leak report looks like.

      EXAMPLES
        ndisctl alloc --length 64K --usage receive
        ndisctl alloc --count 3 --contiguous --hexdump
        ndisctl alloc --hold &  ndisctl list blocks
        ndisctl run -- ndisctl alloc --leak
      """)

  @Option(help: ArgumentHelp("Bytes, or with K, M or G; 64K by default.", valueName: "bytes"))
  var length: ByteSize?

  @Option(help: "How many blocks, 1 to 1000000.")
  var count = 1

  @Flag(help: "Ask for one run of physical addresses (NDIS_SHARED_MEM_PARAMETERS_CONTIGUOUS).")
  var contiguous = false

  @Option(help: "QueueId; 0 is the default receive queue, the only one there is.")
  var queue: UInt32 = 0

  @Option(help: "What the block is for (NDIS_SHARED_MEMORY_USAGE).")
  var usage = UsageName(usage: .receive)

  @Option(help: "PreferredNode: a NUMA node; any by default.")
  var node: UInt32?

  @Option(help: "Pool tag, up to four characters.")
  var tag = "ctl "

  @Option(help: "Name of the adapter.")
  var adapter = "ndisctl0"

  @Flag(help: "Show the contents, 256 bytes a block at most.")
  var hexdump = false

  @Flag(help: "Free only when Enter is pressed or SIGINT, SIGTERM or SIGHUP comes.")
  var hold = false

  @Flag(help: "Go without freeing, for the daemon to report.")
  var leak = false

  @Flag(help: "Print a JSON document; --hold then prints it before it waits.")
  var json = false

  @Option(help: "The daemon's driver socket; searched for by default.")
  var driverSocket: String?

  private var bytes: Int { length?.bytes ?? 64 << 10 }

  func validate() throws {
    guard (1...1_000_000).contains(count) else {
      throw ValidationError("--count is \(count); expected 1 to 1000000")
    }
    guard (0...Int(UInt32.max)).contains(bytes) else {
      throw ValidationError("--length is \(bytes); the documents give it 32 bits")
    }
    guard !(hold && leak) else { throw ValidationError("--hold frees, --leak does not; use one") }
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
    // Before the kit starts a thread: a signal shall be read here and not end the process.
    let signals = hold ? try SignalQueue([SIGINT, SIGTERM, SIGHUP]) : nil
    let driver = try ThrowAwayMiniport(socket: driverSocket, adapterName: adapter)
    let blocks = try allocate(driver)
    var output = Output()
    if json {
      try output.line(JSON.array(blocks.map { AllocShow.json($0) }).prettyText)
    } else {
      for block in blocks { try output.write(AllocShow.text(block, hexdump: hexdump)) }
    }
    try output.flush()
    let these = AllocShow.counted(blocks.count)
    if let signals = consume signals {
      StandardError.write("holding \(these); press Enter to free\n")
      try AllocHold.wait(signals, driver.connection)
    }
    if leak {
      // The daemon sees the connection end; what is live then was leaked.
      driver.connection.close()
      StandardError.write("left \(these) behind; 'ndisctl list violations' shows the leak\n")
    } else {
      for block in blocks { try driver.connection.free(block) }
      try driver.end()
      StandardError.write("freed \(these)\n")
    }
  }

  /// All blocks or none: those before a failure are freed again.
  private func allocate(_ driver: ThrowAwayMiniport) throws(DriverError) -> [SharedMemoryBlock] {
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
        error.sentence += " \(AllocShow.counted(blocks.count)) before it were freed."
      }
      throw error
    }
    return blocks
  }
}
