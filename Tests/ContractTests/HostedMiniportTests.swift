// The hosted miniport from outside: one program, acting as the overlying driver, drives its whole VMQ path,
// with no other process, and nobody breaks a rule.

import NDISDriverInterface
import CNDIS
import NDISDriverPlane
import NDISHostedDrivers
import NDIS
import NDISDriverKit
import NDISPlatform
import Testing

extension Contract {
  @Suite struct HostedMiniportTests {
    static func options(
      _ change: (inout VMQSettings) -> Void = { _ in }, pool: UInt64? = nil
    ) -> Bench.Options {
      Bench.Options {
        var settings = VMQSettings(name: "vmq0", queues: 4, queueMemory: 64 << 10)
        change(&settings)
        $0.miniports = [settings]
        if let pool {
          $0.hal = false
          $0.defaultPool = false
          $0.pools = [Bench.pool("tight", capacity: pool)]
        }
      }
    }

    @Test("behaviours 40 to 44: a queue from birth to death", arguments: Bench.Kind.allCases)
    func walk(_ kind: Bench.Kind) throws {
      try Bench.run(kind, Self.options()) { bench in
        let vsp = try bench.overlying("vmq0")
        let before = try bench.statistics().blocks
        let queue = try vsp.allocate("first")
        #expect(queue == 1)
        #expect(try bench.statistics().blocks == before)
        _ = try vsp.connection.completeQueueAllocation(vsp.binding, queues: [queue])
        #expect(try bench.statistics().blocks == before + 1)
        let filter = try vsp.setFilter(queue)
        #expect(try vsp.connection.enumerateQueues(vsp.binding).map(\.state) == [.running])
        try vsp.take(10, queue: queue)
        try vsp.take(3, queue: queue, length: 64)
        #expect(vsp.frames.map(\.sequence) == Array(0..<13))
        #expect(vsp.frames.map(\.length) == Array(repeating: 1514, count: 10) + [64, 64, 64])
        #expect(vsp.frames.allSatisfy { $0.destination.bytes == [2, 0, 0, 0, 0, 1] })
        #expect(vsp.taker.state.withLock { $0.damaged } == 0)
        #expect(
          vsp.taker.state.withLock { $0.flags }.allSatisfy {
            $0.contains([.singleQueue, .sharedMemoryInfoValid])
          })
        try vsp.close((queue, filter))
        #expect(try vsp.connection.enumerateQueues(vsp.binding).isEmpty)
        #expect(try bench.statistics().blocks == before)
        // Told before the request's end, but perhaps on another thread.
        try bench.wait("DMA has stopped, once") {
          vsp.taker.state.withLock { $0.statuses } == [.receiveQueueState]
        }
        try vsp.unbind()
        try bench.expectNoViolation()
      }
    }

    @Test("the default queue's frames are broadcasts, and go to every binding")
    func defaultQueue() throws {
      try Bench.run(.inMemory, Self.options()) { bench in
        let vsp = try bench.overlying("vmq0")
        let other = try bench.overlying("vmq0", "other")
        try vsp.take(2)
        try bench.wait("the other one's frames") { other.frames.count == 2 }
        #expect((vsp.frames + other.frames).allSatisfy { $0.destination == .broadcast })
        try vsp.unbind()
        try other.unbind()
        try bench.expectNoViolation()
      }
    }

    @Test("lists are returned inside the handler, and no handler is called inside another")
    func steadyStream() throws {
      try Bench.run(.socket, Self.options()) { bench in
        let vsp = try bench.overlying("vmq0")
        let open = try vsp.open("stream")
        for _ in 0..<20 { try vsp.take(40, queue: open.queue) }
        #expect(vsp.taker.state.withLock { $0.deepest } == 1)
        try vsp.close(open)
        try vsp.unbind()
        try bench.expectNoViolation()
      }
    }

