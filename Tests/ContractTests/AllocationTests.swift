// Allocation: behaviours 17 to 25 and 33. What reaches the provider, what comes back, and that a
// failure leaves nothing anywhere.

import NDISDriverKit
import NDISPlatform
import Testing

extension Contract {
  @Suite struct Allocation {
    @Test(
      """
      behaviour 17: at IRQL other than PASSIVE the call is a violation and the provider is never \
      entered
      """,
      arguments: Bench.Kind.allCases)
    func irql(kind: Bench.Kind) throws {
      try Bench.run(kind) { bench in
        let liar = try bench.liar()
        let caller = try bench.miniport()
        let levels: [UInt8] = [1, 2, 5, 15]
        for raw in levels {
          let level = try #require(IRQL(rawValue: raw))
          let error = try expectRefused(.failure, "wrongIRQL") { () throws(DriverError) in
            try withIRQL(level) { () throws(DriverError) in try caller.allocate(8192, tag: "OKAY") }
          }
          // 0x7C/0x01: driver called at a raised IRQL; handle, length and level beside it.
          let check = try #require(error.bugCheck)
          #expect(check.code == 0x7C)
          #expect(check.parameters.0 == 0x01)
          #expect(check.parameters.1 == caller.adapter.rawValue)
          #expect(check.parameters.2 == 8192)
          #expect(check.parameters.3 == UInt64(raw))
        }
        #expect(liar.allocations.isEmpty)
        let now = try caller.connection.statistics()
        #expect(now.violations == 4 && now.sessionViolations == 4)
        try bench.expectLog("NdisAllocateSharedMemory", "DISPATCH_LEVEL", "wrongIRQL")
      }
    }

    @Test(
      """
      behaviour 18: the handler runs once a call, with its ProviderContext and the caller's \
      parameters
      """,
      arguments: Bench.Kind.allCases)
    func handler(kind: Bench.Kind) throws {
      try Bench.run(kind) { bench in
        let provider = RecordingProvider()
        _ = try bench.provider(provider, context: 0xFEED_F00D_1234_5678)
        let caller = try bench.miniport()
        for index in 1...5 as ClosedRange<UInt32> {
          let block = try caller.allocate(index * 4096 - 1, tag: "Abc1") {
            $0.usage = .receiveHeader
            $0.preferredNode = index
          }
          // The call has returned, so the handler has run: once, and before.
          let seen = provider.requests
          #expect(seen.count == Int(index))
          let last = try #require(seen.last)
          #expect(last.providerContext == 0xFEED_F00D_1234_5678)
          #expect(last.parameters.length == index * 4096 - 1)
          #expect(last.parameters.preferredNode == index)
          #expect(last.parameters.rawUsage == 7)
          #expect(last.parameters.tag == "Abc1")
          #expect(last.parameters.queueId == 0)
          #expect("\(last.parameters.site)".contains("Roles.swift"))
          try caller.free(block)
        }
      }
    }

    @Test(
      "behaviour 19: SUCCESS hands out a unique handle, an address and the block's list",
      arguments: Bench.Kind.allCases)
    func outputs(kind: Bench.Kind) throws {
      try Bench.run(kind) { bench in
        _ = try bench.liar()
        let caller = try bench.miniport()
        var blocks: [SharedMemoryBlock] = []
        for index in 0..<40 {
          blocks.append(try caller.allocate(UInt32(index) * 1000 + 1, tag: "OKAY"))
        }
        #expect(Set(blocks.map(\.allocationHandle)).count == 40)
        #expect(Set(blocks.map(\.sharedMemoryHandle)).count == 40)
        for (index, block) in blocks.enumerated() {
          #expect(block.allocationHandle != .null)
          let count = unsafe block.virtualAddress.count
          let address = unsafe UInt(bitPattern: block.virtualAddress.baseAddress)
          #expect(count == index * 1000 + 1)
          // A16: addresses are those of whole pages.
          #expect(address != 0 && address % 4096 == 0)
          let list = block.scatterGatherList
          #expect(list.reduce(0) { $0 + Int($1.length) } == block.length)
          #expect(list.allSatisfy { $0.address % 4096 == 0 && $0.address != 0 })
          unsafe block.virtualAddress.storeBytes(
            of: UInt8(index), toByteOffset: block.length - 1, as: UInt8.self)
        }
        for (index, block) in blocks.enumerated() {
          let last = unsafe block.virtualAddress.load(
            fromByteOffset: block.length - 1, as: UInt8.self)
          #expect(Int(last) == index)
          try caller.free(block)
        }
      }
    }

    @Test(
      "behaviour 21: after a failure nothing is left in provider or daemon",
      arguments: Bench.Kind.allCases)
    func failures(kind: Bench.Kind) throws {
      try Bench.run(kind) { bench in
        let provider = RecordingProvider { request, answer in
          // A page too long: a lie after an honest allocation.
          if request.parameters.tag == "lie " { answer.extents[0].length += 4096 }
        }
        _ = try bench.provider(provider)
        let caller = try bench.miniport()
        try expectRefused(.invalidParameter, "length") { () throws(DriverError) in
          try caller.allocate(0)
        }
        try expectRefused(.failure, "providerLength") { () throws(DriverError) in
          try caller.allocate(tag: "lie ")
        }
        try expectRefused(.resources, "providerRefused") { () throws(DriverError) in
          try caller.allocate(64 << 20)
        }
        try bench.settle()
        #expect(provider.frees.map(\.sharedMemoryProviderContext) == provider.handedOut)
        #expect(provider.handedOut.count == 1)
        let now = try caller.connection.statistics()
        #expect(now.blocks == 0 && now.bytes == 0)
        #expect(now.sessionBlocks == 0 && now.sessionBytes == 0)
        #expect(now.failedAllocations == 3 && now.allocations == 0)
      }
    }

