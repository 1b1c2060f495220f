// OID requests: a bound protocol driver sends one, NDIS checks it, the miniport completes it. One regular
// request is at a miniport at a time; the rest wait in the adapter's queue, in order. A request ends exactly
// once, with ProtocolOidRequestComplete: when NDIS answers it from its records, the miniport completes it, it
// is cancelled or times out, or its miniport is removed. This file has NdisOidRequest and
// NdisCancelOidRequest.

import NDISDriverInterface
import NDISEvents
import NDIS
import NDISStore

extension Simulator {
  /// NdisOidRequest. Checks that need the call alone fail at once; otherwise it returns PENDING with the
  /// request's handle, and an upcall reports the completion.
  mutating func oidRequest(
    _ call: Call, _ handle: Handle, _ oid: OIDCall
  ) throws(Failure) {
    let binding = try resolveOpenBinding(handle, session: call.sessionIndex)
    let driver = store.bindings[binding, \.driver].index
    guard store.drivers[driver].handlers[HandlerSlot.oidRequestComplete] != 0 else {
      throw Failure(.failure, .missingHandler, 88)
    }
    let kind = try checkOIDCall(oid, driver: driver)
    let adapter = store.bindings[binding, \.adapter].index
    if let failure = oidRefusal(adapter: adapter) { throw failure }
    try checkNotPending(call, binding, oid)
    try checkQuota(oidsOf: call.sessionIndex)
    guard let index = makeOID(adapter: adapter, kind, oid) else {
      throw slabs.oids.full()
    }
    store.oids.update(index) {
      $0.binding = Ref(binding)
      $0.session = Ref(call.sessionIndex)
      $0.parent = call.context
    }
    charge(oidOf: call.sessionIndex)
    finish(call.sessionIndex, call.requestID, pending: oidHandle(index))
  }

  /// NdisCancelOidRequest: a void routine; succeeds whether a request matched or not.
  mutating func cancelOIDRequest(
    _ call: Call, _ handle: Handle, _ requestID: UInt64
  ) throws(Failure) {
    let binding = try resolveOpenBinding(handle, session: call.sessionIndex)
    let adapter = store.bindings[binding, \.adapter].index
    for index in store.oidsOfAdapter.of(adapter) {
      guard store.oids[index, \.binding] == Ref(binding),
        store.oids[index, \.requestID] == requestID, store.oids[index, \.cancelState] == .none,
        store.oids[index, \.state] != .ended
      else { continue }
      store.oids.update(index) { $0.cancelState = .requested }
      scheduler.wake(adapter)
    }
    finish(call.sessionIndex, call.requestID)
  }

  /// Queues NDIS's own request, in the same queue as all others; its end is handled by `conclude` alone.
  /// False when the table is full: the adapter is stepped again when a record is free.
  @discardableResult
  mutating func issueInternalRequest(
    adapter: Index<AdapterRecord>, oid: UInt32, kind: OIDRequestKind, input: [UInt8],
    outputLength: UInt32 = 0
  ) -> Bool {
    let call = OIDCall(kind: kind.rawValue, oid: oid, input: input, outputLength: outputLength)
    guard input.count <= OIDBufferRecord.capacity, outputLength <= OIDBufferRecord.capacity,
      let index = makeOID(adapter: adapter, kind, call)
    else { return false }
    store.oids.update(index) { $0.own = 1 }
    return true
  }

  func oidHandle(_ index: Index<OIDRecord>) -> Handle {
    handle(.oidRequest, store.oids[index, \.generation], index)
  }

  // MARK: Checks

  /// A binding on whose handle NdisCloseAdapterEx has not been called.
  private func resolveOpenBinding(_ handle: Handle, session: Index<SessionRecord>) throws(Failure)
    -> Index<BindingRecord>
  {
    let index = try resolveBinding(handle, .binding, session: session)
    guard store.bindings[index, \.opened] != 0, store.bindings[index, \.closing] == 0 else {
      throw Failure(.invalidParameter, .staleHandle, handle.rawValue)
    }
    return index
  }

  private func checkOIDCall(_ oid: OIDCall, driver: Index<DriverRecord>) throws(Failure)
    -> OIDRequestKind
  {
    let header = oid.header
    let type = ObjectType.oidRequest
    guard header.type == type else {
      throw Failure(.invalidParameter, .headerType, UInt64(header.type), UInt64(type))
    }
    guard header.revision == 1 || header.revision == 2 else {
      throw Failure(.invalidParameter, .headerRevision, UInt64(header.revision), 2)
    }
    if header.revision == 2 {
      guard store.drivers[driver, \.version] >= NDISVersion(6, 50) else {
        throw Failure(.invalidParameter, .headerRevisionForVersion, 2, 50)
      }
    }
    let size = UInt64(
      header.revision == 1
        ? OIDRequestStructure.sizeOfRevision1 : OIDRequestStructure.sizeOfRevision2)
    guard UInt64(header.size) >= size else {
      throw Failure(.invalidParameter, .headerSize, UInt64(header.size), size)
    }
    guard let kind = OIDRequestKind(rawValue: oid.kind) else {
      throw Failure(.invalidParameter, .oidKind, UInt64(oid.oid), UInt64(oid.kind))
    }
    let known = OIDRequestStructure.vportIDValid
    guard header.revision == 1 || oid.flags & ~known == 0 else {
      throw Failure(.invalidParameter, .unknownFlags, UInt64(oid.flags), UInt64(known))
    }
    let capacity = UInt64(OIDBufferRecord.capacity)
    guard UInt64(oid.input.count) <= capacity else {
      throw Failure(.invalidLength, .informationTooLong, UInt64(oid.input.count), capacity)
    }
    guard oid.outputLength <= Limits.maximumAnswer else {
      throw Failure(
        .invalidLength, .informationTooLong, UInt64(oid.outputLength),
        UInt64(Limits.maximumAnswer))
    }
    return kind
  }

