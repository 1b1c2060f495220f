// The end of an adapter that still has queues: what a closing binding left, NDIS frees before MiniportHaltEx.

import NDISDriverInterface
import CNDIS
import NDISEvents
import NDIS
import Testing

@testable import NDISSimulator
import NDISStore

@Suite struct QueueHaltTests {
  typealias Bed = QueueBed

  @Test("behaviour 48: an adapter's queues are freed before MiniportHaltEx; what is left is a leak")
  func halt() throws {
    let bed = try Bed()
    let id = bed.queue(in: .running)
    let block = try #require(bed.memory(queue: id)?.value)
    #expect(bed.memory()?.failure.status == .success)
    bed.inHandler = { bed, _, oid in
      guard oid.call.oid == OID_RECEIVE_FILTER_FREE_QUEUE else { return }
      bed.indicate(id)
      bed.freeMemory(block)
    }
    let count = bed.seen.count
    let before = bed.host.upcalls.count
    let removed = bed.host.ask(bed.miniport.session, .removeAdapter(bed.adapter))
    #expect(removed?.failure.status == .success)
    #expect(
      bed.seen.suffix(from: count).map(\.call.oid) == [
        OID_RECEIVE_FILTER_CLEAR_FILTER, OID_RECEIVE_FILTER_FREE_QUEUE,
      ])
    let calls = bed.host.upcalls.suffix(from: before)
      .filter { $0.session == bed.miniport.session }.map { Int($0.details.type) }
    let halt = try #require(calls.firstIndex(of: NDISSIM_UPCALL_HALT_EX))
    let last = try #require(calls.lastIndex(of: NDISSIM_UPCALL_OID_REQUEST))
    #expect(last < halt)
    // The binding should have freed them; the default queue's memory is the miniport's to free.
    #expect(bed.violations == [.queuesLeft] && bed.leaks == [0])
    let store = bed.host.simulator.statistics(session: nil)
    #expect(store.blocks == 0 && bed.host.problems == [])
  }

  @Test("a miniport whose process is gone is not asked; nothing of its queues is left")
  func death() throws {
    for state in QueueState.allCases {
      let bed = try Bed()
      let id = bed.queue(in: state)
      if state.mayAllocateMemory { #expect(bed.memory(queue: id)?.failure.status == .success) }
      let count = bed.seen.count
      bed.host.end(bed.miniport.session)
      #expect(bed.seen.count == count)
      // The lists of one in Reclaiming lie in memory of it.
      let hasMemory = state.mayAllocateMemory || state == .reclaiming
      #expect(bed.leaks == (hasMemory ? [id] : []))
      // Whose they are could not free them.
      #expect(
        bed.violations
          == (state == .reclaiming ? [.indicationsLeft, .queueMemoryLeft, .listsHeld] : []),
        "\(state.name)")
      let used = bed.queuesInUse
      #expect(used == 0, "\(state.name)")
      #expect(bed.host.problems == [], "\(state.name)")
    }
  }

  @Test("after a surprise removal the miniport is asked to free queues; NOT_ACCEPTED blames nobody")
  func removedBySurprise() throws {
    for state in [QueueState.allocated, .set, .running, .paused] {
      let bed = try Bed()
      let id = bed.queue(in: state)
      let count = bed.seen.count
      bed.onRequest = { _ in (.notAccepted, OIDResult()) }
      var refused: Status?
      bed.binder.override = { [unowned bed] host, _, details in
        guard Int(details.type) == NDISSIM_UPCALL_UNBIND_ADAPTER_EX else { return false }
        let free = ReceiveQueueFreeParameters(queueID: id).image()
        let call = OIDCall(
          kind: OIDRequestKind.set.rawValue, oid: OID_RECEIVE_FILTER_FREE_QUEUE, input: free)
        let request = Request.oidRequest(binding: bed.binding, call)
        refused = host.ask(bed.binder.session, request)?.failure.status
        return false
      }
      let removed = bed.host.ask(
        bed.miniport.session, .changeAdapter(bed.adapter, .surpriseRemove))
      #expect(removed?.failure.status == .success)
      #expect(refused == .pending)
      let asked = bed.seen.suffix(from: count).map(\.call.oid)
      #expect(asked.contains(OID_RECEIVE_FILTER_FREE_QUEUE), "\(state.name)")
      #expect(bed.violations == [] && bed.leaks == [] && bed.queuesInUse == 0)
      #expect(bed.host.problems == [], "\(state.name)")
    }
  }

  @Test("an overlying driver whose process is gone leaves its queues to NDIS")
  func ownerDeath() throws {
    let bed = try Bed()
    let id = bed.queue(in: .running)
    bed.host.end(bed.binder.session)
    #expect(bed.state(id) == .running && bed.violations == [.queuesLeft])
    bed.inHandler = { bed, _, oid in
      if oid.call.oid == OID_RECEIVE_FILTER_FREE_QUEUE { bed.indicate(id) }
    }
    let removed = bed.host.ask(bed.miniport.session, .removeAdapter(bed.adapter))
    #expect(removed?.failure.status == .success && bed.queuesInUse == 0)
    #expect(bed.violations == [.queuesLeft] && bed.host.problems == [])
  }
}

extension QueueBed {
  /// Records of queues and filters in use.
  var queuesInUse: Int {
    let store = host.simulator.store
    return (store.queues.indices).count { !store.queues[$0, \.adapter].isNone }
      + (store.filters.indices).count { !store.filters[$0, \.adapter].isNone }
  }
}
