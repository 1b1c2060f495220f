// Status indications from a miniport to bindings.

import NDISDriverInterface
import CNDIS
import NDISEvents
import NDIS
import Testing

@testable import NDISSimulator
import NDISStore

@Suite struct StatusIndicationTests {
  private func indication(
    _ bed: LifeBed, _ code: Status = .linkState, _ buffer: [UInt8] = [1, 2, 3],
    to destination: Handle = .null, size: UInt32? = nil, source: Handle? = nil
  ) -> Request {
    var image = StatusIndication(
      from: source ?? bed.adapter, code, bufferSize: size ?? UInt32(buffer.count),
      to: destination, requestID: 77)
    image.portNumber = 3
    image.guid[15] = 9
    return .indicateStatus(bed.adapter, IndicatedStatus(indication: image, buffer: buffer))
  }

  private func tell(_ bed: LifeBed, _ request: Request, irql: IRQL = .passive) -> RequestResult? {
    bed.host.ask(bed.miniport.session, request, irql: irql)
  }

  @Test("a status is told to every open binding, whole, at DISPATCH_LEVEL too")
  func everyBinding() throws {
    let bed = try LifeBed()
    let other = Driver(bed.host, "other")
    let prot = other.protocolDriver(bed.host)
    let second = other.handle(bed.host, .bindAdapter(prot, Name("eth0")))
    var seen: [Handle: IndicatedStatus] = [:]
    bed.host.onUpcall = { host, _, id, details in
      guard Int(details.type) == NDISSIM_UPCALL_STATUS_EX else { return }
      seen[details.object] = host.simulator.status(ofUpcall: id)
      #expect(details.context == 0x66 && details.handler == 15)
    }
    let buffer = (0..<512).map { UInt8(truncatingIfNeeded: $0) }
    #expect(
      tell(bed, indication(bed, .linkState, buffer), irql: .dispatch)?.failure.status == .success)
    #expect(Set(seen.keys) == [bed.binding, second])
    for status in seen.values {
      #expect(status.buffer == buffer)
      #expect(status.indication.sourceHandle == bed.adapter)
      #expect(status.indication.statusCode == .linkState)
      #expect(status.indication.statusBufferSize == 512)
      #expect(status.indication.requestID == 77 && status.indication.portNumber == 3)
      #expect(status.indication.destinationHandle == .null && status.indication.guid[15] == 9)
    }
    seen = [:]
    // One binding, as after INDICATION_REQUIRED; RequestId and DestinationHandle are kept as given.
    #expect(tell(bed, indication(bed, to: second))?.failure.status == .success)
    #expect(seen.keys.map { $0 } == [second])
    #expect(seen[second]?.indication.destinationHandle == second)
    let gone = tell(bed, indication(bed, to: bed.prot))
    #expect(gone?.failure.reason == .staleHandle)
    #expect(bed.violations == [])
    bed.host.end(other.session)
    bed.finish()
  }

  @Test("a status is one record, however many are told, and free when the last has returned")
  func counted() throws {
    let bed = try LifeBed()
    _ = bed.bind()
    let capacity = bed.host.simulator.store.statuses.capacity
    bed.held = [NDISSIM_UPCALL_STATUS_EX]
    #expect(tell(bed, indication(bed))?.failure.status == .success)
    #expect(bed.waiting.count == 2)
    #expect(bed.host.simulator.slabs.statuses.available == capacity - 1)
    bed.answer(NDISSIM_UPCALL_STATUS_EX)
    #expect(bed.host.simulator.slabs.statuses.available == capacity - 1)
    // The answer is not read; the second one's process dies.
    bed.host.end(bed.binder.session)
    #expect(bed.host.simulator.slabs.statuses.available == capacity)
    // With nobody to tell there is no record.
    #expect(tell(bed, indication(bed))?.failure.status == .success)
    #expect(bed.host.simulator.slabs.statuses.available == capacity)
    #expect(bed.violations == [])
    bed.finish()
  }

  @Test("a full table of statuses is RESOURCES, and told to nobody")
  func full() throws {
    let bed = try LifeBed()
    bed.held = [NDISSIM_UPCALL_STATUS_EX]
    let capacity = bed.host.simulator.store.statuses.capacity
    for _ in 0..<capacity {
      #expect(tell(bed, indication(bed))?.failure.status == .success)
    }
    #expect(tell(bed, indication(bed))?.failure.status == .resources)
    #expect(bed.waiting.count == Int(capacity))
    bed.finish()
  }

  @Test("a status is allowed in MiniportInitializeEx once the registration attributes are set")
  func initializing() throws {
    let bed = try LifeBed(adds: false)
    let session = bed.miniport.session
    bed.held = [NDISSIM_UPCALL_INITIALIZE_EX]
    bed.host.call(session, .addAdapter(bed.driver, Name("eth0")))
    let early = tell(bed, indication(bed))
    #expect(early?.failure == Failure(.failure, .wrongState, bed.adapter.rawValue))
    #expect(bed.violations.count == 1)
    let attributes = Request.setMiniportAttributes(
      bed.adapter, Sample.attributes, context: 5, flags: 0x40)
    bed.host.call(session, attributes)
    #expect(tell(bed, indication(bed))?.failure.status == .success)
    bed.finish()
  }

  @Test("after MiniportHaltEx has returned a status is a violation")
  func afterHalt() throws {
    let bed = try LifeBed()
    bed.held = [NDISSIM_UPCALL_HALT_EX]
    bed.change(.halt(.deviceDisabled))
    #expect(tell(bed, indication(bed))?.failure.status == .success)
    bed.host.settlesAtOnce = false
    bed.answer(NDISSIM_UPCALL_HALT_EX)
    let late = Failure(
      .failure, .statusAfterHalt, bed.adapter.rawValue, UInt64(Status.linkState.rawValue))
    #expect(bed.state == .halted)
    #expect(tell(bed, indication(bed))?.failure == late)
    bed.host.settle()
    #expect(bed.state == nil)
    #expect(tell(bed, indication(bed))?.failure == late)
    #expect(bed.violations.map(\.failure.reason) == [.statusAfterHalt, .statusAfterHalt])
    bed.finish()
  }

  @Test(
    "SourceHandle should be the miniport adapter's: otherwise advice, and the indication is made")
  func source() throws {
    let bed = try LifeBed()
    for source in [bed.driver, Handle.null] {
      #expect(tell(bed, indication(bed, source: source))?.failure.status == .success)
    }
    #expect(bed.advice.map(\.failure.reason) == [.statusSource, .statusSource])
    #expect(bed.violations == [])
    bed.finish()
  }

  @Test("a wrong buffer is 0x7C/0x20")
  func wrong() throws {
    let bed = try LifeBed()
    for (size, count) in [(4, 3), (2, 3), (5_000, 5_000)] as [(UInt32, Int)] {
      let buffer = [UInt8](repeating: 0, count: count)
      let result = tell(bed, indication(bed, .linkState, buffer, size: size))
      #expect(result?.failure.reason == .statusBuffer)
      #expect(
        result?.bugCheck == .statusIndicationInvalidBuffer(.linkState, bed.adapter, size: size))
    }
    // A queue's state that cannot be read as one.
    let state = tell(bed, indication(bed, .receiveQueueState, [1, 2, 3]))
    #expect(
      state?.bugCheck == .statusIndicationInvalidBuffer(.receiveQueueState, bed.adapter, size: 3))
    #expect(bed.violations.count == 4)
    // More than is kept is no fault of the miniport's.
    let long = tell(bed, indication(bed, .linkState, [UInt8](repeating: 0, count: 513)))
    #expect(long?.failure == Failure(.resources, .informationTooLong, 513, 512))
    #expect(bed.violations.count == 4)
    #expect(bed.newCalls() == [])
    bed.finish()
  }

  @Test("behaviour 57: ProtocolStatusEx that does not return is 0x7C/0x25 0x03 with the status")
  func watchdog() throws {
    let bed = try LifeBed()
    bed.held = [NDISSIM_UPCALL_STATUS_EX]
    _ = tell(bed, indication(bed))
    bed.host.expire(after: 5_000)
    #expect(
      bed.violations.map(\.bugCheck) == [
        .watchdog(
          .protocolStatusIndication, bed.binding, detail: Status.linkState.rawValue)
      ])
    let capacity = bed.host.simulator.store.statuses.capacity
    #expect(bed.host.simulator.slabs.statuses.available == capacity)
    bed.finish()
  }
}
