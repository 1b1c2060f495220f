// Status indications: NdisMIndicateStatusEx notifies every open binding of the adapter, or the one it names.
// The indication is stored once, and counts its open calls of ProtocolStatusEx. The routine is VOID on
// Windows: an invalid call is a violation.

public import NDISDriverInterface
import NDISEvents
import NDIS
import NDISStore

extension Simulator {
  /// NdisMIndicateStatusEx. Allowed from the setting of the registration attributes until MiniportHaltEx has
  /// returned.
  mutating func indicateStatus(
    _ call: Call, _ handle: Handle, _ status: IndicatedStatus
  ) throws(Failure) {
    let index = try adapterIndicating(call, handle, status)
    try checkStatus(call, index, handle, status)
    let receivers = try receivers(of: status, index)
    var state: ReceiveQueueState?
    if status.indication.statusCode == .receiveQueueState {
      do throws(Failure) { state = try ReceiveQueueState(image: status.buffer) } catch {
        throw wrongBuffer(call, handle, status, error)
      }
    }
    // A shortage must not change the queue's state: the miniport will indicate again.
    try tell(status, to: receivers, parent: call.context)
    if let state { queueStateIndicated(adapter: index, state) }
    if status.indication.statusCode == .linkState, let link = try? LinkState(image: status.buffer) {
      linkStateIndicated(adapter: index, link)
    }
    finish(call.sessionIndex, call.requestID)
  }

  // MARK: Checks

  /// The adapter, which must be live and not halted.
  private mutating func adapterIndicating(
    _ call: Call, _ handle: Handle, _ status: IndicatedStatus
  ) throws(Failure) -> Index<AdapterRecord> {
    let late = Failure(
      .failure, .statusAfterHalt, handle.rawValue, UInt64(status.indication.statusCode.rawValue))
    let index: Index<AdapterRecord>
    do throws(Failure) { index = try resolveAdapter(handle, session: call.sessionIndex) } catch {
      // A stale adapter handle means that MiniportHaltEx has returned.
      guard error.reason == .staleHandle, wasAdapter(handle) else { throw error }
      throw report(call, handle, late, nil)
    }
    switch store.adapters[index, \.state] {
    case .halted: throw report(call, handle, late, nil)
    case .shutdown:
      throw report(call, handle, Failure(.failure, .wrongState, handle.rawValue), nil)
    default: return index
    }
  }

  private func wasAdapter(_ handle: Handle) -> Bool {
    let salt = UInt32(truncatingIfNeeded: store.globals[0].generationSalt)
    let generation = handle.generation
    return store.adapters.contains(Index(handle)) && generation > salt
      && generation <= salt &+ store.adapters[Index(handle), \.generation]
  }

  private mutating func checkStatus(
    _ call: Call, _ index: Index<AdapterRecord>, _ handle: Handle, _ status: IndicatedStatus
  ) throws(Failure) {
    let indication = status.indication
    guard store.adapters[index, \.attributesSet] != 0 else {
      throw report(call, handle, Failure(.failure, .wrongState, handle.rawValue), nil)
    }
    if indication.sourceHandle != handle {
      // ns-ndis-_ndis_status_indication: "it should be the handle" of MiniportInitializeEx. Shipped miniports leave it 0.
      advise(
        Failure(.success, .statusSource, indication.sourceHandle.rawValue, handle.rawValue),
        routine: "NdisMIndicateStatusEx", irql: call.irql, handle: handle,
        party: party(adapter: index))
    }
    do throws(Failure) { try indication.checkBuffer(status.buffer.count) } catch {
      throw wrongBuffer(call, handle, status, error)
    }
    guard indication.statusBufferSize <= StatusRecord.capacity else {
      throw Failure(
        .resources, .informationTooLong, UInt64(indication.statusBufferSize),
        UInt64(StatusRecord.capacity))
    }
  }

  private mutating func wrongBuffer(
    _ call: Call, _ handle: Handle, _ status: IndicatedStatus, _ error: Failure
  ) -> Failure {
    report(
      call, handle, Failure(.failure, error.reason, error.a, error.b),
      .statusIndicationInvalidBuffer(
        status.indication.statusCode, handle, size: status.indication.statusBufferSize))
  }

  /// Reports a violation, and completes the call with it.
  private mutating func report(
    _ call: Call, _ handle: Handle, _ failure: Failure, _ check: BugCheck?
  ) -> Failure {
    violate(
      failure, routine: "NdisMIndicateStatusEx", bugCheck: check, irql: call.irql, handle: handle,
      party: party(of: handle, session: call.sessionIndex), session: call.sessionIndex)
    finish(call.sessionIndex, call.requestID, failure, bugCheck: check)
    return failure
  }

