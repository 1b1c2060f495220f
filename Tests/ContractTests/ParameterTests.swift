// Parameters of an allocation: behaviours 26 to 32 and 34, and the choices A10, A12, A13, A16, A33.

import NDISDriverKit
import NDISPlatform
import Testing

extension Contract {
  @Suite struct Parameters {
    @Test(
      "behaviour 26: a list buffer too small for the result fails, one that fits does not (A12)",
      arguments: Bench.Kind.allCases)
    func listBuffer(kind: Bench.Kind) throws {
      try Bench.run(kind) { bench in
        let provider = RecordingProvider(isScattered: true)
        _ = try bench.provider(provider)
        let caller = try bench.miniport()
        // Five elements need 16 + 5 * 24 = 136 bytes.
        for size: UInt32 in [40, 64, 112, 135] {
          try expectRefused(.invalidParameter, "sgListBufferTooSmall") { () throws(DriverError) in
            try caller.allocate(5 * 4096) { $0.sgListBufferLength = size }
          }
        }
        try bench.settle()
        // What the provider gave went back to it; the mistake was not the provider's.
        #expect(provider.frees.map(\.sharedMemoryProviderContext) == provider.handedOut)
        #expect(provider.frees.count == 4)
        #expect(try bench.statistics().violations == 0)
        let block = try caller.allocate(5 * 4096) { $0.sgListBufferLength = 136 }
        #expect(block.scatterGatherList.count == 5)
        #expect(provider.requests.last?.maximumExtents == 5)
        try caller.free(block)
      }
    }

    @Test(
      "A13: room for one element is required, with CONTIGUOUS and without",
      arguments: Bench.Kind.allCases)
    func noListBuffer(kind: Bench.Kind) throws {
      try Bench.run(kind) { bench in
        let liar = try bench.liar()
        let caller = try bench.miniport()
        for flags: SharedMemoryFlags in [[], .contiguous] {
          for size: UInt32 in [0, 8, 16, 39] {
            try expectRefused(.invalidParameter, "sgListBufferMissing") { () throws(DriverError) in
              try caller.allocate(tag: "OKAY") {
                $0.flags = flags
                $0.sgListBufferLength = size
              }
            }
          }
        }
        #expect(liar.allocations.isEmpty)
        try caller.free(try caller.allocate(tag: "OKAY") { $0.sgListBufferLength = 40 })
      }
    }

    @Test(
      "behaviour 27: the caller may overwrite its list at once",
      arguments: Bench.Kind.allCases)
    func listIsTheCallers(kind: Bench.Kind) throws {
      try Bench.run(kind) { bench in
        let caller = try bench.miniport()
        var image = parametersImage(revision: 2, size: 68, bytes: 68)
        let first = try caller.allocateRaw(image)
        for index in image.indices { image[index] = 0xFF }
        // The list is made by the client from the reply; the block lives on without it.
        let second = try caller.allocate(8192)
        #expect(try caller.connection.statistics().sessionBlocks == 2)
        #expect(try caller.connection.statistics().sessionBytes == 4096 + 8192)
        try caller.free(second)
        try caller.freeRaw(first)
      }
    }

    @Test(
      "behaviour 28: an unavailable node is RESOURCES, MM_ANY_NODE_OK may succeed",
      arguments: Bench.Kind.allCases)
    func nodes(kind: Bench.Kind) throws {
      let two = Bench.pool("two", capacity: 1 << 20, nodes: 2)
      try Bench.run(kind, Bench.Options { $0.pools = [two] }) { bench in
        let caller = try bench.miniport()
        let zero = try caller.allocate { $0.preferredNode = 0 }
        let one = try caller.allocate { $0.preferredNode = 1 }
        #expect(zero.section.handle != one.section.handle)
        try expectRefused(.resources, "nodeUnavailable") { () throws(DriverError) in
          try caller.allocate { $0.preferredNode = 2 }
        }
        let any = try caller.allocate { $0.preferredNode = 0x8000_0000 }
        // A node that cannot exist is the caller's mistake and not a shortage.
        for node: UInt32 in [64, 0x7FFF_FFFF, 0x8000_0001, 0xFFFF_FFFF] {
          try expectRefused(.invalidParameter, "preferredNode") { () throws(DriverError) in
            try caller.allocate { $0.preferredNode = node }
          }
        }
        for block in [zero, one, any] { try caller.free(block) }
      }
    }

