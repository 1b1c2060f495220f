// NDIS's answer to OID_NIC_SWITCH_ENUM_SWITCHES: the members of NDIS_NIC_SWITCH_INFO, counted from the records.

import NDIS
import NDISStore

extension Simulator {
  func knownSwitches(_ adapter: Index<AdapterRecord>) throws(Failure) -> [UInt8] {
    guard store.capabilities[adapter, \.hasSwitch] != 0 else {
      return NICSwitchInfoArray([]).image()
    }
    let vports = liveVPorts(adapter: adapter)
    // "This ULONG value is the sum of the following: The maximum number of VPorts that can be created", which
    // MaxNumVPorts is with the default one; the active ones are those "that have been created".
    var info = NICSwitchInfo(
      try switchParameters(adapter: adapter),
      allocatedVFs: UInt32(store.capabilities[adapter, \.functions].nonzeroBitCount),
      vports: min(store.capabilities[adapter, \.nicSwitch].maxNumVPorts, VPortRecord.maximum),
      activeVPorts: UInt32(truncatingIfNeeded: vports.count) &+ 1)
    info.numQueuePairsForDefaultVPort = store.capabilities[adapter, \.defaultVPort].numQueuePairs
    for index in vports {
      info.numQueuePairsForNonDefaultVPorts &+=
        store.vports[index, \.parameters].numQueuePairs
    }
    countFilters(adapter, &info)
    return NICSwitchInfoArray([info]).image()
  }

  /// The unicast MAC addresses and the VLANs that filters of VPorts test.
  private func countFilters(_ adapter: Index<AdapterRecord>, _ info: inout NICSwitchInfo) {
    for index in store.filtersOfAdapter.of(adapter) {
      let filter = store.filters[index]
      guard filter.state == .set, filter.queueID == 0 else { continue }
      for place in 0..<min(Int(filter.fieldCount), FilterRecord.maximumFields) {
        let field = filter.fields[place]
        guard field.frameHeader == FrameHeader.mac.rawValue else { continue }
        let isDefault = filter.vportID == 0
        switch MACHeaderField(rawValue: field.headerField) {
        case .destinationAddress where field.firstByte & 1 == 0:
          if isDefault {
            info.numActiveDefaultVPortMACAddresses &+= 1
          } else {
            info.numActiveNonDefaultVPortMACAddresses &+= 1
          }
        case .vlanID:
          if isDefault {
            info.numActiveDefaultVPortVLANs &+= 1
          } else {
            info.numActiveNonDefaultVPortVLANs &+= 1
          }
        default: break
        }
      }
    }
  }
}
