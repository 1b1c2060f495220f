// Nondefault VPorts: created on the physical function or on an allocated VF, activated once, deleted when
// their filters have been cleared. The default VPort belongs to the switch: its parameters are stored with it, and
// every overlying driver may change them (A51).

import NDISEvents
import NDIS
import NDISStore

extension Simulator {
  // MARK: CREATE_VPORT

  mutating func prepareCreateVPort(_ index: Index<OIDRecord>, _ oid: OIDRecord) throws(Failure) {
    let parameters = try input(VPortParameters.self, oid: index)
    try parameters.checkCreation()
    let adapter = oid.adapter.index
    try checkSwitch(adapter, parameters.switchID)
    try checkRoom(oid, VPortParameters.structure.size(parameters.revision))
    let function = parameters.attachedFunction
    if function != .physical {
      guard isAllocated(function, adapter: adapter) else {
        throw Failure(.invalidParameter, .functionUnknown, UInt64(function.rawValue))
      }
      if let other = vport(of: function, adapter: adapter) {
        throw Failure(
          .invalidParameter, .functionInUse, UInt64(function.rawValue),
          UInt64(store.vports[other, \.vportID]))
      }
    }
    try checkShare(of: function, adapter: adapter)
    try checkQueuePairs(parameters.numQueuePairs, of: nil, adapter: adapter)
    let id = try freeVPortID(adapter: adapter)
    var kept = VPortParametersImage(parameters)
    kept.vportID = id
    let vport = try slabs.vports.allocateOrRefuse(.failure) {
      $0.adapter = oid.adapter
      $0.owner = oid.binding
      $0.vportID = id
      $0.parameters = kept
    }
    store.vportsOfAdapter.insert(vport, in: adapter)
    set(vport: vport, ofOID: index)
    put(id, at: 12, ofInput: index)
  }

  /// The lowest free id from 1 to one below the adapter's number of VPorts, which includes the default one.
  private func freeVPortID(adapter: Index<AdapterRecord>) throws(Failure) -> UInt32 {
    let most = min(
      store.capabilities[adapter, \.nicSwitch].maxNumVPorts, VPortRecord.maximum)
    let vports = store.vportsOfAdapter.of(adapter)
    if let id = lowestFreeID(vports, upTo: max(1, most) - 1, \.vportID) { return id }
    throw Failure(.failure, .noSwitch, UInt64(most), UInt64(most))
  }

  /// The nondefault VPort of a VF, which has at most one.
  func vport(of function: FunctionID, adapter: Index<AdapterRecord>) -> Index<VPortRecord>? {
    for index in store.vportsOfAdapter.of(adapter) {
      if vportState(index) != .reclaiming,
        store.vports[index, \.parameters].attachedFunctionID == function.rawValue
      {
        return index
      }
    }
    return nil
  }

  /// The live nondefault VPorts.
  func liveVPorts(adapter: Index<AdapterRecord>) -> [Index<VPortRecord>] {
    var found: [Index<VPortRecord>] = []
    for index in store.vportsOfAdapter.of(adapter) {
      if vportState(index).isLive { found.append(index) }
    }
    return found
  }

  mutating func concludeCreateVPort(_ index: Index<OIDRecord>, _ oid: OIDRecord, _ succeeded: Bool)
  {
    guard let vport = oid.vport.optional else { return }
    guard succeeded else { return remove(vport: vport) }
    let function = store.vports[vport, \.parameters].attachedFunctionID
    move(
      vport: vport,
      FunctionID(rawValue: function) == .physical ? .createOnPF : .createOnVF)
    answerWithInput(oid: index)
    put(
      UInt32(bitPattern: store.vports[vport, \.parameters].state), at: 544, ofOutput: index)
  }

  // MARK: VPORT_PARAMETERS