    @Test(
      "behaviour 29: the default queue has memory in Initializing, an unknown queue has none",
      arguments: Bench.Kind.allCases)
    func queues(kind: Bench.Kind) throws {
      try Bench.run(kind) { bench in
        let kept = Monitor<[SharedMemoryBlock]>([])
        let caller = try bench.miniport(
          driver: Miniport(
            initialize: { adapter, connection throws(DriverError) in
              let block = try connection.allocate(
                adapter, SharedMemoryParameters(length: 65536, usage: .receive))
              kept.withLock { $0.append(block) }
            },
            halt: { _, connection throws(DriverError) in
              // Memory of the default queue goes back in MiniportHaltEx.
              let blocks = kept.withLock { blocks in
                let all = blocks
                blocks = []
                return all
              }
              for block in blocks { try connection.free(block) }
            }))
        #expect(kept.withLock { $0.count } == 1)
        for queue: UInt32 in [1, 2, 77, 0xFFFF, 0xFFFF_FFFF] {
          try expectRefused(.invalidParameter, "queueUnknown") { () throws(DriverError) in
            try caller.allocate { $0.queueId = queue }
          }
        }
        try caller.connection.removeAdapter(caller.adapter)
        #expect(kept.withLock { $0.isEmpty })
        let now = try caller.connection.statistics()
        #expect(now.sessionBlocks == 0 && now.sessionLeakedBlocks == 0 && now.violations == 0)
      }
    }

    @Test(
      "behaviour 30: QueueId and VPortId together, and unknown ones, are refused (A30, A33)",
      arguments: Bench.Kind.allCases)
    func queueAndVPort(kind: Bench.Kind) throws {
      try Bench.run(kind) { bench in
        let caller = try bench.miniport()
        try expectRefused(.invalidParameter, "queueAndVPort") { () throws(DriverError) in
          try caller.allocate {
            $0.queueId = 1
            $0.vportId = 1
          }
        }
        // A33: a real driver passes NDIS_INVALID_VPORT_ID for its default queue.
        try caller.free(try caller.allocate { $0.vportId = 0xFFFF_FFFF })
        // A32: revision 1 has no VPortId.
        var image = parametersImage(revision: 1, size: 72, bytes: 72)
        image.put(UInt32(5), at: 64)
        try caller.freeRaw(try caller.allocateRaw(image))
      }
      try Bench.run(kind, Bench.Options { $0.switches = ["vports"] }) { bench in
        let caller = try bench.miniport()
        try expectRefused(.invalidParameter, "vportUnknown") { () throws(DriverError) in
          try caller.allocate { $0.vportId = 0xFFFF_FFFF }
        }
      }
    }

    @Test(
      "behaviour 31: a VPort that is no activated one of the PF has no memory",
      arguments: Bench.Kind.allCases)
    func vports(kind: Bench.Kind) throws {
      try Bench.run(kind) { bench in
        let liar = try bench.liar()
        let caller = try bench.miniport()
        for vport: UInt32 in [1, 2, 0xFFFF, 0xFFFF_FFFE] {
          try expectRefused(.invalidParameter, "vportUnknown") { () throws(DriverError) in
            try caller.allocate(tag: "OKAY") { $0.vportId = vport }
          }
        }
        #expect(liar.allocations.isEmpty)
      }
    }