    @Test(
      "behaviour 22: only the four documented statuses reach the caller",
      arguments: Bench.Kind.allCases)
    func documentedStatuses(kind: Bench.Kind) throws {
      try Bench.run(kind) { bench in
        let others: [UInt32] = [
          0x103, 0xFF, 0x10003, 0x10001, 0xC000_00BB, 0xC001_0004, 0xC023_002C, 0x8000_0005,
          0xFFFF_FFFF, 1,
        ]
        let provider = RecordingProvider { request, answer in
          answer = .refused(Status(rawValue: others[Int(request.parameters.rawUsage)]))
        }
        _ = try bench.provider(provider)
        let caller = try bench.miniport()
        for index in others.indices {
          // A38: what is not documented becomes FAILURE, and a violation of the provider's.
          try expectRefused(.failure, "providerStatus") { () throws(DriverError) in
            try caller.allocate { $0.rawUsage = Int32(index) }
          }
        }
        #expect(try bench.statistics().violations == UInt64(others.count))
      }
    }

    @Test(
      "behaviour 23: the provider's RESOURCES, INVALID_PARAMETER and FAILURE come unchanged",
      arguments: Bench.Kind.allCases)
    func refusals(kind: Bench.Kind) throws {
      try Bench.run(kind) { bench in
        let liar = try bench.liar()
        let caller = try bench.miniport()
        let refusals: [(PoolTag, Status)] = [
          ("RSRC", .resources), ("INVP", .invalidParameter), ("FAIL", .failure),
        ]
        for (tag, status) in refusals {
          try expectRefused(status, "providerRefused") { () throws(DriverError) in
            try caller.allocate(tag: tag)
          }
        }
        #expect(liar.allocations.count == 3)
        #expect(try bench.statistics().violations == 0)
      }
    }

    @Test(
      "behaviour 24: CONTIGUOUS gives one element, otherwise up to one a page",
      arguments: Bench.Kind.allCases)
    func contiguity(kind: Bench.Kind) throws {
      let tight = Bench.pool("tight", capacity: 4 << 20, fragment: 7)
      try Bench.run(kind, Bench.Options { $0.pools = [tight] }) { bench in
        let caller = try bench.miniport()
        // A pool without eight free pages in a row has no contiguous 16, but 16.
        try expectRefused(.resources, "fragmented") { () throws(DriverError) in
          try caller.allocate(16 * 4096) { $0.flags = .contiguous }
        }
        let scattered = try caller.allocate(16 * 4096)
        #expect((2...16).contains(scattered.scatterGatherList.count))
        let one = try caller.allocate(4096) { $0.flags = .contiguous }
        #expect(one.scatterGatherList.count == 1)
        scattered.writePattern()
        #expect(scattered.hasPattern())
        try caller.free(scattered)
        try caller.free(one)
        _ = try bench.liar()
        let pages = try caller.allocate(5 * 4096, tag: "SCAT")
        #expect(pages.scatterGatherList.count == 5)
        let whole = try caller.allocate(5 * 4096, tag: "OKAY") { $0.flags = .contiguous }
        #expect(whole.scatterGatherList.count == 1)
        try caller.free(pages)
        try caller.free(whole)
      }
    }

    @Test(
      "behaviour 25: NumberOfElements is the real count, lengths sum to Length, nothing overlaps",
      arguments: Bench.Kind.allCases)
    func list(kind: Bench.Kind) throws {
      try Bench.run(kind) { bench in
        _ = try bench.liar()
        let caller = try bench.miniport()
        // A15: the last element is trimmed; the list may have room for more than there are.
        let block = try caller.allocate(5 * 4096 + 100, tag: "SCAT") {
          $0.sgListBufferLength = 16 + 24 * 100
        }
        let other = try caller.allocate(3 * 4096, tag: "SCAT")
        let list = block.scatterGatherList
        #expect(list.map(\.length) == [4096, 4096, 4096, 4096, 4096, 100])
        let all = (list + other.scatterGatherList).sorted { $0.address < $1.address }
        for (element, next) in zip(all, all.dropFirst()) {
          #expect(element.address + UInt64(element.length) <= next.address)
        }
        block.writePattern()
        other.writePattern()
        #expect(block.hasPattern())
        try caller.free(block)
        try caller.free(other)
      }
    }

    @Test(
      "behaviour 33: several blocks a queue, of different usages and sizes",
      arguments: Bench.Kind.allCases)
    func several(kind: Bench.Kind) throws {
      try Bench.run(kind) { bench in
        let caller = try bench.miniport()
        var blocks: [SharedMemoryBlock] = []
        for (index, usage) in SharedMemoryUsage.allCases.enumerated() {
          blocks.append(try caller.allocate(UInt32(1 + index * 7000)) { $0.usage = usage })
        }
        let now = try caller.connection.statistics()
        #expect(now.sessionBlocks == 10)
        #expect(now.sessionBytes == UInt64(10 + 45 * 7000))
        for block in blocks { try caller.free(block) }
      }
    }
  }
}
