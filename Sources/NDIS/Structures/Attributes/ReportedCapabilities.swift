// The capabilities a miniport reports in one call of NdisMSetMiniportAttributes, those of the hardware and those
// that are currently enabled, and the rules they break.

import CNDIS

/// What the hardware can do, or what of it is enabled.
public struct CapabilitySet: Sendable, Hashable {
  public var receiveFilter: ReceiveFilterCapabilities?
  public var nicSwitch: NICSwitchCapabilities?
  public init(
    receiveFilter: ReceiveFilterCapabilities? = nil, nicSwitch: NICSwitchCapabilities? = nil
  ) {
    self.receiveFilter = receiveFilter
    self.nicSwitch = nicSwitch
  }
}

/// Both sets of capabilities of a miniport.
public struct ReportedCapabilities: Sendable, Hashable {
  public var hardware: CapabilitySet
  public var current: CapabilitySet
  /// The NDIS version of the miniport driver.
  public var version: NDISVersion

  public init(hardware: CapabilitySet, current: CapabilitySet, version: NDISVersion) {
    self.hardware = hardware
    self.current = current
    self.version = version
  }

  /// A failure for each rule that is broken, in the order of the rules. A rule that both sets break with the
  /// same values is reported once.
  public func violations() -> [Failure] {
    var found: [Failure] = []
    for rule in CapabilityRule.allCases {
      #if MUTANTS
        if Mutant.isRow(Int(rule.rawValue), of: "capability") { continue }
      #endif
      let failures = [
        pair(rule), failure(rule, of: hardware, isCurrent: false),
        failure(rule, of: current, isCurrent: true),
      ]
      for failure in failures.compactMap({ $0 }) where !found.contains(failure) {
        found.append(failure)
      }
    }
    return found
  }

  /// What is currently enabled must be among the capabilities of the hardware. The reverse is not demanded: the
  /// pages about disabled interfaces say that the current capabilities must be NULL then.
  private func pair(_ rule: CapabilityRule) -> Failure? {
    switch rule {
    case .receiveFilterPair where current.receiveFilter != nil && hardware.receiveFilter == nil:
      Failure(.invalidParameter, rule.reason, 0)
    case .nicSwitchPair where current.nicSwitch != nil && hardware.nicSwitch == nil:
      Failure(.invalidParameter, rule.reason, 1)
    default: nil
    }
  }

  private func failure(
    _ rule: CapabilityRule, of set: CapabilitySet, isCurrent: Bool
  ) -> Failure? {
    let values: (UInt32, UInt32)?
    if rule.rawValue < CapabilityRule.numSwitches.rawValue {
      guard let filters = set.receiveFilter else { return nil }
      let interfaces = Interfaces(filters, set.nicSwitch, isCurrent: isCurrent, version)
      values =
        filters.values(breaking: rule, interfaces) ?? filters.counts(breaking: rule, interfaces)
    } else {
      values = set.nicSwitch.flatMap { $0.values(breaking: rule) }
    }
    return values.map { Failure(.invalidParameter, rule.reason, UInt64($0.0), UInt64($0.1)) }
  }
}

/// The interfaces that capabilities are reported for.
struct Interfaces {
  /// The adapter supports VMQ or SR-IOV.
  var areSupported: Bool
  /// They are enabled; false for the capabilities of the hardware, which name everything it could do.
  var hasVMQ: Bool
  var hasSRIOV: Bool
  /// NumTotalMacAddresses of revision 1 of the switch's capabilities; 0 = not stated.
  var macAddresses: UInt32
  var version: NDISVersion

  init(
    _ filters: ReceiveFilterCapabilities, _ nicSwitch: NICSwitchCapabilities?, isCurrent: Bool,
    _ version: NDISVersion
  ) {
    let queueTypes = filters.enabledQueueTypes & NDIS_RECEIVE_FILTER_VM_QUEUES_ENABLED
    let queues = filters.supportedQueueProperties & NDIS_RECEIVE_FILTER_VM_QUEUE_SUPPORTED
    let switches = nicSwitch?.maxNumSwitches ?? 0
    let alone =
      (nicSwitch?.capabilities ?? 0) & NDIS_NIC_SWITCH_CAPS_NIC_SWITCH_WITHOUT_IOV_SUPPORTED
    areSupported = queueTypes | queues | filters.numQueues | switches != 0
    hasVMQ = isCurrent && queueTypes != 0
    hasSRIOV = isCurrent && switches != 0 && alone == 0
    macAddresses = nicSwitch?.revision == 1 ? nicSwitch?.numTotalMACAddresses ?? 0 : 0
    self.version = version
  }
}

