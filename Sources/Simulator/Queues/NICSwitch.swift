// The NIC switch of an SR-IOV adapter and its virtual functions. There is one switch, the default one,
// created and deleted by OID requests; on Windows NDIS creates it, here an overlying driver requests it. VFs
// are numbered by the miniport. Invalid members of FREE_VF and DELETE_SWITCH are FILE_NOT_FOUND: the pages
// oid-nic-switch-free-vf and oid-nic-switch-delete-switch list no INVALID_PARAMETER.

import NDISEvents
import NDIS
import NDISStore

extension Simulator {
  // MARK: The switch

  mutating func prepareCreateSwitch(_ index: Index<OIDRecord>, _ oid: OIDRecord) throws(Failure) {
    let parameters = try input(NICSwitchParameters.self, oid: index)
    try parameters.checkCreation()
    let adapter = oid.adapter.index
    guard store.capabilities[adapter, \.hasSwitch] == 0 else {
      throw Failure(.invalidParameter, .alreadyDone, adapterHandle(adapter).rawValue)
    }
    let functions = functionLimit(adapter: adapter)
    guard parameters.numVFs <= functions else {
      throw Failure(
        .invalidParameter, .functionCount, UInt64(parameters.numVFs), UInt64(functions))
    }
    try checkDefaultQueuePairs(
      max(1, parameters.numQueuePairsForDefaultVPort), adapter: adapter)
    try checkRoom(oid, NICSwitchParameters.structure.size(parameters.revision))
  }

  mutating func concludeCreateSwitch(_ index: Index<OIDRecord>, _ oid: OIDRecord) {
    guard let parameters = try? input(NICSwitchParameters.self, oid: index) else { return }
    let kept = NICSwitchParametersImage(parameters)
    set(switchParameters: kept, adapter: oid.adapter.index)
    // "When the PF miniport driver creates and configures the default NIC switch, the driver implicitly creates the
    // default VPort and attaches it to the PF" (creating-a-virtual-port).
    var vport = VPortParameters(
      name: "", numQueuePairs: max(1, parameters.numQueuePairsForDefaultVPort))
    vport.state = VPortState.activated.reported
    set(defaultVPort: VPortParametersImage(vport), adapter: oid.adapter.index)
    answerWithInput(oid: index)
  }

  mutating func prepareSwitchParameters(_ index: Index<OIDRecord>, _ oid: OIDRecord) throws(Failure)
  {
    let change = try input(NICSwitchParameters.self, oid: index)
    try checkSwitch(oid.adapter.index, change.switchID)
    _ = try switchParameters(adapter: oid.adapter.index).applying(change)
  }

  mutating func concludeSwitchParameters(_ index: Index<OIDRecord>, _ oid: OIDRecord) {
    let adapter = oid.adapter.index
    guard let change = try? input(NICSwitchParameters.self, oid: index),
      let changed = try? switchParameters(adapter: adapter).applying(change)
    else { return }
    let kept = NICSwitchParametersImage(changed)
    set(switchParameters: kept, adapter: adapter)
  }

  mutating func prepareDeleteSwitch(_ index: Index<OIDRecord>, _ oid: OIDRecord) throws(Failure) {
    let delete = try input(NICSwitchDeleteParameters.self, oid: index)
    let adapter = oid.adapter.index
    do throws(Failure) { try checkSwitch(adapter, delete.switchID) } catch {
      throw Failure(.fileNotFound, error.reason, error.a, error.b)
    }
    let vports = liveVPorts(adapter: adapter).count
    let functions = store.capabilities[adapter, \.functions].nonzeroBitCount
    guard vports == 0, functions == 0 else {
      throw Failure(.fileNotFound, .switchInUse, UInt64(vports), UInt64(functions))
    }
  }

  mutating func concludeDeleteSwitch(_ oid: OIDRecord) {
    removeSwitch(adapter: oid.adapter.index)
  }

