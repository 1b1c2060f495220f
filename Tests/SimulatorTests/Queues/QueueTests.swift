// Receive queues from their allocation to FREE_QUEUE, through real OID requests: ids, checks, what each
// status does, who may ask.

import NDISDriverInterface
import CNDIS
import NDISEvents
import NDIS
import Testing

@testable import NDISSimulator
import NDISStore

@Suite struct QueueTests {
  typealias Bed = QueueBed
  static let allocate = OID_RECEIVE_FILTER_ALLOCATE_QUEUE
  static let parameters = OID_RECEIVE_FILTER_QUEUE_PARAMETERS

  @Test(
    "A25, A26, A27: a queue is allocated, reported as Paused, and has the miniport's MSI-X entry")
  func allocation() throws {
    let bed = try Bed()
    bed.onRequest = { oid in
      guard oid.call.oid == Self.allocate,
        var answer = try? ReceiveQueueParameters(image: oid.call.input)
      else { return nil }
      answer.msixTableEntry = 7
      return (.success, OIDResult(information: answer.image()))
    }
    var asked = Bed.parameters("first")
    asked.queueID = 99  // an output: what stands there is not read
    let answer = bed.request(.method, Self.allocate, asked.image())
    #expect(answer.status == .success)
    let read = try ReceiveQueueParameters(image: answer.bytes)
    #expect(read.queueID == 1 && read.msixTableEntry == 7 && read.queueName == "first")
    #expect(try ReceiveQueueParameters(image: bed.seen[0].call.input).queueID == 1)
    #expect(bed.state(1) == .allocated)
    let known = bed.request(.query, OID_RECEIVE_FILTER_ENUM_QUEUES)
    let queues = try ReceiveQueueInfoArray(image: known.bytes).queues
    #expect(queues.map(\.state) == [.paused] && queues.map(\.msixTableEntry) == [7])
    #expect(queues.map(\.flags) == [.perQueueReceiveIndication])
    // As a set there is no such request.
    let set = bed.request(
      .set, OID_RECEIVE_FILTER_QUEUE_ALLOCATION_COMPLETE,
      QueueAllocationComplete(queueIDs: [1]).image())
    #expect(set.reason == .oidKind && bed.state(1) == .allocated)
    #expect(bed.violations == [] && bed.host.problems == [])
  }

  @Test("a miniport's answer that is no NDIS_RECEIVE_QUEUE_PARAMETERS is blamed and not believed")
  func wrongAnswer() throws {
    let bed = try Bed()
    bed.onRequest = { _ in (.success, OIDResult(information: [1, 2, 3, 4])) }
    #expect(bed.allocate() == 1)
    #expect(bed.state(1) == .allocated)
    #expect(bed.violations == [.headerType])
    #expect(bed.host.problems == [])
  }

  @Test("ids are the lowest free ones from 1; NumQueues does not count the default queue")
  func ids() throws {
    let bed = try Bed(
      assist: HardwareAssist(receiveFilter: Bed.capabilities(queues: 3).image()))
    #expect([bed.allocate(), bed.allocate(), bed.allocate()] == [1, 2, 3])
    let count = bed.seen.count
    let none = bed.request(.method, Self.allocate, Bed.parameters().image())
    #expect(none.failure == Failure(.failure, .noQueues, 3))
    #expect(bed.seen.count == count)
    bed.inHandler = { bed, _, _ in bed.indicate(2) }
    #expect(bed.free(2).status == .success)
    #expect(bed.allocate() == 2)
    #expect(bed.advice == [.unexpectedDmaStopped] && bed.violations == [])
    #expect(bed.host.problems == [])
  }

