// Whether frames may be indicated on a queue or VPort with its filters: a VPort without one receives nothing, and a
// SET_FILTER that is at the miniport already counts.

import NDIS
import NDISStore

extension Simulator {
  /// "The miniport driver must not indicate any receive packets on that VPort before the miniport driver receives an
  /// OID request of OID_RECEIVE_FILTER_SET_FILTER for the VPort" (oid-receive-filter-set-filter), nor "if it has
  /// completed the OID request of OID_RECEIVE_FILTER_CLEAR_FILTER to clear the last filter on the VPort"
  /// (oid-receive-filter-clear-filter); moving the last one away is the same.
  func checkFilters(
    vport index: Index<VPortRecord>, _ adapter: Index<AdapterRecord>, _ plan: inout ReceivePlan
  ) throws(Failure) {
    let hasFilters = RequestCheck.vportFilter.passes(store.vports[index, \.filters] != 0)
    guard !hasFilters else { return }
    let id = store.vports[index, \.vportID]
    if isBeingFiltered(adapter, queueID: 0, vportID: id) {
      plan.earlyVPort = Ref(index)
    } else if !isBeingMovedTo(adapter, vportID: id) {
      throw Failure(.failure, .vportWithoutFilter, UInt64(id))
    }
  }

  /// Whether a MOVE_FILTER to the VPort is at the miniport, whose frames may be on their way already.
  private func isBeingMovedTo(_ adapter: Index<AdapterRecord>, vportID: UInt32) -> Bool {
    guard let oid = store.adapters[adapter, \.firstOID].optional,
      store.oids[oid, \.oid] == OIDNumber.receiveFilterMoveFilter,
      store.oids[oid, \.state] == .sent || store.oids[oid, \.state] == .pended,
      let move = try? input(ReceiveFilterMoveParameters.self, oid: oid)
    else { return false }
    return move.destination.vportID == vportID
  }

  /// Whether a SET_FILTER of the queue or VPort is at the miniport.
  func isBeingFiltered(
    _ adapter: Index<AdapterRecord>, queueID: UInt32, vportID: UInt32
  ) -> Bool {
    guard let oid = store.adapters[adapter, \.firstOID].optional,
      store.oids[oid, \.oid] == OIDNumber.receiveFilterSetFilter,
      store.oids[oid, \.state] == .sent
        || store.oids[oid, \.state] == .pended,
      let filter = store.oids[oid, \.filter].optional, store.filters.contains(filter),
      store.filters[filter, \.adapter] == Ref(adapter),
      store.filters[filter, \.queueID] == queueID, store.filters[filter, \.vportID] == vportID
    else { return false }
    return true
  }
}
