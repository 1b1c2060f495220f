// More of providers that owe an answer: a free handler that hangs, two answers owed at once,
// handlers that call and call, a provider killed while it takes blocks back.

import Glibc
import NDISDriverKit
import NDISPlatform
import Testing

extension Contract {
  @Suite struct Stuck {
    /// A provider whose free handler waits until the test lets it go.
    private final class Slow: SharedMemoryProvider {
      let inner = RecordingProvider()
      private let isOpen = Monitor<Bool>(false)

      func open() {
        isOpen.withLock { $0 = true }
        isOpen.broadcast()
      }

      func allocateSharedMemory(_ request: ProviderRequest) -> ProviderAnswer {
        inner.allocateSharedMemory(request)
      }

      func freeSharedMemory(_ block: ProviderBlock) {
        _ = isOpen.wait { $0 ? true : nil }
        inner.freeSharedMemory(block)
      }
    }

    @Test(
      "a free whose handler hangs succeeds at the deadline: a free cannot fail",
      arguments: Bench.Kind.allCases)
    func hangingFree(kind: Bench.Kind) throws {
      try Bench.run(kind, Bench.Options { $0.deadline = 600 }) { bench in
        let provider = Slow()
        defer { provider.open() }
        let connection = try bench.connect("vsp", isServing: true)
        let role = ProtocolRole(options: { driver, connection throws(DriverError) in
          try provider.inner.register(driver, on: connection, context: 1)
          try connection.setOptionalHandlers(driver, provider: provider)
        })
        _ = try connection.registerProtocolDriver(role, name: "vsp")
        let caller = try bench.miniport()
        let block = try caller.allocate()
        let other = try caller.allocate()
        let before = MonotonicClock.milliseconds
        try caller.free(block)
        let waited = MonotonicClock.milliseconds - before
        #expect(waited >= 590 && waited < 6_000, "\(waited) ms")
        #expect(try caller.connection.statistics().sessionBlocks == 1)
        try expectRefused(.failure, "providerStuck") { () throws(DriverError) in
          try caller.allocate()
        }
        try caller.free(other)
        provider.open()
        try bench.expectLog("vsp", "lateAnswer")
        // It has answered what it owed and is asked again.
        try caller.free(try caller.allocate())
        #expect(try caller.connection.statistics().sessionBlocks == 0)
      }
    }

    @Test(
      "a provider that owes two answers is stuck until it has given both",
      arguments: Bench.Kind.allCases)
    func twoDebts(kind: Bench.Kind) throws {
      try Bench.run(kind, Bench.Options { $0.deadline = 600 }) { bench in
        let (provider, withheld) = RecordingProvider.withholding()
        let vsp = try bench.provider(provider)
        let caller = try bench.miniport()
        let parameters = SharedMemoryParameters(length: 4096, tag: "LATE")
        let tickets = try (0..<2).map { _ in
          try #require(try caller.connection.beginAllocate(caller.adapter, parameters))
        }
        for ticket in tickets {
          try expectRefused(.failure, "providerDeadline") { () throws(DriverError) in
            try caller.connection.finish(ticket)
          }
        }
        let owed = withheld.withLock { $0 }
        #expect(owed.count == 2)
        for (index, (upcall, answer)) in owed.enumerated() {
          try expectRefused(.failure, "providerStuck") { () throws(DriverError) in
            try caller.allocate()
          }
          vsp.connection.answer(upcall, with: answer)
          try bench.wait("the answer is counted") {
            try bench.statistics().violations == UInt64(index + 1)
          }
        }
        try bench.settle()
        try caller.free(try caller.allocate())
        // Each late block came back once; the last one is the block freed just now.
        let contexts = provider.frees.map(\.sharedMemoryProviderContext)
        let late = owed.map(\.1.sharedMemoryProviderContext)
        #expect(contexts.count == 3 && Set(contexts).count == 3)
        #expect(Set(late).isSubset(of: contexts), "\(contexts) has not all of \(late)")
      }
    }

    /// Providers in a row: each allocates from the next one inside its own handler.
    private final class Chain: Sendable {
      struct State {
        var bindings: [BindingHandle] = []
        var problems: [DriverError] = []
      }
      let state = Monitor<State>(State())

      func provider(_ index: Int) -> RecordingProvider {
        RecordingProvider { [self] request, _ in
          let next = state.withLock { state in
            index + 1 < state.bindings.count ? state.bindings[index + 1] : nil
          }
          guard let next else { return }
          do throws(DriverError) {
            let block = try request.connection.allocate(
              next, SharedMemoryParameters(length: 4096))
            try request.connection.free(block)
          } catch { state.withLock { $0.problems.append(error) } }
        }
      }
    }

    @Test(
      "A37: calls inside handlers nest eight deep and no deeper", arguments: Bench.Kind.allCases)
    func depth(kind: Bench.Kind) throws {
      try Bench.run(kind) { bench in
        let connection = try bench.connect("chain", isServing: true)
        #expect(connection.limits.maximumCallDepth == 8)
        let miniport = try connection.registerMiniportDriver(Miniport(), name: "mini")
        let chain = Chain()
        let role = ProtocolRole(bound: { binding, connection throws(DriverError) in
          let index = chain.state.withLock { state in
            state.bindings.append(binding)
            return state.bindings.count - 1
          }
          try chain.provider(index).register(
            binding, on: connection, context: UInt64(index))
        })
        let driver = try connection.registerProtocolDriver(role, name: "proto")
        for index in 0..<10 {
          _ = try connection.addAdapter(miniport, name: "adapter\(index)")
          _ = try connection.bindAdapter(driver, adapterName: "adapter\(index)")
        }
        let first = try #require(chain.state.withLock { $0.bindings.first })
        let block = try connection.allocate(first, SharedMemoryParameters(length: 4096))
        // Only the innermost call was refused; all others have succeeded.
        let problems = chain.state.withLock { $0.problems }
        #expect(problems.map(\.rule) == ["callDepth"])
        #expect(problems.map(\.status) == [.failure])
        try connection.free(block)
        #expect(try connection.statistics().sessionBlocks == 0)
      }
    }

    @Test(
      "a provider killed while it takes 500 blocks back leaves none",
      arguments: Bench.Kind.allCases)
    func killedWhileReclaiming(kind: Bench.Kind) throws {
      try Bench.run(kind) { bench in
        let liar = try bench.liar()
        let stays = try bench.miniport("stays")
        let kept = try stays.allocate(tag: "OKAY")
        let caller = try bench.miniport("goes")
        for _ in 0..<500 { _ = try caller.allocate(tag: "OKAY") }
        caller.connection.close()
        liar.end()
        try bench.wait("only one block is left") {
          let now = try bench.statistics()
          return now.blocks == 1 && now.sessions == 2 && now.openUpcalls == 0
        }
        #expect(try bench.statistics().leakedBlocks == 500)
        kept.writePattern()
        #expect(kept.hasPattern())
        try stays.free(kept)
      }
    }
  }
}
