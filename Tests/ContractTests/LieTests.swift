// Lies: what a provider must not answer. The caller gets FAILURE, the violation is the provider's,
// and what it had given is given back to it.

import NDISDriverKit
import NDISPlatform
import Testing

extension Contract {
  @Suite struct Lies {
    /// A lie: the tag that asks for it, the rule it breaks.
    struct Lie: Sendable, CustomTestStringConvertible {
      var tag: PoolTag
      var rule: String
      var length: UInt32 = 4096
      var flags: SharedMemoryFlags = []
      /// Whether the provider had said SUCCESS, about a block that can be named.
      var isGivenBack = true
      var testDescription: String { "\(tag)" }
    }

    static let all: [Lie] = [
      Lie(tag: "OUTS", rule: "providerExtentRange"),
      Lie(tag: "OVER", rule: "providerOverlap"),
      Lie(tag: "SHRT", rule: "providerLength"),
      Lie(tag: "LONG", rule: "providerLength"),
      Lie(tag: "UNAL", rule: "providerExtentAlignment"),
      Lie(tag: "SPLT", rule: "providerContiguity", length: 3 * 4096, flags: .contiguous),
      Lie(tag: "STAT", rule: "providerStatus", isGivenBack: false),
      Lie(tag: "PEND", rule: "providerStatus", isGivenBack: false),
      Lie(tag: "IRQL", rule: "providerIRQL"),
      Lie(tag: "FSEC", rule: "providerSection"),
      Lie(tag: "ZERO", rule: "providerExtentCount"),
      Lie(tag: "MANY", rule: "providerExtentCount"),
      Lie(tag: "SHRB", rule: "providerMalformed", isGivenBack: false),
    ]

    @Test(
      "a lie is the caller's FAILURE, the provider's violation, and leaves nothing",
      arguments: Bench.Kind.allCases)
    func lies(kind: Bench.Kind) throws {
      try Bench.run(kind) { bench in
        let liar = try bench.liar()
        let caller = try bench.miniport()
        // A block that OVER can overlap, and that must not suffer from any lie.
        let honest = try caller.allocate(8192, tag: "OKAY")
        honest.writePattern()
        for (index, lie) in Lies.all.enumerated() {
          let before = liar.frees.count
          let error = try expectFailure(lie) { () throws(DriverError) in
            try caller.allocate(lie.length, tag: lie.tag) { $0.flags = lie.flags }
          }
          try bench.settle()
          #expect(error.bugCheck == nil, "\(lie.tag): the break is not the caller's")
          #expect(try bench.statistics().violations == UInt64(index + 1), "\(lie.tag)")
          #expect(liar.frees.count - before == (lie.isGivenBack ? 1 : 0), "\(lie.tag)")
          #expect(try caller.connection.statistics().sessionBlocks == 1, "\(lie.tag)")
          try bench.expectLog("liar", "returned an invalid result", lie.rule)
        }
        #expect(try caller.connection.statistics().sessionViolations == 0)
        #expect(!liar.frees.contains(1))
        #expect(honest.hasPattern())
        // The provider may lie again, and be honest again.
        try caller.free(try caller.allocate(tag: "OKAY"))
        try caller.free(honest)
      }
    }

    private func expectFailure(
      _ lie: Lie, _ body: () throws(DriverError) -> SharedMemoryBlock
    ) throws -> DriverError {
      do throws(DriverError) { _ = try body() } catch {
        #expect(error.kind == .ndis && error.status == .failure, "\(lie.tag): \(error)")
        return error
      }
      throw BenchProblem("\(lie.tag) was believed")
    }

    @Test(
      "an answer that names no block frees none, even if the NULL context is in use",
      arguments: Bench.Kind.allCases)
    func malformedAnswer(kind: Bench.Kind) throws {
      try Bench.run(kind) { bench in
        let liar = try bench.liar()
        let caller = try bench.miniport()
        let nameless = try caller.allocate(tag: "NULL")
        nameless.writePattern()
        try #require(throws: DriverError.self) { try caller.allocate(tag: "SHRB") }
        try bench.settle()
        // A free with context 0 would have given the live block's memory away.
        #expect(liar.frees.isEmpty)
        #expect(nameless.hasPattern())
        try caller.free(nameless)
        #expect(liar.frees == [0])
      }
    }

    @Test("a provider's free handler that returns at DISPATCH_LEVEL has broken a rule")
    func freeAtDispatch() throws {
      final class Raising: SharedMemoryProvider {
        let inner = RecordingProvider()
        func allocateSharedMemory(_ request: ProviderRequest) -> ProviderAnswer {
          inner.allocateSharedMemory(request)
        }
        func freeSharedMemory(_ block: ProviderBlock) {
          inner.freeSharedMemory(block)
          CurrentIRQL.level = .dispatch
        }
      }
      try Bench.run(.inMemory) { bench in
        let provider = Raising()
        let connection = try bench.connect("vsp", isServing: true)
        let role = ProtocolRole(options: { driver, connection throws(DriverError) in
          try provider.inner.register(driver, on: connection, context: 1)
          try connection.setOptionalHandlers(driver, provider: provider)
        })
        _ = try connection.registerProtocolDriver(role, name: "vsp")
        let caller = try bench.miniport()
        // A free cannot be refused: the caller sees nothing of it.
        try caller.free(try caller.allocate())
        #expect(try bench.statistics().violations == 1)
        try bench.expectLog("NetFreeSharedMemory", "providerIRQL")
      }
    }

    @Test("a provider that dies in its handler fails the call", arguments: Bench.Kind.allCases)
    func death(kind: Bench.Kind) throws {
      try Bench.run(kind) { bench in
        _ = try bench.liar()
        let caller = try bench.miniport()
        let block = try caller.allocate(tag: "OKAY")
        block.writePattern()
        try expectRefused(.failure, "providerDied") { () throws(DriverError) in
          try caller.allocate(tag: "DIES")
        }
        #expect(block.hasPattern())
        try bench.expectLog("liar died as a provider")
        // The pool serves the next one.
        try caller.free(try caller.allocate(tag: "OKAY"))
        try caller.free(block)
        #expect(try caller.connection.statistics().sessionBlocks == 0)
      }
    }
  }
}
