// Validates registrations of providers, and sessions: owners, overdue answers, lists and counters.

import NDIS
import NDISStore

extension StoreCheck {
  mutating func checkRegistrations() throws(StoreError) {
    for index in store.registrations.touched {
      let record = store.registrations[index]
      let at = CheckedRecord("registrations", index)
      guard record.state != .free else { continue }
      guard let state = record.$state.validated else {
        throw at.damaged("its state has no case")
      }
      guard let level = record.$level.validated else {
        throw at.damaged("its level has no case")
      }
      try at.hold(isText(record.name), "its name is no clean text")
      try at.hold(
        record.order > 0 && record.order <= store.globals[0, \.registrationOrder],
        "its place in the order is none")
      try checkWhose(record, index, state, level, at)
      let calls = registrations[Int(index)]
      try at.hold(
        record.allocationsInFlight == calls.allocations && record.freesInFlight == calls.frees,
        "it counts other calls than are open")
      try checkStuck(record, Ref(index), calls, at)
      let (store, own) = (store, Ref(index))
      var bytes: UInt64 = 0
      let blocks = try walk(record.blocks, store.blocks.capacity, of: at, "blocks") {
        bytes &+= UInt64(store.blocks[$0, \.length])
        return (
          store.blocks[$0, \.providerPrevious], store.blocks[$0, \.providerNext],
          store.blocks[$0, \.state] != .free && store.blocks[$0, \.registration] == own
        )
      }
      try at.hold(
        record.blockCount == blocks && record.bytes == bytes, "it counts other blocks than it has")
      let sections = try walk(record.sections, store.sections.capacity, of: at, "sections") {
        let member = store.sections[$0]
        return (member.previous, member.next, member.state != .free && member.registration == own)
      }
      listed.providedBlocks &+= blocks
      listed.sections &+= sections
    }
  }

  /// A hosted provider's, a live process's, or without an owner.
  private func checkWhose(
    _ record: RegistrationRecord, _ index: Index<RegistrationRecord>, _ state: RegistrationState,
    _ level: ProviderLevel, _ at: CheckedRecord
  ) throws(StoreError) {
    let isHosted = level == .pool || level == .hal
    if isHosted {
      // Its number is stored in three places.
      let order = UInt32(truncatingIfNeeded: record.order)
      try at.hold(
        record.ownerSession.isNone
          && record.owner
            == Handle(kind: .hostedProvider, generation: salt &+ order, index: record.hosted)
          && record.context == UInt64(record.hosted), "its hosted provider's number is in doubt")
      try at.hold(record.driver.isNone && record.adapter.isNone, "it is hosted and a driver's")
      return
    }
    try at.hold(isOwner(record.owner), "it was set on no handle")
    guard state == .active else {
      try at.hold(
        record.ownerSession.isNone
          ? state == .dead && record.hosted == UInt32.max
          : isSession(record.ownerSession) && record.hosted == 0, "its session is not there")
      return try at.hold(
        record.driver.isNone && record.adapter.isNone, "it names a driver after its end")
    }
    try at.hold(isSession(record.ownerSession) && record.hosted == 0, "its session is not there")
    try at.hold(isLive(record.owner) && isDriver(record.driver), "its owner is not there")
    try at.hold(
      store.drivers[record.driver.index, \.session] == record.ownerSession,
      "its driver is another session's")
    if level == .binding {
      let owner = Index<BindingRecord>(record.owner)
      try at.hold(
        record.owner.kind == .binding && store.bindings[owner, \.registration] == Ref(index)
          && store.bindings[owner, \.driver] == record.driver
          && store.bindings[owner, \.adapter] == record.adapter, "it is not its binding's")
    } else {
      try at.hold(
        record.owner == driverHandle(record.driver.index) && record.adapter.isNone
          && store.drivers[Index(record.owner), \.registration] == Ref(index),
        "it is not its driver's")
    }
  }

  /// The overdue answer of a provider.
  private func checkStuck(
    _ record: RegistrationRecord, _ own: Ref<RegistrationRecord>, _ calls: RegistrationTally,
    _ at: CheckedRecord
  ) throws(StoreError) {
    try at.hold((record.stuckUpcall != 0) == (calls.expired != 0), "what it owes is in doubt")
    guard record.stuckUpcall != 0 else { return }
    let upcall = Index<UpcallRecord>(upcall: record.stuckUpcall)
    try at.hold(
      store.upcalls.contains(upcall) && store.upcalls[upcall, \.id] == record.stuckUpcall
        && store.upcalls[upcall, \.$state.validated] == .expired
        && store.upcalls[upcall, \.registration] == own, "the answer it owes is not there")
  }

  mutating func checkSessions() throws(StoreError) {
    for index in store.sessions.touched {
      let session = store.sessions[index]
      let at = CheckedRecord("sessions", index)
      try at.hold(session.generation <= lastGeneration, "its generation is too great")
      guard session.state != .free else { continue }
      guard let state = session.$state.validated else {
        throw at.damaged("its state has no case")
      }
      try at.hold(session.isHosted <= 1, "whether it is hosted is not known")
      try at.hold(isText(session.name), "its name is no clean text")
      try at.hold(session.nextRequestID > 0, "its next request has no id")
      try at.hold(
        state == .ended || (state == .resetting) == !session.resetRequest.isNone,
        "its reset is not there")
      try wait(for: session.resetRequest, at)
      let counted = sessions[Int(index)]
      try at.hold(
        UInt64(session.blocks) == counted.blocks && session.bytes == counted.bytes,
        "it counts other blocks than its drivers have")
      try at.hold(
        session.sections == counted.sections, "it counts other sections than it pays for")
      try at.hold(session.objects == counted.objects, "it counts other objects than it has")
      try at.hold(session.oids == counted.oids, "it counts other OID requests than it has")
      let (store, own) = (store, Ref(index))
      let drivers = try walk(session.drivers, store.drivers.capacity, of: at, "drivers") {
        let member = store.drivers[$0]
        return (member.previous, member.next, member.state != .free && member.session == own)
      }
      let upcalls = try walk(session.upcalls, store.upcalls.capacity, of: at, "upcalls") {
        let member = store.upcalls[$0]
        return (member.previous, member.next, member.state != .free && member.session == own)
      }
      let requests = try walk(session.requests, store.requests.capacity, of: at, "requests") {
        let member = store.requests[$0]
        return (member.previous, member.next, member.state != .free && member.session == own)
      }
      listed.drivers &+= drivers
      listed.upcalls &+= upcalls
      listed.requests &+= requests
    }
  }
}
