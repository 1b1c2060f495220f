// Validates drivers, adapters and bindings: their references, their lists, and their counters, compared with
// earlier counts.

import NDIS
import NDISStore

extension StoreCheck {
  mutating func checkDrivers() throws(StoreError) {
    for index in store.drivers.touched {
      let driver = store.drivers[index]
      let at = CheckedRecord("drivers", index)
      try at.hold(driver.generation <= lastGeneration, "its generation is too great")
      guard driver.state != .free else { continue }
      guard let state = driver.$state.validated else {
        throw at.damaged("its state has no case")
      }
      guard let kind = driver.$kind.validated else {
        throw at.damaged("its kind has no case")
      }
      try at.hold(driver.version.isKnown, "its NDIS version is none")
      try at.hold(isText(driver.name), "its name is no clean text")
      try at.hold(isSession(driver.session), "its session is not there")
      try at.hold(
        driver.upcallOpen == setOptions[Int(index)] && driver.upcallOpen <= 1,
        "its call of SetOptions is not there")
      try at.hold(
        state == .ending || (state == .registering) == (driver.upcallOpen != 0),
        "its registration has ended")
      try at.hold(
        isCurrent(driver.registration, of: driverHandle(index)), "its provider is not its own")
      try wait(for: driver.request, at)
      inUse.drivers &+= 1
      sessions[Int(driver.session.index)].objects &+= 1

      let (store, own) = (store, Ref(index))
      if kind == .miniport {
        let count = try walk(driver.adapters, store.adapters.capacity, of: at, "adapters") {
          let member = store.adapters[$0]
          return (member.previous, member.next, member.life != .free && member.driver == own)
        }
        listed.children &+= count
      } else {
        let wanted = kind == .protocol ? BindingKind.binding : .module
        let count = try walk(driver.bindings, store.bindings.capacity, of: at, "bindings") {
          let member = store.bindings[$0]
          return (
            member.previous, member.next, member.kind == wanted && member.driver == own
          )
        }
        listed.children &+= count
      }
      try checkBlocks(of: .driver(index), driver.blocks, at)
    }
  }

  /// The blocks an object owns.
  mutating func checkBlocks(
    of owner: OwnerIndex, _ first: Ref<BlockRecord>, _ at: CheckedRecord
  ) throws(StoreError) {
    let store = store
    let count = try walk(first, store.blocks.capacity, of: at, "blocks") {
      (
        store.blocks[$0, \.ownerPrevious], store.blocks[$0, \.ownerNext],
        store.blocks[$0].ownerIndex == owner
      )
    }
    listed.ownedBlocks &+= count
  }

  /// Whether a registration is the last one set on its driver or binding.
  private func isCurrent(_ registration: Ref<RegistrationRecord>, of owner: Handle) -> Bool {
    guard let index = registration.optional else { return true }
    return isRegistration(registration)
      && store.registrations[index, \.$state.validated] == .active
      && store.registrations[index, \.owner] == owner
  }

  mutating func checkBindings() throws(StoreError) {
    for index in store.bindings.touched {
      let binding = store.bindings[index]
      let at = CheckedRecord("bindings", index)
      try at.hold(binding.generation <= lastGeneration, "its generation is too great")
      guard binding.kind != .free else { continue }
      guard let kind = binding.$kind.validated else {
        throw at.damaged("its kind has no case")
      }
      try at.hold(
        (binding.opened | binding.closing | binding.ending | binding.unbindSent | binding.paused
          | binding.queried | binding.released) <= 1, "one of its flags is neither 0 nor 1")
      try at.hold(isDriver(binding.driver), "its driver is not there")
      try at.hold(isAdapter(binding.adapter), "its adapter is not there")
      try at.hold(
        kind == .binding || (binding.registration.isNone && binding.upcall == 0),
        "it is a module and is called")
      try at.hold(
        isCurrent(binding.registration, of: bindingHandle(index)), "its provider is not its own")
      try checkCall(binding.upcall, binding.$upcallOpen, bindingHandle(index), at)
      try at.hold(
        binding.completions == completions[Int(index)],
        "it counts other calls of ProtocolOidRequestComplete than are open")
      try at.hold(isReason(binding.failure), "its failure has no reason")
      try wait(for: binding.request, at)
      try wait(for: binding.closeRequest, at)
      inUse.children &+= 1
      inUse.bound &+= 1
      let session = store.drivers[binding.driver.index, \.session]
      try at.hold(isSession(session), "its driver's session is not there")
      sessions[Int(session.index)].objects &+= 1
      try checkBlocks(of: .binding(index), binding.blocks, at)
    }
  }

  /// The handler call that an adapter or binding waits for.
  private func checkCall(
    _ id: UInt64, _ type: RawUpcallType, _ object: Handle, _ at: CheckedRecord
  ) throws(StoreError) {
    try at.hold((id == 0) == (type.raw == 0), "the call it waits for has no type")
    guard id != 0 else { return }
    let state = type.wrappedValue.flatMap { self.state(ofUpcall: id, $0) }
    try at.hold(state == .open || state == .pended, "the call it waits for is not there")
    let upcall = Index<UpcallRecord>(upcall: id)
    try at.hold(store.upcalls[upcall, \.object] == object, "the call it waits for is another's")
  }

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
          | adapter.notified | adapter.dropped) <= 1, "one of its flags is neither 0 nor 1")
      try at.hold(
        adapter.dmaGeneration <= 1 && UInt32(adapter.dmaRegistered) <= adapter.dmaGeneration,
        "its DMA is registered and was not")
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
}