    @Test("an answer of NDIS's own fills a packet", arguments: Bench.Kind.allCases)
    func longAnswer(_ kind: Bench.Kind) throws {
      let options = Self.options {
        $0.queues = 54
        $0.queueMemory = 16 << 10
      }
      try Bench.run(kind, options) { bench in
        let vsp = try bench.overlying("vmq0")
        for index in 1...54 { #expect(try vsp.allocate("queue \(index)") == index) }
        let queues = try vsp.connection.enumerateQueues(vsp.binding)
        #expect(queues.map(\.queueID) == Array(1...54))
        #expect(queues.map(\.queueName) == (1...54).map { "queue \($0)" })
        for id in 1...54 { try vsp.connection.freeQueue(vsp.binding, queueID: UInt32(id)) }
        try vsp.unbind()
        try bench.expectNoViolation()
      }
    }

    @Test("behaviour 43: one queue of two gets no memory and reports RESOURCES")
    func resources() throws {
      // 64K for the default queue, 64K for the first; 4K are left for the second.
      try Bench.run(.inMemory, Self.options(pool: 132 << 10)) { bench in
        let vsp = try bench.overlying("vmq0")
        let queues = [try vsp.allocate("one"), try vsp.allocate("two")]
        let completed = try vsp.connection.completeQueueAllocation(vsp.binding, queues: queues)
        #expect(completed.map(\.completionStatus) == [.success, .resources])
        for queue in queues { try vsp.connection.freeQueue(vsp.binding, queueID: queue) }
        try vsp.unbind()
        try bench.expectNoViolation()
      }
    }

    @Test("a queue that does not get all its memory runs with less")
    func retrySmaller() throws {
      // 64K for the default queue, 20K are left: 16K are ten frames.
      try Bench.run(.inMemory, Self.options(pool: 84 << 10)) { bench in
        let vsp = try bench.overlying("vmq0")
        let open = try vsp.open("small")
        vsp.taker.state.withLock { $0.holds = true }
        try vsp.connection.set(
          vsp.binding, OID_NDISSIM_GENERATE, GenerateParameters(queueID: open.queue, count: 12))
        try bench.wait("ten frames") { vsp.frames.count == 10 }
        try vsp.returnHeld()
        try vsp.take(1, queue: open.queue)
        // Two had no buffer, and are missing.
        #expect(vsp.frames.map(\.sequence) == Array(0..<10) + [12])
        try vsp.returnHeld()
        try vsp.close(open)
        try vsp.unbind()
        try bench.expectNoViolation()
      }
    }

    @Test(
      "behaviour 42: FREE_QUEUE ends when the last list is back", arguments: Bench.Kind.allCases)
    func freeWithListsOut(_ kind: Bench.Kind) throws {
      try Bench.run(kind, Self.options()) { bench in
        let vsp = try bench.overlying("vmq0")
        let open = try vsp.open("held")
        vsp.taker.state.withLock { $0.holds = true }
        try vsp.take(3, queue: open.queue)
        try vsp.connection.clearFilter(
          vsp.binding, queueID: open.queue, filterID: open.filter)
        let blocks = try bench.statistics().blocks
        try vsp.begin(
          OID_RECEIVE_FILTER_FREE_QUEUE, ReceiveQueueFreeParameters(queueID: open.queue),
          context: 7)
        try bench.wait("DMA has stopped") {
          vsp.taker.state.withLock { $0.statuses } == [.receiveQueueState]
        }
        #expect(try bench.statistics().blocks == blocks)
        #expect(vsp.end(of: 7) == nil)
        try vsp.returnHeld()
        try bench.wait("the queue is free") { vsp.end(of: 7) == .success }
        #expect(try bench.statistics().blocks == blocks - 1)
        try vsp.unbind()
        try bench.expectNoViolation()
      }
    }

    @Test("a miniport that is removed while its queues run is halted with nothing left")
    func removed() throws {
      try Bench.run(.inMemory, Self.options()) { bench in
        let hub = try #require(bench.hub)
        hub.exclusively { switchboard in
          #expect(throws: Never.self) { try switchboard.addMiniport(VMQSettings(name: "vmq1")) }
        }
        let vsp = try bench.overlying("vmq1")
        let open = try vsp.open("running")
        try vsp.take(4, queue: open.queue)
        try vsp.close(open)
        hub.exclusively { switchboard in
          #expect(throws: Never.self) { try switchboard.removeMiniport("vmq1") }
        }
        try bench.wait("the adapter is gone") { try bench.statistics().adapters == 1 }
        try vsp.connection.deregisterProtocolDriver(vsp.driver)
        try bench.expectNoViolation()
      }
    }

    @Test("two miniports are two adapters that do not know each other")
    func two() throws {
      var options = Self.options()
      options.miniports.append(VMQSettings(name: "vmq1", queues: 1))
      try Bench.run(.inMemory, options) { bench in
        let first = try bench.overlying("vmq0", "first")
        let second = try bench.overlying("vmq1", "second")
        let queues = (try first.open("a"), try second.open("b"))
        #expect(queues.0.queue == 1 && queues.1.queue == 1)
        #expect(throws: DriverError.self) { try second.allocate("c") }
        try first.take(2, queue: 1)
        try second.take(1, queue: 1)
        #expect(first.frames.count == 2 && second.frames.count == 1)
        #expect(first.frames[0].source != second.frames[0].source)
        try first.close(queues.0)
        try second.close(queues.1)
        try first.unbind()
        try second.unbind()
        try bench.expectNoViolation()
      }
    }

    @Test("at a set rate frames come by the daemon's clock")
    func rate() throws {
      try Bench.run(.inMemory, Self.options({ $0.framesPerSecond = 100 })) { bench in
        let hub = try #require(bench.hub)
        let vsp = try bench.overlying("vmq0")
        let now = Monitor<UInt64>(1_000_000)
        hub.exclusively { switchboard in
          switchboard.clock = { now.withLock { $0 } }
          switchboard.tick()
          switchboard.tick()
        }
        let before = vsp.frames.count
        now.withLock { $0 += 70 }
        hub.exclusively { $0.tick() }
        try bench.wait("seven frames") { vsp.frames.count >= before + 7 }
        #expect(vsp.frames.count == before + 7)
        try vsp.unbind()
        try bench.expectNoViolation()
      }
    }

    @Test("6.20: a queue that asked for it gets split frames", arguments: Bench.Kind.allCases)
    func split(_ kind: Bench.Kind) throws {
      try Bench.run(kind, Self.options({ $0.version = NDISVersion(6, 20) })) { bench in
        let vsp = try bench.overlying("vmq0")
        let open = try vsp.open("split", [.lookaheadSplitRequired], lookahead: 100)
        let whole = try vsp.open("whole", [])
        try vsp.take(5, queue: open.queue)
        try vsp.take(1, queue: open.queue, length: 80)
        try vsp.take(1, queue: whole.queue)
        #expect(vsp.taker.state.withLock { $0.damaged } == 0)
        let parts = vsp.taker.state.withLock { $0.parts }
        #expect(parts == [2, 2, 2, 2, 2, 2, 1])
        try vsp.close(open)
        try vsp.close(whole)
        try vsp.unbind()
        try bench.expectNoViolation()
      }
    }

    @Test("a VPort from its creation to its deletion", arguments: Bench.Kind.allCases)
    func vport(_ kind: Bench.Kind) throws {
      try Bench.run(kind, Self.options({ $0.vports = 2 })) { bench in
        let vsp = try bench.overlying("vmq0")
        let before = try bench.statistics().blocks
        try vsp.connection.createSwitch(vsp.binding)
        var vport = try vsp.connection.createVPort(vsp.binding, VPortParameters(name: "v"))
        #expect(vport.vportID == 1)
        vport.flags = .stateChanged
        vport.state = .activated
        try vsp.connection.setVPortParameters(vsp.binding, vport)
        try bench.wait("its memory") { try bench.statistics().blocks == before + 1 }
        let filter = try vsp.setFilter(vport: 1)
        try vsp.take(6, vport: 1)
        #expect(vsp.frames.allSatisfy { $0.queueID == 1 })
        vsp.taker.state.withLock { $0.holds = true }
        try vsp.take(2, vport: 1)
        try vsp.connection.clearFilter(vsp.binding, queueID: 0, filterID: filter)
        try vsp.begin(
          OID_NIC_SWITCH_DELETE_VPORT, VPortDeleteParameters(vportID: 1), context: 9)
        try bench.settleOIDs(vsp)
        #expect(vsp.end(of: 9) == nil)
        try vsp.returnHeld()
        try bench.wait("the VPort is gone") { vsp.end(of: 9) == .success }
        #expect(try bench.statistics().blocks == before)
        try vsp.connection.deleteSwitch(vsp.binding)
        try vsp.unbind()
        try bench.expectNoViolation()
      }
    }

    @Test("what always pends walks the same way", arguments: VMQSettings.Pends.allCases)
    func pends(_ pends: VMQSettings.Pends) throws {
      try Bench.run(.inMemory, Self.options({ $0.pends = pends })) { bench in
        let vsp = try bench.overlying("vmq0")
        let open = try vsp.open("q")
        try vsp.take(2, queue: open.queue)
        try vsp.close(open)
        try vsp.unbind()
        try bench.expectNoViolation()
      }
    }
  }
}

extension Bench {
  /// The miniport has been asked what was begun: an answer NDIS gives from its records comes behind it.
  func settleOIDs(_ vsp: Overlying) throws {
    try wait("the miniport works on it") {
      try statistics().openUpcalls > 0
    }
  }
}
