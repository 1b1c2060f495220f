// Ends in the middle of things: a provider killed while it is asked, an adapter removed while its
// allocation is open, a daemon stopped with blocks live.

import Glibc
import NDISDriverKit
import NDISPlatform
import Testing

extension Contract {
  @Suite struct Endings {
    @Test(
      "a provider that dies under load: every call ends, by it or by the pool, and nothing is left",
      arguments: Bench.Kind.allCases)
    func providerUnderLoad(kind: Bench.Kind) throws {
      try Bench.run(kind) { bench in
        let liar = try bench.liar()
        let caller = try bench.miniport()
        var blocks: [SharedMemoryBlock] = []
        var tickets: [AllocationTicket] = []
        for _ in 0..<20 { blocks.append(try caller.allocate(tag: "OKAY")) }
        let parameters = SharedMemoryParameters(length: 4096, tag: "OKAY")
        for _ in 0..<40 {
          if let ticket = try caller.connection.beginAllocate(caller.adapter, parameters) {
            tickets.append(ticket)
          }
        }
        var frees: [FreeTicket] = []
        for _ in 0..<10 {
          if let ticket = try caller.connection.beginFree(blocks.removeLast()) {
            frees.append(ticket)
          }
        }
        liar.end()
        for ticket in tickets {
          do throws(DriverError) { blocks.append(try caller.connection.finish(ticket)) } catch {
            #expect(error.status == .failure && error.rule == "providerDied", "\(error)")
          }
        }
        // A free cannot fail.
        for ticket in frees { try caller.connection.finish(ticket) }
        try bench.wait("the provider has gone") { try bench.statistics().sessions == 2 }
        blocks.append(try caller.allocate())
        for block in blocks {
          block.writePattern()
          #expect(block.hasPattern())
        }
        for block in blocks { try caller.free(block) }
        let now = try caller.connection.statistics()
        #expect(now.sessionBlocks == 0 && now.sessionBytes == 0 && now.leakedBlocks == 0)
        #expect(now.registrations == bench.hosted)
      }
    }

    @Test(
      "an adapter removed while its allocation is open: the call fails, the block goes back",
      arguments: Bench.Kind.allCases)
    func removedMeanwhile(kind: Bench.Kind) throws {
      try Bench.run(kind) { bench in
        let (provider, withheld) = RecordingProvider.withholding()
        let vsp = try bench.provider(provider)
        let caller = try bench.miniport()
        let ticket = try #require(
          try caller.connection.beginAllocate(
            caller.adapter, SharedMemoryParameters(length: 4096, tag: "LATE")))
        try bench.wait("the provider has the call") { withheld.withLock { $0.count } == 1 }
        try caller.connection.removeAdapter(caller.adapter)
        let (upcall, answer) = try #require(withheld.withLock { $0.first })
        vsp.connection.answer(upcall, with: answer)
        try expectRefused(.failure, "ownerEnded") { () throws(DriverError) in
          try caller.connection.finish(ticket)
        }
        try bench.wait("the block has come back") { provider.frees.count == 1 }
        try bench.settle()
        #expect(try caller.connection.statistics().sessionBlocks == 0)
        #expect(try bench.statistics().violations == 0)
      }
    }

    @Test(
      "a section is withdrawn when it has no live block, and not before",
      arguments: Bench.Kind.allCases)
    func withdrawal(kind: Bench.Kind) throws {
      try Bench.run(kind) { bench in
        let provider = RecordingProvider()
        let vsp = try bench.provider(provider)
        let caller = try bench.miniport()
        let block = try caller.allocate()
        let section = try #require(provider.answers.first?.section)
        try expectRefused(.failure, "sectionInUse") { () throws(DriverError) in
          try vsp.connection.withdrawSection(section)
        }
        try expectRefused(.invalidParameter, "foreignHandle") { () throws(DriverError) in
          try caller.connection.withdrawSection(section)
        }
        try caller.free(block)
        try vsp.connection.withdrawSection(section)
        try expectRefused(.invalidParameter, "staleHandle") { () throws(DriverError) in
          try vsp.connection.withdrawSection(section)
        }
        #expect(try bench.statistics().sections == 0)
        // Another one is offered when it is needed.
        try caller.free(try caller.allocate())
      }
    }

    @Test("a daemon stopped with blocks live says goodbye and exits with 0")
    func stopped() throws {
      let daemon = try DaemonProcess(["--seed", "1"])
      let connection = try Connection(path: daemon.socketPath, name: "mini")
      let driver = try connection.registerMiniportDriver(Miniport(), name: "mini")
      let adapter = try connection.addAdapter(driver, name: "mini")
      let block = try connection.allocate(adapter, SharedMemoryParameters(length: 65536))
      block.writePattern()
      daemon.child.send(SIGTERM)
      #expect(daemon.child.wait() == 0)
      // The client learns why, and its memory is still mapped.
      let error = try #require(throws: DriverError.self) { try connection.ping() }
      #expect(error.kind == .connection && error.rule == "daemonStopping", "\(error)")
      #expect(block.hasPattern())
      connection.close()
      let lines = daemon.child.lines
      #expect(lines.contains { $0.contains("did not free a block of 65536 bytes") })
      #expect(lines.last?.contains("stopped") == true)
    }
  }
}
