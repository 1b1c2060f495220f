// Validates OID requests: their states, their open upcalls, and the adapter's queue they wait in.

import NDIS
import NDISStore

extension StoreCheck {
  mutating func checkOIDs() throws(StoreError) {
    for index in store.oids.touched {
      let oid = store.oids[index]
      let at = CheckedRecord("oids", index)
      try at.hold(oid.generation <= lastGeneration, "its generation is too great")
      try at.hold(oid.$end.validated != nil, "its end is none")
      guard let state = oid.$state.validated else { throw at.damaged("its state has no case") }
      guard state != .free else {
        try at.hold(
          oid.isLinked == 0 && oid.session.isNone && oid.deadline == 0 && oid.upcall == 0
            && oid.cancellation == 0 && oid.completion == 0, "it is free and still in use")
        continue
      }
      try at.hold(OIDRequestKind(rawValue: UInt32(oid.kind)) != nil, "its kind has no case")
      try at.hold(
        (oid.isLinked | oid.told | oid.answeredByNDIS | oid.own | oid.indicated) <= 1
          && oid.$cancelState.validated != nil, "one of its flags is none")
      let room = UInt32(OIDBufferRecord.capacity)
      try at.hold(
        oid.inputLength <= room && oid.outputBytes <= room
          && oid.outputLength <= NDIS.Limits.maximumAnswer, "its information is too long")
      try at.hold(
        store.adapters.contains(oid.adapter.index), "its adapter is not there")
      try at.hold(
        oid.isLinked == 0
          || (isAdapter(oid.adapter)
            && adapterHandle(oid.adapter.index).rawValue == oid.adapterHandle),
        "its adapter is not there")
      try at.hold(
        oid.binding.isNone
          || (isBinding(oid.binding) && oid.own == 0
            && store.bindings[oid.binding.index, \.adapter] == oid.adapter),
        "its binding is not there, or on another adapter")
      try at.hold(oid.session.isNone || isSession(oid.session), "its session is not there")
      if let session = oid.session.optional { sessions[Int(session)].oids &+= 1 }
      try at.hold(isReason(oid.failure), "its failure has no reason")
      inUse.oids &+= UInt32(oid.isLinked)
      try checkState(oid, Ref(any: index), state, at)
      guard state == .sent || state == .pended else { continue }
      try at.hold(
        oid.$before.validated.map { $0 == .undefined || QueueEvent.freeFailed(from: $0) != nil }
          == true,
        "the state before it is none")
      try at.hold(isSubject(oid), "what it makes or changes is not there")
    }
  }

  /// A request's open upcalls must match its state.
  private func checkState(
    _ oid: OIDRecord, _ own: Ref<AnyRecord>, _ state: OIDState, _ at: CheckedRecord
  ) throws(StoreError) {
    let type = UpcallType.oidRequest
    let call = oid.upcall == 0 ? nil : self.state(ofUpcall: oid.upcall, type, subject: own)
    let isWaiting = oid.told == 0 || oid.upcall != 0 || oid.cancellation != 0
    let mayBe =
      switch state {
      case .free: false
      case .queued: oid.isLinked != 0 && oid.told == 0 && oid.upcall == 0 && oid.end == .none
      case .sent: oid.isLinked != 0 && oid.told == 0 && call == .open
      case .pended: oid.isLinked != 0 && oid.told == 0 && call == .pended
      // A request in no queue waits for its ProtocolOidRequestComplete only.
      case .ended:
        oid.end != .none && isWaiting == (oid.isLinked != 0) && (isWaiting || oid.completion != 0)
          && (oid.upcall == 0 || call == .open) && oid.deadline == 0
      }
    try at.hold(mayBe, "its state is not that of its calls")
    let cancel = UpcallType.cancelOIDRequest
    let complete = UpcallType.oidRequestComplete
    try at.hold(
      (oid.cancellation == 0
        || self.state(ofUpcall: oid.cancellation, cancel, subject: own) == .open)
        && (oid.completion == 0
          || self.state(ofUpcall: oid.completion, complete, subject: own) == .open),
      "a call about it is not there")
  }

  /// Whether the queue, filter or VPort of a request at its miniport belongs to its adapter. Not checked for
  /// a request that has ended.
  private func isSubject(_ oid: OIDRecord) -> Bool {
    guard !oid.subject.isNone else { return true }
    return switch oid.oid {
    case OIDNumber.receiveFilterAllocateQueue, OIDNumber.receiveFilterQueueParameters,
      OIDNumber.receiveFilterFreeQueue:
      store.queues.contains(oid.queue)
        && store.queues[oid.queue.index, \.adapter] == oid.adapter
    case OIDNumber.receiveFilterSetFilter, OIDNumber.receiveFilterClearFilter,
      OIDNumber.receiveFilterMoveFilter:
      store.filters.contains(oid.filter)
        && store.filters[oid.filter.index, \.adapter] == oid.adapter
    case OIDNumber.nicSwitchCreateVPort, OIDNumber.nicSwitchVPortParameters,
      OIDNumber.nicSwitchDeleteVPort:
      store.vports.contains(oid.vport)
        && store.vports[oid.vport.index, \.adapter] == oid.adapter
    default: false
    }
  }

  /// An adapter's queue, oldest first; at most one request is at the miniport.
  mutating func checkQueue(
    ofOIDs adapter: AdapterRecord, _ own: Ref<AdapterRecord>, _ at: CheckedRecord
  ) throws(StoreError) {
    let store = store
    var last = Ref<OIDRecord>.none
    var atMiniport = 0
    let count = try walk(adapter.firstOID, store.oids.capacity, of: at, "OID requests") {
      last = Ref($0)
      if store.oids[$0, \.upcall] != 0 { atMiniport += 1 }
      return (
        store.oids[$0, \.previous], store.oids[$0, \.next],
        store.oids[$0, \.isLinked] == 1 && store.oids[$0, \.state] != .free
          && store.oids[$0, \.adapter] == own
      )
    }
    try at.hold(last == adapter.lastOID, "its last OID request is another")
    try at.hold(atMiniport <= 1, "its miniport has two OID requests")
    listed.oids &+= count
  }
}
