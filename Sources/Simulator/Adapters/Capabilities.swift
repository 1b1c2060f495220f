// What a miniport says its hardware can do: the capabilities of receive filters and of the NIC switch, set
// once in MiniportInitializeEx with the hardware-assist attributes and kept as they came. Without them
// the OIDs of queues, filters and VPorts are NOT_SUPPORTED.

import NDISDriverInterface
import CNDIS
import NDISEvents
import NDIS
import NDISStore

extension Simulator {
  /// NdisMSetMiniportAttributes with hardware-assist attributes; in MiniportInitializeEx only, after the
  /// registration attributes.
  mutating func setHardwareAssist(
    _ call: Call, _ handle: Handle, _ assist: HardwareAssist
  ) throws(Failure) {
    let index = try resolveAdapter(handle, session: call.sessionIndex)
    guard store.adapters[index, \.state] == AdapterState.initializing.rawValue,
      store.adapters[index, \.attributesSet] != 0
    else { throw Failure(.failure, .wrongState, handle.rawValue) }
    guard store.capabilities[index, \.receiveFilterLength] == 0,
      store.capabilities[index, \.nicSwitchLength] == 0
    else { throw Failure(.failure, .alreadyDone, handle.rawValue) }
    let version = miniportVersion(adapter: index)
    var record = CapabilitiesRecord()
    if !assist.receiveFilter.isEmpty {
      let capabilities: ReceiveFilterCapabilities = try capabilities(assist.receiveFilter, version)
      try capabilities.check(for: version)
      let size = ReceiveFilterCapabilities.structure.size(capabilities.revision)
      record.receiveFilterLength = UInt32(truncatingIfNeeded: size)
      record.receiveFilter = image(
        Array(assist.receiveFilter.prefix(size)), as: record.receiveFilter)
      record.receiveFilter.Header.Size = UInt16(truncatingIfNeeded: size)
    }
    if !assist.nicSwitch.isEmpty {
      let capabilities: NICSwitchCapabilities = try capabilities(assist.nicSwitch, version)
      let size = NICSwitchCapabilities.structure.size(capabilities.revision)
      record.nicSwitchLength = UInt32(truncatingIfNeeded: size)
      record.nicSwitch = image(Array(assist.nicSwitch.prefix(size)), as: record.nicSwitch)
      record.nicSwitch.Header.Size = UInt16(truncatingIfNeeded: size)
    }
    store.capabilities.update(index) { $0 = record }
    finish(call.sessionIndex, call.requestID)
  }

  /// Reads an image; a wrong header is the routine's own BAD_VERSION.
  private func capabilities<Value: StructureImage>(
    _ bytes: [UInt8], _ version: NDISVersion
  ) throws(Failure) -> Value {
    do throws(Failure) { return try Value(image: bytes, for: version) } catch {
      switch error.reason {
      case .headerType, .headerRevision, .headerRevisionForVersion, .headerSize, .informationBuffer:
        throw Failure(.badVersion, error.reason, error.a, error.b)
      default: throw error
      }
    }
  }

  /// Fails with NOT_SUPPORTED when the miniport has not enabled what the request is about.
  func checkCapabilities(_ oid: OIDRecord) throws(Failure) {
    let record = oid.adapter.index
    let has: Bool
    switch oid.oid {
    case OID_RECEIVE_FILTER_HARDWARE_CAPABILITIES, OID_RECEIVE_FILTER_CURRENT_CAPABILITIES,
      OID_RECEIVE_FILTER_GLOBAL_PARAMETERS:
      has = store.capabilities[record, \.receiveFilterLength] != 0
    case OID_RECEIVE_FILTER_ALLOCATE_QUEUE, OID_RECEIVE_FILTER_FREE_QUEUE,
      OID_RECEIVE_FILTER_ENUM_QUEUES, OID_RECEIVE_FILTER_QUEUE_PARAMETERS,
      OID_RECEIVE_FILTER_QUEUE_ALLOCATION_COMPLETE:
      has = receiveFilterCapabilities(adapter: record)?.hasVMQueues ?? false
    case OID_RECEIVE_FILTER_SET_FILTER, OID_RECEIVE_FILTER_CLEAR_FILTER,
      OID_RECEIVE_FILTER_ENUM_FILTERS, OID_RECEIVE_FILTER_PARAMETERS,
      OID_RECEIVE_FILTER_MOVE_FILTER:
      has = receiveFilterCapabilities(adapter: record)?.hasVMQFilters ?? false
    case OID_NIC_SWITCH_HARDWARE_CAPABILITIES, OID_NIC_SWITCH_CURRENT_CAPABILITIES:
      has = store.capabilities[record, \.nicSwitchLength] != 0
    case OID_NIC_SWITCH_CREATE_SWITCH, OID_NIC_SWITCH_PARAMETERS, OID_NIC_SWITCH_DELETE_SWITCH,
      OID_NIC_SWITCH_ENUM_SWITCHES, OID_NIC_SWITCH_ALLOCATE_VF, OID_NIC_SWITCH_FREE_VF,
      OID_NIC_SWITCH_CREATE_VPORT, OID_NIC_SWITCH_VPORT_PARAMETERS, OID_NIC_SWITCH_ENUM_VPORTS,
      OID_NIC_SWITCH_DELETE_VPORT:
      has = store.capabilities[record, \.nicSwitch].MaxNumSwitches > 0
    default: return
    }
    guard has else { throw Failure(.notSupported, .capabilityMissing, UInt64(oid.oid)) }
  }

  private func receiveFilterCapabilities(adapter: Index<AdapterRecord>)
    -> ReceiveFilterCapabilities?
  {
    try? value(
      ReceiveFilterCapabilities.self, of: store.capabilities[adapter, \.receiveFilter])
  }
}