  /// Fails unless `id` is the default switch and the adapter has it.
  func checkSwitch(_ adapter: Index<AdapterRecord>, _ id: UInt32) throws(Failure) {
    guard id == 0 else { throw Failure(.invalidParameter, .switchUnknown, UInt64(id)) }
    guard store.capabilities[adapter, \.hasSwitch] != 0 else {
      throw Failure(
        .invalidParameter, .noSwitch, 0,
        UInt64(store.capabilities[adapter, \.nicSwitch].maxNumVPorts))
    }
  }

  /// The current switch parameters.
  func switchParameters(adapter: Index<AdapterRecord>) throws(Failure) -> NICSwitchParameters {
    try store.capabilities[adapter, \.switchParameters].value()
  }

  // MARK: Virtual functions

  /// The maximum number of VFs of the adapter.
  private func functionLimit(adapter: Index<AdapterRecord>) -> UInt32 {
    min(
      store.capabilities[adapter, \.nicSwitch].maxNumVFs, CapabilitiesRecord.maximumFunctions)
  }

  /// Whether a VF is allocated.
  func isAllocated(_ function: FunctionID, adapter: Index<AdapterRecord>) -> Bool {
    UInt32(function.rawValue) < CapabilitiesRecord.maximumFunctions
      && store.capabilities[adapter, \.functions] & (1 << UInt64(function.rawValue)) != 0
  }

  mutating func prepareAllocateVF(_ index: Index<OIDRecord>, _ oid: OIDRecord) throws(Failure) {
    let parameters = try input(VFParameters.self, oid: index)
    try parameters.checkAllocation()
    let adapter = oid.adapter.index
    try checkSwitch(adapter, parameters.switchID)
    try checkRoom(oid, VFParameters.structure.size(parameters.revision))
    let allocated = store.capabilities[adapter, \.functions].nonzeroBitCount
    let most = store.capabilities[adapter, \.switchParameters].numVFs
    guard allocated < Int(most) else {
      throw Failure(.failure, .noFunctions, UInt64(most))
    }
  }

  mutating func concludeAllocateVF(
    _ index: Index<OIDRecord>, _ oid: OIDRecord
  ) -> Failure {
    let adapter = oid.adapter.index
    do throws(Failure) {
      let answer = try VFParameters(image: answer(oid: index))
      let function = answer.function
      let most = functionLimit(adapter: adapter)
      guard UInt32(function.rawValue) < most, !isAllocated(function, adapter: adapter) else {
        throw Failure(
          .failure, .functionAnswered, UInt64(function.rawValue), UInt64(most))
      }
      add(function, owner: oid.binding, adapter: adapter)
      return Failure(.success, .none)
    } catch {
      reportMiniport(adapter: adapter, error)
      return Failure(.failure, error.reason, error.a, error.b)
    }
  }

  mutating func prepareFreeVF(_ index: Index<OIDRecord>, _ oid: OIDRecord) throws(Failure) {
    let function = try input(VFFreeParameters.self, oid: index).function
    let adapter = oid.adapter.index
    guard isAllocated(function, adapter: adapter) else {
      throw Failure(.fileNotFound, .functionUnknown, UInt64(function.rawValue))
    }
    let owner = store.capabilities[adapter, \.functionOwners][Int(function.rawValue)]
    guard mayChange(owner, oid) else {
      throw Failure(.fileNotFound, .functionOwner, UInt64(function.rawValue))
    }
    if let vport = vport(of: function, adapter: adapter) {
      throw Failure(
        .fileNotFound, .functionInUse, UInt64(function.rawValue),
        UInt64(store.vports[vport, \.vportID]))
    }
  }

  mutating func concludeFreeVF(_ index: Index<OIDRecord>, _ oid: OIDRecord) {
    guard let function = try? input(VFFreeParameters.self, oid: index).function,
      isAllocated(function, adapter: oid.adapter.index)
    else { return }
    remove(function, adapter: oid.adapter.index)
  }
}