  mutating func prepareVPortParameters(_ index: Index<OIDRecord>, _ oid: OIDRecord) throws(Failure)
  {
    let change = try input(VPortParameters.self, oid: index)
    let adapter = oid.adapter.index
    try checkSwitch(adapter, change.switchID)
    guard change.vportID != 0 else {
      _ = try defaultVPort(adapter: adapter).applying(change)
      if change.flags.contains(.numQueuePairsChanged) {
        try checkDefaultQueuePairs(change.numQueuePairs, adapter: adapter)
      }
      return
    }
    let vport = try liveVPort(adapter: adapter, id: change.vportID)
    try checkOwner(vport: vport, oid)
    let known = try parameters(vport: vport)
    _ = try known.applying(change)
    guard vportState(vport).after(event(of: change, for: known)) != nil else {
      throw Failure(
        .invalidParameter, .vportState, UInt64(UInt32(bitPattern: change.state.rawValue)))
    }
    if change.flags.contains(.numQueuePairsChanged) {
      try checkQueuePairs(change.numQueuePairs, of: vport, adapter: adapter)
    }
    set(vport: vport, ofOID: index)
  }

  /// A VF's VPort is always activated: its state "must always be set to" Activated, which changes nothing.
  private func event(of change: VPortParameters, for vport: VPortParameters) -> VPortEvent {
    change.flags.contains(.stateChanged) && vport.attachedFunction == .physical
      ? .activate : .parameters
  }

  mutating func concludeVPortParameters(_ index: Index<OIDRecord>, _ oid: OIDRecord) {
    guard let change = try? input(VPortParameters.self, oid: index) else { return }
    guard change.vportID != 0 else {
      return concludeDefaultVPort(change, adapter: oid.adapter.index)
    }
    guard let vport = oid.vport.optional, let known = try? parameters(vport: vport),
      var changed = try? known.applying(change)
    else { return }
    changed.revision = max(changed.revision, change.revision)
    let kept = VPortParametersImage(changed)
    store.vports.update(vport) { $0.parameters = kept }
    move(vport: vport, event(of: change, for: known))
  }

  private func concludeDefaultVPort(_ change: VPortParameters, adapter: Index<AdapterRecord>) {
    guard var changed = try? defaultVPort(adapter: adapter).applying(change) else { return }
    changed.revision = max(changed.revision, change.revision)
    set(defaultVPort: VPortParametersImage(changed), adapter: adapter)
  }

  /// The default VPort's current parameters. It is on the physical function and always activated.
  func defaultVPort(adapter: Index<AdapterRecord>) throws(Failure) -> VPortParameters {
    try store.capabilities[adapter, \.defaultVPort].value()
  }

  /// A VPort's current parameters.
  func parameters(vport index: Index<VPortRecord>) throws(Failure) -> VPortParameters {
    try store.vports[index, \.parameters].value()
  }

  // MARK: DELETE_VPORT

  mutating func prepareDeleteVPort(_ index: Index<OIDRecord>, _ oid: OIDRecord) throws(Failure) {
    let delete = try input(VPortDeleteParameters.self, oid: index)
    guard RequestCheck.defaultVPort.passes(delete.vportID != 0) else {
      throw Failure(.invalidParameter, .defaultVPort)
    }
    let vport = try liveVPort(adapter: oid.adapter.index, id: delete.vportID)
    try checkOwner(vport: vport, oid)
    let filters = store.vports[vport, \.filters]
    guard filters == 0 else { throw Failure(.invalidParameter, .filtersLeft, UInt64(filters)) }
    set(vport: vport, ofOID: index)
    // From here on no memory may be allocated for it.
    store.vports.update(vport) { $0.deleting = 1 }
  }

  mutating func concludeDeleteVPort(
    _ oid: OIDRecord, isGone: Bool
  ) {
    guard let vport = oid.vport.optional else { return }
    guard isGone else { return store.vports.update(vport) { $0.deleting = 0 } }
    let record = store.vports[vport]
    let id = UInt64(record.vportID)
    if record.indicated != 0 {
      reportMiniport(
        adapter: oid.adapter.index,
        Failure(.failure, .indicationsLeft, UInt64(record.indicated), id))
    }
    if record.blocks != 0 {
      reportMiniport(
        adapter: oid.adapter.index,
        Failure(.failure, .vportMemoryLeft, id, UInt64(record.blocks)))
    }
    deleted(vport: vport)
  }

  // MARK: Owners

  /// Only the binding that created a VPort may change it.
  func checkOwner(vport index: Index<VPortRecord>, _ oid: OIDRecord) throws(Failure) {
    guard mayChange(store.vports[index, \.owner], oid) else {
      throw Failure(.invalidParameter, .vportOwner, UInt64(store.vports[index, \.vportID]))
    }
  }
}
