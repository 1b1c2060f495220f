// Requests that take longer than the 64 that follow them: they keep their place, their answer and their
// memory of it.

import NDISDriverInterface
import CNDIS
import NDISEvents
import NDISHostedDrivers
import NDIS
import Testing

@testable import NDISSimulator

@Suite struct RequestRingTests {
  /// A host whose miniport leaves calls of one handler unanswered.
  private func bed(
    holding type: Int, adapters: UInt32 = 32
  ) throws -> (host: TestHost, miniport: Driver, driver: Handle, held: () -> [UInt64]) {
    var settings = TestHost.smallSettings
    settings.capacities.adapters = adapters
    let pool = PoolSettings(name: "default", level: .pool, capacity: 100 * 4096)
    let host = try TestHost(settings, pools: [pool], shadow: true)
    let miniport = Driver(host, "mp")
    let driver = miniport.miniport(host)
    final class Held { var ids: [UInt64] = [] }
    let held = Held()
    miniport.override = { _, id, details in
      guard Int(details.type) == type else { return false }
      held.ids.append(id)
      return true
    }
    return (host, miniport, driver, { held.ids })
  }

  @Test("a removal outlasts a hundred frees in its MiniportHaltEx, and its answer is kept")
  func manyFrees() throws {
    let (host, miniport, driver, held) = try bed(holding: NDISSIM_UPCALL_HALT_EX)
    let adapter = miniport.adapter(host, driver, "eth0")
    var blocks: [Handle] = []
    for _ in 0..<100 { blocks.append(miniport.handle(host, Sample.allocate(adapter, 64))) }
    let removal = host.call(miniport.session, .removeAdapter(adapter))
    let halt = try #require(held().first)
    for block in blocks {
      let request = Request.free(ndisHandle: adapter, allocation: block)
      #expect(host.ask(miniport.session, request, context: halt)?.failure.status == .success)
    }
    #expect(host.refusals.isEmpty && host.result(miniport.session, removal) == nil)
    for dma in host.clients[miniport.session]?.handles ?? [] where dma.kind == .dma {
      host.call(miniport.session, .deregisterScatterGatherDMA(dma), context: halt)
    }
    host.answer(miniport.session, halt, ProviderAnswer(status: .success))
    #expect(host.result(miniport.session, removal)?.failure.status == .success)
    // The same request again is answered again, and not carried out.
    host.call(
      miniport.session, .removeAdapter(adapter), id: removal, type: NDISSIM_REMOVE_ADAPTER)
    #expect(host.clients[miniport.session]?.resent.isEmpty == true)
    #expect(host.refusals.isEmpty)
    #expect(host.simulator.statistics(session: nil).leakedBlocks == 0)
    #expect(host.problems == [])
  }

  @Test("sixteen requests may be older than the last 64; the next waits for an answer")
  func sixteen() throws {
    let (host, miniport, driver, held) = try bed(holding: NDISSIM_UPCALL_INITIALIZE_EX)
    let session = miniport.session
    func turnOfTheRing() { for _ in 0..<64 { host.call(session, .ping) } }
    for number in 0..<16 {
      host.call(session, .addAdapter(driver, Name("eth\(number)")))
      turnOfTheRing()
    }
    #expect(host.refusals.isEmpty)
    host.call(session, .addAdapter(driver, Name("eth16")))
    for _ in 0..<63 { host.call(session, .ping) }
    #expect(host.refusals.isEmpty)
    host.call(session, .ping)
    #expect(host.refusals.map(\.reason) == [.tooManyOutstanding])
    // One of the old ones is answered, and there is room again.
    let oldest = try #require(held().first)
    host.answer(session, oldest, ProviderAnswer(status: .failure))
    turnOfTheRing()
    #expect(host.refusals.count == 1)
    #expect(host.problems == [])
  }
}
