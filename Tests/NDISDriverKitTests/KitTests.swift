// The kit against a scripted daemon: leader and follower, upcalls while waiting, nesting, pipelining,
// the exit of a peer, without a daemon process.

import CNDIS
import NDISDriverProtocol
import Glibc
import NDISDriverKit
import NDISPlatform
import Testing

final class Mini: MiniportDriver {
  let log = Monitor<[String]>([])
  func setOptions(_ d: MiniportDriverHandle, on c: Connection) throws(DriverError) -> Status {
    #expect(CurrentIRQL.level == .passive)
    try c.ping()
    log.withLock { $0.append("set") }
    CurrentIRQL.level = .dispatch
    return .success
  }
  func initializeEx(_ a: AdapterHandle, name: String, on c: Connection) throws(DriverError)
    -> Status
  {
    try c.setMiniportAttributes(a, context: 5)
    throw .refusal(.resources)
  }
}

@Suite(.timeLimit(.minutes(1))) struct KitTests {
  @Test func helloAndPing() throws {
    let (daemon, transport) = try FakeDaemon.start()
    let c = try Connection(transport: transport, name: "t")
    #expect(c.limits.pageSize == 4096)
    try c.ping()
    #expect(daemon.seen.withLock { $0.map(\.requestID) } == [1, 2])
  }

  @Test func upcallsAreServedWhileWaiting() throws {
    let (daemon, transport) = try FakeDaemon.start {
      $0.upcalls = [
        UInt16(NDISSIM_REGISTER_MINIPORT_DRIVER): UInt16(NDISSIM_UPCALL_SET_OPTIONS),
        UInt16(NDISSIM_ADD_ADAPTER): UInt16(NDISSIM_UPCALL_INITIALIZE_EX),
      ]
    }
    let c = try Connection(transport: transport, name: "t")
    let mini = Mini()
    let h = try withIRQL(.apc) { () throws(DriverError) in
      let h = try c.registerMiniportDriver(mini, name: "m")
      #expect(CurrentIRQL.level == .apc)
      return h
    }
    #expect(CurrentIRQL.level == .passive)
    #expect(h.rawValue == 0x111)
    #expect(mini.log.withLock { $0 } == ["set"])
    _ = try c.addAdapter(h, name: "a0")
    let seen = daemon.seen.withLock { $0 }
    #expect(seen.map(\.irql) == [0, 1, 0, 0, 0])
    #expect(seen.map(\.context) == [0, 0, 1002, 0, 1004])
    let answers = daemon.answers.withLock { $0 }
    #expect(answers.map(\.irql) == [2, 0])
    #expect(answers.map(\.status) == [.success, .resources])
  }

  @Test func memoryIsMapped() throws {
    let (daemon, transport) = try FakeDaemon.start()
    let c = try Connection(transport: transport, name: "t")
    let a = try c.allocate(Handle(rawValue: 9), SharedMemoryParameters(length: 8192, tag: "abcd"))
    a.writePattern()
    #expect(a.hasPattern())
    daemon.scatter = true
    let b = try c.allocate(Handle(rawValue: 9), SharedMemoryParameters(length: 8192))
    // b = pages 2 and 0 of the section; a is pages 0 and 1.
    let word = unsafe b.virtualAddress.load(fromByteOffset: 4096, as: UInt64.self)
    #expect(word == SharedMemoryBlock.patternKey)
    #expect(
      b.scatterGatherList == [
        ScatterGatherElement(address: 1 << 40 + 8192, length: 4096),
        ScatterGatherElement(address: 1 << 40, length: 4096),
      ])
    try c.free(a); try c.free(b)
    do throws(DriverError) {
      _ = try withIRQL(.dispatch) { () throws(DriverError) in
        try c.allocate(Handle.null, SharedMemoryParameters(length: 1))
      }
      Issue.record("no error")
    } catch {
      #expect(error.rule == "wrongIRQL" && error.bugCheck?.code == 0x7C)
      print(error)
    }
    // short extents: freed again
    #expect(throws: DriverError.self) {
      try c.allocate(Handle.null, SharedMemoryParameters(length: 9000))
    }
    #expect(daemon.seen.withLock { $0.last?.type } == UInt16(NDISSIM_FREE_SHARED_MEMORY))
  }

  @Test func pipelining() throws {
    let (_, transport) = try FakeDaemon.start { $0.holdReplies = true }
    let c = try Connection(transport: transport, name: "t")
    var p = SharedMemoryParameters(length: 4096); p.tag = "pipe"
    for _ in 0..<20 {
      var tickets: [AllocationTicket] = []
      while let t = try c.beginAllocate(Handle.null, p) { tickets.append(t) }
      try #require(tickets.count == 64)
      var blocks: [SharedMemoryBlock] = []
      for t in tickets.reversed() { blocks.append(try c.finish(t)) }
      #expect(Set(blocks.map(\.allocationHandle)).count == 64)
      #expect(throws: DriverError.self) { try c.finish(tickets[0]) }
      let frees = try blocks.map { try c.beginFree($0)! }
      for f in frees { try c.finish(f) }
    }
  }

  @Test(arguments: [false, true]) func manyThreads(serving: Bool) throws {
    let (_, transport) = try FakeDaemon.start { $0.holdReplies = true }
    let c = try Connection(transport: transport, name: "t")
    if serving { try c.startServing() }
    let done = Monitor<Int>(0)
    for _ in 0..<8 {
      _ = try Thread.start(name: "w") {
        for _ in 0..<500 {
          do {
            let b = try c.allocate(Handle.null, SharedMemoryParameters(length: 4096))
            try c.free(b)
          } catch { Issue.record("\(error)") }
        }
        done.withLock { $0 += 1 }
        done.broadcast()
      }
    }
    _ = done.wait { $0 == 8 ? 1 : nil }
    c.stop()
    try c.ping()
  }

  @Test func asyncCalls() async throws {
    let (_, transport) = try FakeDaemon.start { $0.holdReplies = true }
    let c = try Connection(transport: transport, name: "t")
    try c.startServing()
    try await withThrowingTaskGroup(of: Void.self) { group in
      for _ in 0..<1000 {
        group.addTask {
          let b = try await c.allocateAsync(Handle.null, SharedMemoryParameters(length: 4096))
          try await c.freeAsync(b)
        }
      }
      try await group.waitForAll()
    }
    c.stop()
  }

  @Test func stopEndsServing() throws {
    let (daemon, transport) = try FakeDaemon.start()
    let c = try Connection(transport: transport, name: "t")
    _ = try Thread.start(name: "stopper") {
      daemon.waitUntilServed()
      c.stop()
    }
    try c.serve()
    try c.ping()
  }

  @Test func theEndOfTheConnectionReachesEverybody() throws {
    let (daemon, transport) = try FakeDaemon.start()
    let c = try Connection(transport: transport, name: "t")
    let ended = Monitor<Int>(0)
    for _ in 0..<4 {
      _ = try Thread.start(name: "s") {
        do throws(DriverError) { try c.serve() } catch {
          if error.kind == .connection { ended.withLock { $0 += 1 } }
        }
        ended.broadcast()
      }
    }
    daemon.waitUntilServed()
    daemon.close()
    _ = ended.wait { $0 == 4 ? 1 : nil }
    #expect(throws: DriverError.self) { try c.ping() }
  }
}

extension KitTests {
  @Test func rawExchange() throws {
    let (_, transport) = try FakeDaemon.start()
    let c = try Connection(transport: transport, name: "t")
    var bytes = [UInt8](repeating: 0, count: 48)
    let id = c.nextRequestID
    _ = unsafe bytes.withUnsafeMutableBytes { b in
      let w = unsafe MessageWriter(MessageHeader(type: 99, requestID: id), into: b)
      return w.finish()
    }
    let reply = try c.exchangeRaw(bytes)
    let h = unsafe reply.withUnsafeBytes { try! unsafe MessageHeader(packet: $0) }
    #expect(h.status == .notSupported && h.requestID == id)
    try c.ping()
    #expect(c.nextRequestID == id + 2)
  }
}
