// The verifier's rules for OIDs, by their names, and NDIS's own bug checks about them. A rule that is broken
// is a violation with the documented code; the request still ends once.

import NDISDriverInterface
import CNDIS
import NDISEvents
import NDIS
import Testing

@testable import NDISSimulator

@Suite struct OIDVerifierTests {
  @Test("behaviour 47: NdisOidComplete: a status that may not end the OID, from the handler")
  func undocumentedStatus() throws {
    let scene = try OIDScene()
    scene.onRequest = { scene, _, _ in scene.answer(.failure) }
    scene.request(.set, OID_PNP_SET_POWER, input: [4, 0, 0, 0])
    scene.expectViolation(.oidStatus, (0xC4, 0x91001), routine: "MiniportOidRequest")
    #expect(scene.told.map(\.failure.status) == [.failure])
    #expect(scene.told.first?.failure.reason == .oidStatus)
    scene.expectNothingLeft()
  }

  @Test("behaviour 47: NdisOidComplete: a status that may not end the OID, from the completion")
  func undocumentedCompletion() throws {
    let scene = try OIDScene()
    scene.pend()
    let handle = try #require(
      scene.request(.set, OID_PNP_SET_POWER, input: [4, 0, 0, 0])?.value)
    let reply = scene.complete(handle, .invalidParameter)
    #expect(reply?.failure.reason == .oidStatus)
    #expect(reply?.bugCheck?.parameters.0 == 0x91001)
    scene.expectViolation(.oidStatus, (0xC4, 0x91001), routine: "NdisMOidRequestComplete")
    #expect(scene.told.map(\.failure.status) == [.failure])
    scene.expectNothingLeft()
  }

  @Test(
    "a status that no page forbids reaches the requester and is no violation",
    arguments: [
      Status.invalidData, .invalidOID, .bufferTooShort, .resources, .badVersion, .failure,
      Status(rawValue: 0xC0DE_0001),
    ], [false, true])
  func driverDetermined(status: Status, pends: Bool) throws {
    let bed = try QueueBed()
    bed.onRequest = { [unowned bed] oid in
      guard oid.call.oid == OID_RECEIVE_FILTER_ALLOCATE_QUEUE else { return nil }
      guard pends else { return (status, OIDResult()) }
      _ = bed.host.ask(
        bed.miniport.session,
        .completeOIDRequest(adapter: bed.adapter, oid: oid.handle, status, OIDResult()))
      return (.pending, OIDResult())
    }
    let answer = bed.request(
      .method, OID_RECEIVE_FILTER_ALLOCATE_QUEUE, QueueBed.parameters().image())
    #expect(answer.status == status)
    #expect(bed.violations == [])
  }

  @Test("behaviour 47: NdisOidComplete: PENDING completes nothing; the request still waits")
  func completedWithPending() throws {
    let scene = try OIDScene()
    scene.pend()
    let handle = try #require(scene.request()?.value)
    let reply = scene.complete(handle, .pending)
    #expect(reply?.failure.status == .failure)
    scene.expectViolation(.oidStatus, (0xC4, 0x91001), routine: "NdisMOidRequestComplete")
    #expect(scene.told == [])
    #expect(scene.complete(handle)?.failure.status == .success)
    #expect(scene.told.map(\.failure.status) == [.success])
    scene.expectNothingLeft()
  }

  @Test("an OID that must succeed and was failed is bug check 0x7C/0x1C")
  func mustSucceed() throws {
    let scene = try OIDScene()
    scene.onRequest = { scene, _, _ in scene.answer(.resources) }
    scene.request(.query, OID_PNP_QUERY_POWER)
    scene.expectViolation(.oidMustSucceed, (0x7C, 0x1C), routine: "MiniportOidRequest")
    #expect(scene.violations.first?.bugCheck?.parameters.2 == UInt64(OID_PNP_QUERY_POWER))
    #expect(scene.told.map(\.failure.reason) == [.oidMustSucceed])
    scene.expectNothingLeft()
  }

  @Test(
    "behaviour 47: NdisOidDoubleComplete: completed twice, at once or after others had its record")
  func doubleCompletion() throws {
    let scene = try OIDScene()
    scene.pend()
    let handle = try #require(scene.request()?.value)
    scene.complete(handle)
    let reply = scene.complete(handle)
    #expect(reply?.failure.reason == .oidNotPending)
    scene.expectViolation(.oidNotPending, (0xC4, 0x91002), routine: "NdisMOidRequestComplete")
    #expect(scene.told.count == 1)
    // The slot has another request now: of this handle NDIS knows no more than that it is not pending.
    scene.request()
    #expect(scene.complete(handle)?.bugCheck?.code == 0x7C)
    #expect(scene.told.count == 1)
  }

  @Test("behaviour 47: NdisOidDoubleComplete: a handler that completes and then answers SUCCESS")
  func completedAndAnswered() throws {
    let scene = try OIDScene()
    scene.onRequest = { scene, id, details in
      scene.complete(details.handle, .notSupported, context: id)
      return scene.answer(.success)
    }
    scene.request()
    scene.expectViolation(.oidNotPending, (0xC4, 0x91002), routine: "MiniportOidRequest")
    // The first end counts.
    #expect(scene.told.map(\.failure.status) == [.notSupported])
    scene.expectNothingLeft()
  }

  @Test("NdisOidDoubleComplete: a handler that answers SUCCESS and then completes")
  func answeredAndCompleted() throws {
    let scene = try OIDScene()
    let handle = try #require(scene.request()?.value)
    scene.complete(handle)
    scene.expectViolation(.oidNotPending, (0xC4, 0x91002), routine: "NdisMOidRequestComplete")
    #expect(scene.told.count == 1)
  }

  @Test("completing what was never sent to this miniport is bug check 0x7C/0x26")
  func neverSent() throws {
    let scene = try OIDScene()
    scene.pend()
    scene.request()
    let queued = try #require(scene.request()?.value)
    let reply = scene.complete(queued)
    #expect(reply?.failure.reason == .oidNotPending)
    scene.expectViolation(.oidNotPending, (0x7C, 0x26), routine: "NdisMOidRequestComplete")
    #expect(scene.told == [] && scene.asked.count == 1)
    let forged = Handle(kind: .oidRequest, generation: 99, index: 3)
    #expect(scene.complete(forged)?.bugCheck?.parameters.0 == 0x26)
    let outside = Handle(kind: .oidRequest, generation: 1, index: 0x3FF_FFFF)
    #expect(scene.complete(outside)?.bugCheck?.parameters.0 == 0x26)
    #expect(scene.complete(scene.adapter)?.failure.reason == .wrongKindOfHandle)
  }

  @Test("another miniport cannot complete a request")
  func foreignMiniport() throws {
    let scene = try OIDScene()
    scene.pend()
    let handle = try #require(scene.request()?.value)
    let other = Driver(scene.host, "other")
    let adapter = other.adapter(scene.host, other.miniport(scene.host), "eth1")
    let own = scene.host.ask(
      other.session, .completeOIDRequest(adapter: adapter, oid: handle, .success, OIDResult()))
    #expect(own?.bugCheck?.parameters.0 == 0x26)
    let foreign = scene.host.ask(
      other.session,
      .completeOIDRequest(adapter: scene.adapter, oid: handle, .success, OIDResult()))
    #expect(foreign?.failure.reason == .foreignHandle)
    #expect(scene.told == [])
    scene.complete(handle)
    #expect(scene.told.count == 1)
  }

  @Test("NdisOidDoubleRequest: the same request issued again while it is pending")
  func doubleRequest() throws {
    let scene = try OIDScene()
    scene.pend()
    func issue() -> RequestResult? { scene.request { $0.requestContext = 42 } }
    let handle = try #require(issue()?.value)
    let again = issue()
    #expect(again?.failure.status == .failure)
    #expect(again?.failure.reason == .oidPendingAlready)
    #expect(again?.bugCheck?.parameters.0 == 0x9100E)
    scene.expectViolation(.oidPendingAlready, (0xC4, 0x9100E), routine: "NdisOidRequest")
    // In ProtocolOidRequestComplete it is the driver's again.
    scene.onTold = { scene, id, _ in
      if scene.told.count == 1 {
        let call = OIDCall(kind: 0, oid: OIDScene.number, requestContext: 42)
        let reply = scene.host.ask(
          scene.prot.session, .oidRequest(binding: scene.binding, call), context: id)
        #expect(reply?.failure.status == .pending)
      }
      return ProviderAnswer(status: .success)
    }
    scene.complete(handle)
    #expect(scene.asked.count == 2)
  }

  @Test(
    "behaviour 57: a slow OID: NdisTimedOidComplete after 12 s, whether the handler pended or hangs",
    arguments: [true, false])
  func slow(pends: Bool) throws {
    let scene = try OIDScene()
    scene.onRequest = { scene, _, _ in pends ? scene.answer(.pending) : nil }
    let handle = try #require(scene.request()?.value)
    scene.request()
    scene.host.expire(after: 11_999)
    #expect(scene.told == [] && scene.asked.count == 1)
    scene.host.expire(after: 1)
    scene.expectViolation(.oidDeadline, (0xC4, 0x92003), routine: "MiniportOidRequest")
    #expect(scene.violations.first?.bugCheck?.parameters.3 == 12_000)
    #expect(scene.told.map(\.failure.status) == [.requestAborted])
    #expect(scene.told.first?.failure.reason == .oidDeadline)
    // The next one has its turn; the late end is known for what it is.
    #expect(scene.asked.count == 2)
    let late = scene.complete(handle)
    #expect(late?.failure.reason == .lateAnswer && late?.bugCheck == nil)
    if !pends {
      scene.host.answer(
        scene.miniport.session, scene.asked[0].upcall, scene.answer(.success))
    }
    #expect(scene.violations.map(\.failure.reason).dropFirst().allSatisfy { $0 == .lateAnswer })
    #expect(scene.told.count == 1)
  }

  @Test(
    "behaviour 57: without a limit nothing is too slow, nor without deadlines at all",
    arguments: [false, true])
  func noDeadline(isOfAll: Bool) throws {
    var settings = TestHost.smallSettings
    if isOfAll { settings.upcallDeadline = 0 } else { settings.oidDeadline = 0 }
    let scene = try OIDScene(settings)
    scene.pend()
    let handle = try #require(scene.request()?.value)
    scene.host.expire(after: 1_000_000)
    #expect(scene.told == [] && scene.violations == [])
    scene.complete(handle)
    #expect(scene.told.count == 1)
    scene.expectNothingLeft()
  }

  @Test("behaviour 57: a handler that completes and hangs is reported; its request had ended")
  func hangsAfterCompletion() throws {
    let scene = try OIDScene()
    scene.onRequest = { scene, id, details in
      scene.complete(details.handle, context: id)
      return nil
    }
    scene.request()
    scene.request()
    #expect(scene.asked.count == 1)
    scene.host.expire(after: 12_000)
    #expect(scene.violations.map(\.failure.reason) == [.handlerDeadline])
    #expect(scene.told.count == 2 && scene.asked.count == 2)
  }

  @Test("BytesWritten beyond the buffer, or beyond the bytes that came, is bug check 0x7C/0x1D")
  func bytesWritten() throws {
    for result in [
      OIDResult(information: [1, 2, 3, 4, 5]), OIDResult(bytesWritten: 4, information: [1]),
      OIDResult(bytesWritten: .max, information: []),
    ] {
      let scene = try OIDScene()
      scene.onRequest = { scene, _, _ in scene.answer(.success, result) }
      scene.request(.query, outputLength: 4)
      scene.expectViolation(.oidBytesWritten, (0x7C, 0x1D), routine: "MiniportOidRequest")
      #expect(scene.told.map(\.failure.status) == [.failure])
      #expect(scene.told.first?.result.information == [])
      scene.expectNothingLeft()
    }
  }

  @Test("a handler that returns at another IRQL is not believed, PENDING neither")
  func irqlOnReturn() throws {
    for status in [Status.success, .pending] {
      let scene = try OIDScene()
      scene.onRequest = { scene, _, _ in scene.answer(status, irql: 2) }
      scene.request()
      scene.expectViolation(.providerIRQL, (0xC4, 0xFA), routine: "MiniportOidRequest")
      #expect(scene.told.map(\.failure.status) == [.failure])
      scene.expectNothingLeft()
    }
  }

  @Test("ProtocolOidRequestComplete that returns at another IRQL, or not in time, is a violation")
  func completionHandler() throws {
    let scene = try OIDScene()
    scene.onTold = { scene, _, _ in scene.answer(.success, irql: 2) }
    scene.request()
    scene.expectViolation(.providerIRQL, (0xC4, 0xFA), routine: "ProtocolOidRequestComplete")
    scene.onTold = { _, _, _ in nil }
    scene.request()
    scene.host.expire(after: 5_000)
    #expect(scene.violations.map(\.failure.reason) == [.providerIRQL, .handlerDeadline])
    scene.expectNothingLeft()
  }

  @Test("an answer that is no answer to this call ends the request with FAILURE")
  func malformed() throws {
    let scene = try OIDScene()
    scene.onRequest = { scene, _, _ in
      var answer = scene.answer(.pending)
      answer.malformed = Failure(.invalidParameter, .malformedMessage, 3, 24)
      return answer
    }
    scene.request()
    scene.onRequest = { scene, _, _ in
      var answer = scene.answer(.success)
      answer.type = 1
      return answer
    }
    scene.request()
    #expect(scene.told.map(\.failure.status) == [.failure, .failure])
    #expect(scene.violations.map(\.failure.reason) == [.malformedMessage, .malformedMessage])
    scene.expectNothingLeft()
  }

  @Test("a second answer to a call that was answered PENDING is no answer")
  func answeredAgain() throws {
    let scene = try OIDScene()
    scene.pend()
    let handle = try #require(scene.request()?.value)
    scene.host.answer(scene.miniport.session, scene.asked[0].upcall, scene.answer(.success))
    #expect(scene.violations.map(\.failure.reason) == [.unexpectedAnswer])
    #expect(scene.told == [])
    scene.complete(handle)
    #expect(scene.told.count == 1)
    scene.expectNothingLeft()
  }
}
