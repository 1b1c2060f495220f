// Shared-memory providers: registration through NdisSetOptionalHandlers, replacement, and selection (A8): a
// binding's provider comes before a protocol driver's, then a miniport driver's, the hosted pool, and the HAL; the
// newest wins within a level. A provider serves callers of its own user only; hosted ones serve all users.

import NDISDriverInterface
import NDISEvents
public import NDIS
import NDISStore

extension Simulator {
  mutating func setOptionalHandlers(
    _ call: Call, _ handle: Handle, _ characteristics: ProviderCharacteristics
  ) throws(Failure) {
    guard handle != .null else { throw Failure(.failure, .nullHandle) }
    if handle.kind == .miniportDriver,
      characteristics.header.type == ObjectType.miniportPnPCharacteristics
    {
      return try setPnPHandlers(call, handle, characteristics.header)
    }
    switch handle.kind {
    case .miniportDriver, .protocolDriver:
      let driver = try documented {
        () throws(Failure) in
        try resolveDriver(handle, [.miniportDriver, .protocolDriver], session: call.sessionIndex)
      }
      try checkVersion(driver)
      // Driver-wide handlers are set in XxxSetOptions only.
      guard
        chain(
          of: call.context,
          {
            $0.object == handle && $0.type == .setOptions
          }) != nil
      else { throw Failure(.failure, .wrongContext) }
      try checkCharacteristics(characteristics)
      let level: ProviderLevel = handle.kind == .protocolDriver ? .protocolDriver : .miniportDriver
      let made = try register(
        level, handle, session: call.sessionIndex, driver: driver, adapter: .none, characteristics,
        replacing: store.drivers[driver, \.registration])
      set(registration: made, driver: driver)
    case .binding:
      let binding = try documented {
        () throws(Failure) in try resolveBinding(handle, .binding, session: call.sessionIndex)
      }
      guard store.bindings[binding, \.opened] != 0 else {
        throw Failure(.failure, .staleHandle, handle.rawValue)
      }
      let driver = store.bindings[binding, \.driver].index
      try checkVersion(driver)
      guard
        chain(
          of: call.context,
          {
            $0.object == handle && $0.type == .bindAdapterEx
          }) != nil
      else { throw Failure(.failure, .wrongContext) }
      try checkCharacteristics(characteristics)
      let made = try register(
        .binding, handle, session: call.sessionIndex, driver: driver,
        adapter: store.bindings[binding, \.adapter], characteristics,
        replacing: store.bindings[binding, \.registration])
      set(registration: made, binding: binding)
    case .filterDriver, .filterModule:
      throw Failure(.failure, .filterMayNotProvide)
    default:
      throw Failure(.failure, .wrongKindOfHandle, handle.rawValue)
    }
    finish(call.sessionIndex, call.requestID)
  }

  /// NDIS_MINIPORT_PNP_CHARACTERISTICS: accepted in SetOptions; the handlers are never called.
  private mutating func setPnPHandlers(
    _ call: Call, _ handle: Handle, _ header: ObjectHeader
  ) throws(Failure) {
    _ = try documented {
      () throws(Failure) in
      try resolveDriver(handle, [.miniportDriver], session: call.sessionIndex)
    }
    guard chain(of: call.context, { $0.object == handle && $0.type == .setOptions }) != nil
    else { throw Failure(.failure, .wrongContext) }
    guard header.revision == 1 else {
      throw Failure(.failure, .headerRevision, UInt64(header.revision), 1)
    }
    guard header.size >= 40 else {
      throw Failure(.failure, .headerSize, UInt64(header.size), 40)
    }
    finish(call.sessionIndex, call.requestID)
  }

  /// NdisSetOptionalHandlers does not document INVALID_PARAMETER: errors are returned as FAILURE (A41).
  private func documented<Value>(
    _ body: () throws(Failure) -> Value
  ) throws(Failure) -> Value {
    do throws(Failure) { return try body() } catch {
      throw Failure(.failure, error.reason, error.a, error.b)
    }
  }

  private func checkVersion(_ driver: Index<DriverRecord>) throws(Failure) {
    let version = store.drivers[driver, \.version]
    guard version >= .sharedMemoryProviders else {
      throw Failure(.notSupported, .ndisVersion, UInt64(version.major), UInt64(version.minor))
    }
  }

  private func checkCharacteristics(_ characteristics: ProviderCharacteristics) throws(Failure) {
    let header = characteristics.header
    let type = ObjectType.sharedMemoryProviderCharacteristics
    guard header.type == type else {
      throw Failure(.failure, .headerType, UInt64(header.type), UInt64(type))
    }
    guard header.revision == 1 else {
      throw Failure(.failure, .headerRevision, UInt64(header.revision), 1)
    }
    guard header.size >= 32 else {
      throw Failure(.failure, .headerSize, UInt64(header.size), 32)
    }
    let known = SharedMemoryProviderFlags.supportsPFVPorts
    guard characteristics.flags & ~known == 0 else {
      throw Failure(
        .failure, .unknownFlags, UInt64(characteristics.flags), UInt64(known))
    }
    guard characteristics.allocateHandler != 0 else { throw Failure(.failure, .missingHandler, 16) }
    guard characteristics.freeHandler != 0 else { throw Failure(.failure, .missingHandler, 24) }
  }

