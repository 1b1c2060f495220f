// What can be wrong with OID requests, queues, filters, VPorts and what is indicated. Each is found and said: see StoreCheckTests.

import NDISDriverInterface
import CNDIS
import NDIS

@testable import NDISSimulator
import NDISStore

extension StoreCheckTests {
  // MARK: OID requests

  static let oids: [Wrong] = [
    Wrong("its state has no case", \.oids, where: { $0.$state.raw != 0 }) { $0.$state.raw = 5 },
    Wrong("its end is none", \.oids, where: { $0.$state.raw == 0 }) { $0.$end.raw = 9 },
    Wrong("it is free and still in use", \.oids, where: { $0.$state.raw == 0 }) { $0.deadline = 4 },
    Wrong("its kind has no case", \.oids, where: { $0.$state.raw != 0 }) { $0.kind = 99 },
    Wrong("one of its flags is none", \.oids, where: { $0.$state.raw != 0 }) {
      $0.$cancelState.raw = 3
    },
    Wrong("its information is too long", \.oids, where: { $0.$state.raw != 0 }) {
      $0.inputLength = 5_000
    },
    Wrong("its adapter is not there", \.oids, where: { $0.$state.raw != 0 }) { $0.adapter = .gone },
    Wrong("its adapter is not there", \.oids, where: { $0.isLinked != 0 }) {
      $0.adapterHandle ^= 4
    },
    Wrong("its binding is not there", \.oids, where: { $0.$state.raw != 0 }) { $0.binding = .gone },
    Wrong("its session is not there", \.oids, where: { $0.$state.raw != 0 }) { $0.session = .gone },
    Wrong("its failure has no reason", \.oids, where: { $0.$state.raw != 0 }) {
      $0.failure.number = 40_000
    },
    Wrong("its state is not that of its calls", \.oids, where: { $0.$state.raw == 1 }) {
      $0.$state.raw = 2
    },
    Wrong("its OID request does not know it", \.oids, where: { $0.$state.raw == 3 }) {
      $0.upcall = 0
    },
    Wrong(
      "a call about it is not there", \.oids, where: { $0.$state.raw == 3 && $0.cancellation == 0 }
    ) {
      $0.cancellation = 77
    },
    Wrong("the state before it is none", \.oids, where: { $0.$state.raw == 3 }) {
      $0.$before.raw = 99
    },
    Wrong("the state before it is none", \.oids, where: { $0.$state.raw == 3 }) {
      $0.before = .running
    },
    Wrong("what it makes or changes is not there", \.oids, where: { $0.$state.raw == 3 }) {
      $0.subject = .gone
    },
    Wrong("its last OID request is another", \.adapters, where: { !$0.firstOID.isNone }) {
      $0.lastOID = .gone
    },
    Wrong("its list of OID requests does not close", \.oids, where: { $0.isLinked != 0 }) {
      $0.next = .gone
    },
  ]

  // MARK: Queues, filters, VPorts

