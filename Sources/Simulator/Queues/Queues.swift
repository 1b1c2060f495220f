// Receive queues, filters and VPorts as NDIS knows them: what an OID request that concerns them is checked
// for before the miniport sees it, and what its end changes. This file finds the records and says which
// file deals with which OID; what NDIS answers by itself is in Simulator+KnownInformation. A queue's
// states are QueueState's, a VPort's VPortState's. Who made something is the binding that did; NDIS itself,
// which asks without a binding, may change everything.

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
    case OIDNumber.receiveFilterAllocateQueue: try prepareAllocateQueue(index, oid)
    case OIDNumber.receiveFilterQueueAllocationComplete: try prepareAllocationComplete(index, oid)
    case OIDNumber.receiveFilterQueueParameters: try prepareQueueParameters(index, oid)
    case OIDNumber.receiveFilterFreeQueue: try prepareFreeQueue(index, oid)
    case OIDNumber.receiveFilterSetFilter: try prepareSetFilter(index, oid)
    case OIDNumber.receiveFilterClearFilter: try prepareClearFilter(index, oid)
    case OIDNumber.receiveFilterMoveFilter: try prepareMoveFilter(index, oid)
    case OIDNumber.nicSwitchCreateSwitch: try prepareCreateSwitch(index, oid)
    case OIDNumber.nicSwitchParameters: try prepareSwitchParameters(index, oid)
    case OIDNumber.nicSwitchDeleteSwitch: try prepareDeleteSwitch(index, oid)
    case OIDNumber.nicSwitchAllocateVF: try prepareAllocateVF(index, oid)
    case OIDNumber.nicSwitchFreeVF: try prepareFreeVF(index, oid)
    case OIDNumber.nicSwitchCreateVPort: try prepareCreateVPort(index, oid)
    case OIDNumber.nicSwitchVPortParameters: try prepareVPortParameters(index, oid)
    case OIDNumber.nicSwitchDeleteVPort: try prepareDeleteVPort(index, oid)
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
    case OIDNumber.receiveFilterAllocateQueue:
      concludeAllocateQueue(index, oid, succeeded)
    case OIDNumber.receiveFilterQueueAllocationComplete where succeeded:
      return concludeAllocationComplete(index, oid)
    case OIDNumber.receiveFilterQueueParameters where succeeded:
      concludeQueueParameters(index, oid)
    case OIDNumber.receiveFilterFreeQueue:
      concludeFreeQueue(oid, succeeded, isGone: isGone)
    case OIDNumber.receiveFilterSetFilter: concludeSetFilter(index, oid, succeeded)
    case OIDNumber.receiveFilterClearFilter where isGone: concludeClearFilter(oid)
    case OIDNumber.receiveFilterMoveFilter where succeeded: concludeMoveFilter(index, oid)
    case OIDNumber.nicSwitchCreateSwitch where succeeded: concludeCreateSwitch(index, oid)
    case OIDNumber.nicSwitchParameters where succeeded: concludeSwitchParameters(index, oid)
    case OIDNumber.nicSwitchDeleteSwitch where isGone: concludeDeleteSwitch(oid)
    case OIDNumber.nicSwitchAllocateVF where succeeded:
      return concludeAllocateVF(index, oid)
    case OIDNumber.nicSwitchFreeVF where isGone: concludeFreeVF(index, oid)
    case OIDNumber.nicSwitchCreateVPort: concludeCreateVPort(index, oid, succeeded)
    case OIDNumber.nicSwitchVPortParameters where succeeded: concludeVPortParameters(index, oid)
    case OIDNumber.nicSwitchDeleteVPort: concludeDeleteVPort(oid, isGone: isGone)
    default: break
    }
    return failure
  }

  /// Records what the miniport of an adapter did wrong with an OID request.
  mutating func reportMiniport(
    adapter: Index<AdapterRecord>, _ failure: Failure, routine: String = "MiniportOidRequest"
  ) {
    violate(
      failure, routine: routine, bugCheck: nil, handle: adapterHandle(adapter),
      party: party(adapter: adapter),
      session: store.drivers[store.adapters[adapter, \.driver].index, \.session].optional)
  }
}
