// Many at once, and the end of a process: behaviours 58 and 59, and whose memory is whose.

import Glibc
import NDISDriverKit
import NDISPlatform
import Testing

/// What a process that is to be killed writes when it holds its blocks.
private let holding = "holding a thousand blocks"

/// A transport that keeps a duplicate of every descriptor that comes.
private final class Spy: Transport, Sendable {
  private let inner: any Transport
  private let kept = Monitor<[Int32]>([])

  init(_ inner: any Transport) { self.inner = inner }

  deinit { for file in descriptors { _ = Glibc.close(file) } }

  var descriptors: [Int32] { kept.withLock { $0 } }

  func send(_ packet: UnsafeRawBufferPointer, descriptors: [Int32]) throws(DriverError) {
    try unsafe inner.send(packet, descriptors: descriptors)
  }

  func receive(
    into buffer: UnsafeMutableRawBufferPointer
  ) throws(DriverError) -> (length: Int, descriptor: Int32) {
    let packet = try unsafe inner.receive(into: buffer)
    if packet.descriptor >= 0 {
      let copy = fcntl(packet.descriptor, F_DUPFD_CLOEXEC, 0)
      kept.withLock { $0.append(copy) }
    }
    return packet
  }

  func close() { inner.close() }
}

extension Contract {
  @Suite struct Floods {
    @Test(
      "behaviour 58: in parallel, no handle is live twice and no block is another's",
      arguments: Bench.Kind.allCases)
    func parallel(kind: Bench.Kind) throws {
      try Bench.run(kind) { bench in
        let live = Monitor<Set<UInt64>>([])
        let problems = Monitor<[String]>([])
        var threads: [(start: Caller, seed: UInt64)] = []
        for index in 0..<2 {
          threads.append((try bench.miniport("mini\(index)"), UInt64(index + 1)))
        }
        let done = Monitor<Int>(0)
        for (caller, seed) in threads {
          _ = try NDISPlatform.Thread.start(name: "flood") {
            do throws(DriverError) {
              try Floods.flood(caller, seed, live) { line in
                problems.withLock { $0.append(line) }
              }
            } catch { problems.withLock { $0.append("\(error)") } }
            done.withLock { $0 += 1 }
            done.broadcast()
          }
        }
        _ = done.wait { $0 == threads.count ? true : nil }
        #expect(problems.withLock { $0 } == [])
        let now = try bench.statistics()
        #expect(now.allocations == 4000 && now.frees == 4000 && now.blocks == 0)
        #expect(now.violations == 0 && now.failedAllocations == 0)
      }
    }

    /// Allocates and frees 2,000 times, with up to eight blocks live, each marked as one's own.
    private static func flood(
      _ caller: Caller, _ seed: UInt64, _ live: Monitor<Set<UInt64>>, _ say: (String) -> Void
    ) throws(DriverError) {
      var held: [(block: SharedMemoryBlock, mark: UInt64)] = []
      for round in 0..<2_000 as Range<UInt64> {
        let length = UInt32(truncatingIfNeeded: 8 + (round &* seed &* 2_654_435_761) % 20_000)
        let block = try caller.allocate(length)
        let handle = block.allocationHandle.rawValue
        if !live.withLock({ $0.insert(handle).inserted }) { say("\(handle) is live twice") }
        let mark = seed << 32 | round
        unsafe block.virtualAddress.storeBytes(of: mark, as: UInt64.self)
        held.append((block, mark))
        guard held.count == 8 || round == 1_999 else { continue }
        for (block, mark) in held {
          let found = unsafe block.virtualAddress.load(as: UInt64.self)
          if found != mark { say("\(mark) was overwritten with \(found)") }
          live.withLock { _ = $0.remove(block.allocationHandle.rawValue) }
          try caller.free(block)
        }
        held = []
      }
    }

    @Test(
      "two drivers' sections are different memory files that nobody can resize",
      arguments: Bench.Kind.allCases)
    func isolation(kind: Bench.Kind) throws {
      try Bench.run(kind) { bench in
        var spies: [Spy] = []
        var callers: [Caller] = []
        for name in ["one", "two"] {
          let spy = Spy(try bench.transport())
          let connection = try bench.connect(name, over: spy)
          let driver = try connection.registerMiniportDriver(Miniport(), name: name)
          let adapter = try connection.addAdapter(driver, name: name)
          spies.append(spy)
          callers.append(Caller(connection: connection, driver: driver, adapter: adapter))
        }
        let first = try callers[0].allocate(65536)
        let second = try callers[1].allocate(65536)
        first.writePattern()
        let isUntouched = unsafe second.virtualAddress.allSatisfy { $0 == 0 }
        #expect(isUntouched)
        var files: [UInt64] = []
        for spy in spies {
          let file = try #require(spy.descriptors.first)
          #expect(spy.descriptors.count == 1)
          var summary = stat()
          let problem = unsafe fstat(file, &summary)
          #expect(problem == 0)
          files.append(UInt64(summary.st_ino))
          for size in [0, 4096, summary.st_size + 4096] {
            #expect(ftruncate(file, size) == -1 && errno == EPERM)
          }
        }
        #expect(files[0] != files[1])
        // Nothing of the first one's data is anywhere in the second one's section.
        let section = second.section.mapping
        let bytes = unsafe UnsafeRawBufferPointer(
          start: section.baseAddress, count: min(section.size, 1 << 20))
        let isClean = unsafe bytes.allSatisfy { $0 == 0 }
        #expect(isClean)
        try callers[0].free(first)
        try callers[1].free(second)
      }
    }

    @Test("behaviour 59: a client killed with 1,000 blocks leaves none; others do not notice")
    func killed() throws {
      try Bench.run(.socket) { bench in
        let liar = try bench.liar()
        let caller = try bench.miniport("stays")
        let block = try caller.allocate(tag: "OKAY")
        block.writePattern()
        // This very program, told to be the client.
        let own = try Child.program("ndissimPackageTests.xctest")
        let child = try bench.spawn(
          own, ["--testing-library", "swift-testing", "--filter", "holdsBlocks"],
          environment: ["CONTRACT_TESTS_HOLD": "1"])
        try bench.wait("the client holds its blocks") {
          child.lines.contains { $0.contains(holding) }
        }
        #expect(try bench.statistics().blocks == 1_001)
        child.send(SIGKILL)
        #expect(child.wait() == 128 + SIGKILL)
        try bench.wait("the blocks are reclaimed") { try bench.statistics().blocks == 1 }
        try bench.settle()
        #expect(try bench.statistics().leakedBlocks == 1_000)
        #expect(Set(liar.frees).count == 1_000 && liar.frees.count == 1_000)
        #expect(block.hasPattern())
        try caller.free(try caller.allocate(tag: "OKAY"))
        try caller.free(block)
      }
    }

    /// Not a test: the process that is killed.
    @Test(.enabled(if: unsafe getenv("CONTRACT_TESTS_HOLD") != nil, "is another test's process"))
    func holdsBlocks() throws {
      let connection = try Connection(name: "holder")
      let driver = try connection.registerMiniportDriver(Miniport(), name: "holder")
      let adapter = try connection.addAdapter(driver, name: "holder")
      var blocks: [SharedMemoryBlock] = []
      for _ in 0..<1_000 {
        blocks.append(
          try connection.allocate(adapter, SharedMemoryParameters(length: 4096, tag: "OKAY")))
      }
      let line = Array("\(holding) \(blocks.count)\n".utf8)
      _ = unsafe line.withUnsafeBytes { unsafe write(1, $0.baseAddress, $0.count) }
      try connection.serve()
    }
  }
}
