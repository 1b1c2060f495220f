// Ends with blocks left: A20 of callers, A21 of providers. What is not freed is reported with its
// place and reclaimed; what a provider leaves behind stays good until it is freed.

import NDISDriverKit
import NDISPlatform
import Testing

extension Contract {
  @Suite struct Leaks {
    @Test("A20: at adapter removal", arguments: Bench.Kind.allCases)
    func adapter(kind: Bench.Kind) throws {
      try Bench.run(kind) { bench in
        let liar = try bench.liar()
        let caller = try bench.miniport()
        let freed = try caller.allocate(tag: "OKAY")
        for _ in 0..<3 { _ = try caller.allocate(5000, tag: "OKAY") }
        try caller.free(freed)
        try caller.connection.removeAdapter(caller.adapter)
        let now = try caller.connection.statistics()
        #expect(now.sessionLeakedBlocks == 3 && now.leakedBlocks == 3)
        #expect(now.sessionBlocks == 0 && now.sessionBytes == 0)
        try bench.settle()
        // Reclaimed through the provider's free handler, each once.
        #expect(liar.frees.sorted() == [1, 2, 3, 4])
        try bench.expectLog("did not free a block of 5000 bytes", "mini", "Roles.swift")
      }
    }

    @Test("A20: at the close of a binding", arguments: Bench.Kind.allCases)
    func binding(kind: Bench.Kind) throws {
      try Bench.run(kind) { bench in
        let liar = try bench.liar()
        _ = try bench.miniport("mini")
        let connection = try bench.connect("proto")
        let driver = try connection.registerProtocolDriver(ProtocolRole(), name: "proto")
        let binding = try connection.bindAdapter(driver, adapterName: "mini")
        let parameters = SharedMemoryParameters(length: 777, tag: "OKAY")
        _ = try connection.allocate(binding, parameters)
        let wide = try connection.allocate(driver, parameters)
        try connection.unbindAdapter(binding)
        // The driver's own block is not the binding's.
        #expect(try connection.statistics().sessionLeakedBlocks == 1)
        #expect(try connection.statistics().sessionBlocks == 1)
        try connection.free(wide)
        try bench.settle()
        #expect(liar.frees.sorted() == [1, 2])
        try bench.expectLog("proto", "did not free a block of 777 bytes")
      }
    }

    @Test("A20: at deregistration", arguments: Bench.Kind.allCases)
    func deregistration(kind: Bench.Kind) throws {
      try Bench.run(kind) { bench in
        let liar = try bench.liar()
        let caller = try bench.miniport()
        _ = try caller.allocate(tag: "OKAY")
        _ = try caller.connection.allocate(
          caller.driver, SharedMemoryParameters(length: 333, tag: "OKAY"))
        try caller.connection.deregisterMiniportDriver(caller.driver)
        #expect(try caller.connection.statistics().sessionLeakedBlocks == 2)
        try bench.settle()
        #expect(liar.frees.sorted() == [1, 2])
        try bench.expectLog("did not free a block of 333 bytes")
      }
    }

    @Test("A20: at the end of a connection, and at RESET", arguments: Bench.Kind.allCases)
    func disconnect(kind: Bench.Kind) throws {
      try Bench.run(kind) { bench in
        let liar = try bench.liar()
        let caller = try bench.miniport("gone")
        for _ in 0..<100 { _ = try caller.allocate(111, tag: "OKAY") }
        let stays = try bench.miniport("stays")
        let kept = try stays.allocate(tag: "OKAY")
        kept.writePattern()
        caller.connection.close()
        try bench.wait("the blocks are reclaimed") { try bench.statistics().blocks == 1 }
        try bench.settle()
        #expect(try bench.statistics().leakedBlocks == 100)
        #expect(liar.frees.count == 100 && Set(liar.frees).count == 100)
        #expect(kept.hasPattern())
        try bench.expectLog("gone", "did not free a block of 111 bytes")
        _ = try stays.allocate(222, tag: "OKAY")
        try stays.connection.reset()
        #expect(try stays.connection.statistics().sessionLeakedBlocks == 2)
        try bench.settle()
        #expect(liar.frees.count == 102)
      }
    }