  @Test("a record whose generations are used up is no queue again, nor after an adoption")
  func lastGeneration() throws {
    let bed = try Bed()
    #expect(bed.allocate() == 1)
    let worn = try #require(bed.record(1))
    let free = bed.host.simulator.slabs.queues.available
    bed.host.turn { simulator in
      simulator.store.queues.update(worn) { $0.generation = simulator.lastGeneration }
      simulator.commit()
    }
    bed.inHandler = { bed, _, _ in bed.indicate(1) }
    #expect(bed.free(1).status == .success)
    #expect(bed.host.simulator.slabs.queues.available == free)
    bed.inHandler = { _, _, _ in }
    #expect(bed.allocate() == 1 && bed.record(1) != worn)
    #expect(bed.host.problems == [])
  }

  @Test("an allocation the miniport fails leaves nothing behind")
  func failedAllocation() throws {
    let bed = try Bed()
    bed.onRequest = { _ in (.failure, OIDResult()) }
    let failed = bed.request(.method, Self.allocate, Bed.parameters().image())
    #expect(failed.status == .failure && bed.state(1) == .undefined)
    #expect(bed.record(1) == nil)
    bed.onRequest = { _ in nil }
    #expect(bed.allocate() == 1)
    #expect(bed.host.problems == [])
  }

  @Test("what is wrong with an allocation never reaches the miniport")
  func checks() throws {
    let bed = try Bed()
    func refusal(
      room: UInt32 = 4096, _ change: (inout ReceiveQueueParameters) -> Void
    ) -> Bed.Answer {
      var asked = Bed.parameters()
      change(&asked)
      return bed.request(.method, Self.allocate, asked.image(), room: room)
    }
    #expect(refusal { $0.queueType = .unspecified }.reason == .queueType)
    #expect(refusal { $0.processorAffinity = GroupAffinity(mask: 0) }.reason == .processorAffinity)
    #expect(refusal { $0.flags = [.nameChanged] }.reason == .unknownFlags)
    #expect(refusal { $0.lookaheadSize = 64 }.reason == .lookahead)
    let short = refusal(room: 1083) { _ in }
    #expect(short.failure == Failure(.invalidLength, .informationBuffer, 1083, 1084))
    #expect(short.result.bytesNeeded == 1084)
    let cut = bed.request(.method, Self.allocate, Array(Bed.parameters().image().prefix(100)))
    #expect(cut.failure == Failure(.invalidLength, .informationBuffer, 100, 1084))
    #expect(bed.seen.isEmpty && bed.state(1) == .undefined)
    #expect(bed.host.problems == [])
  }

  @Test("behaviour 43: each queue of ALLOCATION_COMPLETE has a status of its own")
  func completion() throws {
    let bed = try Bed()
    let ids = [bed.allocate(), bed.allocate(), bed.allocate()]
    _ = bed.setFilter(2)
    bed.onRequest = { _ in
      let answer = QueueAllocationComplete([
        .init(queueID: 1, completionStatus: .success), .init(queueID: 2),
        .init(queueID: 3, completionStatus: .resources),
      ])
      return (.success, OIDResult(information: answer.image()))
    }
    let answer = bed.complete(1, 2, 3)
    #expect(answer.status == .success)
    let statuses = try QueueAllocationComplete(image: answer.bytes).queues.map(\.completionStatus)
    #expect(statuses == [.success, .success, .resources])
    #expect(ids.map(bed.state) == [.paused, .running, .allocated])
    // The one that failed may be tried again.
    bed.onRequest = { _ in nil }
    #expect(bed.complete(3).status == .success && bed.state(3) == .paused)
    #expect(bed.violations == [] && bed.host.problems == [])
  }

  @Test("behaviour 43: an answer about other queues, or none at all, moves none")
  func wrongCompletion() throws {
    let bed = try Bed()
    _ = [bed.allocate(), bed.allocate()]
    let lies: [[UInt8]] = [
      QueueAllocationComplete(queueIDs: [1]).image(),
      QueueAllocationComplete(queueIDs: [1, 2, 3]).image(),
      QueueAllocationComplete(queueIDs: [1, 1]).image(), [1, 2, 3],
    ]
    for lie in lies {
      bed.onRequest = { _ in (.success, OIDResult(information: lie)) }
      #expect(bed.complete(1, 2).status == .failure)
      #expect(bed.state(1) == .allocated && bed.state(2) == .allocated)
    }
    #expect(bed.violations == [.queueUnknown, .queueUnknown, .queueTwice, .informationBuffer])
    bed.onRequest = { _ in (.failure, OIDResult()) }
    #expect(bed.complete(1, 2).status == .failure && bed.state(1) == .allocated)
    #expect(bed.host.problems == [])
  }

