// Freeing: behaviours 35, 37 and 38, and A19. The provider's handler is called once for a right
// free and never for a wrong one.

import NDISDriverKit
import NDISPlatform
import Testing

extension Contract {
  @Suite struct Freeing {
    @Test(
      "behaviour 35: at PASSIVE only; the free handler gets the block's context, once",
      arguments: Bench.Kind.allCases)
    func once(kind: Bench.Kind) throws {
      try Bench.run(kind) { bench in
        let provider = RecordingProvider()
        _ = try bench.provider(provider, context: 77)
        let caller = try bench.miniport()
        let block = try caller.allocate()
        for raw: UInt8 in [1, 2, 8, 15] {
          let level = try #require(IRQL(rawValue: raw))
          let error = try expectRefused(.failure, "wrongIRQL") { () throws(DriverError) in
            try withIRQL(level) { () throws(DriverError) in try caller.free(block) }
          }
          #expect(error.bugCheck != nil)
        }
        // The block is still there, and the provider has heard nothing.
        #expect(provider.frees.isEmpty)
        #expect(try caller.connection.statistics().sessionBlocks == 1)
        block.writePattern()
        #expect(block.hasPattern())
        try caller.free(block)
        #expect(provider.frees.map(\.sharedMemoryProviderContext) == provider.handedOut)
        #expect(provider.frees.map(\.providerContext) == [77])
        #expect(provider.frees.count == 1)
        #expect(try bench.statistics().violations == 4)
      }
    }

    @Test(
      "behaviour 37: a second free, an unknown handle, another driver's handle are bug checks",
      arguments: Bench.Kind.allCases)
    func wrong(kind: Bench.Kind) throws {
      try Bench.run(kind) { bench in
        let provider = RecordingProvider()
        _ = try bench.provider(provider)
        let caller = try bench.miniport("mini")
        let other = try bench.miniport("other")
        let live = try caller.allocate()
        let gone = try caller.allocate()
        try caller.free(gone)
        let frees = provider.frees.count

        let unknown = AllocationHandle(rawValue: gone.allocationHandle.rawValue ^ 0xFFFF)
        let shared = AllocationHandle(rawValue: live.sharedMemoryHandle.rawValue)
        let wrong: [(String, AllocationHandle, Caller)] = [
          ("doubleFree", gone.allocationHandle, caller),
          ("staleHandle", unknown, caller),
          ("nullHandle", .null, caller),
          ("wrongKindOfHandle", shared, caller),
          ("wrongKindOfHandle", AllocationHandle(rawValue: 0x1234), caller),
          ("foreignHandle", live.allocationHandle, other),
        ]
        for (rule, handle, party) in wrong {
          let error = try expectRefused(.failure, rule) { () throws(DriverError) in
            try party.connection.free(party.adapter, handle)
          }
          // 0x7C/0x03, as for the older routine.
          #expect(error.bugCheck?.code == 0x7C)
          #expect(error.bugCheck?.parameters.0 == 0x03)
        }
        #expect(provider.frees.count == frees)
        #expect(try bench.statistics().violations == UInt64(wrong.count))
        live.writePattern()
        #expect(live.hasPattern())
        try caller.free(live)
        #expect(provider.frees.count == frees + 1)
      }
    }

    @Test(
      "A19: a free with another handle of the same driver is carried out; another driver's is refused",
      arguments: Bench.Kind.allCases)
    func otherHandle(kind: Bench.Kind) throws {
      try Bench.run(kind) { bench in
        let caller = try bench.miniport()
        let block = try caller.allocate()
        try caller.connection.free(caller.driver, block.allocationHandle)
        #expect(try caller.connection.statistics().sessionBlocks == 0)
        #expect(try caller.connection.statistics().sessionViolations == 0)
      }
      try Bench.run(kind, Bench.Options { $0.switches = ["free-handle"] }) { bench in
        let caller = try bench.miniport("mini")
        let other = try bench.miniport("other")
        let block = try caller.allocate()
        // Lenient is about one's own handles only.
        try expectRefused(.failure, "foreignHandle") { () throws(DriverError) in
          try other.connection.free(other.adapter, block.allocationHandle)
        }
        try caller.connection.free(caller.driver, block.allocationHandle)
        #expect(try caller.connection.statistics().sessionBlocks == 0)
      }
    }

    @Test("behaviour 38: blocks may be freed in any order", arguments: Bench.Kind.allCases)
    func anyOrder(kind: Bench.Kind) throws {
      try Bench.run(kind) { bench in
        let liar = try bench.liar()
        let caller = try bench.miniport()
        // Steps of 17 and 23 visit all of 50 in another order each time.
        for step in [1, 17, 23, 49] {
          var blocks: [SharedMemoryBlock] = []
          for index in 0..<50 {
            blocks.append(try caller.allocate(UInt32(1 + index % 3 * 4096), tag: "OKAY"))
          }
          for index in 0..<50 { try caller.free(blocks[index * step % 50]) }
        }
        #expect(liar.frees.count == 200)
        #expect(Set(liar.frees).count == 200)
        // All pages are free again: a block of the whole section fits.
        try caller.free(try caller.allocate(16 << 20, tag: "OKAY"))
      }
    }
  }
}