  private mutating func register(
    _ level: ProviderLevel, _ owner: Handle, session: Index<SessionRecord>?,
    driver: Index<DriverRecord>?, adapter: Ref<AdapterRecord>,
    _ characteristics: ProviderCharacteristics, replacing old: Ref<RegistrationRecord>,
    hosted: UInt32 = 0,
    name: Name? = nil
  ) throws(Failure) -> Index<RegistrationRecord> {
    let order = store.globals[0].registrationOrder &+ 1
    let name = name ?? driver.map { store.drivers[$0, \.name] } ?? Name()
    let index = try slabs.registrations.allocateOrRefuse {
      $0.state = .active
      $0.level = level
      $0.owner = owner
      $0.ownerSession = session.map { Ref($0) } ?? .none
      $0.driver = driver.map { Ref($0) } ?? .none
      $0.adapter = adapter
      $0.hosted = hosted
      $0.flags = characteristics.flags
      $0.context = characteristics.context
      $0.allocateHandler = characteristics.allocateHandler
      $0.freeHandler = characteristics.freeHandler
      $0.order = order
      $0.name = name
    }
    store.globals.update(0) { $0.registrationOrder = order }
    derived.activeRegistrations.insert(index)
    let party = party(registration: index)
    if let old = old.optional {
      // "Set or change": the new handlers serve new requests, old blocks keep theirs (A22).
      turn.emit(.event(.providerReplaced(party, owner, context: characteristics.context)))
      end(registration: old, .superseded)
    } else {
      turn.emit(.event(.providerRegistered(party, owner, context: characteristics.context)))
    }
    return index
  }

  /// Registers a provider that runs in the daemon and returns the registration's index. `provider` is the
  /// host's number for it, which may be reused when `hostedRegistration` finds none any more.
  @discardableResult
  public mutating func registerHosted(
    _ level: ProviderLevel, provider: UInt32, name: Name, now: UInt64
  ) throws(Failure) -> UInt32 {
    turn.now = now
    defer { commit() }
    let characteristics = ProviderCharacteristics(
      header: ObjectHeader(type: 0xB0, revision: 1, size: 32),
      flags: SharedMemoryProviderFlags.supportsPFVPorts,
      context: UInt64(provider), allocateHandler: 1, freeHandler: 1)
    // Numbers are reused, handles must not be: the generation is the registration's ordinal.
    let order = UInt32(truncatingIfNeeded: store.globals[0].registrationOrder &+ 1)
    return try register(
      level, handle(.hostedProvider, order, Index<AnyRecord>(provider)), session: nil, driver: nil,
      adapter: .none,
      characteristics, replacing: .none, hosted: provider, name: name
    ).raw
  }

  /// Ends the active registration of a hosted provider: it gets no new request, and is removed with the last
  /// of its blocks, or at once if it has none. Returns its index.
  public mutating func endHosted(
    provider: UInt32, now: UInt64
  ) throws(Failure) -> UInt32 {
    turn.now = now
    defer { commit() }
    guard let index = hostedRegistration(provider, isActive: true) else {
      throw Failure(.failure, .noProvider)
    }
    end(registration: Index(index), .ended)
    return index
  }

  /// The index of a hosted provider's registration: the active one, or else, unless `isActive`, any that
  /// still has blocks.
  public func hostedRegistration(_ provider: UInt32, isActive: Bool) -> UInt32? {
    var next: UInt32 = 0
    while let index = slabs.registrations.firstUsed(from: next, words: Int.max).found {
      let record = store.registrations[Index(index)]
      if record.state != .free, record.ownerSession.isNone, record.hosted == provider,
        !isActive || record.state == .active
      {
        return index
      }
      next = index &+ 1
    }
    return nil
  }

  // MARK: Selection

  /// The provider of a request: by level first, then the newest.
  func provider(for owner: Owner, session: Index<SessionRecord>, vport: Bool) -> Index<
    RegistrationRecord
  >? {
    let uid = store.sessions[session, \.uid]
    var best: Index<RegistrationRecord>?
    var bestLevel = UInt8.max
    var bestOrder: UInt64 = 0
    var left = derived.activeRegistrations.count
    var next = derived.activeRegistrations.first
    while let index = next {
      // Nothing follows the last member: skip the search.
      left -= 1
      next = left > 0 ? derived.activeRegistrations.first(after: index) : nil
      let level = store.registrations[index, \.level]
      let order = store.registrations[index, \.order]
      guard level.rawValue < bestLevel || (level.rawValue == bestLevel && order > bestOrder) else {
        continue
      }
      guard serves(index, owner, uid: uid, vport: vport) else { continue }
      best = index
      bestLevel = level.rawValue
      bestOrder = order
    }
    return best
  }

  private func serves(_ index: Index<RegistrationRecord>, _ owner: Owner, uid: UInt32, vport: Bool)
    -> Bool
  {
    let registration = store.registrations[index]
    if let session = registration.ownerSession.optional {
      guard store.sessions[session, \.uid] == uid, !isDisconnected(session) else { return false }
    }
    // A40: a provider without the flag for PF VPorts is not called for them.
    if vport, registration.flags & 1 == 0 { return false }
    switch registration.level {
    case .binding: return owner.adapter.map { registration.adapter == Ref($0) } ?? false
    case .miniportDriver:
      if registration.driver == Ref(owner.driver) { return true }
      guard let adapter = owner.adapter else { return false }
      return store.adapters[adapter, \.driver] == registration.driver
    case .protocolDriver, .pool, .hal: return true
    }
  }
}
