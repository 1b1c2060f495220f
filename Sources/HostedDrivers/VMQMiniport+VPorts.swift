// vmq with a NIC switch: VPorts of the physical function instead of VM queues. A VPort's memory is allocated
// as soon as its activation is complete and freed while it is deleted.

import NDISDriverInterface
import NDIS

extension VMQMiniport {
  mutating func createSwitch(_ call: OIDCall) throws(Failure) -> Outcome {
    guard settings.hasSwitch else { throw Failure(.notSupported, .noSwitch) }
    let outcome = try answered(call, call.input)
    state.hasSwitch = true
    return outcome
  }

  mutating func createVPort(_ call: OIDCall) throws(Failure) -> Outcome {
    guard settings.hasSwitch, state.hasSwitch else { throw Failure(.notSupported, .noSwitch) }
    let parameters = try VPortParameters(image: call.input)
    guard parameters.attachedFunction == .physical else {
      throw Failure(
        .notSupported, .functionUnknown, UInt64(parameters.attachedFunction.rawValue))
    }
    guard parameters.vportID != 0, record(parameters.vportID) == nil else {
      throw Failure(.invalidParameter, .vportUnknown, UInt64(parameters.vportID))
    }
    let index = try freeRecord()
    let outcome = try answered(call, call.input)
    var vport = VMQQueue()
    vport.kind = .vport
    vport.id = parameters.vportID
    queues[index] = vport
    return outcome
  }

  mutating func setVPortParameters(_ call: OIDCall) throws(Failure) -> Outcome {
    let parameters = try VPortParameters(image: call.input)
    // The default VPort counts as one, too.
    guard settings.hasSwitch, record(parameters.vportID) != nil else {
      throw Failure(.invalidParameter, .vportUnknown, UInt64(parameters.vportID))
    }
    return .success
  }

  /// A VPort may have memory once it is activated, which it is when the request has ended.
  mutating func activate(after call: OIDCall, _ outcome: Outcome) {
    guard outcome.status == .success, call.oid == OIDNumber.nicSwitchVPortParameters,
      let parameters = try? VPortParameters(image: call.input),
      parameters.flags.contains(.stateChanged), parameters.state == .activated,
      let index = record(parameters.vportID), queues[index].kind == .vport,
      !queues[index].hasMemory, isAtRest(index)
    else { return }
    queues[index].isOpen = true
    acquire(index, in: 0)
  }

  mutating func deleteVPort(_ call: OIDCall) throws(Failure) -> Outcome {
    let parameters = try VPortDeleteParameters(image: call.input)
    guard let index = record(parameters.vportID), queues[index].kind == .vport else {
      throw Failure(.invalidParameter, .vportUnknown, UInt64(parameters.vportID))
    }
    state.request.queue = UInt8(truncatingIfNeeded: index)
    state.request.work = .freeing
    release(index, in: state.request.upcall)
    return .later
  }

  // MARK: Attributes

  /// For NdisMSetMiniportAttributes with general attributes: an Ethernet adapter with an address of its own, and
  /// the OIDs that reach it.
  var generalAttributes: GeneralAttributesCall {
    // A locally administered address; the name, which is unique, makes its end.
    let sum = settings.name.utf8.reduce(UInt32(5381)) { ($0 &* 33) ^ UInt32($1) }
    let end = (0..<3).map { UInt8(truncatingIfNeeded: sum >> ($0 * 8)) }
    return GeneralAttributesCall(
      GeneralAttributes(address: [0x02, 0x4E, 0x44] + end),
      supported: OID.table.filter { row in
        row.since <= settings.version && row.forms.contains { $0.answeredBy != .ndis }
      }.map(\.number))
  }

  // MARK: Hardware capabilities

  /// For NdisMSetMiniportAttributes with hardware-assist attributes.
  var hardwareAssist: HardwareAssist {
    var filter = ReceiveFilterCapabilities(revision: settings.version >= .vports ? 2 : 1)
    filter.enabledFilterTypes = ReceiveFilterCapabilityFlags.vmqFiltersEnabled
    filter.supportedQueueProperties =
      ReceiveFilterCapabilityFlags.msixSupported | ReceiveFilterCapabilityFlags.vmQueueSupported
    if settings.version >= .vports {
      filter.supportedQueueProperties |= ReceiveFilterCapabilityFlags.requiredFrom630
    }
    if !settings.hasSwitch {
      filter.enabledQueueTypes = ReceiveFilterCapabilityFlags.vmQueuesEnabled
      filter.numQueues = settings.queues
    }
    // NDIS_RECEIVE_FILTER_TEST_HEADER_FIELD_EQUAL_SUPPORTED, ..._MAC_HEADER_SUPPORTED,
    // ..._MAC_HEADER_DEST_ADDR_SUPPORTED and ..._MAC_HEADER_VLAN_ID_SUPPORTED.
    filter.supportedFilterTests = 0x1
    filter.supportedHeaders = 0x1
    filter.supportedMACHeaderFields = 0x1 | 0x8
    filter.maxMACHeaderFilters = UInt32(clamping: Self.maximumFilters)
    if settings.canSplit {
      filter.supportedQueueProperties |= ReceiveFilterCapabilityFlags.lookaheadSplitSupported
      filter.minLookaheadSplitSize = Self.lookaheadSizes.lowerBound
      filter.maxLookaheadSplitSize = Self.lookaheadSizes.upperBound
    }
    return HardwareAssist(
      receiveFilter: filter.image(), nicSwitch: settings.hasSwitch ? nicSwitch : [])
  }

  private var nicSwitch: [UInt8] {
    var capabilities = NICSwitchCapabilities()
    capabilities.maxNumSwitches = 1
    // Including the default VPort.
    capabilities.maxNumVPorts = settings.vports + 1
    capabilities.maxNumQueuePairs = settings.vports + 1
    capabilities.maxNumQueuePairsPerNonDefaultVPort = 1
    capabilities.maxNumMACAddresses = max(
      settings.vports + 1, UInt32(clamping: Self.maximumFilters))
    return capabilities.image()
  }
}