    @Test(
      "A20: MiniportInitializeEx that fails leaves its block behind",
      arguments: Bench.Kind.allCases)
    func failedInitialize(kind: Bench.Kind) throws {
      try Bench.run(kind) { bench in
        let connection = try bench.connect("mini")
        let driver = try connection.registerMiniportDriver(
          Miniport(
            dma: false,
            initialize: { adapter, connection throws(DriverError) in
              _ = try connection.allocate(adapter, SharedMemoryParameters(length: 4096))
              throw .refusal(.resources)
            }), name: "mini")
        try expectRefused(.resources, "handlerFailed") { () throws(DriverError) in
          try connection.addAdapter(driver, name: "mini")
        }
        #expect(try connection.statistics().sessionLeakedBlocks == 1)
        #expect(try bench.statistics().adapters == 0)
      }
    }

    @Test(
      "A21: a deregistered provider gets its blocks back, and no new requests",
      arguments: Bench.Kind.allCases)
    func deregisteredProvider(kind: Bench.Kind) throws {
      try Bench.run(kind) { bench in
        let provider = RecordingProvider()
        let vsp = try bench.provider(provider)
        let caller = try bench.miniport()
        let block = try caller.allocate()
        block.writePattern()
        try vsp.connection.deregisterProtocolDriver(vsp.driver)
        #expect(block.hasPattern())
        let next = try caller.allocate()
        #expect(provider.requests.count == 1)
        try caller.free(block)
        #expect(provider.frees.map(\.sharedMemoryProviderContext) == provider.handedOut)
        try caller.free(next)
        try bench.expectLog("vsp ended as a provider", "1 block live")
      }
    }

    @Test(
      "A21: a dead provider's block stays readable and is reclaimed when freed",
      arguments: Bench.Kind.allCases)
    func deadProvider(kind: Bench.Kind) throws {
      try Bench.run(kind) { bench in
        let liar = try bench.liar()
        let caller = try bench.miniport()
        let block = try caller.allocate(tag: "OKAY")
        let scattered = try caller.allocate(5 * 4096, tag: "SCAT")
        block.writePattern()
        scattered.writePattern()
        liar.end()
        try bench.wait("the provider has gone") {
          try bench.statistics().registrations == bench.hosted + 1
            && bench.statistics().sessions == 2
        }
        #expect(block.hasPattern() && scattered.hasPattern())
        // The pool serves now.
        let next = try caller.allocate()
        #expect(next.section.handle != block.section.handle)
        try caller.free(block)
        #expect(try bench.statistics().sections == 2)
        try caller.free(scattered)
        try caller.free(next)
        #expect(try caller.connection.statistics().sessionBlocks == 0)
        #expect(try bench.statistics().registrations == bench.hosted)
        try expectRefused(.failure, "doubleFree") { () throws(DriverError) in
          try caller.free(block)
        }
      }
    }

    @Test(
      "A37: a provider that allocates in its handler is refused the circle, not the memory",
      arguments: Bench.Kind.allCases)
    func recursion(kind: Bench.Kind) throws {
      try Bench.run(kind) { bench in
        let liar = try bench.liar()
        let caller = try bench.miniport()
        let block = try caller.allocate(tag: "RECU")
        #expect(liar.lines.contains("recursion NDIS_STATUS_FAILURE circularWait"))
        #expect(liar.allocations.count == 1)
        try caller.free(block)
      }
    }

    @Test("A38: a NULL SharedMemoryProviderContext is allowed", arguments: Bench.Kind.allCases)
    func nullContext(kind: Bench.Kind) throws {
      try Bench.run(kind) { bench in
        let liar = try bench.liar()
        let caller = try bench.miniport()
        let block = try caller.allocate(tag: "NULL")
        try caller.free(block)
        #expect(liar.frees == [0])
        #expect(try bench.statistics().violations == 0)
      }
    }
  }
}
