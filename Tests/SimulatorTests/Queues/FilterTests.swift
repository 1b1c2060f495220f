// Receive filters through real OID requests: ids, limits, who may clear them, and moving one.

import NDISDriverInterface
import CNDIS
import NDIS
import Testing

@testable import NDISSimulator
import NDISStore

@Suite struct FilterTests {
  typealias Bed = QueueBed
  static let set = OID_RECEIVE_FILTER_SET_FILTER

  private func filter(_ queue: UInt32 = 0, fields: Int = 1) -> ReceiveFilterParameters {
    ReceiveFilterParameters(
      queueID: queue,
      fields: Array(repeating: Bed.fields[0], count: fields), revision: 1)
  }

  @Test("a filter gets an id of its own, which the miniport sees, and moves its queue")
  func setting() throws {
    let bed = try Bed()
    let id = bed.allocate()
    #expect(bed.setFilter(id) == 1 && bed.setFilter(id) == 2 && bed.setFilter() == 3)
    #expect(bed.state(id) == .set)
    let seen = bed.seen.filter { $0.call.oid == Self.set }.map(\.call.input)
    #expect(try seen.map { try ReceiveFilterParameters(image: $0).filterID } == [1, 2, 3])
    // An id is not soon another filter's.
    bed.clear(3)
    #expect(bed.setFilter() == 4)
    #expect(bed.host.problems == [])
  }

  @Test("what is wrong with a filter never reaches the miniport")
  func checks() throws {
    let bed = try Bed(
      assist: HardwareAssist(receiveFilter: Bed.capabilities(filters: 2).image()))
    let id = bed.queue(in: .paused)
    let count = bed.seen.count
    func refusal(
      room: UInt32 = 4096, _ change: (inout ReceiveFilterParameters) -> Void
    ) -> Failure {
      var asked = filter(id)
      change(&asked)
      return bed.request(.method, Self.set, asked.image(), room: room).failure
    }
    #expect(refusal { $0.fields = [] }.reason == .filterEmpty)
    #expect(refusal { $0.filterType = .packetCoalescing }.reason == .filterType)
    #expect(refusal { $0.queueID = 7 } == Failure(.invalidParameter, .queueUnknown, 7))
    #expect(refusal(room: 35) { _ in } == Failure(.invalidLength, .informationBuffer, 35, 36))
    let many = bed.request(.method, Self.set, filter(id, fields: 9).image()).failure
    #expect(many == Failure(.invalidParameter, .elementCount, 9, 8))
    let both = ReceiveFilterParameters(queueID: id, vportID: 1, fields: Bed.fields)
    #expect(bed.request(.method, Self.set, both.image()).reason == .queueAndVPort)
    #expect(bed.seen.count == count && bed.state(id) == .paused)
    #expect(bed.request(.method, Self.set, filter(id, fields: 8).image()).status == .success)
    #expect(bed.setFilter() == 2)
    let full = bed.request(.method, Self.set, filter().image())
    #expect(full.failure == Failure(.failure, .filterLimit, 2, 2))
    #expect(bed.host.problems == [])
  }

  @Test("a filter the miniport refuses leaves queue and filters as they were")
  func failed() throws {
    let bed = try Bed()
    let id = bed.queue(in: .paused)
    bed.onRequest = { _ in (.failure, OIDResult()) }
    #expect(bed.setFilter(id) == 0 && bed.state(id) == .paused)
    #expect(bed.host.simulator.store.adapters[bed.index, \.filters].isNone)
    #expect(bed.host.problems == [])
  }