  static let queues: [Wrong] = [
    Wrong(
      "capabilities[0]: they are longer than any", \.capabilities,
      where: {
        $0.receiveFilterLength != 0
      }
    ) { $0.receiveFilterLength = 9_999 },
    Wrong(
      "capabilities[0]: they are longer than any", \.capabilities, where: { $0.set != 0 }
    ) { $0.hardware.nicSwitchLength = 9_999 },
    Wrong("capabilities[0]: they are neither set nor not", \.capabilities, where: { $0.set != 0 }) {
      $0.set = 2
    },
    Wrong("attributes[15]: their adapter is not there") { store in
      guard store.adapters[15].life == .free else { return false }
      store.attributes.update(15) { $0.set = 1 }
      return true
    },
    Wrong("attributes[0]: they are neither set nor not", \.attributes, where: { $0.set == 2 }) {
      $0.set = 3
    },
    Wrong("attributes[0]: they list too many OIDs", \.attributes, where: { $0.set == 2 }) {
      $0.count = 513
    },
    Wrong("attributes[0]: their image makes no sense", \.attributes, where: { $0.set == 2 }) {
      $0.set = 1
    },
    Wrong("it has VFs and no switch", \.capabilities, where: { $0.nicSwitchLength != 0 }) {
      $0.functions = 1
      $0.hasSwitch = 0
    },
    Wrong("the owner of a VF is not there", \.capabilities, where: { $0.nicSwitchLength != 0 }) {
      $0.functionOwners[3] = .gone
    },
    Wrong("capabilities[15]: its adapter is not there") { store in
      guard store.adapters[15].life == .free else { return false }
      store.capabilities.update(15) { $0.hasSwitch = 1 }
      return true
    },
    Wrong("its QueueId is none, or another's", \.queues, where: { !$0.adapter.isNone }) {
      $0.queueID = 0
    },
    Wrong("queues[0]: its state has no case", \.queues, where: { !$0.adapter.isNone }) {
      overwrite(&$0, \.storedState.raw, 9)
    },
    Wrong("it is free and has a state", \.queues, where: { $0.adapter.isNone }) {
      overwrite(&$0, \.storedState.raw, 1)
    },
    Wrong("queues[0]: one of its flags", \.queues, where: { !$0.adapter.isNone }) { $0.early = 7 },
    Wrong("who allocated it is not there", \.queues, where: { !$0.adapter.isNone }) {
      $0.owner = .gone
    },
    Wrong("it was freed and still has an owner", \.queues, where: { !$0.owner.isNone }) {
      overwrite(&$0, \.storedState, Raw(wrappedValue: QueueState.reclaiming))
    },
    Wrong(
      "it was freed and nothing of it is left", \.queues,
      where: { !$0.adapter.isNone && $0.blocks == 0 && $0.indicated == 0 }
    ) {
      overwrite(&$0, \.storedState, Raw(wrappedValue: QueueState.reclaiming))
      $0.owner = .none
    },
    Wrong("no request frees it", \.queues, where: { $0.hasNoFilters }) {
      overwrite(&$0, \.storedState, Raw(wrappedValue: QueueState.stopDMA))
    },
    Wrong("no request frees it", \.queues, where: { $0.hasNoFilters }) {
      overwrite(&$0, \.storedState, Raw(wrappedValue: QueueState.freeing))
    },
    Wrong("its parameters are another's", \.queues, where: { !$0.adapter.isNone }) {
      $0.parameters.queueID &+= 1
    },
    Wrong("it counts other filters than it has", \.queues, where: { !$0.adapter.isNone }) {
      $0.filters &+= 1
    },
    Wrong("queues[0]: it counts other blocks", \.queues, where: { !$0.adapter.isNone }) {
      $0.blocks &+= 1
    },
    Wrong("queues[0]: it counts other indicated", \.queues, where: { !$0.adapter.isNone }) {
      $0.indicated &+= 1
    },
    Wrong("its list of queues does not close", \.queues, where: { !$0.adapter.isNone }) {
      $0.next = .gone
    },
    Wrong("queues are in use, and", \.queues, where: { $0.adapter.isNone }) { $0.adapter = Ref(0) },
    Wrong("its state has no case", \.filters, where: { $0.$state.raw != 0 }) { $0.$state.raw = 3 },
    Wrong("it has too many fields", \.filters, where: { $0.$state.raw != 0 }) {
      $0.fieldCount = 99
    },
    Wrong("its FilterId is none", \.filters, where: { $0.$state.raw != 0 }) { $0.filterID = 0 },
    Wrong("its FilterId is another's") { store in
      guard
        let (one, other) = store.filters.pair({
          $0.$state.raw == 0 ? nil : UInt64($0.adapter.index)
        })
      else { return false }
      let id = store.filters[one].filterID
      store.filters.update(other) { $0.filterID = id }
      return true
    },
    Wrong("its queue or VPort is not there", \.filters, where: { $0.$state.raw != 0 }) {
      $0.queueID = 900
    },
    Wrong("who set it is not there", \.filters, where: { $0.$state.raw != 0 }) { $0.owner = .gone },
    Wrong("its list of filters does not close", \.filters, where: { $0.$state.raw != 0 }) {
      $0.previous = .gone
    },
    Wrong(
      "its VPortId is none, or another's", \.vports,
      where: {
        !$0.adapter.isNone && $0.firstBlock.isNone
      }
    ) {
      $0.vportID = 0
    },
    Wrong("vports[0]: its state has no case", \.vports, where: { !$0.adapter.isNone }) {
      overwrite(&$0, \.storedState.raw, 4)
    },
    Wrong("who created it is not there", \.vports, where: { !$0.adapter.isNone }) {
      $0.owner = .gone
    },
    Wrong("it was deleted and still has an owner", \.vports, where: { !$0.owner.isNone }) {
      overwrite(&$0, \.storedState, Raw(wrappedValue: VPortState.reclaiming))
    },
    Wrong(
      "it was deleted and nothing of it is left", \.vports,
      where: { !$0.adapter.isNone && $0.blocks == 0 && $0.indicated == 0 }
    ) {
      overwrite(&$0, \.storedState, Raw(wrappedValue: VPortState.reclaiming))
      $0.owner = .none
    },
    Wrong("vports[0]: it counts other filters", \.vports, where: { !$0.adapter.isNone }) {
      $0.filters &+= 1
    },
    Wrong("vports[0]: it counts other blocks", \.vports, where: { !$0.adapter.isNone }) {
      $0.blocks &+= 1
    },
    Wrong("its list of VPorts does not close", \.vports, where: { !$0.adapter.isNone }) {
      $0.next = .gone
    },
  ]

