// Ends that once went wrong: found by the generated test or by reading, each kept here by itself.

import NDISDriverInterface
import CNDIS
import NDISEvents
import NDIS
import Testing

@testable import NDISSimulator

@Suite struct EndingTests {
  @Test("deregistering one driver leaves the session's others alone")
  func onlyThatDriver() throws {
    let host = try TestHost()
    let driver = Driver(host, "two")
    let first = driver.protocolDriver(host)
    let second = driver.protocolDriver(host)
    let block = driver.handle(host, Sample.allocate(second))
    #expect(host.ask(driver.session, .deregisterDriver(first))?.failure.status == .success)
    #expect(host.simulator.statistics(session: nil).drivers == 1)
    #expect(host.simulator.statistics(session: nil).sessions == 1)
    #expect(host.simulator.allocation(block) != nil)
    #expect(host.ask(driver.session, .ping)?.failure.status == .success)
    #expect(host.problems == [])
  }

  @Test("a session that dies while it is being reset leaves no request behind")
  func deathDuringReset() throws {
    let host = try TestHost()
    let driver = Driver(host, "reset")
    _ = driver.adapter(host, driver.miniport(host), "eth0")
    driver.override = { _, _, _ in true }  // MiniportPause is not answered
    host.call(driver.session, .reset)
    host.end(driver.session)
    let left = host.simulator.statistics(session: nil)
    #expect(left.openRequests == 0 && left.openUpcalls == 0 && left.sessions == 0)
    #expect(host.problems == [])
  }

  @Test(
    "a provider that owes a late answer keeps its registration, so that no other gets the blame")
  func lateAnswerAfterEnd() throws {
    let host = try TestHost()
    let provider = Driver(host, "late", provides: true)
    let handle = provider.protocolDriver(host)
    let caller = Driver(host, "caller")
    let owner = caller.protocolDriver(host)
    let section = try #require(provider.offer(host, domain: owner))
    var held: UInt64 = 0
    provider.override = { _, id, details in
      guard Int(details.type) == NDISSIM_UPCALL_ALLOCATE_SHARED_MEMORY else { return false }
      held = id
      return true
    }
    let id = host.call(caller.session, Sample.allocate(owner))
    host.expire(after: 5_000)
    #expect(host.result(caller.session, id)?.failure.reason == .providerDeadline)
    #expect(host.ask(caller.session, Sample.allocate(owner))?.failure.reason == .providerStuck)
    host.call(provider.session, .deregisterDriver(handle))
    let other = Driver(host, "other", provides: true)
    _ = other.protocolDriver(host)
    host.answer(
      provider.session, held,
      ProviderAnswer(
        status: .success, providerContext: 42, section: section,
        extents: [Extent(offset: 0, length: 4096)]))
    #expect(provider.freed == [42])
    #expect(other.freed == [])
    #expect(host.simulator.statistics(session: nil).registrations == 3)
    #expect(host.problems == [])
  }

  @Test("UNBIND_ADAPTER during BIND_ADAPTER is refused, and both are answered")
  func unbindDuringBind() throws {
    let host = try TestHost()
    let miniport = Driver(host, "mp")
    _ = miniport.adapter(host, miniport.miniport(host), "eth0")
    let binder = Driver(host, "binder")
    let prot = binder.protocolDriver(host)
    var unbind: RequestResult?
    binder.override = { host, id, details in
      guard Int(details.type) == NDISSIM_UPCALL_BIND_ADAPTER_EX else { return false }
      unbind = host.ask(binder.session, .unbindAdapter(details.object))
      return false
    }
    let bound = host.ask(binder.session, .bindAdapter(prot, Name("eth0")))
    #expect(unbind?.failure.reason == .wrongState)
    #expect(bound?.failure.status == .success)
    #expect(host.simulator.statistics(session: nil).openRequests == 0)
  }

  @Test(
    "an adapter that goes while a bind succeeds: the unbind handler is called, nobody is blamed")
  func adapterGoesDuringBind() throws {
    let host = try TestHost()
    let miniport = Driver(host, "mp")
    let adapter = miniport.adapter(host, miniport.miniport(host), "eth0")
    let binder = Driver(host, "binder")
    let prot = binder.protocolDriver(host)
    binder.override = { host, id, details in
      if Int(details.type) == NDISSIM_UPCALL_BIND_ADAPTER_EX {
        host.call(miniport.session, .removeAdapter(adapter))
        while host.step() {}
      }
      return false
    }
    let bound = host.ask(binder.session, .bindAdapter(prot, Name("eth0")))
    #expect(bound?.failure.reason == .ownerEnded)
    #expect(
      host.upcalls.contains { Int($0.details.type) == NDISSIM_UPCALL_UNBIND_ADAPTER_EX })
    #expect(host.simulator.statistics(session: nil).violations == 0)
    #expect(host.simulator.statistics(session: nil).bindings == 0)
    #expect(host.problems == [])
  }

  @Test("a DMA handle is never given out twice")
  func dmaHandleOnce() throws {
    let host = try TestHost()
    let driver = Driver(host, "dma")
    var again: RequestResult?
    driver.override = { host, id, details in
      guard Int(details.type) == NDISSIM_UPCALL_INITIALIZE_EX else { return false }
      let answer = driver.honest(host, id, details)
      let dma = host.clients[driver.session]?.handles.last { $0.kind == .dma } ?? .null
      host.call(driver.session, .deregisterScatterGatherDMA(dma), context: id)
      again = host.ask(
        driver.session, .registerScatterGatherDMA(details.object, Sample.dma), context: id)
      host.answer(driver.session, id, answer)
      return true
    }
    _ = driver.adapter(host, driver.miniport(host), "eth0")
    #expect(again?.failure.reason == .alreadyDone)
  }

  @Test("a provider whose process has gone is not asked; the next in order serves")
  func deadProviderIsNotAsked() throws {
    let host = try TestHost()
    let provider = Driver(host, "dead", provides: true)
    _ = provider.protocolDriver(host)
    let caller = Driver(host, "caller")
    let owner = caller.protocolDriver(host)
    host.settlesAtOnce = false
    host.end(provider.session)
    let result = host.ask(caller.session, Sample.allocate(owner))
    #expect(result?.failure.status == .success)
    #expect(host.problems == [])
  }
}
