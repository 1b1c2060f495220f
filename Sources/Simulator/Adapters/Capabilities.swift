// The capabilities a miniport reports, those of the hardware and those currently enabled, of receive filters and
// of the NIC switch: set once in MiniportInitializeEx with the hardware-assist attributes and stored as they
// were sent. Without current ones the OIDs of queues, filters and VPorts are NOT_SUPPORTED. What breaks a "must"
// of their pages is a violation, and accepted.

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
    if let header = assist.header {
      try check(header, AttributesStructure.hardwareAssist)
    }
    try checkTakesAttributes(index)
    // Without capabilities of receive filters and of the NIC switch it is about features that are not built, as QoS.
    guard assist.hasCapabilities else {
      setOtherAttributes(index)
      return finish(call.sessionIndex, call.requestID)
    }
    guard store.capabilities[index, \.set] == 0 else {
      throw Failure(.failure, .alreadyDone, handle.rawValue)
    }
    let version = miniportVersion(adapter: index)
    let hardware = try capabilities(
      assist.hardwareReceiveFilter, assist.hardwareNICSwitch, version)
    let current = try capabilities(assist.receiveFilter, assist.nicSwitch, version)
    let violations = ReportedCapabilities(hardware: hardware, current: current, version: version)
      .violations()
    if settings.strictCapabilities, let first = violations.first { throw first }
    var record = CapabilitiesRecord()
    record.set = 1
    record.hardware = CapabilityImages(
      hardware, assist.hardwareReceiveFilter, assist.hardwareNICSwitch)
    record.receiveFilterLength = length(current.receiveFilter)
    record.receiveFilter = image(current.receiveFilter, assist.receiveFilter)
    record.nicSwitchLength = length(current.nicSwitch)
    record.nicSwitch = image(current.nicSwitch, assist.nicSwitch)
    store.capabilities.update(index) { $0 = record }
    for violation in violations { reportAttributes(adapter: index, violation) }
    setOtherAttributes(index)
    finish(call.sessionIndex, call.requestID)
  }

  /// Reads the images of one set; an invalid header fails with the routine's own BAD_VERSION.
  private func capabilities(
    _ receiveFilter: [UInt8], _ nicSwitch: [UInt8], _ version: NDISVersion
  ) throws(Failure) -> CapabilitySet {
    var set = CapabilitySet()
    if !receiveFilter.isEmpty {
      set.receiveFilter = try attributes(receiveFilter, version)
    }
    if !nicSwitch.isEmpty { set.nicSwitch = try attributes(nicSwitch, version) }
    return set
  }

  /// Fails with NOT_SUPPORTED if the miniport has not enabled the feature of the request.
  func checkCapabilities(_ oid: OIDRecord) throws(Failure) {
    let record = oid.adapter.index
    let has: Bool
    switch oid.oid {
    case OIDNumber.receiveFilterHardwareCapabilities:
      has = store.capabilities[record, \.hardware].receiveFilterLength != 0
    case OIDNumber.nicSwitchHardwareCapabilities:
      has = store.capabilities[record, \.hardware].nicSwitchLength != 0
    case OIDNumber.receiveFilterCurrentCapabilities, OIDNumber.receiveFilterGlobalParameters:
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
    case OIDNumber.nicSwitchCurrentCapabilities:
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
