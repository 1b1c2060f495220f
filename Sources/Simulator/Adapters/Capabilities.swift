// Hardware capabilities a miniport reports: those of receive filters and of the NIC switch, set once in
// MiniportInitializeEx with the hardware-assist attributes and stored as they were sent. Without them the
// OIDs of queues, filters and VPorts are NOT_SUPPORTED.

import NDISDriverInterface
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
    guard store.adapters[index, \.state] == .initializing,
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
      record.receiveFilter = ReceiveFilterCapabilitiesImage(
        bytes: Array(assist.receiveFilter.prefix(size)))
      record.receiveFilter.headerSize = UInt16(truncatingIfNeeded: size)
    }
    if !assist.nicSwitch.isEmpty {
      let capabilities: NICSwitchCapabilities = try capabilities(assist.nicSwitch, version)
      let size = NICSwitchCapabilities.structure.size(capabilities.revision)
      record.nicSwitchLength = UInt32(truncatingIfNeeded: size)
      record.nicSwitch = NICSwitchCapabilitiesImage(bytes: Array(assist.nicSwitch.prefix(size)))
      record.nicSwitch.headerSize = UInt16(truncatingIfNeeded: size)
    }
    store.capabilities.update(index) { $0 = record }
    finish(call.sessionIndex, call.requestID)
  }

  /// Reads an image; an invalid header fails with the routine's own BAD_VERSION.
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

  /// Fails with NOT_SUPPORTED if the miniport has not enabled the feature of the request.
  func checkCapabilities(_ oid: OIDRecord) throws(Failure) {
    let record = oid.adapter.index
    let has: Bool
    switch oid.oid {
    case OIDNumber.receiveFilterHardwareCapabilities, OIDNumber.receiveFilterCurrentCapabilities,
      OIDNumber.receiveFilterGlobalParameters:
      has = store.capabilities[record, \.receiveFilterLength] != 0
    case OIDNumber.receiveFilterAllocateQueue, OIDNumber.receiveFilterFreeQueue,
      OIDNumber.receiveFilterEnumQueues, OIDNumber.receiveFilterQueueParameters,
      OIDNumber.receiveFilterQueueAllocationComplete:
      has = receiveFilterCapabilities(adapter: record).hasVMQueues
    case OIDNumber.receiveFilterSetFilter, OIDNumber.receiveFilterClearFilter,
      OIDNumber.receiveFilterEnumFilters, OIDNumber.receiveFilterParameters:
      has = receiveFilterCapabilities(adapter: record).hasVMQFilters
    case OIDNumber.receiveFilterMoveFilter:
      // oid-receive-filter-move-filter: NOT_SUPPORTED without the SR-IOV interface.
      has =
        receiveFilterCapabilities(adapter: record).hasVMQFilters
        && store.capabilities[record, \.nicSwitch].maxNumSwitches > 0
    case OIDNumber.nicSwitchHardwareCapabilities, OIDNumber.nicSwitchCurrentCapabilities:
      has = store.capabilities[record, \.nicSwitchLength] != 0
    case OIDNumber.nicSwitchCreateSwitch, OIDNumber.nicSwitchParameters,
      OIDNumber.nicSwitchDeleteSwitch,
      OIDNumber.nicSwitchEnumSwitches, OIDNumber.nicSwitchAllocateVF, OIDNumber.nicSwitchFreeVF,
      OIDNumber.nicSwitchCreateVPort, OIDNumber.nicSwitchVPortParameters,
      OIDNumber.nicSwitchEnumVPorts,
      OIDNumber.nicSwitchDeleteVPort:
      has = store.capabilities[record, \.nicSwitch].maxNumSwitches > 0
    default: return
    }
    guard has else { throw Failure(.notSupported, .capabilityMissing, UInt64(oid.oid)) }
  }

  /// Those the miniport reported; none of them when it has reported none.
  func receiveFilterCapabilities(adapter: Index<AdapterRecord>) -> ReceiveFilterCapabilities {
    (try? store.capabilities[adapter, \.receiveFilter].value()) ?? ReceiveFilterCapabilities()
  }
}