  @Test(
    "behaviour 43: one wrong queue in the array refuses the request before the miniport sees it")
  func refusedCompletion() throws {
    let bed = try Bed()
    _ = [bed.allocate(), bed.allocate()]
    bed.complete(2)
    let count = bed.seen.count
    #expect(bed.complete(1, 0).reason == .defaultQueue)
    #expect(bed.complete(1, 1).reason == .queueTwice)
    #expect(bed.complete(1, 4).reason == .queueUnknown)
    #expect(bed.complete(1, 2).reason == .queueState)
    let room = bed.request(
      .method, OID_RECEIVE_FILTER_QUEUE_ALLOCATION_COMPLETE,
      QueueAllocationComplete(queueIDs: [1]).image(), room: 35)
    #expect(room.failure == Failure(.invalidLength, .informationBuffer, 35, 36))
    #expect(bed.seen.count == count && bed.state(1) == .allocated && bed.state(2) == .paused)
    #expect(bed.host.problems == [])
  }

  @Test("only who allocated a queue may complete, change, filter or free it")
  func owners() throws {
    let bed = try Bed()
    let id = bed.allocate()
    let other = bed.otherBinding()
    func refused(_ kind: OIDRequestKind, _ oid: UInt32, _ input: [UInt8]) -> Bool {
      let answer = bed.request(kind, oid, input, from: other.driver, binding: other.binding)
      return answer.reason == .queueOwner && answer.status == .invalidParameter
    }
    var change = Bed.parameters()
    change.queueID = id
    change.flags = .nameChanged
    let filter = ReceiveFilterParameters(queueID: id, fields: Bed.fields, revision: 1)
    #expect(
      refused(
        .method, OID_RECEIVE_FILTER_QUEUE_ALLOCATION_COMPLETE,
        QueueAllocationComplete(queueIDs: [id]).image()))
    #expect(refused(.set, Self.parameters, change.image()))
    #expect(refused(.method, OID_RECEIVE_FILTER_SET_FILTER, filter.image()))
    #expect(
      refused(
        .set, OID_RECEIVE_FILTER_FREE_QUEUE, ReceiveQueueFreeParameters(queueID: id).image()))
    #expect(bed.state(id) == .allocated)
    // A query lists the driver's own queues, a statistics query those of the adapter; everybody may use the
    // default queue.
    for (kind, count) in [(OIDRequestKind.query, 0), (.queryStatistics, 1)] {
      let known = bed.request(
        kind, OID_RECEIVE_FILTER_ENUM_QUEUES, from: other.driver, binding: other.binding)
      #expect(try ReceiveQueueInfoArray(image: known.bytes).queues.count == count, "\(kind)")
    }
    let all = ReceiveFilterParameters(fields: Bed.fields, revision: 1)
    let set = bed.request(
      .method, OID_RECEIVE_FILTER_SET_FILTER, all.image(), from: other.driver,
      binding: other.binding)
    #expect(set.status == .success)
    #expect(bed.host.problems == [])
  }

  @Test(
    "QUEUE_PARAMETERS changes what its flags name once the miniport agrees, and NDIS answers it")
  func changes() throws {
    let bed = try Bed()
    let id = bed.allocate()
    var change = Bed.parameters("renamed")
    change.queueID = id
    change.numSuggestedReceiveBuffers = 99
    func name() throws -> String {
      var asked = Bed.parameters()
      asked.queueID = id
      let count = bed.seen.count
      let answer = bed.request(.method, Self.parameters, asked.image())
      #expect(bed.seen.count == count)
      let known = try ReceiveQueueParameters(image: answer.bytes)
      #expect(known.numSuggestedReceiveBuffers == 0)
      return known.queueName
    }
    #expect(bed.request(.set, Self.parameters, change.image()).reason == .nothingChanged)
    change.flags = .nameChanged
    bed.onRequest = { _ in (.failure, OIDResult()) }
    #expect(bed.request(.set, Self.parameters, change.image()).status == .failure)
    #expect(try name() == "q")
    bed.onRequest = { _ in nil }
    #expect(bed.request(.set, Self.parameters, change.image()).status == .success)
    #expect(try name() == "renamed")
    change.queueID = 0
    #expect(bed.request(.set, Self.parameters, change.image()).reason == .defaultQueue)
    change.queueID = id
    let short = bed.request(.method, Self.parameters, change.image(), room: 1000)
    #expect(short.failure == Failure(.invalidLength, .informationBuffer, 1000, 1084))
    #expect(short.result.bytesNeeded == 1084)
    #expect(bed.host.problems == [])
  }

  @Test("ENUM_QUEUES lists queues by id with their filters, or says how many bytes it needs")
  func enumeration() throws {
    let bed = try Bed()
    _ = [bed.allocate(), bed.allocate(), bed.allocate()]
    _ = bed.setFilter(2)
    bed.complete(2)
    let short = bed.request(.query, OID_RECEIVE_FILTER_ENUM_QUEUES, room: 3000)
    #expect(short.failure == Failure(.invalidLength, .informationBuffer, 3000, 16 + 3 * 1092))
    #expect(short.result.bytesNeeded == 16 + 3 * 1092)
    let known = bed.request(.query, OID_RECEIVE_FILTER_ENUM_QUEUES)
    let queues = try ReceiveQueueInfoArray(image: known.bytes).queues
    #expect(queues.map(\.queueID) == [1, 2, 3])
    #expect(queues.map(\.state) == [.paused, .running, .paused])
    #expect(queues.map(\.numFilters) == [0, 1, 0])
    #expect(bed.host.problems == [])
  }

  @Test("what NDIS answers from its records may be longer than what a miniport answers")
  func longEnumeration() throws {
    var settings = TestHost.smallSettings
    settings.capacities.queues = 64
    let bed = try Bed(
      assist: HardwareAssist(receiveFilter: Bed.capabilities(queues: 64).image()),
      settings: settings)
    for _ in 0..<40 { _ = bed.allocate() }
    let needed: UInt32 = 16 + 40 * 1092
    let short = bed.request(.query, OID_RECEIVE_FILTER_ENUM_QUEUES, room: needed - 1)
    #expect(
      short.failure
        == Failure(.invalidLength, .informationBuffer, UInt64(needed - 1), UInt64(needed)))
    #expect(short.result.bytesNeeded == needed && short.result.bytesWritten == 0)
    let known = bed.request(.query, OID_RECEIVE_FILTER_ENUM_QUEUES, room: needed)
    #expect(known.result.bytesWritten == needed)
    let queues = try ReceiveQueueInfoArray(image: known.bytes).queues
    #expect(queues.map(\.queueID) == Array(1...40))
    // More than a message can carry is not made, and can not be asked for.
    for _ in 40..<64 { _ = bed.allocate() }
    let most = NDIS.Limits.maximumAnswer
    let long = bed.request(.query, OID_RECEIVE_FILTER_ENUM_QUEUES, room: most)
    #expect(long.reason == .informationBuffer && long.result.bytesNeeded == 16 + 64 * 1092)
    let longer = bed.request(.query, OID_RECEIVE_FILTER_ENUM_QUEUES, room: most + 1)
    #expect(
      longer.failure
        == Failure(.invalidLength, .informationTooLong, UInt64(most) + 1, UInt64(most)))
    #expect(bed.host.problems == [])
  }
}
