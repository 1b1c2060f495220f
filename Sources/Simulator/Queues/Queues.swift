// Receive queues, filters and VPorts in NDIS: validation of OID requests before the miniport receives them,
// and the changes they make on completion. This file looks up the records and dispatches each OID to the file
// that handles it; queries NDIS answers itself are in OIDs/OIDQueries.swift. A queue's states are
// QueueState's, a VPort's VPortState's. An object's owner is the binding that created it; NDIS's own
// requests, which have no binding, may change every object.

import NDISEvents
import NDIS
import NDISStore

extension Simulator {
  /// The record of a queue of an adapter; nil for the default queue and unknown ones. A queue that is being
  /// allocated is found in the state Undefined, a freed one with outstanding memory or lists in Reclaiming.
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

  /// A filter of an adapter whose SET_FILTER has completed.
  func filter(adapter: Index<AdapterRecord>, id: UInt32) -> Index<FilterRecord>? {
    for index in store.filtersOfAdapter.of(adapter) {
      if store.filters[index, \.filterID] == id, store.filters[index, \.state] == .set {
        return index
      }
    }
    return nil
  }

  /// A live nondefault queue.
  func liveQueue(adapter: Index<AdapterRecord>, id: UInt32) throws(Failure) -> Index<QueueRecord> {
    guard id != 0 else { throw Failure(.invalidParameter, .defaultQueue) }
    guard let index = queue(adapter: adapter, id: id), queueState(index).isLive else {
      throw Failure(.invalidParameter, .queueUnknown, UInt64(id))
    }
    return index
  }

  /// A live nondefault VPort.
  func liveVPort(adapter: Index<AdapterRecord>, id: UInt32) throws(Failure) -> Index<VPortRecord> {
    guard id != 0, let index = vport(adapter: adapter, id: id), vportState(index).isLive
    else { throw Failure(.invalidParameter, .vportUnknown, UInt64(id)) }
    return index
  }

  /// Whether a request may change an object of `owner`.
  func mayChange(_ owner: Ref<BindingRecord>, _ oid: OIDRecord) -> Bool {
    oid.own != 0 || oid.binding == owner
  }

  // MARK: OID requests

  /// How NDIS handles the next request of the queue.
  enum Preparation {
    /// The request is sent to the miniport.
    case forward
    /// NDIS answers with `ndisAnswer`.
    case answered
  }

  /// Prepares the next request for an idle miniport: makes NDIS's checks, creates the records of new objects,
  /// and writes the ids NDIS assigns into `oidInputs`. A failure ends the request and has changed nothing.
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

  /// Concludes a forwarded request, whatever its status: commits or rolls back the records. Called once. Its
  /// result is what the requester gets.
  mutating func conclude(
    oid index: Index<OIDRecord>, _ failure: Failure
  ) -> Failure {
    let oid = store.oids[index]
    let succeeded = failure.status == .success
    // Objects NDIS frees before a halt are removed whatever status the miniport returns. A request whose
    // binding has been closed in the meantime was not NDIS's own.
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

  /// Reports a miniport's violation in an OID request.
  mutating func reportMiniport(
    adapter: Index<AdapterRecord>, _ failure: Failure, routine: String = "MiniportOidRequest"
  ) {
    violate(
      failure, routine: routine, bugCheck: nil, handle: adapterHandle(adapter),
      party: party(adapter: adapter),
      session: store.drivers[store.adapters[adapter, \.driver].index, \.session].optional)
  }
}
