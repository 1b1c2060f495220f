// Providers that do not answer, or too late. Deadlines are short here; nothing sleeps.

import NDISDriverKit
import NDISPlatform
import Testing

extension Contract {
  @Suite struct Deadlines {
    private static let short = Bench.Options { $0.deadline = 600 }

    @Test(
      "a provider that hangs fails the call at its deadline and others at once",
      arguments: Bench.Kind.allCases)
    func hang(kind: Bench.Kind) throws {
      try Bench.run(kind, Deadlines.short) { bench in
        let liar = try bench.liar()
        let caller = try bench.miniport()
        let block = try caller.allocate(tag: "OKAY")
        block.writePattern()
        var before = MonotonicClock.milliseconds
        try expectRefused(.failure, "providerDeadline") { () throws(DriverError) in
          try caller.allocate(tag: "HANG")
        }
        let waited = MonotonicClock.milliseconds - before
        #expect(waited >= 590 && waited < 6_000, "\(waited) ms")
        before = MonotonicClock.milliseconds
        for _ in 0..<10 {
          try expectRefused(.failure, "providerStuck") { () throws(DriverError) in
            try caller.allocate(tag: "OKAY")
          }
        }
        // At once, and not a deadline each.
        #expect(MonotonicClock.milliseconds - before < 5 * 600)
        #expect(liar.allocations.count == 2)
        // Its block is good, and can be freed without it.
        #expect(block.hasPattern())
        try caller.free(block)
        #expect(liar.frees.isEmpty)
        try bench.expectLog("liar", "did not answer upcall")
        liar.end()
        try bench.wait("the stuck provider has gone") {
          try bench.statistics().registrations == bench.hosted
        }
        try caller.free(try caller.allocate())
      }
    }

    @Test(
      "a late answer is freed back once, and the provider is asked again",
      arguments: Bench.Kind.allCases)
    func late(kind: Bench.Kind) throws {
      try Bench.run(kind, Deadlines.short) { bench in
        let (provider, withheld) = RecordingProvider.withholding()
        let vsp = try bench.provider(provider)
        let caller = try bench.miniport()
        try expectRefused(.failure, "providerDeadline") { () throws(DriverError) in
          try caller.allocate(tag: "LATE")
        }
        try expectRefused(.failure, "providerStuck") { () throws(DriverError) in
          try caller.allocate()
        }
        let (upcall, answer) = try #require(withheld.withLock { $0.first })
        vsp.connection.answer(upcall, with: answer)
        try bench.wait("the late block has come back") { provider.frees.count == 1 }
        #expect(
          provider.frees.map(\.sharedMemoryProviderContext) == [answer.sharedMemoryProviderContext])
        try bench.expectLog("vsp", "lateAnswer")
        #expect(try bench.statistics().violations == 1)
        try caller.free(try caller.allocate())
        // A second answer to the same upcall is no answer any more.
        vsp.connection.answer(upcall, with: answer)
        try vsp.connection.ping()
        #expect(try bench.statistics().violations == 2)
        #expect(provider.frees.count == 2)
      }
    }

    @Test(
      "an answer at the provider's next upcall, within the deadline, is in time",
      arguments: Bench.Kind.allCases)
    func answeredLaterInTime(kind: Bench.Kind) throws {
      try Bench.run(kind) { bench in
        let liar = try bench.liar()
        let slow = try bench.miniport("slow")
        let quick = try bench.miniport("quick")
        let ticket = try #require(
          try slow.connection.beginAllocate(
            slow.adapter, SharedMemoryParameters(length: 4096, tag: "LATE")))
        // Its section is offered in the handler; before that the handler can still be interrupted.
        try bench.wait("the provider has offered memory") { try bench.statistics().sections == 1 }
        #expect(liar.allocations.count == 1)
        let other = try quick.allocate(tag: "OKAY")
        let block = try slow.connection.finish(ticket)
        block.writePattern()
        other.writePattern()
        #expect(block.hasPattern())
        try slow.free(block)
        try quick.free(other)
        #expect(try bench.statistics().violations == 0)
      }
    }

    @Test(
      "a caller that goes while its provider thinks leaves nothing", arguments: Bench.Kind.allCases)
    func abandoned(kind: Bench.Kind) throws {
      try Bench.run(kind) { bench in
        let withheld = Monitor<[(UInt64, ProviderAnswer)]>([])
        let provider = RecordingProvider { request, answer in
          let kept = (request.upcall, answer)
          withheld.withLock { $0.append(kept) }
          answer = .suppressed
        }
        let vsp = try bench.provider(provider)
        let caller = try bench.miniport()
        _ = try caller.connection.beginAllocate(
          caller.adapter, SharedMemoryParameters(length: 4096))
        try bench.wait("the provider has the call") { withheld.withLock { $0.count } == 1 }
        caller.connection.close()
        try bench.wait("the caller has gone") { try bench.statistics().sessions == 2 }
        let (upcall, answer) = try #require(withheld.withLock { $0.first })
        vsp.connection.answer(upcall, with: answer)
        try bench.wait("the block has come back") { provider.frees.count == 1 }
        try bench.settle()
        #expect(try bench.statistics().blocks == 0)
        #expect(try bench.statistics().violations == 0)
      }
    }
  }
}
