// NdisMAllocateSharedMemory, NdisMAllocateSharedMemoryAsyncEx and NdisMFreeSharedMemory through the kit: addresses that
// a driver can use, and frees by address.

import NDISDriverKit
import NDISPlatform
import Testing

/// A miniport that allocates with the older routines.
private final class OlderRole: MiniportDriver {
  struct State: Sendable {
    var memory: [MiniportSharedMemory] = []
    var dma = DMAHandle.null
    var completed: [(memory: MiniportSharedMemory?, length: UInt32, context: UInt64)] = []
  }
  let state = Monitor<State>(State())
  private let lengths: [UInt32]

  init(_ lengths: [UInt32] = []) { self.lengths = lengths }

  var memory: [MiniportSharedMemory] { state.withLock { $0.memory } }
  var dma: DMAHandle { state.withLock { $0.dma } }

  func initializeEx(
    _ adapter: AdapterHandle, name: String, on connection: Connection
  ) throws(DriverError) -> Status {
    try connection.setMiniportAttributes(adapter, context: adapter.rawValue)
    let dma = try connection.registerScatterGatherDMA(adapter).handle
    state.withLock { $0.dma = dma }
    for length in lengths {
      let memory = try connection.mAllocateSharedMemory(
        adapter, length: length, isCached: true, tag: "OLDR")
      state.withLock { $0.memory.append(memory) }
    }
    return .success
  }

  func haltEx(
    _ adapter: AdapterHandle, context: UInt64, action: HaltAction, on connection: Connection
  ) throws(DriverError) -> Status {
    for memory in memory { try connection.mFreeSharedMemory(memory) }
    try connection.deregisterScatterGatherDMA(dma)
    return .success
  }

  func sharedMemoryAllocateComplete(
    _ adapter: AdapterHandle, context: UInt64, _ memory: MiniportSharedMemory?, length: UInt32,
    allocationContext: UInt64, on connection: Connection
  ) {
    state.withLock { state in
      state.completed.append((memory, length, allocationContext))
      if let memory { state.memory.append(memory) }
    }
  }
}

extension Contract {
  @Suite struct MiniportMemory {
    @Test(
      "NdisMAllocateSharedMemory provides the virtual and the physical address of a range",
      arguments: Bench.Kind.allCases)
    func addresses(kind: Bench.Kind) throws {
      try Bench.run(kind) { bench in
        let role = OlderRole([4096, 10_000])
        let connection = try bench.connect("older")
        let driver = try connection.registerMiniportDriver(role, name: "older")
        let adapter = try connection.addAdapter(driver, name: "older0")
        let memory = role.memory
        #expect(memory.map(\.length) == [4096, 10_000])
        #expect(memory.allSatisfy { $0.address != 0 && $0.block.sharedMemoryHandle == .null })
        #expect(memory[0].physicalAddress != memory[1].physicalAddress)
        for one in memory { one.block.writePattern() }
        #expect(memory.allSatisfy { $0.block.hasPattern() })
        try connection.removeAdapter(adapter)
        #expect(try connection.statistics().sessionViolations == 0)
        #expect(try connection.statistics().sessionLeakedBlocks == 0)
      }
    }

    @Test(
      "NdisMFreeSharedMemory finds the memory at its VirtualAddress",
      arguments: Bench.Kind.allCases)
    func byAddress(kind: Bench.Kind) throws {
      try Bench.run(kind) { bench in
        let role = OlderRole([8192])
        let connection = try bench.connect("older")
        let driver = try connection.registerMiniportDriver(role, name: "older")
        let adapter = try connection.addAdapter(driver, name: "older0")
        let one = try #require(role.memory.first)
        let wrong: [(String, UInt64)] = [
          ("freeSubrange", one.address + 4096), ("freeUnknownAddress", 8),
          ("freeUnknownAddress", 0),
        ]
        for (rule, address) in wrong {
          let error = try expectRefused(.failure, rule) { () throws(DriverError) in
            try connection.mFreeSharedMemory(
              adapter, length: 8192, isCached: true, virtualAddress: address,
              physicalAddress: one.physicalAddress)
          }
          #expect(error.bugCheck?.code == 0x7C && error.bugCheck?.parameters.0 == 3)
        }
        try connection.mFreeSharedMemory(one)
        role.state.withLock { $0.memory = [] }
        _ = try expectRefused(.failure, "doubleFree") { () throws(DriverError) in
          try connection.mFreeSharedMemory(one)
        }
        try connection.removeAdapter(adapter)
        #expect(try connection.statistics().sessionViolations == 4)
      }
    }

    @Test(
      "MiniportSharedMemoryAllocateComplete gets the memory, or NULL",
      arguments: Bench.Kind.allCases)
    func asynchronous(kind: Bench.Kind) throws {
      try Bench.run(kind) { bench in
        let role = OlderRole()
        let connection = try bench.connect("older", isServing: true)
        let driver = try connection.registerMiniportDriver(role, name: "older")
        let adapter = try connection.addAdapter(driver, name: "older0")
        try withIRQL(.dispatch) { () throws(DriverError) in
          try connection.mAllocateSharedMemoryAsyncEx(
            role.dma, length: 5000, isCached: true, context: 7)
        }
        try connection.mAllocateSharedMemoryAsyncEx(role.dma, length: 0xF000_0000, context: 8)
        try bench.wait("both completions") { role.state.withLock { $0.completed.count == 2 } }
        let completed = role.state.withLock { $0.completed }
        let found = try #require(completed.first { $0.context == 7 }?.memory)
        #expect(found.length == 5000 && found.isCached)
        found.block.writePattern()
        #expect(found.block.hasPattern())
        let failed = try #require(completed.first { $0.context == 8 })
        #expect(failed.memory == nil && failed.length == 0xF000_0000)
        let error = try expectRefused(.failure, "wrongKindOfHandle") { () throws(DriverError) in
          try connection.mAllocateSharedMemoryAsyncEx(
            DMAHandle(rawValue: adapter.rawValue), length: 1, context: 0)
        }
        #expect(error.routine == "NdisMAllocateSharedMemoryAsyncEx")
        try connection.removeAdapter(adapter)
        #expect(try connection.statistics().sessionViolations == 0)
        #expect(try connection.statistics().sessionLeakedBlocks == 0)
      }
    }
  }
}
