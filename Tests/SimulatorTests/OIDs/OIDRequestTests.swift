// OID requests as the documents have them: one at a miniport at a time, the rest in order; PENDING, then
// one completion; what travels with a request and back; what is refused at once.

import NDISDriverInterface
import CNDIS
import NDISEvents
import NDIS
import Testing

@testable import NDISSimulator
import NDISStore

@Suite struct OIDRequestTests {
  @Test("behaviour 47: a request is PENDING, the miniport answers, the requester is told once")
  func answeredAtOnce() throws {
    let scene = try OIDScene()
    scene.onRequest = { scene, _, _ in
      scene.answer(
        .success,
        OIDResult(bytesNeeded: 9, supportedRevision: 3, information: [1, 2, 3]))
    }
    let reply = scene.request(.query, outputLength: 8) {
      $0.port = 2
      $0.timeout = 30
      $0.requestHandle = 77
    }
    #expect(reply?.failure == Failure(.pending, .none))
    #expect(reply?.value.kind == .oidRequest)
    #expect(scene.asked.count == 1 && scene.told.count == 1)
    let asked = try #require(scene.asked.first?.details)
    #expect(asked.handle == reply?.value)
    #expect(asked.failure.status == .pending)
    #expect(asked.call.oid == OIDScene.number && asked.call.kind == 0)
    #expect(asked.call.port == 2 && asked.call.timeout == 30 && asked.call.requestHandle == 77)
    #expect(asked.call.outputLength == 8 && asked.call.input == [])
    let told = try #require(scene.told.first)
    #expect(told.handle == reply?.value)
    #expect(told.failure == Failure(.success, .none))
    #expect(told.call.requestContext == 101)
    #expect(told.result.information == [1, 2, 3])
    #expect(told.result.bytesWritten == 3 && told.result.bytesNeeded == 9)
    #expect(told.result.supportedRevision == 3)
    #expect(scene.violations == [])
    scene.expectNothingLeft()
  }

  @Test("behaviour 47: the handlers are called with their drivers' contexts")
  func contexts() throws {
    let scene = try OIDScene()
    scene.request()
    let calls = scene.host.upcalls.map(\.details)
    let asked = calls.first { Int($0.type) == NDISSIM_UPCALL_OID_REQUEST }
    #expect(asked?.object == scene.adapter && asked?.context == 0x55 && asked?.handler == 10)
    let told = calls.first { Int($0.type) == NDISSIM_UPCALL_OID_REQUEST_COMPLETE }
    #expect(told?.object == scene.binding && told?.context == 0x66 && told?.handler == 14)
  }