    @Test(
      "behaviour 32: without DMA a miniport has no HAL memory; a protocol driver has (A10)",
      arguments: Bench.Kind.allCases)
    func dma(kind: Bench.Kind) throws {
      try Bench.run(kind, Bench.Options { $0.defaultPool = false }) { bench in
        let caller = try bench.miniport("mini", driver: Miniport(dma: false))
        try expectRefused(.failure, "dmaNotRegistered") { () throws(DriverError) in
          try caller.allocate()
        }
        let role = try caller.connection.registerProtocolDriver(ProtocolRole(), name: "proto")
        let binding = try caller.connection.bindAdapter(role, adapterName: "mini")
        for handle in [role.rawValue, binding.rawValue] {
          let block = try caller.connection.allocate(
            Handle(rawValue: handle), SharedMemoryParameters(length: 4096))
          #expect(block.sharedMemoryHandle == .null)
          try caller.free(block)
        }
        let ready = try bench.miniport("ready")
        try ready.free(try ready.allocate())
        // A provider asks for no DMA, unless the daemon is strict.
        _ = try bench.liar()
        try caller.free(try caller.allocate(tag: "OKAY"))
      }
      try Bench.run(kind, Bench.Options { $0.switches = ["dma"] }) { bench in
        let caller = try bench.miniport("mini", driver: Miniport(dma: false))
        try expectRefused(.failure, "dmaNotRegistered") { () throws(DriverError) in
          try caller.allocate()
        }
        let ready = try bench.miniport("ready")
        try ready.free(try ready.allocate())
      }
    }

    @Test(
      "behaviour 34: a large request fails with RESOURCES, half of it may succeed",
      arguments: Bench.Kind.allCases)
    func halving(kind: Bench.Kind) throws {
      let small = Bench.pool("small", capacity: 1 << 20)
      try Bench.run(kind, Bench.Options { $0.pools = [small] }) { bench in
        let caller = try bench.miniport()
        var length: UInt32 = 16 << 20
        var block: SharedMemoryBlock?
        while block == nil, length >= 4096 {
          do throws(DriverError) { block = try caller.allocate(length) } catch {
            #expect(error.status == .resources)
            length /= 2
          }
        }
        #expect(block?.length == 1 << 20)
        if let block { try caller.free(block) }
      }
    }

    @Test(
      "A16: Length 0 is INVALID_PARAMETER, over a quota is RESOURCES",
      arguments: Bench.Kind.allCases)
    func lengthAndQuotas(kind: Bench.Kind) throws {
      try Bench.run(
        kind,
        Bench.Options {
          $0.sessionBytes = 64 << 10
          $0.sessionBlocks = 3
        }
      ) { bench in
        let caller = try bench.miniport()
        try expectRefused(.invalidParameter, "length") { () throws(DriverError) in
          try caller.allocate(0)
        }
        let most = try caller.allocate(60 << 10)
        try expectRefused(.resources, "quotaBytes") { () throws(DriverError) in
          try caller.allocate(4097)
        }
        try caller.free(most)
        var blocks: [SharedMemoryBlock] = []
        for _ in 0..<3 { blocks.append(try caller.allocate(1)) }
        try expectRefused(.resources, "quotaBlocks") { () throws(DriverError) in
          try caller.allocate(1)
        }
        try expectRefused(.resources, "quotaBytes") { () throws(DriverError) in
          try caller.free(blocks.removeLast())
          return try caller.allocate(.max)
        }
        for block in blocks { try caller.free(block) }
      }
    }

    @Test("A6: filters may not allocate, unless switched on", arguments: Bench.Kind.allCases)
    func filters(kind: Bench.Kind) throws {
      try Bench.run(kind) { bench in
        let caller = try bench.miniport("mini")
        let filter = try caller.connection.registerFilterDriver(name: "filter")
        let module = try caller.connection.attachFilter(filter, adapterName: "mini")
        for handle in [filter.rawValue, module.rawValue] {
          try expectRefused(.invalidParameter, "filterMayNotAllocate") { () throws(DriverError) in
            try caller.connection.allocate(
              Handle(rawValue: handle), SharedMemoryParameters(length: 4096))
          }
        }
      }
      try Bench.run(kind, Bench.Options { $0.switches = ["filters"] }) { bench in
        let caller = try bench.miniport("mini")
        let filter = try caller.connection.registerFilterDriver(name: "filter")
        let block = try caller.connection.allocate(filter, SharedMemoryParameters(length: 4096))
        try caller.free(block)
      }
    }
  }
}