  // MARK: Notification

  /// The binding that DestinationHandle names, or all open ones of the adapter.
  private func receivers(
    of status: IndicatedStatus, _ adapter: Index<AdapterRecord>
  ) throws(Failure) -> [Index<BindingRecord>] {
    let destination = status.indication.destinationHandle
    var found: [Index<BindingRecord>] = []
    for index in store.bindingsOfAdapter.of(adapter) {
      let binding = store.bindings[index]
      guard binding.kind == .binding, binding.opened != 0,
        binding.closing == 0, destination == .null || bindingHandle(index) == destination,
        !isDisconnected(store.drivers[binding.driver.index, \.session].index)
      else { continue }
      found.append(index)
    }
    if found.isEmpty, destination != .null {
      throw Failure(.invalidParameter, .staleHandle, destination.rawValue)
    }
    return found
  }

  /// Calls ProtocolStatusEx of every receiver, or of none when a table is full.
  private mutating func tell(
    _ status: IndicatedStatus, to receivers: [Index<BindingRecord>], parent: UInt64
  ) throws(Failure) {
    guard !receivers.isEmpty else { return }
    guard slabs.upcalls.available >= UInt32(receivers.count) else {
      throw slabs.upcalls.full()
    }
    let indication = status.indication
    let index = try slabs.statuses.allocateOrRefuse {
      $0.state = .open
      $0.source = indication.sourceHandle
      $0.destination = indication.destinationHandle
      $0.requestID = indication.requestID
      $0.port = indication.portNumber
      $0.code = indication.statusCode
      for byte in 0..<16 { $0.guid[byte] = indication.guid[byte] }
      $0.revision = UInt32(indication.revision)
      $0.length = indication.statusBufferSize
      for (byte, value) in status.buffer.prefix(Int(StatusRecord.capacity)).enumerated() {
        $0.buffer[byte] = value
      }
      $0.calls = UInt32(receivers.count)
    }
    for binding in receivers {
      let session = store.drivers[store.bindings[binding, \.driver].index, \.session].index
      // The miniport's call does not wait for the handlers, so they are not nested in it.
      let new = NewUpcall(
        type: .statusEx, object: bindingHandle(binding), subject: Ref(any: index))
      _ = send(new, session: session)
    }
  }

  /// ProtocolStatusEx has returned. It is void.
  mutating func statusReturned(
    _ upcall: UpcallRecord, _ outcome: UpcallOutcome
  ) {
    guard let index = upcall.status.optional else { return }
    let code = store.statuses[index, \.code].rawValue
    store.statuses.update(index) { $0.calls &-= 1 }
    if store.statuses[index, \.calls] == 0 {
      slabs.statuses.release(index)
    }
    var outcome = outcome
    if case .answered(var answer) = outcome {
      answer.status = .success
      outcome = .answered(answer)
    }
    let binding = Index<BindingRecord>(upcall.object.index)
    let lives =
      store.bindings.contains(binding) && store.bindings[binding, \.kind] != .free
      && bindingHandle(binding) == upcall.object
    let party =
      lives
      ? self.party(binding: binding)
      : upcall.session.optional.map { self.party(session: $0) } ?? Party()
    _ = verdict(
      upcall, outcome, routine: "ProtocolStatusEx", allowed: .void, party: party,
      watchdog: .watchdog(.protocolStatusIndication, upcall.object, detail: code))
  }

  /// The status of an open upcall of ProtocolStatusEx.
  public func status(ofUpcall id: UInt64) -> IndicatedStatus? {
    guard let upcall = openUpcall(id),
      store.upcalls[upcall, \.type] == .statusEx,
      let index = store.upcalls[upcall, \.status].optional
    else { return nil }
    let record = store.statuses[index]
    var indication = StatusIndication(
      from: record.source, record.code, bufferSize: record.length, to: record.destination,
      requestID: record.requestID)
    indication.revision = UInt8(truncatingIfNeeded: record.revision)
    indication.portNumber = record.port
    for byte in 0..<16 { indication.guid[byte] = record.guid[byte] }
    let length = min(Int(record.length), Int(StatusRecord.capacity))
    return IndicatedStatus(
      indication: indication, buffer: (0..<length).map { record.buffer[$0] })
  }
}
