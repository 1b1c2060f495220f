// Receive queues, filters and VPorts as NDIS knows them: what an OID request that concerns them is checked
// for before the miniport sees it, and what its end changes. This file finds the records and says which
// file deals with which OID; what NDIS answers by itself is in Simulator+KnownInformation. A queue's
// states are QueueState's, a VPort's VPortState's. Who made something is the binding that did; NDIS itself,
// which asks without a binding, may change everything.

import CNDIS
import NDISEvents
import NDIS
import NDISStore

extension Simulator {
  /// The record of a queue of an adapter; nil for the default queue and unknown ones. A queue that is
  /// being allocated is found in the state Undefined, one that was freed and has something left in Reclaiming.
  func queue(adapter: Index<AdapterRecord>, id: UInt32) -> Index<QueueRecord>? {
    for index in store.queuesOfAdapter.of(adapter) {
      if store.queues[index, \.queueID] == id { return index }
    }
    return nil
  }

  /// The record of a nondefault VPort of an adapter, in any state.
  func vport(adapter: Index<AdapterRecord>, id: UInt32) -> Index<VPortRecord>? {
    for index in store.vportsOfAdapter.of(adapter) {
      if store.vports[index, \.vportID] == id { return index }
    }
    return nil
  }

  /// A filter of an adapter that has been set.
  func filter(adapter: Index<AdapterRecord>, id: UInt32) -> Index<FilterRecord>? {
    for index in store.filtersOfAdapter.of(adapter) {
      if store.filters[index, \.filterID] == id, store.filters[index, \.state] == .set {
        return index
      }
    }
    return nil
  }

  /// A queue that is there: not the default one.
  func liveQueue(adapter: Index<AdapterRecord>, id: UInt32) throws(Failure) -> Index<QueueRecord> {
    guard id != 0 else { throw Failure(.invalidParameter, .defaultQueue) }
    guard let index = queue(adapter: adapter, id: id), queueState(index).isLive else {
      throw Failure(.invalidParameter, .queueUnknown, UInt64(id))
    }
    return index
  }

  /// A nondefault VPort that is there.
  func liveVPort(adapter: Index<AdapterRecord>, id: UInt32) throws(Failure) -> Index<VPortRecord> {
    guard id != 0, let index = vport(adapter: adapter, id: id), vportState(index).isLive
    else { throw Failure(.invalidParameter, .vportUnknown, UInt64(id)) }
    return index
  }

  /// Whether a request may change what `owner` made.
  func mayChange(_ owner: Ref<BindingRecord>, _ oid: OIDRecord) -> Bool {
    oid.own != 0 || oid.binding == owner
  }

  // MARK: What an OID request asks of this file

  /// What NDIS does with a request whose turn has come.
  enum Preparation {
    /// The miniport is asked.
    case forward
    /// NDIS answers with `knownInformation`.
    case answered
  }

  /// A request's turn has come and the miniport is idle: checks what NDIS checks, makes the records of
  /// what it creates, and writes ids NDIS assigns into `oidInputs`. A failure ends the request and has
  /// changed nothing.
  mutating func prepare(
    oid index: Index<OIDRecord>, _ form: OID.Form
  ) throws(Failure) -> Preparation {
    let oid = store.oids[index]
    try checkCapabilities(oid)
    if form.answeredBy == .ndis { return .answered }
    switch oid.oid {
    case OID_RECEIVE_FILTER_ALLOCATE_QUEUE: try prepareAllocateQueue(index, oid)
    case OID_RECEIVE_FILTER_QUEUE_ALLOCATION_COMPLETE: try prepareAllocationComplete(index, oid)
    case OID_RECEIVE_FILTER_QUEUE_PARAMETERS: try prepareQueueParameters(index, oid)
    case OID_RECEIVE_FILTER_FREE_QUEUE: try prepareFreeQueue(index, oid)
    case OID_RECEIVE_FILTER_SET_FILTER: try prepareSetFilter(index, oid)
    case OID_RECEIVE_FILTER_CLEAR_FILTER: try prepareClearFilter(index, oid)
    case OID_RECEIVE_FILTER_MOVE_FILTER: try prepareMoveFilter(index, oid)
    case OID_NIC_SWITCH_CREATE_SWITCH: try prepareCreateSwitch(index, oid)
    case OID_NIC_SWITCH_PARAMETERS: try prepareSwitchParameters(index, oid)
    case OID_NIC_SWITCH_DELETE_SWITCH: try prepareDeleteSwitch(index, oid)
    case OID_NIC_SWITCH_ALLOCATE_VF: try prepareAllocateVF(index, oid)
    case OID_NIC_SWITCH_FREE_VF: try prepareFreeVF(index, oid)
    case OID_NIC_SWITCH_CREATE_VPORT: try prepareCreateVPort(index, oid)
    case OID_NIC_SWITCH_VPORT_PARAMETERS: try prepareVPortParameters(index, oid)
    case OID_NIC_SWITCH_DELETE_VPORT: try prepareDeleteVPort(index, oid)
    default: break
    }
    return .forward
  }

