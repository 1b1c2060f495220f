// Who serves a request: behaviour 16 with the rules the documents leave open. A binding's provider,
// then a protocol driver's, then a miniport driver's, then the pool, then the HAL; within a level
// the newest (A8); a second registration replaces the first for new blocks only (A22).

import NDISDriverKit
import NDISPlatform
import Testing

extension Contract {
  @Suite struct Precedence {
    @Test(
      "behaviour 16: binding over protocol driver over miniport driver over pool over HAL",
      arguments: Bench.Kind.allCases)
    func levels(kind: Bench.Kind) throws {
      try Bench.run(kind) { bench in
        let (miniportLevel, protocolLevel, bindingLevel) = (
          RecordingProvider(), RecordingProvider(), RecordingProvider()
        )
        let caller = try bench.miniport(
          "mini",
          driver: Miniport(options: { driver, connection throws(DriverError) in
            try miniportLevel.register(driver, on: connection, context: 1)
          }), isServing: true)
        try caller.free(try caller.allocate())
        #expect(miniportLevel.requests.map(\.providerContext) == [1])
        // Another miniport driver's adapters are none of its business.
        let stranger = try bench.miniport("stranger")
        try stranger.free(try stranger.allocate())
        #expect(miniportLevel.requests.count == 1)

        let vsp = try bench.provider(protocolLevel, name: "vsp", context: 2)
        try caller.free(try caller.allocate())
        try stranger.free(try stranger.allocate())
        #expect(protocolLevel.requests.map(\.providerContext) == [2, 2])
        #expect(miniportLevel.requests.count == 1)

        let binder = try bench.connect("binder", isServing: true)
        let role = ProtocolRole(bound: { binding, connection throws(DriverError) in
          try bindingLevel.register(binding, on: connection, context: 3)
        })
        let driver = try binder.registerProtocolDriver(role, name: "binder")
        let binding = try binder.bindAdapter(driver, adapterName: "mini")
        try caller.free(try caller.allocate())
        let own = try binder.allocate(binding, SharedMemoryParameters(length: 4096))
        try binder.free(own)
        #expect(bindingLevel.requests.map(\.providerContext) == [3, 3])
        // It serves the adapter it is bound to, not the driver-wide handle and not other adapters.
        let wide = try caller.connection.allocate(
          caller.driver, SharedMemoryParameters(length: 4096))
        try caller.free(wide)
        try stranger.free(try stranger.allocate())
        #expect(bindingLevel.requests.count == 2)
        #expect(protocolLevel.requests.count == 4)

        // As they go, the next one serves.
        try binder.unbindAdapter(binding)
        try caller.free(try caller.allocate())
        #expect(protocolLevel.requests.count == 5)
        try vsp.connection.deregisterProtocolDriver(vsp.driver)
        try caller.free(try caller.allocate())
        #expect(miniportLevel.requests.count == 2)
        try bench.expectLog("Driver vsp", "provides shared memory")
        try bench.expectLog("Driver binder", "provides shared memory", "mini")
      }
    }

    @Test("behaviour 16: within a level the newest provider serves", arguments: Bench.Kind.allCases)
    func newest(kind: Bench.Kind) throws {
      let newer = Bench.pool("newer", capacity: 1 << 20)
      try Bench.run(kind, Bench.Options { $0.pools = [newer] }) { bench in
        let caller = try bench.miniport()
        // The newer pool has a megabyte, so it is the one that is asked and refuses.
        try expectRefused(.resources, "poolExhausted") { () throws(DriverError) in
          try caller.allocate(2 << 20)
        }
        let (first, second) = (RecordingProvider(), RecordingProvider())
        _ = try bench.provider(first, name: "first", context: 1)
        let last = try bench.provider(second, name: "second", context: 2)
        try caller.free(try caller.allocate())
        #expect(first.requests.isEmpty)
        #expect(second.requests.count == 1)
        try last.connection.deregisterProtocolDriver(last.driver)
        try caller.free(try caller.allocate())
        #expect(first.requests.count == 1)
      }
    }

    @Test(
      "A22: a second registration serves new blocks; old ones go back to the first",
      arguments: Bench.Kind.allCases)
    func replaced(kind: Bench.Kind) throws {
      try Bench.run(kind) { bench in
        let (first, second) = (RecordingProvider(), RecordingProvider())
        let kept = Monitor<[SharedMemoryBlock]>([])
        let connection = try bench.connect("vsp", isServing: true)
        let role = ProtocolRole(options: { driver, connection throws(DriverError) in
          try first.register(driver, on: connection, context: 1)
          let block = try connection.allocate(driver, SharedMemoryParameters(length: 4096))
          kept.withLock { $0.append(block) }
          try second.register(driver, on: connection, context: 2)
        })
        let driver = try connection.registerProtocolDriver(role, name: "vsp")
        #expect(first.requests.count == 1)
        let newer = try connection.allocate(driver, SharedMemoryParameters(length: 4096))
        #expect(second.requests.map(\.providerContext) == [2])
        #expect(first.requests.count == 1)
        let older = try #require(kept.withLock { $0.first })
        try connection.free(older)
        #expect(first.frees.map(\.providerContext) == [1])
        #expect(second.frees.isEmpty)
        try connection.free(newer)
        #expect(second.frees.map(\.providerContext) == [2])
        try bench.expectLog("vsp replaced its shared-memory provider handlers")
        try bench.wait("the old registration is gone") {
          try bench.statistics().registrations == bench.hosted + 1
        }
      }
    }

    @Test("A9: without any provider and HAL the call fails", arguments: Bench.Kind.allCases)
    func noProvider(kind: Bench.Kind) throws {
      try Bench.run(
        kind,
        Bench.Options {
          $0.hal = false
          $0.defaultPool = false
        }
      ) { bench in
        let caller = try bench.miniport()
        try expectRefused(.failure, "noProvider") { () throws(DriverError) in
          try caller.allocate()
        }
        let liar = try bench.liar()
        try caller.free(try caller.allocate(tag: "OKAY"))
        #expect(liar.allocations.count == 1)
      }
    }

    @Test(
      "behaviour 20: SharedMemoryHandle is NULL for HAL memory only (A9)",
      arguments: Bench.Kind.allCases)
    func sharedMemoryHandle(kind: Bench.Kind) throws {
      try Bench.run(kind, Bench.Options { $0.defaultPool = false }) { bench in
        let caller = try bench.miniport()
        let hal = try caller.allocate()
        #expect(hal.sharedMemoryHandle == .null)
        #expect(hal.allocationHandle != .null)
        _ = try bench.liar()
        let provided = try caller.allocate(tag: "OKAY")
        #expect(provided.sharedMemoryHandle != .null)
        try caller.free(hal)
        try caller.free(provided)
      }
      try Bench.run(kind) { bench in
        let caller = try bench.miniport()
        let pooled = try caller.allocate()
        #expect(pooled.sharedMemoryHandle != .null)
        try caller.free(pooled)
      }
    }
  }
}
