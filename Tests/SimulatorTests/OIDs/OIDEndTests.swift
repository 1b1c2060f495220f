// Requests that end before their miniport would have ended them: cancelled, closed, halted, or with one of
// the processes gone. Nobody waits for ever, and nobody is told twice.

import NDISDriverInterface
import CNDIS
import NDISEvents
import NDIS
import Testing

@testable import NDISSimulator
import NDISStore

@Suite struct OIDEndTests {
  // MARK: Cancellation

  @Test("NdisCancelOidRequest: queued ones end at once, the miniport is asked to end its own, once")
  func cancel() throws {
    let scene = try OIDScene()
    scene.pend()
    let handles = [7, 7, 8, 7].compactMap { scene.request(id: $0)?.value }
    #expect(scene.cancel(7)?.failure.status == .success)
    #expect(scene.told.map(\.handle) == [handles[1], handles[3]])
    #expect(scene.told.allSatisfy { $0.failure == Failure(.requestAborted, .oidAborted, 7) })
    #expect(scene.cancelled.map(\.handle) == [handles[0]])
    #expect(scene.cancelled.first?.call.requestID == 7)
    scene.cancel(7)
    #expect(scene.cancelled.count == 1)
    // It ends when the miniport says so.
    scene.complete(handles[0], .requestAborted)
    #expect(scene.told.last?.failure.status == .requestAborted)
    #expect(scene.told.count == 3)
    scene.complete(handles[2])
    #expect(scene.told.count == 4)
    #expect(scene.violations == [])
    scene.expectNothingLeft()
  }

