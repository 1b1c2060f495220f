// The end of a receive queue: FREE_QUEUE and what has to be done before it is completed, and the ends of
// those who could have issued it.

import NDISDriverInterface
import CNDIS
import NDISEvents
import NDIS
import Testing

@testable import NDISSimulator
import NDISStore

@Suite struct QueueFreeTests {
  typealias Bed = QueueBed

  /// A miniport that frees a queue as the documents say.
  private func honest(_ bed: Bed) {
    bed.inHandler = { bed, _, oid in
      guard oid.call.oid == OID_RECEIVE_FILTER_FREE_QUEUE,
        let free = try? ReceiveQueueFreeParameters(image: oid.call.input)
      else { return }
      bed.indicate(free.queueID)
    }
  }

  @Test("behaviour 42: a queue whose DMA has stopped and whose memory is back is freed")
  func freed() throws {
    let bed = try Bed()
    let id = bed.queue(in: .paused)
    let block = try #require(bed.memory(queue: id)?.value)
    bed.holds = OID_RECEIVE_FILTER_FREE_QUEUE
    #expect(
      bed.issue(
        .set, OID_RECEIVE_FILTER_FREE_QUEUE, ReceiveQueueFreeParameters(queueID: id).image())
        == nil)
    #expect(bed.state(id) == .stopDMA)
    bed.indicate(id)
    #expect(bed.state(id) == .freeing)
    bed.freeMemory(block)
    bed.answerHeld(.success)
    #expect(bed.told.last?.failure.status == .success)
    #expect(bed.record(id) == nil)
    #expect(bed.violations == [] && bed.leaks == [] && bed.host.problems == [])
  }

  @Test("behaviour 42: the default queue is not freed, nor one that has filters or is not there")
  func refused() throws {
    let bed = try Bed()
    let id = bed.queue(in: .set)
    let count = bed.seen.count
    #expect(bed.free(0).failure == Failure(.invalidParameter, .defaultQueue))
    #expect(bed.free(9).failure == Failure(.invalidParameter, .queueUnknown, 9))
    #expect(bed.free(id).failure == Failure(.invalidParameter, .filtersLeft, 1))
    #expect(bed.seen.count == count && bed.state(id) == .set)
    #expect(bed.host.problems == [])
  }

  @Test("behaviours 41 and 42: SUCCESS without DmaStopped is a violation, and the queue is gone")
  func withoutDMAStopped() throws {
    let bed = try Bed()
    let id = bed.queue(in: .paused)
    #expect(bed.free(id).status == .success)
    #expect(bed.violations == [.dmaStoppedMissing])
    #expect(bed.state(id) == .undefined && bed.allocate() == id)
    #expect(bed.host.problems == [])
  }

  @Test(
    "behaviour 42: memory that is left is a violation and is reclaimed as a leak, for every block")
  func memoryLeft() throws {
    let bed = try Bed()
    honest(bed)
    let id = bed.queue(in: .paused)
    for _ in 0..<3 { #expect(bed.memory(queue: id)?.failure.status == .success) }
    let kept = try #require(bed.memory()?.value)
    #expect(bed.free(id).status == .success)
    #expect(bed.violations == [.queueMemoryLeft])
    #expect(bed.leaks == [id, id, id])
    // What the default queue has is not touched, and the id may be used again.
    #expect(bed.host.simulator.allocation(kept) != nil)
    #expect(bed.host.simulator.statistics(session: nil).blocks == 1)
    #expect(bed.allocate() == id)
    #expect(bed.host.problems == [])
  }

  @Test("behaviour 42: the id of a freed queue is not given out while lists of it are out")
  func indicationsLeft() throws {
    let bed = try Bed()
    honest(bed)
    let id = bed.queue(in: .paused)
    let filter = bed.setFilter(id)
    bed.indicateLists(id)
    #expect(bed.host.told.values.contains { $0.handles.count == 2 })
    #expect(bed.clear(filter, id).status == .success)
    #expect(bed.free(id).status == .success)
    #expect(bed.violations == [.indicationsLeft, .queueMemoryLeft])
    #expect(bed.state(id) == .reclaiming && bed.memory(queue: id)?.failure.reason == .queueUnknown)
    let next = bed.allocate()
    #expect(next == id + 1)
    bed.returnLists()
    #expect(bed.record(id) == nil && bed.allocate() == id)
    #expect(bed.host.problems == [])
  }

  @Test("a miniport that does not free a queue leaves it where it was", arguments: [false, true])
  func notFreed(stopped: Bool) throws {
    let bed = try Bed()
    for (state, status) in [
      (QueueState.allocated, Status.notAccepted), (.paused, .requestAborted), (.paused, .failure),
    ] {
      let id = bed.queue(in: state)
      let index = try #require(bed.record(id))
      bed.onRequest = { _ in (status, OIDResult()) }
      if stopped { honest(bed) }
      #expect(bed.free(id).status != .success)
      #expect(bed.state(id) == state)
      #expect(bed.host.simulator.store.queues[index, \.dmaStopped] == 0)
      // And it can be freed afterwards.
      bed.onRequest = { _ in nil }
      honest(bed)
      #expect(bed.free(id).status == .success && bed.state(id) == .undefined)
      bed.inHandler = { _, _, _ in }
    }
    // FAILURE is none of the ends that free something may have.
    #expect(bed.violations == [.oidMustSucceed])
    #expect(bed.host.problems == [])
  }

  @Test(
    "memory of a queue may be freed only while its DMA is stopped", arguments: QueueState.allCases)
  func memoryInUse(state: QueueState) throws {
    guard state.mayAllocateMemory || state == .stopDMA || state == .freeing else { return }
    let bed = try Bed()
    // FREE_QUEUE is entered with the memory that was allocated before.
    let isFreeing = state == .stopDMA || state == .freeing
    let id = bed.queue(in: isFreeing ? .paused : state)
    let block = try #require(bed.memory(queue: id)?.value)
    if isFreeing {
      bed.holds = OID_RECEIVE_FILTER_FREE_QUEUE
      bed.issue(
        .set, OID_RECEIVE_FILTER_FREE_QUEUE, ReceiveQueueFreeParameters(queueID: id).image())
      if state == .freeing { bed.indicate(id) }
    }
    #expect(bed.state(id) == state)
    bed.freeMemory(block)
    #expect(bed.violations == (state.mayFreeMemory ? [] : [.queueMemoryInUse]))
    // The free is carried out, as on Windows.
    #expect(bed.host.simulator.allocation(block) == nil)
    if case .violation(let violation)? = bed.host.events.last(where: { $0.kind.name == "violation" }
    ) {
      #expect(violation.origin.site == Site("queue") && violation.bugCheck == nil)
      #expect(violation.party.adapter == Name("eth0"))
    }
    #expect(bed.host.problems == [])
  }

  @Test("behaviour 41: a queue should not enter DMA Stopped but on FREE_QUEUE: otherwise advice")
  func unasked() throws {
    let bed = try Bed(
      assist: HardwareAssist(receiveFilter: Bed.capabilities(queues: 8).image()))
    // FREE_QUEUE stays with the miniport: the last one.
    let states: [QueueState] = [
      .undefined, .allocated, .set, .running, .paused, .reclaiming, .freeing,
    ]
    #expect(Set(states).union([.stopDMA]) == Set(QueueState.allCases))
    for state in states {
      let id = bed.queue(in: state)
      let count = bed.advice.count
      bed.indicate(id)
      #expect(bed.advice.suffix(from: count) == [.unexpectedDmaStopped], "\(state.name)")
      #expect(bed.state(id) == state)
    }
    bed.answerHeld(.success)
    // The default queue has no such state, other states need no indication.
    bed.indicate(0)
    #expect(bed.advice.last == .unexpectedDmaStopped)
    let count = bed.advice.count
    for state in [ReceiveQueueOperationalState.undefined, .running, .paused] {
      bed.indicate(1, state)
    }
    #expect(bed.advice.count == count && bed.host.problems == [])
  }

  @Test("behaviour 41: clearing the last filter stops the queue without DmaStopped")
  func lastFilter() throws {
    let bed = try Bed()
    let id = bed.queue(in: .running)
    bed.inHandler = { bed, _, oid in
      if oid.call.oid == OID_RECEIVE_FILTER_CLEAR_FILTER { bed.indicate(id) }
    }
    let filter = try #require(
      bed.host.simulator.store.adapters[bed.index, \.filters].optional)
    let number = bed.host.simulator.store.filters[filter, \.filterID]
    #expect(bed.clear(number, id).status == .success)
    #expect(bed.state(id) == .paused)
    #expect(bed.advice == [.unexpectedDmaStopped] && bed.host.problems == [])
    #expect(bed.violations == [])
  }

  @Test("what a closing binding has left is one violation, and then NDIS's to free")
  func takenOver() throws {
    let bed = try Bed()
    let other = bed.otherBinding()
    let id = bed.queue(in: .running)
    _ = bed.allocate()
    let theirs = bed.request(
      .method, OID_RECEIVE_FILTER_ALLOCATE_QUEUE, Bed.parameters().image(), from: other.driver,
      binding: other.binding)
    #expect(theirs.status == .success)
    let binding = bed.binding
    for _ in 0..<2 {
      bed.host.turn { simulator in
        simulator.reassignQueuesToNDIS(binding: Index(binding))
        simulator.commit()
      }
    }
    // Two queues and a filter.
    #expect(bed.violations == [.queuesLeft])
    let left = bed.host.events.compactMap {
      if case .violation(let violation) = $0 { violation.failure } else { nil }
    }
    #expect(left == [Failure(.failure, .queuesLeft, binding.rawValue, 3)])
    // It may not change them any more.
    #expect(bed.free(2).reason == .queueOwner && bed.state(id) == .running)
    #expect(bed.host.problems == [])
  }

  @Test(
    "behaviour 48: NDIS frees filters, queues, VPorts, VFs and the switch, one request at a time")
  func beforeHalt() throws {
    let bed = try Bed()
    honest(bed)
    bed.onRequest = { oid in
      guard oid.call.oid == OID_NIC_SWITCH_ALLOCATE_VF,
        var answer = try? VFParameters(image: oid.call.input)
      else { return nil }
      answer.function = FunctionID(rawValue: 1)
      return (.success, OIDResult(information: answer.image()))
    }
    let id = bed.queue(in: .running)
    _ = bed.setFilter(0)
    bed.request(.method, OID_NIC_SWITCH_CREATE_SWITCH, NICSwitchParameters(numVFs: 2).image())
    bed.request(.method, OID_NIC_SWITCH_ALLOCATE_VF, VFParameters(vmName: "vm").image())
    bed.request(
      .method, OID_NIC_SWITCH_CREATE_VPORT,
      VPortParameters(name: "v", attachedTo: FunctionID(rawValue: 1)).image())
    let count = bed.seen.count
    // A miniport that will not is asked all the same, once.
    bed.onRequest = { oid in
      oid.call.oid == OID_RECEIVE_FILTER_CLEAR_FILTER ? (.notAccepted, OIDResult()) : nil
    }
    let index = bed.index
    let now = bed.host.now
    var rounds = 0
    while rounds < 20,
      bed.host.turn({ simulator in
        simulator.turn.now = now
        let left = simulator.freeQueuesBeforeHalt(adapter: index)
        simulator.commit()
        return left
      })
    { rounds += 1 }
    #expect(
      bed.seen.suffix(from: count).map(\.call.oid) == [
        OID_RECEIVE_FILTER_CLEAR_FILTER, OID_RECEIVE_FILTER_CLEAR_FILTER,
        OID_RECEIVE_FILTER_FREE_QUEUE, OID_NIC_SWITCH_DELETE_VPORT, OID_NIC_SWITCH_FREE_VF,
        OID_NIC_SWITCH_DELETE_SWITCH,
      ])
    #expect(rounds == 6 && bed.state(id) == .undefined)
    let adapter = bed.host.simulator.store.adapters[index]
    #expect(adapter.queues.isNone && adapter.filters.isNone && adapter.vports.isNone)
    #expect(bed.violations == [] && bed.host.problems == [])
  }

  @Test("a FREE_QUEUE the miniport refuses leaves the queue, though its requester is gone")
  func requesterGone() throws {
    let bed = try Bed()
    let id = bed.queue(in: .stopDMA)
    bed.host.end(bed.binder.session)
    bed.answerHeld(.notAccepted)
    #expect(bed.state(id) == .paused)
    let block = try #require(bed.memory(queue: id)?.value)
    // It is NDIS's now.
    bed.holds = nil
    bed.inHandler = { bed, _, oid in
      guard oid.call.oid == OID_RECEIVE_FILTER_FREE_QUEUE else { return }
      bed.indicate(id)
      bed.freeMemory(block)
    }
    bed.host.call(bed.miniport.session, .removeAdapter(bed.adapter))
    #expect(bed.state(id) == .undefined && bed.leaks == [])
    #expect(bed.violations == [.queuesLeft] && bed.host.problems == [])
  }

  @Test("behaviour 41: DmaStopped that finds no room is not indicated, and can be again")
  func noRoomForTheStatus() throws {
    let bed = try Bed()
    let id = bed.queue(in: .stopDMA)
    var held: [UInt64] = []
    bed.binder.override = { _, upcall, details in
      guard Int(details.type) == NDISSIM_UPCALL_STATUS_EX else { return false }
      held.append(upcall)
      return true
    }
    func indicate(_ code: Status, _ buffer: [UInt8]) -> Status? {
      let indication = StatusIndication(
        from: bed.adapter, code, bufferSize: UInt32(buffer.count))
      return bed.host.ask(
        bed.miniport.session,
        .indicateStatus(bed.adapter, IndicatedStatus(indication: indication, buffer: buffer))
      )?.failure.status
    }
    for _ in 0..<bed.host.simulator.store.statuses.capacity {
      #expect(indicate(.linkState, []) == .success)
    }
    let stopped = ReceiveQueueState(queueID: id, state: .dmaStopped).image()
    #expect(indicate(.receiveQueueState, stopped) == .resources)
    #expect(bed.state(id) == .stopDMA)
    bed.host.answer(bed.binder.session, held[0], ProviderAnswer(status: .success))
    #expect(indicate(.receiveQueueState, stopped) == .success)
    #expect(bed.state(id) == .freeing && bed.violations == [])
    #expect(bed.host.problems == [])
  }

  @Test("an adapter that is gone drops its records at once; memory keeps its queue for the report")
  func dropped() throws {
    let bed = try Bed()
    let id = bed.queue(in: .running)
    let block = try #require(bed.memory(queue: id)?.value)
    let index = bed.index
    bed.host.end(bed.miniport.session)
    #expect(bed.leaks == [id] && bed.host.simulator.allocation(block) == nil)
    let adapter = bed.host.simulator.store.adapters[index]
    #expect(adapter.queues.isNone && adapter.filters.isNone)
    #expect(bed.host.simulator.store.capabilities[index, \.receiveFilterLength] == 0)
    #expect(bed.host.problems == [])
  }
}