  /// Why an adapter takes no OID requests; nil when it does.
  func oidRefusal(adapter index: Index<AdapterRecord>) -> Failure? {
    let adapter = store.adapters[index]
    let handle = adapterHandle(index).rawValue
    if isDisconnected(store.drivers[adapter.driver.index, \.session].index) {
      return Failure(.notAccepted, .handlerDied)
    }
    // While MiniportHaltEx or MiniportShutdownEx runs the adapter is still in the previous state.
    guard adapter.state.after(.oidRequest) != nil,
      adapter.upcallOpen != .haltEx,
      adapter.upcallOpen != .shutdownEx
    else { return Failure(.failure, .wrongState, handle) }
    return nil
  }

  /// Rule NdisOidDoubleRequest: the same NDIS_OID_REQUEST, identified by its driver's number, may be issued
  /// again only when it has ended. A number of zero is not checked.
  private mutating func checkNotPending(
    _ call: Call, _ binding: Index<BindingRecord>, _ oid: OIDCall
  ) throws(Failure) {
    guard oid.requestContext != 0 else { return }
    let adapter = store.bindings[binding, \.adapter].index
    for index in store.oidsOfAdapter.of(adapter) {
      guard store.oids[index, \.requestContext] == oid.requestContext,
        store.oids[index, \.binding] == Ref(binding),
        store.oids[index, \.state] != .ended
      else { continue }
      let failure = Failure(.failure, .oidPendingAlready, oidHandle(index).rawValue)
      let check = BugCheck.verifierOIDDoubleRequest(
        adapterHandle(adapter), oid: store.oids[index, \.oid], request: oidHandle(index).rawValue)
      violate(
        failure, routine: "NdisOidRequest", bugCheck: check, irql: call.irql,
        handle: oidHandle(index), party: party(binding: binding), session: call.sessionIndex)
      finish(call.sessionIndex, call.requestID, failure, bugCheck: check)
      throw failure
    }
  }

  // MARK: Records

  /// The output bytes a request reserves. What NDIS answers from its records is built at completion and
  /// limited by the requester's buffer alone; a miniport's output is stored in `oidOutputs`, which limits it
  /// too.
  private func room(_ kind: OIDRequestKind, _ call: OIDCall) -> UInt32 {
    if kind == .set { return 0 }
    if OID.of(number: call.oid)?.form(kind)?.answeredBy == .ndis { return call.outputLength }
    return min(call.outputLength, UInt32(OIDBufferRecord.capacity))
  }

  /// Appends a record to the adapter's queue; nil when the table is full.
  private mutating func makeOID(
    adapter: Index<AdapterRecord>, _ kind: OIDRequestKind, _ call: OIDCall
  ) -> Index<OIDRecord>? {
    // A query has no input, a set no output.
    let reads = kind == .set || kind == .method
    let input = reads ? call.input : []
    let handle = adapterHandle(adapter).rawValue
    let room = room(kind, call)
    // Seconds; 0 = infinite.
    let deadline = call.timeout == 0 ? 0 : turn.now &+ UInt64(call.timeout) &* 1_000
    let now = turn.now
    let index = slabs.oids.allocate {
      $0.state = .queued
      $0.kind = UInt8(truncatingIfNeeded: kind.rawValue)
      $0.revision = call.header.revision
      $0.adapterHandle = handle
      $0.oid = call.oid
      $0.port = call.port
      $0.timeout = call.timeout
      $0.deadline = deadline
      $0.methodID = kind == .method ? call.methodID : 0
      $0.requestID = call.requestID
      $0.requestHandle = call.requestHandle
      $0.issuedAt = now
      $0.requestContext = call.requestContext
      $0.inputLength = UInt32(clamping: input.count)
      $0.outputLength = room
      // Fields of revision 2, not read in a structure of revision 1.
      if call.header.revision > 1 {
        $0.switchID = call.switchID
        $0.vportID = call.vportID
        $0.flags = call.flags
      }
    }
    guard let index else { return nil }
    if !input.isEmpty {
      store.oidInputs.update(index) {
        for (at, byte) in input.enumerated() { $0.bytes[at] = byte }
      }
    }
    if deadline != 0 { scheduler.watchDeadline(of: index) }
    store.oidsOfAdapter.append(index, to: adapter) {
      $0.adapter = Ref(adapter)
      $0.isLinked = 1
    }
    scheduler.wake(adapter)
    return index
  }
}
