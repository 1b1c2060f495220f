// How many VPorts and queue pairs an adapter has: the numbers of a request against NDIS_NIC_SWITCH_CAPABILITIES and
// what other VPorts have taken. A number of queue pairs that the miniport left 0 limits nothing (A52).

import NDIS
import NDISStore

extension Simulator {
  /// Fails when the physical function has its share of nondefault VPorts: without
  /// NDIS_NIC_SWITCH_CAPS_SINGLE_VPORT_POOL "the maximum number of additional nondefault VPorts that can be created
  /// and assigned to the PF ... is (MaxNumVPorts-MaxNumVFs)" (nondefault-virtual-ports-and-vmq).
  func checkShare(of function: FunctionID, adapter: Index<AdapterRecord>) throws(Failure) {
    let capabilities = store.capabilities[adapter, \.nicSwitch]
    guard function == .physical,
      capabilities.flags & NICSwitchCapabilityFlags.singleVPortPool == 0
    else { return }
    var count: UInt32 = 0
    for index in store.vportsOfAdapter.of(adapter) {
      let attached = store.vports[index, \.parameters].attachedFunctionID
      if attached == FunctionID.physical.rawValue { count &+= 1 }
    }
    let share =
      capabilities.maxNumVPorts - min(capabilities.maxNumVFs, capabilities.maxNumVPorts)
    guard RequestCheck.vportShare.passes(count < share) else {
      throw Failure(.failure, .vportShare, UInt64(count), UInt64(share))
    }
  }

  /// Whether a nondefault VPort may have `pairs` queue pairs: a new one, or `vport` instead of those it has.
  func checkQueuePairs(
    _ pairs: UInt32, of vport: Index<VPortRecord>?, adapter: Index<AdapterRecord>
  ) throws(Failure) {
    let capabilities = store.capabilities[adapter, \.nicSwitch]
    var taken = UInt64(store.capabilities[adapter, \.defaultVPort].numQueuePairs)
    var other: UInt32?
    for index in store.vportsOfAdapter.of(adapter) where index != vport {
      let pairs = store.vports[index, \.parameters].numQueuePairs
      taken += UInt64(pairs)
      other = pairs
    }
    let most = min(
      available(of: capabilities.maxNumQueuePairs, taken: taken),
      available(of: capabilities.maxNumQueuePairsPerNonDefaultVPort, taken: 0))
    guard RequestCheck.queuePairs.passes(pairs >= 1 && UInt64(pairs) <= most) else {
      throw Failure(.invalidParameter, .queuePairs, UInt64(pairs), most)
    }
    // "If this flag is not set, all nondefault VPorts must be configured symmetrically to have the same number of
    // queue pairs" (ns-ntddndis-_ndis_nic_switch_capabilities).
    guard let other, other != pairs else { return }
    let mayDiffer =
      capabilities.flags & NICSwitchCapabilityFlags.asymmetricQueuePairsSupported != 0
    guard RequestCheck.queuePairsUneven.passes(mayDiffer) else {
      throw Failure(.invalidParameter, .queuePairsUneven, UInt64(pairs), UInt64(other))
    }
  }

  /// Whether the default VPort may have `pairs` queue pairs.
  func checkDefaultQueuePairs(_ pairs: UInt32, adapter: Index<AdapterRecord>) throws(Failure) {
    let capabilities = store.capabilities[adapter, \.nicSwitch]
    var taken: UInt64 = 0
    for index in store.vportsOfAdapter.of(adapter) {
      taken += UInt64(store.vports[index, \.parameters].numQueuePairs)
    }
    let most = min(
      available(of: capabilities.maxNumQueuePairs, taken: taken),
      available(of: capabilities.maxNumQueuePairsForDefaultVPort, taken: 0))
    guard RequestCheck.defaultQueuePairs.passes(pairs >= 1 && UInt64(pairs) <= most) else {
      throw Failure(.invalidParameter, .queuePairs, UInt64(pairs), most)
    }
  }

  private func available(of total: UInt32, taken: UInt64) -> UInt64 {
    guard total > 0 else { return UInt64(UInt32.max) }
    return UInt64(total) - min(taken, UInt64(total))
  }
}
