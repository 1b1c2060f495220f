// The state tables through the machine: in every state every event is either accepted with the table's next
// state, or refused without any change.

import NDISDriverInterface
import CNDIS
import NDIS
import Testing

@testable import NDISSimulator
import NDISStore

@Suite struct QueueCellTests {
  typealias Bed = QueueBed

  /// The events an OID request or status makes; receiving and the ends have tests of their own.
  static let events = QueueEvent.allCases.filter {
    $0 != .receive && $0 != .receiveDuringSetFilter && $0 != .resourcesFreed && !$0.isExtension
  }

  @Test("behaviour 40: every cell of the queue's table, through the machine", arguments: events)
  func cells(_ event: QueueEvent) throws {
    for state in QueueState.allCases {
      let bed = try Bed()
      let id = bed.queue(in: state)
      // What is with the miniport ends at last, so that the next request is looked at: there is one
      // request at a time, and FREE_QUEUE is that one.
      let isBeingFreed = state == .stopDMA || state == .freeing
      guard apply(event, to: bed, id, state) else { continue }
      let expected = state.after(event)
      if isBeingFreed {
        #expect(bed.state(id) == expected ?? state, "\(event) in \(state.name)")
      } else {
        #expect(bed.state(id) == expected ?? state, "\(event) in \(state.name)")
        #expect(
          (bed.told.last?.failure.status == .success) == (expected != nil),
          "\(event) in \(state.name): \(String(describing: bed.told.last?.failure))")
      }
      #expect(bed.host.problems == [], "\(event) in \(state.name)")
    }
  }

  /// Makes an event happen; false where it cannot be tried.
  private func apply(
    _ event: QueueEvent, to bed: Bed, _ id: UInt32, _ state: QueueState
  ) -> Bool {
    let filter =
      bed.host.simulator.store.adapters[bed.index, \.filters].optional
      .map { bed.host.simulator.store.filters[$0, \.filterID] } ?? 99
    var change = Bed.parameters("new")
    change.queueID = id
    switch event {
    case .allocateQueue:
      // NDIS assigns ids: an allocated queue is never named by ALLOCATE_QUEUE.
      guard state == .undefined else { return false }
      _ = bed.allocate()
    case .queueParametersMethod: issue(bed, .method, QueueTests.parameters, change.image())
    case .queueParametersSet:
      change.flags = .nameChanged
      issue(bed, .set, QueueTests.parameters, change.image())
    case .setFilter:
      let new = ReceiveFilterParameters(queueID: id, fields: Bed.fields, revision: 1)
      issue(bed, .method, OID_RECEIVE_FILTER_SET_FILTER, new.image())
    case .clearLastFilter, .clearFilter:
      if event == .clearFilter, state == .set || state == .running { _ = bed.setFilter(id) }
      let clear = ReceiveFilterClearParameters(queueID: id, filterID: filter)
      issue(bed, .set, OID_RECEIVE_FILTER_CLEAR_FILTER, clear.image())
    case .enumFilters:
      let asked = ReceiveFilterInfoArray(queueID: id, revision: 1)
      issue(bed, .method, OID_RECEIVE_FILTER_ENUM_FILTERS, asked.image())
    case .filterParameters:
      var asked = ReceiveFilterParameters(queueID: id, fields: [], revision: 1)
      asked.filterID = filter
      issue(bed, .method, OID_RECEIVE_FILTER_PARAMETERS, asked.image())
    case .allocationComplete:
      issue(
        bed, .method, OID_RECEIVE_FILTER_QUEUE_ALLOCATION_COMPLETE,
        QueueAllocationComplete(queueIDs: [id]).image())
    case .freeQueue:
      bed.holds = OID_RECEIVE_FILTER_FREE_QUEUE
      let free = ReceiveQueueFreeParameters(queueID: id).image()
      let ended = bed.issue(.set, OID_RECEIVE_FILTER_FREE_QUEUE, free)
      // Accepted, it is with the miniport; there the cell's state is seen.
      #expect(bed.state(id) == state.after(event) ?? state)
      #expect((ended == nil) == (state.after(event) != nil || state.isBeingFreed))
      return false
    case .dmaStopped:
      let count = bed.advice.count
      bed.indicate(id)
      #expect(bed.state(id) == state.after(event) ?? state)
      #expect((bed.advice.count == count) == (state.after(event) != nil))
      return false
    case .receive, .receiveDuringSetFilter, .resourcesFreed, .freeFailedAllocated,
      .freeFailedPaused, .resourcesLeft, .adapterRemoved:
      return false
    }
    return true
  }

  private func issue(_ bed: Bed, _ kind: OIDRequestKind, _ oid: UInt32, _ input: [UInt8]) {
    bed.issue(kind, oid, input)
  }

  @Test("behaviour 40: while a queue is being freed nothing else can be done to it")
  func whileFreeing() throws {
    // Direct, since a request that comes now waits behind FREE_QUEUE.
    for state in [QueueState.stopDMA, .freeing] {
      let bed = try Bed()
      let id = bed.queue(in: state)
      let index = try #require(bed.record(id))
      for event in QueueEvent.allCases {
        func check() throws(Failure) { try bed.host.simulator.check(event, queue: index) }
        #expect(((try? check()) != nil) == (state.after(event) != nil), "\(event) in \(state.name)")
      }
    }
  }

  @Test(
    "behaviours 40 and 42: FREE_QUEUE with the miniport, through each of its ends",
    arguments: [QueueState.stopDMA, .freeing], [QueueState.allocated, .paused])
  func endsOfFreeQueue(state: QueueState, before: QueueState) throws {
    for (status, hasLists) in [(Status.success, false), (.success, true), (.notAccepted, false)] {
      // Lists only where there was a filter once.
      if hasLists, before == .allocated { continue }
      let bed = try Bed()
      let id = bed.queue(in: before)
      if hasLists {
        let filter = bed.setFilter(id)
        bed.indicateLists(id)
        bed.clear(filter, id)
      }
      #expect(bed.state(id) == before)
      bed.holds = OID_RECEIVE_FILTER_FREE_QUEUE
      let free = ReceiveQueueFreeParameters(queueID: id).image()
      bed.issue(.set, OID_RECEIVE_FILTER_FREE_QUEUE, free)
      #expect(bed.state(id) == before.after(.freeQueue))
      if state == .freeing { bed.indicate(id) }
      #expect(bed.state(id) == state)
      bed.answerHeld(status)
      let event: QueueEvent? =
        status != .success ? .freeFailed(from: before) : hasLists ? .resourcesLeft : .resourcesFreed
      #expect(bed.state(id) == state.after(try #require(event)), "\(status), lists: \(hasLists)")
      #expect(
        bed.violations.contains(.dmaStoppedMissing) == (status == .success && state == .stopDMA))
      #expect(bed.violations.contains(.indicationsLeft) == hasLists)
      if hasLists {
        bed.returnLists()
        #expect(bed.state(id) == QueueState.reclaiming.after(.resourcesFreed))
      }
      #expect((bed.record(id) == nil) == (bed.state(id) == .undefined))
      #expect(bed.host.problems == [])
    }
  }

  @Test(
    "an adapter whose process has ended takes its queues along",
    arguments: [QueueState.allocated, .set, .running, .paused])
  func adapterRemoved(state: QueueState) throws {
    let bed = try Bed()
    let id = bed.queue(in: state)
    #expect(state.after(.adapterRemoved) == .undefined)
    bed.host.end(bed.miniport.session)
    #expect(bed.record(id) == nil && bed.queuesInUse == 0 && bed.host.problems == [])
  }

  @Test("every cell of the VPort's table, through the machine", arguments: VPortEvent.allCases)
  func vportCells(_ event: VPortEvent) throws {
    // Reclaiming and the events of ours have a test of their own.
    guard !event.isExtension else { return }
    for state in VPortState.allCases where state != .reclaiming {
      let bed = try VPortTests.bed()
      let id: UInt32 = 1
      if state != .deleted { #expect(bed.createVPort() == id) }
      if state == .activated { #expect(bed.activate(id).status == .success) }
      #expect(bed.vportState(id) == state)
      let answer: Bed.Answer
      switch event {
      case .createOnPF, .createOnVF:
        // NDIS assigns ids: one that is there is never named by CREATE_VPORT.
        guard state == .deleted else { continue }
        let function = event == .createOnPF ? FunctionID.physical : VPortTests.function
        answer = bed.create(on: function)
      case .activate: answer = bed.activate(id)
      case .deactivate:
        answer = bed.change(id) {
          $0.flags = .stateChanged; $0.state = .deactivated
        }
      case .parameters: answer = bed.change(id) { $0.flags = .nameChanged }
      case .delete: answer = bed.delete(id)
      case .deleteResourcesLeft, .resourcesFreed, .adapterRemoved: continue
      }
      #expect(bed.vportState(id) == state.after(event) ?? state, "\(event) in \(state.name)")
      #expect(
        (answer.status == .success) == (state.after(event) != nil), "\(event) in \(state.name)")
      #expect(bed.host.problems == [])
    }
  }

  @Test("a VPort that is deleted with lists outstanding is reclaimed; nobody can name it")
  func vportReclaiming() throws {
    let bed = try VPortTests.bed()
    let id = bed.createVPort()
    #expect(bed.activate(id).status == .success)
    let filter = bed.setFilter(vport: id)
    bed.indicateLists(id)
    #expect(bed.clear(filter).status == .success && bed.delete(id).status == .success)
    #expect(bed.vportState(id) == VPortState.activated.after(.deleteResourcesLeft))
    #expect(bed.violations == [.indicationsLeft])
    #expect(bed.delete(id).reason == .vportUnknown && bed.activate(id).reason == .vportUnknown)
    #expect(bed.createVPort() == id + 1)
    bed.returnLists()
    #expect(bed.host.simulator.vport(adapter: bed.index, id: id) == nil && bed.createVPort() == id)
    #expect(bed.host.problems == [])
  }

  @Test("an adapter whose process has ended takes its VPorts along", arguments: [false, true])
  func vportAdapterRemoved(isActivated: Bool) throws {
    let bed = try VPortTests.bed()
    let id = bed.createVPort()
    if isActivated { #expect(bed.activate(id).status == .success) }
    #expect(bed.vportState(id).after(.adapterRemoved) == .deleted)
    bed.host.end(bed.miniport.session)
    let store = bed.host.simulator.store
    #expect(store.vports.indices.allSatisfy { store.vports[$0, \.adapter].isNone })
    #expect(bed.host.problems == [])
  }
}

extension QueueState {
  /// FREE_QUEUE is with the miniport.
  fileprivate var isBeingFreed: Bool { self == .stopDMA || self == .freeing }
}