  @Test("behaviour 47: PENDING, and NdisMOidRequestComplete ends it, with the method's output")
  func pendedAndCompleted() throws {
    let scene = try OIDScene()
    scene.pend()
    let handle = try #require(
      scene.request(.method, input: [9, 8, 7, 6], outputLength: 4) { $0.methodID = 5 }?.value)
    #expect(scene.asked.first?.details.call.input == [9, 8, 7, 6])
    #expect(scene.asked.first?.details.call.methodID == 5)
    #expect(scene.told == [])
    let result = OIDResult(bytesRead: 4, bytesWritten: 2, information: [5, 6, 7])
    #expect(scene.complete(handle, .success, result)?.failure.status == .success)
    #expect(scene.told.map(\.failure.status) == [.success])
    // Only the bytes that were said to be written.
    #expect(scene.told.first?.result.information == [5, 6])
    #expect(scene.told.first?.result.bytesRead == 4)
    #expect(scene.violations == [])
    scene.expectNothingLeft()
  }

  @Test("behaviour 47: a completion may come before the handler has returned PENDING")
  func completedInside() throws {
    let scene = try OIDScene()
    scene.onRequest = { scene, id, details in
      #expect(scene.complete(details.handle, context: id)?.failure.status == .success)
      // The requester is told, the next one waits until the handler is back.
      #expect(scene.told.count == 1)
      return nil
    }
    scene.request()
    scene.onRequest = { scene, _, _ in scene.answer(.success) }
    scene.request()
    #expect(scene.asked.count == 1)
    let first = try #require(scene.asked.first?.upcall)
    scene.host.answer(scene.miniport.session, first, scene.answer(.pending))
    #expect(scene.asked.count == 2 && scene.told.count == 2)
    #expect(scene.violations == [])
    scene.expectNothingLeft()
  }

  @Test("behaviour 47: ten requests reach the miniport one at a time, in order")
  func order() throws {
    let scene = try OIDScene()
    scene.pend()
    let handles = (0..<10).compactMap { _ in scene.request()?.value }
    #expect(Set(handles).count == 10)
    #expect(scene.asked.map(\.details.handle) == [handles[0]])
    for (done, handle) in handles.enumerated() {
      #expect(scene.asked.count == done + 1)
      scene.complete(handle)
      #expect(scene.told.count == done + 1)
    }
    #expect(scene.asked.map(\.details.handle) == handles)
    #expect(scene.told.map(\.handle) == handles)
    #expect(scene.violations == [])
    scene.expectNothingLeft()
  }

  @Test("behaviour 47: requests of two bindings take turns in the order they were made")
  func twoBindings() throws {
    let scene = try OIDScene()
    scene.pend()
    let other = Driver(scene.host, "other")
    let driver = other.handle(
      scene.host, .registerProtocolDriver(Sample.protocolDriver(version: NDISVersion(6, 50))))
    let binding = other.handle(scene.host, .bindAdapter(driver, Name("eth0")))
    let call = OIDCall(kind: 0, oid: OIDScene.number, requestContext: 1)
    var handles = [scene.request()?.value]
    handles.append(
      scene.host.ask(other.session, .oidRequest(binding: binding, call))?.value)
    handles.append(scene.request()?.value)
    for handle in handles.compactMap({ $0 }) { scene.complete(handle) }
    #expect(scene.asked.map(\.details.handle) == handles.compactMap { $0 })
    #expect(scene.told.map(\.handle) == [handles[0], handles[2]].compactMap { $0 })
    scene.expectNothingLeft()
  }

  @Test("a request made in a handler does not wait for it")
  func insideAHandler() throws {
    let scene = try OIDScene()
    scene.onTold = { scene, id, _ in
      if scene.told.count == 1 {
        #expect(scene.request(context: id)?.failure.status == .pending)
        #expect(scene.asked.count == 1)
      }
      return ProviderAnswer(status: .success)
    }
    scene.request()
    #expect(scene.asked.count == 2 && scene.told.count == 2)
    scene.expectNothingLeft()
  }

  @Test("statuses that ask for a longer buffer pass through with BytesNeeded")
  func tooShort() throws {
    let scene = try OIDScene()
    for status in [Status.invalidLength, .bufferTooShort] {
      scene.onRequest = { scene, _, _ in scene.answer(status, OIDResult(bytesNeeded: 40)) }
      scene.request(.query, outputLength: 4)
      #expect(scene.told.last?.failure.status == status)
      #expect(scene.told.last?.result.bytesNeeded == 40)
      #expect(scene.told.last?.result.information == [])
    }
    #expect(scene.violations == [])
    scene.expectNothingLeft()
  }

  @Test(
    "an OID that is in no table is the miniport's own: any final status ends it",
    arguments: [
      Status.success, .failure, .notSupported, .invalidOID, .indicationRequired,
      Status(rawValue: 0xC023_0099),
    ])
  func anyStatus(status: Status) throws {
    let scene = try OIDScene()
    scene.onRequest = { scene, _, _ in scene.answer(status) }
    scene.request(.set, input: [1])
    #expect(scene.told.map(\.failure.status) == [status])
    #expect(scene.violations == [])
    scene.expectNothingLeft()
  }

  @Test("what NDIS answers itself never reaches the miniport, and is told like the rest")
  func answeredByNDIS() throws {
    let scene = try OIDScene()
    let reply = scene.request(
      .query, OID_RECEIVE_FILTER_HARDWARE_CAPABILITIES, outputLength: 4096)
    #expect(reply?.failure.status == .pending)
    #expect(scene.asked.isEmpty && scene.told.count == 1)
    #expect(scene.told.first?.failure.status != .pending)
    scene.expectNothingLeft()
  }

  // MARK: Versions

  @Test("an OID newer than the miniport, or of another kind, ends without the miniport")
  func forms() throws {
    let scene = try OIDScene(miniportVersion: NDISVersion(6, 20))
    scene.request(.method, OID_NIC_SWITCH_CREATE_VPORT, input: [1], outputLength: 4)
    #expect(scene.told.last?.failure.status == .notSupported)
    #expect(scene.told.last?.failure.reason == .oidVersion)
    scene.request(.query, OID_RECEIVE_FILTER_FREE_QUEUE)
    #expect(scene.told.last?.failure.status == .invalidParameter)
    #expect(scene.told.last?.failure.reason == .oidKind)
    #expect(scene.asked.isEmpty && scene.told.count == 2)
    scene.expectNothingLeft()
  }

  @Test("revision 2 needs a driver of NDIS 6.50; the fields it adds are read of it only")
  func revisions() throws {
    let scene = try OIDScene()
    func revised(_ revision: UInt8, _ size: UInt16) -> RequestResult? {
      scene.request {
        $0.header = ObjectHeader(type: 0x96, revision: revision, size: size)
        $0.switchID = 1
        $0.vportID = 2
        $0.flags = 1
      }
    }
    #expect(revised(1, 236)?.failure.status == .pending)
    #expect(scene.asked.last?.details.call.vportID == 0)
    #expect(scene.asked.last?.details.call.flags == 0)
    #expect(revised(2, 248)?.failure.status == .pending)
    #expect(scene.asked.last?.details.call.header.revision == 2)
    #expect(scene.asked.last?.details.call.switchID == 1)
    #expect(scene.asked.last?.details.call.vportID == 2)
    #expect(scene.asked.last?.details.call.flags == 1)
    // A greater size is a newer header's.
    #expect(revised(2, 300)?.failure.status == .pending)
    #expect(revised(1, 235)?.failure == Failure(.invalidParameter, .headerSize, 235, 236))
    #expect(revised(2, 247)?.failure == Failure(.invalidParameter, .headerSize, 247, 248))
    #expect(revised(0, 236)?.failure.reason == .headerRevision)
    #expect(revised(3, 260)?.failure.reason == .headerRevision)
    let older = try OIDScene(version: NDISVersion(6, 40))
    let reply = older.request { $0.header = ObjectHeader(type: 0x96, revision: 2, size: 248) }
    #expect(reply?.failure == Failure(.invalidParameter, .headerRevisionForVersion, 2, 50))
    #expect(older.asked.isEmpty)
    scene.expectNothingLeft()
  }

  // MARK: Refused at once

  @Test("a miniport is offered room for 4,096 bytes at most, whatever its requester has")
  func offeredRoom() throws {
    let scene = try OIDScene()
    scene.onRequest = { scene, _, details in
      let length = Int(details.call.outputLength)
      return scene.answer(
        .success, OIDResult(information: [UInt8](repeating: 7, count: length)))
    }
    for kind in [OIDRequestKind.query, .queryStatistics, .method] {
      _ = scene.request(kind, outputLength: Limits.maximumAnswer)
      #expect(scene.asked.last?.details.call.outputLength == 4096)
      #expect(scene.told.last?.result.information == [UInt8](repeating: 7, count: 4096))
    }
    // A miniport that answers more breaks a rule, though the requester has the room.
    scene.onRequest = { scene, _, _ in
      scene.answer(.success, OIDResult(information: [UInt8](repeating: 7, count: 4097)))
    }
    _ = scene.request(.query, outputLength: 5000)
    scene.expectViolation(
      .oidBytesWritten, (0x7C, 0x1D), routine: "MiniportOidRequest")
    scene.expectNothingLeft()
  }

  @Test("what is wrong with the call itself is refused, and nothing is queued")
  func refused() throws {
    let scene = try OIDScene()
    #expect(scene.request { $0.header.type = 0x80 }?.failure.reason == .headerType)
    #expect(scene.request { $0.kind = 3 }?.failure.reason == .oidKind)
    let long = scene.request(.set, input: [UInt8](repeating: 1, count: 4097))
    #expect(long?.failure == Failure(.invalidLength, .informationTooLong, 4097, 4096))
    #expect(scene.request(outputLength: UInt32.max)?.failure.reason == .informationTooLong)
    let flags = scene.request {
      $0.header = ObjectHeader(type: 0x96, revision: 2, size: 248)
      $0.flags = 2
    }
    #expect(flags?.failure.reason == .unknownFlags)
    let call = OIDCall(kind: 0, oid: OIDScene.number)
    for handle in [Handle.null, scene.adapter, Handle(rawValue: 7)] {
      let reply = scene.host.ask(scene.prot.session, .oidRequest(binding: handle, call))
      #expect(reply?.failure.status == .invalidParameter)
    }
    // Another session's binding.
    let foreign = scene.host.ask(
      scene.miniport.session, .oidRequest(binding: scene.binding, call))
    #expect(foreign?.failure.reason == .foreignHandle)
    #expect(scene.asked.isEmpty && scene.told.isEmpty)
    #expect(scene.violations == [])
    scene.expectNothingLeft()
  }

  @Test("NdisOidRequest and its completion may be called at DISPATCH_LEVEL, not above")
  func irql() throws {
    let scene = try OIDScene()
    scene.pend()
    let call = Request.oidRequest(
      binding: scene.binding, OIDCall(kind: 0, oid: OIDScene.number))
    #expect(
      scene.host.ask(scene.prot.session, call, irql: .dispatch)?.failure.status == .pending)
    #expect(scene.host.ask(scene.prot.session, call, irql: .high)?.failure.reason == .wrongIRQL)
    let handle = try #require(scene.asked.first?.details.handle)
    let end = Request.completeOIDRequest(
      adapter: scene.adapter, oid: handle, .success, OIDResult())
    #expect(scene.host.ask(scene.miniport.session, end, irql: .high)?.failure.reason == .wrongIRQL)
    #expect(scene.told.isEmpty && scene.asked.count == 1)
    #expect(
      scene.host.ask(scene.miniport.session, end, irql: .dispatch)?.failure.status == .success)
    #expect(scene.told.count == 1)
  }

  @Test("a full table and a full quota are RESOURCES, and later there is room again")
  func full() throws {
    var settings = TestHost.smallSettings
    settings.quotas.sessionOIDs = 5
    for (settings, room, reason) in [
      (TestHost.smallSettings, 12, Reason.tableFull), (settings, 5, .tooManyOutstanding),
    ] {
      let scene = try OIDScene(settings)
      scene.pend()
      let handles = (0..<room).compactMap { _ in scene.request()?.value }
      let refused = scene.request()
      #expect(refused?.failure.status == .resources && refused?.failure.reason == reason)
      #expect(refused?.value == Handle.null)
      scene.complete(handles[0])
      #expect(scene.request()?.failure.status == .pending)
      #expect(scene.host.problems == [])
    }
  }

  @Test("advice: NdisCloseAdapterEx should wait for the OID requests of the binding")
  func closedWithRequests() throws {
    let scene = try OIDScene()
    scene.pend()
    scene.request()
    scene.request()
    scene.host.call(scene.prot.session, .closeAdapter(scene.binding))
    let advice = scene.host.events.compactMap { event -> Violation? in
      if case .advice(let found) = event { found } else { nil }
    }
    #expect(advice.map(\.failure.reason) == [.requestsLeft] && advice.first?.failure.b == 2)
    #expect(advice.first?.party.binding == scene.binding && advice.first?.bugCheck == nil)
    #expect(scene.violations == [])
    #expect(scene.host.simulator.statistics(session: nil).violations == 0)
  }

  @Test("after a surprise removal the miniport gets OID requests, and completes them NOT_ACCEPTED")
  func removedBySurprise() throws {
    let scene = try OIDScene(shadow: false)
    scene.pend()
    let first = try #require(scene.request()?.value)
    scene.request()
    scene.host.turn { simulator in
      simulator.store.adapters.update(0) { $0.removed = 1 }
      simulator.scheduler.wake(Index<AdapterRecord>(0))
      simulator.commit()
    }
    #expect(scene.told.isEmpty && scene.asked.count == 1)
    scene.onRequest = { _, _, _ in ProviderAnswer(status: .notAccepted) }
    // The second request follows the first one, a third one is taken as before.
    scene.complete(first, .notAccepted)
    #expect(scene.request()?.failure.status == .pending)
    #expect(scene.asked.count == 3)
    #expect(scene.told.map(\.failure.status) == [.notAccepted, .notAccepted, .notAccepted])
    #expect(scene.violations == [])
  }
}
