// Validates adapters, their capabilities and their status indications: references, lists and counters.

import NDIS
import NDISStore

extension StoreCheck {
  mutating func checkAdapters() throws(StoreError) {
    var names: Set<Name> = []
    var scratch = PlaceScratch()
    for index in store.adapters.touched {
      let adapter = store.adapters[index]
      let at = CheckedRecord("adapters", index)
      try at.hold(adapter.generation <= lastGeneration, "its generation is too great")
      guard adapter.life != .free else { continue }
      try at.hold(adapter.storedLife.validated != nil, "its life has no case")
      try at.hold(adapter.storedState.validated != nil, "its state has no case")
      try at.hold(
        (adapter.attributesSet | adapter.dmaRegistered | adapter.held | adapter.removed
          | adapter.notified | adapter.dropped) <= 1 && adapter.latePause <= 1
          && (adapter.lowAddresses | adapter.claimsChannel) <= 1,
        "one of its flags is neither 0 nor 1")
      try at.hold(
        adapter.dmaGeneration <= 1 && UInt32(adapter.dmaRegistered) <= adapter.dmaGeneration,
        "its DMA is registered and was not")
      try at.hold(
        adapter.$channelState.validated != nil
          && (adapter.claimsChannel == 0 || adapter.channelState == .registered),
        "it has a DMA channel that was not registered")
      try at.hold(
        HaltAction(rawValue: adapter.haltAction) != nil
          && ShutdownAction(rawValue: adapter.shutdownAction) != nil, "its end has no reason")
      try at.hold(adapter.lastFilterID <= 0xFFFF, "its last FilterId is too great")
      try at.hold(isText(adapter.name), "its name is no clean text")
      try at.hold(names.insert(adapter.name).inserted, "its name is another's")
      try at.hold(
        isDriver(adapter.driver)
          && store.drivers[adapter.driver.index, \.$kind.validated] == .miniport,
        "its driver is not there, or no miniport")
      try at.hold(isReason(adapter.failure), "its failure has no reason")
      try checkCall(adapter.upcall, adapter.$upcallOpen, adapterHandle(index), at)
      let handler = Simulator.handler(of: adapter.state)
      try at.hold(
        handler == nil || handler == adapter.upcallOpen, "the call of its state is not open")
      try wait(for: adapter.addRequest, at)
      try wait(for: adapter.removeRequest, at)
      try wait(for: adapter.changeRequest, at)
      try at.hold(
        adapter.allocationsPending == allocating[Int(index)],
        "it waits for other allocations than are pending")
      inUse.children &+= 1
      let session = store.drivers[adapter.driver.index, \.session]
      try at.hold(isSession(session), "its driver's session is not there")
      sessions[Int(session.index)].objects &+= 1
      let (store, own) = (store, Ref(index))
      let bound = try walk(adapter.bindings, store.bindings.capacity, of: at, "bindings") {
        let member = store.bindings[$0]
        return (
          member.adapterPrevious, member.adapterNext, member.kind != .free && member.adapter == own
        )
      }
      listed.bound &+= bound
      try checkBlocks(of: .adapter(index), adapter.blocks, at)
      try checkQueue(ofOIDs: adapter, own, at)
      try checkPlaces(adapter, own, at, &scratch)
      try checkIndications(adapter, own, at)
    }
  }

  /// The hardware capabilities the miniport reported, and the NIC switch.
  func checkCapabilities() throws(StoreError) {
    for index in store.capabilities.touched {
      let record = store.capabilities[index]
      let at = CheckedRecord("capabilities", index)
      let isEmpty =
        record.set == 0 && record.receiveFilterLength == 0 && record.nicSwitchLength == 0
        && record.hasSwitch == 0 && record.functions == 0
      guard store.adapters[index, \.life] != .free else {
        try at.hold(isEmpty, "its adapter is not there")
        continue
      }
      let receiveFilter = UInt32(MemoryLayout<ReceiveFilterCapabilitiesImage>.size)
      let nicSwitch = UInt32(MemoryLayout<NICSwitchCapabilitiesImage>.size)
      try at.hold(
        record.receiveFilterLength <= receiveFilter && record.nicSwitchLength <= nicSwitch
          && record.hardware.receiveFilterLength <= receiveFilter
          && record.hardware.nicSwitchLength <= nicSwitch, "they are longer than any")
      try at.hold(record.set <= 1, "they are neither set nor not")
      try at.hold(
        record.hasSwitch <= 1 && (record.functions == 0 || record.hasSwitch == 1),
        "it has VFs and no switch")
      for function in record.functionOwners.indices {
        let owner = record.functionOwners[function]
        guard !owner.isNone else { continue }
        try at.hold(
          record.functions & 1 << UInt64(function) != 0 && isBinding(owner)
            && store.bindings[owner.index, \.adapter] == Ref(index),
          "the owner of a VF is not there")
      }
    }
  }

  /// The general attributes the miniport set.
  func checkAttributes() throws(StoreError) {
    for index in store.attributes.touched {
      let record = store.attributes[index]
      let at = CheckedRecord("attributes", index)
      guard store.adapters[index, \.life] != .free else {
        try at.hold(record.set == 0, "their adapter is not there")
        continue
      }
      try at.hold(record.set <= 2, "they are neither set nor not")
      try at.hold(record.count <= AttributesRecord.maximumOIDs, "they list too many OIDs")
      guard record.set == 1 else { continue }
      let value = try? record.image.value()
      try at.hold(value != nil, "their image makes no sense")
    }
  }

  mutating func checkStatuses() throws(StoreError) {
    for index in store.statuses.touched {
      let state = store.statuses[index].$state.validated
      let at = CheckedRecord("statuses", index)
      try at.hold(state != nil, "its state has no case")
      guard state == .open else { continue }
      try at.hold(
        store.statuses[index, \.length] <= StatusRecord.capacity
          && store.statuses[index, \.revision] <= UInt32(UInt8.max), "its buffer is too long")
    }
  }
}