  @Test("a request whose Timeout has passed is cancelled, by NDIS and once")
  func timeout() throws {
    let scene = try OIDScene()
    scene.pend()
    let first = try #require(scene.request(id: 1) { $0.timeout = 3 }?.value)
    let second = try #require(scene.request(id: 2) { $0.timeout = 2 }?.value)
    let third = try #require(scene.request(id: 3)?.value)
    scene.host.expire(after: 1_999)
    #expect(scene.told.isEmpty && scene.cancelled.isEmpty)
    // The miniport has not seen it.
    scene.host.expire(after: 1)
    #expect(scene.told.map(\.handle) == [second])
    #expect(
      scene.told.first?.failure
        == Failure(.requestAborted, .oidDeadline, UInt64(OIDScene.number), 2_000))
    scene.host.expire(after: 999)
    #expect(scene.cancelled.isEmpty)
    scene.host.expire(after: 1)
    #expect(scene.cancelled.map(\.handle) == [first])
    scene.host.expire(after: 5_000)
    #expect(scene.cancelled.count == 1 && scene.told.count == 1)
    scene.complete(first, .requestAborted)
    scene.complete(third)
    #expect(scene.told.map(\.handle) == [second, first, third])
    #expect(scene.told.map(\.failure.status) == [.requestAborted, .requestAborted, .success])
    // One that is done in time hears nothing of it.
    let last = try #require(scene.request { $0.timeout = 1 }?.value)
    scene.complete(last)
    scene.host.expire(after: 1_000)
    #expect(scene.cancelled.count == 1 && scene.told.count == 4)
    #expect(scene.violations == [])
    scene.expectNothingLeft()
  }

  @Test("a cancellation that finds nothing succeeds; another's requests are not touched")
  func cancelNothing() throws {
    let scene = try OIDScene()
    scene.pend()
    scene.request(id: 7)
    #expect(scene.cancel(9)?.failure.status == .success)
    let foreign = scene.host.ask(
      scene.miniport.session, .cancelOIDRequest(binding: scene.binding, requestID: 7))
    #expect(foreign?.failure.reason == .foreignHandle)
    #expect(scene.cancelled == [] && scene.told == [])
  }

  @Test("a miniport may complete in its cancel handler, or be faster than the cancellation")
  func completedInCancel() throws {
    let scene = try OIDScene()
    scene.pend()
    scene.onCancel = { scene, id, oid in
      scene.complete(oid.handle, .requestAborted, context: id)
    }
    scene.request(id: 7)
    scene.cancel(7)
    #expect(scene.told.map(\.failure.status) == [.requestAborted])
    #expect(scene.violations == [])
    scene.expectNothingLeft()
  }

  @Test("a cancelled request may still succeed, and is told so")
  func cancelledAndSucceeds() throws {
    let scene = try OIDScene()
    scene.pend()
    let handle = try #require(scene.request(id: 7)?.value)
    scene.cancel(7)
    scene.complete(handle, .success)
    #expect(scene.told.map(\.failure.status) == [.success])
    scene.expectNothingLeft()
  }

  // MARK: The requester's end

  @Test("NdisCloseAdapterEx waits for the binding's requests and their completions")
  func close() throws {
    let scene = try OIDScene()
    scene.pend()
    let handle = try #require(scene.request()?.value)
    scene.request()
    var completion: UInt64 = 0
    scene.onTold = { _, id, _ in
      completion = id
      return nil
    }
    let close = scene.host.call(scene.prot.session, .closeAdapter(scene.binding))
    #expect(scene.told.map(\.failure.status) == [.requestAborted])
    #expect(scene.cancelled.map(\.handle) == [handle])
    #expect(scene.host.result(scene.prot.session, close) == nil)
    // The handle is dead already.
    #expect(scene.request()?.failure.reason == .staleHandle)
    scene.host.answer(scene.prot.session, completion, ProviderAnswer(status: .success))
    #expect(scene.host.result(scene.prot.session, close) == nil)
    scene.complete(handle, .requestAborted)
    #expect(scene.told.count == 2)
    #expect(scene.host.result(scene.prot.session, close) == nil)
    scene.host.answer(scene.prot.session, completion, ProviderAnswer(status: .success))
    #expect(scene.host.result(scene.prot.session, close)?.failure.status == .success)
    #expect(scene.violations == [])
    scene.expectNothingLeft()
  }

  @Test("NdisCloseAdapterEx inside ProtocolOidRequestComplete does not wait for that call")
  func closeInCompletion() throws {
    let scene = try OIDScene()
    var close: RequestResult?
    scene.onTold = { scene, id, _ in
      let asked = scene.host.call(
        scene.prot.session, .closeAdapter(scene.binding), context: id)
      while scene.host.step() {}
      close = scene.host.result(scene.prot.session, asked)
      return ProviderAnswer(status: .success)
    }
    scene.request()
    #expect(close?.failure.status == .success)
    scene.expectNothingLeft()
  }

  @Test(
    "a request outlives its binding in the handler that closed that: it names no binding any more")
  func outlivesBinding() throws {
    let scene = try OIDScene()
    var snapshot: OIDSnapshot?
    var read: OIDDetails?
    scene.onTold = { scene, id, _ in
      scene.host.call(scene.prot.session, .closeAdapter(scene.binding), context: id)
      while scene.host.step() {}
      var cursor = ListingCursor()
      var budget = 100
      snapshot = scene.host.simulator.next(.oid, &cursor, budget: &budget).map {
        scene.host.simulator.oidSnapshot($0)
      }
      // As a host writes the call again after a restart.
      read = scene.host.simulator.oid(ofUpcall: id)
      return ProviderAnswer(status: .success)
    }
    scene.request(.query, UInt32(OID_RECEIVE_FILTER_CURRENT_CAPABILITIES), outputLength: 400)
    #expect(snapshot?.state == .ended)
    #expect(snapshot?.place.adapter == scene.adapter)
    #expect(snapshot?.place.owner == nil)
    #expect(read?.handle == snapshot?.handle)
    scene.expectNothingLeft()
  }

  @Test("closing a binding inside the MiniportOidRequest of its own request is a circle")
  func circle() throws {
    let scene = try OIDScene()
    // A protocol driver and a binding in the miniport's own process.
    let driver = scene.miniport.protocolDriver(scene.host)
    let before = scene.miniport.override
    scene.miniport.override = { host, id, details in
      guard Int(details.type) == NDISSIM_UPCALL_OID_REQUEST_COMPLETE else {
        return before(host, id, details)
      }
      return false
    }
    let binding = scene.miniport.handle(scene.host, .bindAdapter(driver, Name("eth0")))
    var refused: [RequestResult?] = []
    scene.onRequest = { scene, id, _ in
      let session = scene.miniport.session
      refused = [
        scene.host.ask(session, .closeAdapter(binding), context: id),
        scene.host.ask(session, .unbindAdapter(binding), context: id),
      ]
      return ProviderAnswer(status: .success)
    }
    let call = OIDCall(kind: 0, oid: OIDScene.number)
    scene.host.call(scene.miniport.session, .oidRequest(binding: binding, call))
    #expect(refused.map { $0?.failure.reason } == [.circularWait, .circularWait])
    scene.expectNothingLeft()
  }

  @Test("a requester that dies: what was queued vanishes, the miniport is asked to end the other")
  func requesterDies() throws {
    let scene = try OIDScene()
    scene.pend()
    let handle = try #require(scene.request()?.value)
    scene.request()
    scene.host.end(scene.prot.session)
    #expect(scene.asked.count == 1 && scene.told == [])
    #expect(scene.cancelled.map(\.handle) == [handle])
    // The session does not wait for it.
    #expect(scene.host.simulator.statistics(session: nil).sessions == 1)
    #expect(scene.complete(handle, .success)?.failure.status == .success)
    #expect(scene.violations == [])
    scene.expectNothingLeft()
  }

  @Test("a requester that dies in ProtocolOidRequestComplete leaves nothing")
  func requesterDiesInCompletion() throws {
    let scene = try OIDScene()
    scene.onTold = { _, _, _ in nil }
    scene.request()
    scene.host.end(scene.prot.session)
    #expect(scene.host.simulator.statistics(session: nil).bindings == 0)
    scene.expectNothingLeft()
  }

  // MARK: The miniport's end

  @Test("a miniport that dies: every request is NOT_ACCEPTED, and told")
  func miniportDies() throws {
    for pends in [true, false] {
      let scene = try OIDScene()
      scene.onRequest = { scene, _, _ in pends ? scene.answer(.pending) : nil }
      for _ in 0..<3 { scene.request() }
      scene.host.end(scene.miniport.session)
      #expect(scene.told.map(\.failure.status) == [.notAccepted, .notAccepted, .notAccepted])
      #expect(scene.host.simulator.statistics(session: nil).adapters == 0)
      scene.expectNothingLeft()
    }
  }

  @Test("an adapter's removal: bindings close first, no handler is called with a request open")
  func removal() throws {
    let scene = try OIDScene()
    scene.pend()
    let handle = try #require(scene.request()?.value)
    scene.request()
    let removed = scene.host.call(scene.miniport.session, .removeAdapter(scene.adapter))
    #expect(scene.told.map(\.failure.status) == [.requestAborted])
    let halts = {
      scene.host.upcalls.count { Int($0.details.type) == NDISSIM_UPCALL_HALT_EX }
    }
    #expect(halts() == 0)
    scene.complete(handle, .requestAborted)
    #expect(halts() == 1)
    #expect(
      scene.host.result(scene.miniport.session, removed)?.failure.status == .success)
    #expect(scene.told.count == 2)
    #expect(scene.violations == [])
    scene.expectNothingLeft()
  }

  @Test("a removal in MiniportOidRequest is a circle")
  func removalInside() throws {
    let scene = try OIDScene()
    var refused: RequestResult?
    scene.onRequest = { scene, id, _ in
      refused = scene.host.ask(
        scene.miniport.session, .removeAdapter(scene.adapter), context: id)
      return scene.answer(.success)
    }
    scene.request()
    #expect(refused?.failure.reason == .circularWait)
    #expect(scene.told.count == 1)
  }

  @Test(
    "endOIDs of an adapter: every request is told the status, what is at the miniport is let go")
  func endedByNDIS() throws {
    let scene = try OIDScene(shadow: false)
    scene.pend()
    let handle = try #require(scene.request()?.value)
    scene.request()
    scene.host.turn { simulator in
      simulator.endOIDs(adapter: 0, .notAccepted)
      simulator.commit()
    }
    #expect(scene.told.map(\.failure.status) == [.notAccepted, .notAccepted])
    // Its completion is late, and no bug check.
    let late = scene.complete(handle)
    #expect(late?.failure.reason == .lateAnswer && late?.bugCheck == nil)
    scene.expectNothingLeft()
  }

  // MARK: Requests of NDIS itself

  @Test("NDIS's own request takes its turn, is told to nobody, and holds up a halt")
  func issueInternalRequest() throws {
    let scene = try OIDScene(shadow: false)
    scene.pend()
    let first = try #require(scene.request()?.value)
    scene.host.turn { simulator in
      _ = simulator.issueInternalRequest(
        adapter: 0, oid: OID_PNP_SET_POWER, kind: .set, input: [4, 0, 0, 0])
      simulator.commit()
    }
    #expect(scene.asked.count == 1)
    scene.complete(first)
    #expect(scene.asked.count == 2)
    let own = try #require(scene.asked.last?.details)
    #expect(own.call.oid == OID_PNP_SET_POWER && own.call.input == [4, 0, 0, 0])
    scene.host.call(scene.prot.session, .unbindAdapter(scene.binding))
    let removed = scene.host.call(scene.miniport.session, .removeAdapter(scene.adapter))
    #expect(scene.host.result(scene.miniport.session, removed) == nil)
    scene.complete(own.handle)
    #expect(
      scene.host.result(scene.miniport.session, removed)?.failure.status == .success)
    #expect(scene.told.count == 1)
    scene.expectNothingLeft()
  }

  // MARK: No room

  @Test("MiniportShutdownEx is called though every other call has to wait for room")
  func shutdownWithoutRoom() throws {
    var settings = TestHost.smallSettings
    settings.capacities.upcalls = 2
    let scene = try OIDScene(settings)
    scene.pend()
    _ = [scene.request(), scene.request(), scene.request()]
    let shutdown = scene.host.call(
      scene.miniport.session, .changeAdapter(scene.adapter, .shutdown(.powerOff)))
    let types = scene.host.upcalls.map { Int($0.details.type) }
    #expect(types.count { $0 == NDISSIM_UPCALL_SHUTDOWN_EX } == 1)
    #expect(
      scene.host.result(scene.miniport.session, shutdown)?.failure.status == .success)
    #expect(scene.told.map(\.failure.status) == [.notAccepted, .notAccepted, .notAccepted])
    scene.expectNothingLeft()
  }

  @Test("with no room for a call the end is told, and the next one sent, when there is room")
  func noUpcalls() throws {
    var settings = TestHost.smallSettings
    settings.capacities.upcalls = 3
    let scene = try OIDScene(settings)
    scene.pend()
    var held: [UInt64] = []
    scene.onTold = { _, id, _ in
      held.append(id)
      return nil
    }
    let handles = (0..<5).compactMap { _ in scene.request()?.value }
    for handle in handles.prefix(3) { scene.complete(handle) }
    // Three completions are held: there is no room for the fourth request's call.
    #expect(scene.asked.count == 3 && scene.told.count == 3)
    scene.host.answer(scene.prot.session, held[0], ProviderAnswer(status: .success))
    #expect(scene.asked.count == 4)
    // And none for a cancellation, which is not forgotten either.
    scene.cancel(0)
    #expect(scene.cancelled == [] && scene.told.count == 3)
    scene.host.answer(scene.prot.session, held[1], ProviderAnswer(status: .success))
    scene.host.answer(scene.prot.session, held[2], ProviderAnswer(status: .success))
    #expect(scene.cancelled.map(\.handle) == [handles[3]])
    #expect(scene.told.map(\.handle).contains(handles[4]))
    scene.complete(handles[3])
    scene.onTold = { _, _, _ in ProviderAnswer(status: .success) }
    for id in held.dropFirst(3) {
      scene.host.answer(scene.prot.session, id, ProviderAnswer(status: .success))
    }
    #expect(Set(scene.told.map(\.handle)) == Set(handles) && scene.told.count == 5)
    scene.expectNothingLeft()
  }
}
