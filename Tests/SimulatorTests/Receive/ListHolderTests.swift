// Who is blamed when lists do not come back: NDIS waits for a pause or for the end of a queue or VPort, the miniport
// waits for its lists, and a binding holds them.

import NDISDriverInterface
import CNDIS
import NDISEvents
import NDIS
import Testing

@testable import NDISSimulator
import NDISStore

@Suite struct ListHolderTests {
  /// The violations, by reason and driver.
  private func blamed(_ path: ReceivePath) -> [(violation: Violation, driver: String)] {
    path.host.events.compactMap {
      guard case .violation(let violation) = $0 else { return nil }
      return (violation, "\(violation.party.driver)")
    }
  }

  private func awaited(_ path: ReceivePath) -> [AwaitedHolder] {
    path.host.events.compactMap {
      if case .listsAwaited(let holder) = $0 { holder } else { nil }
    }
  }

  /// A pause that the miniport has begun; the call of MiniportPause.
  private func pause(_ path: ReceivePath, pends: Bool) throws -> UInt64 {
    var call: UInt64?
    path.miniport.override = { _, id, details in
      guard Int(details.type) == NDISSIM_UPCALL_PAUSE else { return false }
      call = id
      return true
    }
    path.host.call(path.miniport.session, .changeAdapter(path.adapter, .pause([])))
    let id = try #require(call)
    if pends {
      path.host.answer(path.miniport.session, id, ProviderAnswer(status: .pending))
    }
    return id
  }

  @Test(
    "NDIS_BUGCHECK_WATCHDOG, lost NBLs: who holds the lists is late with a pause, not the miniport",
    arguments: [false, true])
  func pauseWaits(pends: Bool) throws {
    let path = try ReceivePath()
    let culprit = Receiver(path.host, "culprit")
    let innocent = Receiver(path.host, "innocent")
    _ = path.indicate([try path.list(nil), try path.list(nil)], flags: 0)
    innocent.returnAll(path.host)
    let call = try pause(path, pends: pends)
    let told = awaited(path)
    #expect(told.map(\.lists) == [2] && told.map(\.waiter) == ["MiniportPause"])
    #expect(told.map(\.party.binding) == [culprit.binding])
    path.host.expire(after: 6_000)
    let found = blamed(path)
    #expect(found.map(\.violation.failure) == [Failure(.failure, .listsNotReturned, 2, 5_000)])
    #expect(found.map(\.violation.party.binding) == [culprit.binding])
    #expect(found.map(\.violation.handle) == [culprit.binding])
    #expect(found.map(\.violation.party.adapter) == [Name("eth0")])
    #expect(found.first?.violation.bugCheck == .watchdog(.miniportPause, path.adapter))
    #expect(path.host.simulator.adapterState(path.index) == .paused)
    // What the miniport says afterwards is not too late.
    culprit.returnAll(path.host)
    if pends {
      let complete = Request.pauseComplete(path.adapter)
      #expect(path.host.ask(path.miniport.session, complete)?.failure.status == .success)
      #expect(blamed(path).count == 1)
      // Once.
      let again = path.host.ask(path.miniport.session, complete)
      #expect(again?.failure.reason == .completionUnexpected)
    } else {
      path.host.answer(path.miniport.session, call, ProviderAnswer(status: .success))
      #expect(blamed(path).count == 1)
    }
    #expect(path.host.problems == [])
  }

  @Test("a pause that is late although no list is out is the miniport's fault", arguments: [0, 1])
  func pauseIsLate(holders: Int) throws {
    let path = try ReceivePath()
    let receiver = Receiver(path.host, "up")
    _ = path.indicate([try path.list(nil)], flags: 0)
    if holders == 0 { receiver.returnAll(path.host) }
    _ = try pause(path, pends: true)
    // A holder whose process ends gives its lists back.
    if holders == 1 { path.host.end(receiver.driver.session) }
    path.host.expire(after: 6_000)
    let found = blamed(path).filter { $0.violation.failure.reason != .leak }
    #expect(found.map(\.violation.failure.reason) == [.handlerDeadline])
    #expect(found.map(\.driver) == ["mp"])
    #expect(path.host.problems == [])
  }

  @Test("Freeing a VM Queue: the miniport waits for its lists, so their holder is late")
  func freeQueueWaits() throws {
    let bed = try QueueBed()
    let id = bed.queue(in: .paused)
    let culprit = bed.binding
    let filter = bed.setFilter(id)
    bed.indicateLists(id)
    bed.clear(filter, id)
    bed.holds = OID_RECEIVE_FILTER_FREE_QUEUE
    #expect(
      bed.issue(
        .set, OID_RECEIVE_FILTER_FREE_QUEUE, ReceiveQueueFreeParameters(queueID: id).image())
        == nil)
    bed.indicate(id)
    let told: [AwaitedHolder] = bed.host.events.compactMap {
      if case .listsAwaited(let holder) = $0 { holder } else { nil }
    }
    #expect(told.map(\.queueID) == [id] && told.map(\.lists) == [2])
    #expect(told.map(\.waiter) == ["OID_RECEIVE_FILTER_FREE_QUEUE"])
    bed.host.expire(after: 13_000)
    let found: [Violation] = bed.host.events.compactMap {
      if case .violation(let violation) = $0 { violation } else { nil }
    }
    #expect(found.map(\.failure) == [Failure(.failure, .listsNotReturned, 2, 12_000)])
    #expect(found.map(\.party.binding) == [culprit] && found.first?.bugCheck == nil)
    #expect(bed.told.last?.failure.reason == .oidDeadline)
    // The handler's late return is excused.
    bed.answerHeld(.success)
    #expect(bed.violations == [.listsNotReturned] && bed.host.problems == [])
  }

  @Test("Freeing a VM Queue: a completion after the deadline is excused once", arguments: [1, 2])
  func lateCompletion(times: Int) throws {
    let bed = try QueueBed()
    let id = bed.queue(in: .paused)
    let filter = bed.setFilter(id)
    bed.indicateLists(id)
    bed.clear(filter, id)
    bed.holds = OID_RECEIVE_FILTER_FREE_QUEUE
    bed.issue(.set, OID_RECEIVE_FILTER_FREE_QUEUE, ReceiveQueueFreeParameters(queueID: id).image())
    let oid = try #require(bed.seen.last?.handle)
    bed.answerHeld(.pending)
    bed.indicate(id)
    bed.host.expire(after: 13_000)
    #expect(bed.violations == [.listsNotReturned])
    var ends: [Reason] = []
    for _ in 0..<times {
      let end = Request.completeOIDRequest(
        adapter: bed.adapter, oid: oid, .success, OIDResult())
      ends.append(bed.host.ask(bed.miniport.session, end)?.failure.reason ?? .none)
    }
    #expect(ends == (times == 1 ? [.none] : [.none, .oidNotPending]))
    #expect(bed.violations.count == times && bed.host.problems == [])
  }

  @Test("Freeing a VM Queue: who holds lists of another queue is not blamed")
  func otherQueue() throws {
    let bed = try QueueBed()
    let other = bed.queue(in: .running)
    bed.indicateLists(other)
    let id = bed.queue(in: .paused)
    bed.holds = OID_RECEIVE_FILTER_FREE_QUEUE
    bed.issue(.set, OID_RECEIVE_FILTER_FREE_QUEUE, ReceiveQueueFreeParameters(queueID: id).image())
    bed.indicate(id)
    bed.host.expire(after: 13_000)
    #expect(bed.violations == [.oidDeadline])
    #expect(bed.host.problems == [])
  }
}