  @Test("indicating into a paused queue before a SET_FILTER that then fails is a violation")
  func early() throws {
    let bed = try Bed()
    let id = bed.queue(in: .paused)
    let index = try #require(bed.record(id))
    // What the receive path notes while the request is with the miniport.
    bed.inHandler = { bed, _, oid in
      guard oid.call.oid == Self.set else { return }
      bed.host.turn { simulator in
        simulator.store.queues.update(index) { $0.early = 1 }
        simulator.commit()
      }
    }
    #expect(bed.setFilter(id) == 1 && bed.violations == [])
    bed.clear(1, id)
    bed.onRequest = { _ in (.failure, OIDResult()) }
    #expect(bed.setFilter(id) == 0)
    #expect(bed.violations == [.indicatedEarly] && bed.state(id) == .paused)
    #expect(bed.host.simulator.store.queues[index, \.early] == 0)
    #expect(bed.host.problems == [])
  }

  @Test("CLEAR_FILTER: an unknown filter is FILE_NOT_FOUND, and only who set it clears it")
  func clearing() throws {
    let bed = try Bed()
    let id = bed.queue(in: .running)
    #expect(bed.setFilter(id) == 2 && bed.setFilter() == 3)
    let count = bed.seen.count
    #expect(bed.clear(9, id).failure == Failure(.fileNotFound, .filterUnknown, 9, UInt64(id)))
    #expect(bed.clear(1, 0).status == .fileNotFound)
    #expect(bed.clear(0, id).status == .fileNotFound)
    let other = bed.otherBinding()
    let theirs = bed.request(
      .set, OID_RECEIVE_FILTER_CLEAR_FILTER,
      ReceiveFilterClearParameters(queueID: 0, filterID: 3).image(), from: other.driver,
      binding: other.binding)
    #expect(theirs.failure == Failure(.fileNotFound, .filterOwner, 3))
    #expect(bed.seen.count == count)
    bed.onRequest = { _ in (.notAccepted, OIDResult()) }
    #expect(bed.clear(1, id).status == .notAccepted && bed.state(id) == .running)
    bed.onRequest = { _ in nil }
    #expect(bed.clear(1, id).status == .success && bed.state(id) == .running)
    #expect(bed.clear(2, id).status == .success && bed.state(id) == .paused)
    #expect(bed.clear(3).status == .success)
    #expect(bed.violations == [] && bed.host.problems == [])
  }

  @Test("ENUM_FILTERS and RECEIVE_FILTER_PARAMETERS are answered by NDIS")
  func known() throws {
    let bed = try Bed()
    let id = bed.allocate()
    var asked = filter(id)
    asked.fields = [.destinationAddress([1, 2, 3, 4, 5, 6]), .vlan(7)]
    bed.request(.method, Self.set, asked.image())
    _ = [bed.setFilter(), bed.setFilter(id)]
    let count = bed.seen.count
    func filters(_ queue: UInt32, room: UInt32 = 4096) -> Bed.Answer {
      bed.request(
        .method, OID_RECEIVE_FILTER_ENUM_FILTERS,
        ReceiveFilterInfoArray(queueID: queue, revision: 1).image(), room: room)
    }
    let mine = try ReceiveFilterInfoArray(image: filters(id).bytes)
    #expect(mine.filters.map(\.filterID) == [1, 3] && mine.queueID == id)
    #expect(try ReceiveFilterInfoArray(image: filters(0).bytes).filters.map(\.filterID) == [2])
    #expect(filters(5).reason == .queueUnknown)
    let short = filters(id, room: 40)
    #expect(short.failure == Failure(.invalidLength, .informationBuffer, 40, 20 + 32))
    var one = ReceiveFilterParameters(fields: [], revision: 1)
    one.filterID = 1
    let answer = bed.request(.method, OID_RECEIVE_FILTER_PARAMETERS, one.image())
    let read = try ReceiveFilterParameters(image: answer.bytes)
    #expect(read.fields == asked.fields && read.queueID == id && read.filterID == 1)
    one.filterID = 0
    let none = bed.request(.method, OID_RECEIVE_FILTER_PARAMETERS, one.image())
    #expect(none.reason == .filterUnknown && none.status == .invalidParameter)
    #expect(bed.seen.count == count && bed.host.problems == [])
  }