extension ReceiveFilterCapabilities {
  /// The values that break a rule about the flags, nil if it is kept.
  func values(breaking rule: CapabilityRule, _ interfaces: Interfaces) -> (UInt32, UInt32)? {
    let properties = supportedQueueProperties
    /// The flags lack one that an adapter of VMQ or SR-IOV must have.
    func lacks(_ flag: UInt32, _ flags: UInt32) -> (UInt32, UInt32)? {
      interfaces.areSupported && flags & flag == 0 ? (flags, 0) : nil
    }
    let isNew = interfaces.version >= .vports
    switch rule {
    case .msix: return lacks(NDIS_RECEIVE_FILTER_MSI_X_SUPPORTED, properties)
    case .vmQueue: return lacks(NDIS_RECEIVE_FILTER_VM_QUEUE_SUPPORTED, properties)
    case .processorAffinity:
      let flag = NDIS_RECEIVE_FILTER_DYNAMIC_PROCESSOR_AFFINITY_CHANGE_SUPPORTED
      return isNew ? lacks(flag, properties) : nil
    case .vectorCoalescing:
      let flag = NDIS_RECEIVE_FILTER_INTERRUPT_VECTOR_COALESCING_SUPPORTED
      return isNew ? lacks(flag, properties) : nil
    case .equalTest:
      return lacks(NDIS_RECEIVE_FILTER_TEST_HEADER_FIELD_EQUAL_SUPPORTED, supportedFilterTests)
    case .macHeader: return lacks(NDIS_RECEIVE_FILTER_MAC_HEADER_SUPPORTED, supportedHeaders)
    case .destinationAddress:
      let flag = NDIS_RECEIVE_FILTER_MAC_HEADER_DEST_ADDR_SUPPORTED
      return lacks(flag, supportedMACHeaderFields)
    case .filterTypes:
      let flag = NDIS_RECEIVE_FILTER_VMQ_FILTERS_ENABLED
      guard interfaces.hasVMQ || interfaces.hasSRIOV, enabledFilterTypes & flag == 0 else {
        return nil
      }
      return (enabledFilterTypes, 0)
    case .teaming:
      let flags =
        NDIS_RECEIVE_FILTER_IMPLAT_MIN_OF_QUEUES_MODE
        | NDIS_RECEIVE_FILTER_IMPLAT_SUM_OF_QUEUES_MODE
      return properties & flags != 0 ? (properties, 0) : nil
    case .lookaheadSplit:
      let flag = NDIS_RECEIVE_FILTER_LOOKAHEAD_SPLIT_SUPPORTED
      return isNew && properties & flag != 0 ? (properties, maxLookaheadSplitSize) : nil
    default: return nil
    }
  }

  /// The values that break a rule about the counts, nil if it is kept.
  func counts(breaking rule: CapabilityRule, _ interfaces: Interfaces) -> (UInt32, UInt32)? {
    let coalesces =
      supportedQueueProperties & NDIS_RECEIVE_FILTER_PACKET_COALESCING_SUPPORTED_ON_DEFAULT_QUEUE
      != 0
    /// A count must be 0 without packet coalescing, and at least `least` with it.
    func coalescing(_ count: UInt32, _ least: UInt32) -> (UInt32, UInt32)? {
      let isWrong = coalesces ? count < least : count != 0
      return revision >= 2 && isWrong ? (count, coalesces ? least : 0) : nil
    }
    switch rule {
    case .lookaheadSizes:
      guard interfaces.version >= .vports, minLookaheadSplitSize | maxLookaheadSplitSize != 0
      else { return nil }
      return (minLookaheadSplitSize, maxLookaheadSplitSize)
    case .queueTypes:
      let flag = NDIS_RECEIVE_FILTER_VM_QUEUES_ENABLED
      return interfaces.hasSRIOV && enabledQueueTypes & flag != 0 ? (enabledQueueTypes, 0) : nil
    case .numQueues:
      if interfaces.hasSRIOV { return numQueues != 0 ? (numQueues, 0) : nil }
      return interfaces.hasVMQ && numQueues == 0 ? (0, 1) : nil
    case .queueAddresses:
      guard interfaces.macAddresses != 0, numQueues > interfaces.macAddresses else { return nil }
      return (numQueues, interfaces.macAddresses)
    case .coalescingQueue:
      let flag = NDIS_RECEIVE_FILTER_PACKET_COALESCING_FILTERS_ENABLED
      return enabledFilterTypes & flag != 0 && !coalesces ? (supportedQueueProperties, 0) : nil
    case .coalescingFields: return coalescing(maxFieldTestsPerPacketCoalescingFilter, 5)
    case .coalescingFilters: return coalescing(maxPacketCoalescingFilters, 10)
    case .reserved: return ndisReserved != 0 ? (ndisReserved, 0) : nil
    default: return nil
    }
  }
}

extension NICSwitchCapabilities {
  /// The values that break a rule, nil if it is kept. Revision 1 has none of these members.
  func values(breaking rule: CapabilityRule) -> (UInt32, UInt32)? {
    guard revision >= 2 else { return nil }
    let hashFunction = NDIS_NIC_SWITCH_CAPS_RSS_PER_PF_VPORT_HASH_FUNCTION_SUPPORTED
    let hashKey = NDIS_NIC_SWITCH_CAPS_RSS_PER_PF_VPORT_HASH_KEY_SUPPORTED
    switch rule {
    case .numSwitches: return maxNumSwitches != 1 ? (maxNumSwitches, 0) : nil
    case .numVPorts: return maxNumVPorts <= maxNumVFs ? (maxNumVPorts, maxNumVFs) : nil
    case .numQueuePairs:
      return maxNumQueuePairs < maxNumVPorts ? (maxNumQueuePairs, maxNumVPorts) : nil
    case .queuePairsPerVPort:
      let counts = [maxNumQueuePairsPerNonDefaultVPort, maxNumQueuePairsForDefaultVPort]
      return counts.first { $0.nonzeroBitCount > 1 }.map { ($0, 0) }
    case .macAddresses:
      return maxNumMACAddresses < maxNumVPorts ? (maxNumMACAddresses, maxNumVPorts) : nil
    case .olderMembers:
      let members = [numTotalMACAddresses, numMACAddressesPerPort, numVLANsPerPort]
      return members.first { $0 != 0 }.map { ($0, 0) }
    case .hashKey:
      return capabilities & (hashFunction | hashKey) == hashFunction ? (capabilities, 0) : nil
    default: return nil
    }
  }
}