  // MARK: What is indicated

  static let receiving: [Wrong] = [
    Wrong("its state has no case", \.statuses, where: { $0.$state.raw != 0 }) { $0.$state.raw = 2 },
    Wrong("its buffer is too long", \.statuses, where: { $0.$state.raw != 0 }) { $0.length = 513 },
    Wrong("it counts other calls than are open", \.statuses, where: { $0.$state.raw != 0 }) {
      $0.calls &+= 1
    },
    Wrong("its status is not there", \.statuses, where: { $0.$state.raw != 0 }) {
      $0.$state.raw = 0
    },
    Wrong("it is over and there", \.indications, where: { $0.$state.raw == 0 }) {
      $0.$state.raw = 1
    },
    Wrong("its receivers are none", \.indications, where: { $0.$state.raw != 0 }) {
      $0.receiverCount = 65
    },
    Wrong("one of its receivers is not there", \.indications, where: { !$0.adapter.isNone }) {
      $0.receivers[0] = .gone
    },
    Wrong("it counts other calls than are open", \.indications, where: { $0.$state.raw != 0 }) {
      $0.calls &+= 1
    },
    Wrong("it has more lists than it had", \.indications, where: { $0.out > 0 }) { $0.count = 0 },
    Wrong("its list of NET_BUFFER_LISTs does not close", \.indications, where: { $0.out > 0 }) {
      $0.first = .gone
    },
    Wrong("it counts other lists than are out", \.indications, where: { $0.out > 0 }) {
      $0.first = .none
    },
    Wrong("its list of indications does not close", \.indications, where: { !$0.adapter.isNone }) {
      $0.previous = .gone
    },
    Wrong("its indication is not there") { store in
      guard let index = store.upcalls.first(where: { $0.$type.raw == 149 && $0.$state.raw == 1 })
      else {
        return false
      }
      store.upcalls.update(index) { $0.subject = .gone }
      return true
    },
    Wrong("it counts other indicated lists than are out", \.adapters, where: { $0.life != .free }) {
      $0.indicated &+= 1
    },
    Wrong("it counts other lists than go back", \.adapters, where: { $0.life != .free }) {
      $0.returning &+= 1
    },
    Wrong("its lists were dropped and are there", \.adapters, where: { !$0.indications.isNone }) {
      $0.dropped = 1
    },
    Wrong("its segments are none", \.lists, where: { $0.link.state != .free }) {
      $0.segmentCount = 5
    },
    Wrong("what it is indicated on is none", \.lists, where: { $0.link.state != .free }) {
      $0.$targetKind.raw = 3
    },
    Wrong(
      "its queue is not there", \.lists,
      where: { $0.link.state != .free && $0.$targetKind.raw == 1 }
    ) {
      $0.target = .gone
    },
    Wrong(
      "it is of the default queue and another", \.lists,
      where: {
        $0.link.state != .free && $0.$targetKind.raw == 0
      }
    ) { $0.target = Ref(0) },
    Wrong(
      "its memory is not there", \.lists, where: { $0.link.state != .free && $0.segmentCount > 0 }
    ) {
      $0.segments[0].block = .gone
    },
    Wrong("it is indicated and has no holder", \.lists, where: { $0.link.$state.raw == 1 }) {
      $0.link.holders = 0
    },
    Wrong(
      "it is being returned and still has a holder", \.lists, where: { $0.link.$state.raw == 2 }
    ) {
      $0.link.holders = 1
    },
    Wrong("it is free and still in use", \.lists, where: { $0.link.state == .free }) {
      $0.link.holders = 1
    },
    Wrong("its list of returned NET_BUFFER_LISTs does not close") { store in
      guard let index = store.lists.first(where: { $0.link.$state.raw == 2 }) else { return false }
      store.lists.update(index) { $0.link.nextReturned = Ref(index) }
      return true
    },
    Wrong("NET_BUFFER_LISTs are in use, and", \.lists, where: { $0.link.state == .free }) {
      $0.link.$state.raw = 2
      $0.segmentCount = 0
      $0.$targetKind.raw = 0
      $0.target = .none
    },
  ]
}

extension QueueRecord {
  fileprivate var hasNoFilters: Bool {
    state == .allocated || state == .paused
  }
}