  @Test("SourceQueueId and DestQueueId must always be set to NDIS_DEFAULT_RECEIVE_QUEUE_ID")
  func moving() throws {
    let bed = try Bed()
    let first = bed.queue(in: .running)
    let second = bed.queue(in: .paused)
    func move(_ from: UInt32, _ to: UInt32, filter: UInt32 = 1) -> Bed.Answer {
      bed.request(
        .set, OID_RECEIVE_FILTER_MOVE_FILTER,
        ReceiveFilterMoveParameters(
          filterID: filter, from: .init(queueID: from, vportID: 0),
          to: .init(queueID: to, vportID: 0)
        ).image())
    }
    let count = bed.seen.count
    #expect(move(second, first).failure.reason == .filterUnknown)
    #expect(move(first, second, filter: 2).failure.reason == .filterUnknown)
    #expect(move(first, first).failure.reason == .nothingChanged)
    #expect(
      move(first, second).failure
        == Failure(.invalidParameter, .filterMoveQueue, UInt64(first), UInt64(second)))
    #expect(move(first, 0).failure.reason == .filterMoveQueue)
    #expect(bed.setFilter() == 2 && move(0, first, filter: 2).failure.reason == .filterMoveQueue)
    #expect(bed.seen.count == count + 1)
    #expect(bed.state(first) == .running && bed.state(second) == .paused)
    #expect(bed.violations == [] && bed.host.problems == [])
    // Without the SR-IOV interface the OID is not supported.
    let plain = try Bed(assist: HardwareAssist(receiveFilter: Bed.capabilities().image()))
    let answer = plain.request(
      .set, OID_RECEIVE_FILTER_MOVE_FILTER,
      ReceiveFilterMoveParameters(filterID: 1, from: .init(vportID: 0), to: .init(vportID: 1))
        .image())
    #expect(answer.status == .notSupported && answer.reason == .capabilityMissing)
  }

  @Test("a FilterId is one to MaxMacHeaderFilters, and not soon another filter's")
  func numbers() throws {
    let bed = try Bed(
      assist: HardwareAssist(receiveFilter: Bed.capabilities(filters: 3).image()))
    var ids: [UInt32] = []
    for _ in 0..<5 {
      ids.append(bed.setFilter())
      #expect(bed.clear(ids.last ?? 0).status == .success)
    }
    #expect(ids == [1, 2, 3, 1, 2])
    #expect(bed.setFilter() == 3 && bed.setFilter() == 1 && bed.setFilter() == 2)
    #expect(bed.clear(3).status == .success && bed.setFilter() == 3)
    #expect(bed.violations == [] && bed.host.problems == [])
  }

  @Test("a filter with PACKET_ENCAPSULATION reaches the miniport and is known with its flag")
  func encapsulation() throws {
    let bed = try Bed()
    var asked = filter()
    asked.flags = .packetEncapsulation
    #expect(bed.request(.method, Self.set, asked.image()).status == .success)
    #expect(bed.seen.last.map { $0.call.input[4] } == 2)
    asked.flags = []
    asked.filterID = 1
    let known = bed.request(.method, OID_RECEIVE_FILTER_PARAMETERS, asked.image())
    #expect(try ReceiveFilterParameters(image: known.bytes).flags == .packetEncapsulation)
    #expect(bed.host.problems == [])
  }

  @Test("a filter that exceeds the adapter's capabilities reaches no miniport")
  func capabilities() throws {
    let bed = try Bed()
    var asked = filter()
    asked.fields[0].test = .notEqual
    let answer = bed.request(.method, Self.set, asked.image())
    #expect(answer.failure == Failure(.invalidParameter, .filterTestUnsupported, 3, 1))
    asked = filter()
    asked.filterID = 7
    #expect(bed.request(.method, Self.set, asked.image()).reason == .filterIDGiven)
    #expect(bed.seen.isEmpty && bed.host.problems == [])
  }
}
