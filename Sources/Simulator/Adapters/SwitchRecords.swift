// The NIC switch and the virtual functions of an adapter, stored in its capabilities record.

import NDIS
import NDISStore

extension Simulator {
  /// The default switch has been created or changed.
  func set(switchParameters: NICSwitchParametersImage, adapter: Index<AdapterRecord>) {
    store.capabilities.update(adapter) {
      $0.hasSwitch = 1
      $0.switchParameters = switchParameters
    }
  }

  /// The default VPort has been made or changed.
  func set(defaultVPort: VPortParametersImage, adapter: Index<AdapterRecord>) {
    store.capabilities.update(adapter) { $0.defaultVPort = defaultVPort }
  }

  func removeSwitch(adapter: Index<AdapterRecord>) {
    store.capabilities.update(adapter) {
      $0.hasSwitch = 0
      $0.switchParameters = NICSwitchParametersImage()
      $0.defaultVPort = VPortParametersImage()
    }
  }

  func add(
    _ function: FunctionID, owner: Ref<BindingRecord>, adapter: Index<AdapterRecord>
  ) {
    store.capabilities.update(adapter) {
      $0.functions |= 1 << UInt64(function.rawValue)
      $0.functionOwners[Int(function.rawValue)] = owner
    }
  }

  func remove(_ function: FunctionID, adapter: Index<AdapterRecord>) {
    store.capabilities.update(adapter) {
      $0.functions &= ~(1 << UInt64(function.rawValue))
      $0.functionOwners[Int(function.rawValue)] = .none
    }
  }

  /// A binding has closed: its VFs stay, without an owner. Returns how many it had.
  func disownFunctions(of binding: Ref<BindingRecord>, adapter: Index<AdapterRecord>) -> UInt64 {
    guard store.capabilities[adapter, \.functions] != 0 else { return 0 }
    var count: UInt64 = 0
    let owners = store.capabilities[adapter, \.functionOwners]
    for function in owners.indices where owners[function] == binding {
      count += 1
      store.capabilities.update(adapter) { $0.functionOwners[function] = .none }
    }
    return count
  }

  /// The adapter has been removed.
  func forgetCapabilities(adapter: Index<AdapterRecord>) {
    forgetAttributes(adapter: adapter)
    if store.capabilities[adapter, \.set] != 0 {
      store.capabilities.update(adapter) { $0 = CapabilitiesRecord() }
    }
  }
}