  /// A request that was forwarded has ended, however it did: changes or takes back the records. Called
  /// once. What it answers is what the requester is told.
  mutating func conclude(
    oid index: Index<OIDRecord>, _ failure: Failure
  ) -> Failure {
    let oid = store.oids[index]
    let succeeded = failure.status == .success
    // What NDIS itself takes away before a halt is gone, whatever the miniport says of it. A request
    // whose binding is gone meanwhile was not NDIS's own.
    let isGone = succeeded || oid.own != 0
    switch oid.oid {
    case OID_RECEIVE_FILTER_ALLOCATE_QUEUE:
      concludeAllocateQueue(index, oid, succeeded)
    case OID_RECEIVE_FILTER_QUEUE_ALLOCATION_COMPLETE where succeeded:
      return concludeAllocationComplete(index, oid)
    case OID_RECEIVE_FILTER_QUEUE_PARAMETERS where succeeded:
      concludeQueueParameters(index, oid)
    case OID_RECEIVE_FILTER_FREE_QUEUE:
      concludeFreeQueue(oid, succeeded, isGone: isGone)
    case OID_RECEIVE_FILTER_SET_FILTER: concludeSetFilter(index, oid, succeeded)
    case OID_RECEIVE_FILTER_CLEAR_FILTER where isGone: concludeClearFilter(oid)
    case OID_RECEIVE_FILTER_MOVE_FILTER where succeeded: concludeMoveFilter(index, oid)
    case OID_NIC_SWITCH_CREATE_SWITCH where succeeded: concludeCreateSwitch(index, oid)
    case OID_NIC_SWITCH_PARAMETERS where succeeded: concludeSwitchParameters(index, oid)
    case OID_NIC_SWITCH_DELETE_SWITCH where isGone: concludeDeleteSwitch(oid)
    case OID_NIC_SWITCH_ALLOCATE_VF where succeeded:
      return concludeAllocateVF(index, oid)
    case OID_NIC_SWITCH_FREE_VF where isGone: concludeFreeVF(index, oid)
    case OID_NIC_SWITCH_CREATE_VPORT: concludeCreateVPort(index, oid, succeeded)
    case OID_NIC_SWITCH_VPORT_PARAMETERS where succeeded: concludeVPortParameters(index, oid)
    case OID_NIC_SWITCH_DELETE_VPORT: concludeDeleteVPort(oid, isGone: isGone)
    default: break
    }
    return failure
  }

  /// Records what the miniport of an adapter did wrong with an OID request.
  mutating func blameMiniport(
    adapter: Index<AdapterRecord>, _ failure: Failure, routine: String = "MiniportOidRequest"
  ) {
    violate(
      failure, routine: routine, bugCheck: nil, handle: adapterHandle(adapter),
      party: party(adapter: adapter),
      session: store.drivers[store.adapters[adapter, \.driver].index, \.session].optional)
  }
}
