// Who an event concerns: the driver, adapter, binding or module that a handle names, and the allocation. All
// violations and all advice are recorded here, so that none lacks them.

import NDISEvents
import NDIS
import NDISStore

extension Simulator {
  func party(session index: Index<SessionRecord>) -> Party {
    let client = store.clients[index]
    return Party(
      driver: client.name, session: client.number, pid: client.pid,
      uid: store.sessions[index, \.uid])
  }

  func party(driver index: Index<DriverRecord>) -> Party {
    let driver = store.drivers[index]
    var party = driver.session.optional.map { self.party(session: $0) } ?? Party()
    party.driver = driver.name
    return party
  }

  func party(adapter index: Index<AdapterRecord>) -> Party {
    var party = party(driver: store.adapters[index].driver.index)
    party.adapter = store.adapters[index].name
    return party
  }

  func party(binding index: Index<BindingRecord>) -> Party {
    let binding = store.bindings[index]
    var party = party(driver: binding.driver.index)
    if let adapter = binding.adapter.optional { party.adapter = store.adapters[adapter].name }
    party.binding = bindingHandle(index)
    return party
  }

  func party(registration index: Index<RegistrationRecord>) -> Party {
    let registration = store.registrations[index]
    if let driver = registration.driver.optional {
      var party = party(driver: driver)
      // A binding's provider serves its adapter.
      if let adapter = registration.adapter.optional {
        party.adapter = store.adapters[adapter].name
      }
      return party
    }
    if let session = registration.ownerSession.optional { return party(session: session) }
    return Party(driver: registration.name)
  }

  /// The party that a handle of this session names: a driver, an adapter, a binding or module, or the owner of
  /// a block. The session itself for any other handle: whoever names another session's object is meant, not
  /// that object's driver.
  func party(of handle: Handle, session: Index<SessionRecord>) -> Party {
    guard let (kind, index) = find(handle) else { return party(session: session) }
    let named: Party? =
      switch kind {
      case .driver: party(driver: Index(index))
      case .adapter: party(adapter: Index(index))
      case .binding: party(binding: Index(index))
      case .block: store.blocks[Index(index)].ownerIndex.map { party(owner: $0) }
      case .session, .provider, .section, .queue, .vport, .filter, .oid, .list, .upcall,
        .request:
        nil
      }
    guard let named, named.session == store.clients[session, \.number] else {
      return party(session: session)
    }
    return named
  }

  /// Tag and call site of a block's allocation.
  func origin(of block: Index<BlockRecord>) -> AllocationOrigin {
    AllocationOrigin(
      tag: store.blocks[block, \.tag],
      site: store.blocks[block, \.site].optional.map { store.sites[$0, \.site] } ?? Site())
  }

  /// Tag and call site of the live block that an AllocationHandle names.
  func origin(of allocation: Handle) -> AllocationOrigin {
    guard let found = find(allocation), found.kind == .block else { return AllocationOrigin() }
    return origin(of: Index<BlockRecord>(found.index))
  }

  /// Records a violation: counted for the session and emitted as an event.
  mutating func violate(
    _ failure: Failure, routine: String, bugCheck: BugCheck?, irql: IRQL = .passive,
    handle: Handle = .null, party: Party, session: Index<SessionRecord>?,
    origin: AllocationOrigin = AllocationOrigin(), isInvalidAnswer: Bool = false
  ) {
    #if MUTANTS
      if Reason.isLeftOut(failure.reason) { return }
    #endif
    store.globals.update(0) { $0.violations &+= 1 }
    if let session { countViolation(session: session) }
    let violation = Violation(
      failure: failure, routine: routine, bugCheck: bugCheck, irql: irql, handle: handle,
      party: party, origin: origin)
    turn.emit(.event(isInvalidAnswer ? .invalidProviderAnswer(violation) : .violation(violation)))
  }

  /// Records advice: a page says "should", and the driver did otherwise. It is an event and nothing else.
  mutating func advise(
    _ failure: Failure, routine: String, irql: IRQL = .passive, handle: Handle = .null,
    party: Party, origin: AllocationOrigin = AllocationOrigin()
  ) {
    #if MUTANTS
      if Reason.isLeftOut(failure.reason) { return }
    #endif
    turn.emit(
      .event(
        .advice(
          Violation(
            failure: failure, routine: routine, bugCheck: nil, irql: irql, handle: handle,
            party: party, origin: origin))))
  }
}
