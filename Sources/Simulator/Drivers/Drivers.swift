// Drivers: registration, with SetOptions as an upcall inside it, and deregistration, which first ends all
// objects of the driver.

import NDISDriverInterface
import NDISEvents
import NDIS
import NDISStore

extension Simulator {
  mutating func registerDriver(
    _ call: Call, _ kind: DriverKind, _ characteristics: DriverCharacteristics
  ) throws(Failure) {
    try checkDriver(kind, characteristics)
    // A reset ends the session's drivers; no new one may register during it.
    guard store.sessions[call.sessionIndex, \.state] == .open else {
      throw Failure(.failure, .objectEnding)
    }
    try checkQuota(objectsOf: call.sessionIndex)
    let index = try slabs.drivers.allocateOrRefuse {
      $0.state = .registering
      $0.kind = kind
      $0.version = characteristics.version
      $0.name = characteristics.name
      $0.context = characteristics.context
      $0.handlers[HandlerSlot.setOptions] = characteristics.setOptionsHandler
      for slot in characteristics.handlers.indices {
        $0.handlers[slot + 1] = characteristics.handlers[slot]
      }
    }
    store.driversOfSession.insert(index, in: call.sessionIndex) {
      $0.session = Ref(call.sessionIndex)
    }
    charge(objectOf: index)
    let handle = driverHandle(index)
    guard characteristics.setOptionsHandler != 0 else {
      registered(index)
      finish(call.sessionIndex, call.requestID, handle)
      return
    }
    do throws(Failure) {
      let request = try open(call, object: handle)
      let new = NewUpcall(
        type: .setOptions, object: handle, request: Ref(request),
        parent: call.context)
      guard send(new, session: call.sessionIndex) != nil else {
        complete(
          Ref(request), slabs.upcalls.full())
        end(driver: index)
        return
      }
      store.drivers.update(index) { $0.upcallOpen = 1 }
    } catch {
      end(driver: index)
      throw error
    }
  }

  private func checkDriver(
    _ kind: DriverKind, _ characteristics: DriverCharacteristics
  ) throws(Failure) {
    let header = characteristics.header
    let (type, sizes): (UInt8, [UInt16]) =
      switch kind {
      case .miniport: (0x8A, [136, 152, 160])
      case .protocol: (0x95, [120, 128])
      case .filter: (0x8B, [96])
      }
    guard header.type == type else {
      throw Failure(.badCharacteristics, .headerType, UInt64(header.type), UInt64(type))
    }
    guard header.revision >= 1 else {
      throw Failure(.badCharacteristics, .headerRevision, 0, UInt64(sizes.count))
    }
    // A newer revision is read as the newest known one; its size must be at least that of the latter.
    let needed = sizes[min(Int(header.revision), sizes.count) - 1]
    guard header.size >= needed else {
      throw Failure(.badCharacteristics, .headerSize, UInt64(header.size), UInt64(needed))
    }
    let version = characteristics.version
    guard version.isKnown, version <= .running else {
      throw Failure(.badVersion, .ndisVersion, UInt64(version.major), UInt64(version.minor))
    }
    try checkHandlers(kind, characteristics)
  }

  /// Offsets of the required handlers in their structures, in the order of `DriverCharacteristics`. For a
  /// miniport those of a connectionless one.
  private static let miniportHandlers: [UInt64] = [24, 32, 48, 56, 120, 64, 128, 80, 112]
  private static let protocolHandlers: [UInt64] = [40, 48, 88, 96, 104, 72]

  private func checkHandlers(
    _ kind: DriverKind, _ characteristics: DriverCharacteristics
  ) throws(Failure) {
    let offsets: [UInt64] =
      switch kind {
      case .miniport: Simulator.miniportHandlers
      case .protocol: Simulator.protocolHandlers
      case .filter: []
      }
    for (slot, offset) in offsets.enumerated() where characteristics.handlers[slot] == 0 {
      throw Failure(.badCharacteristics, .missingHandler, offset)
    }
    guard characteristics.missingHandler == 0 else {
      throw Failure(
        .badCharacteristics, .missingHandler, UInt64(characteristics.missingHandler))
    }
  }

  private mutating func registered(_ index: Index<DriverRecord>) {
    store.drivers.update(index) { $0.state = .registered }
    turn.emit(
      .event(
        .driverRegistered(
          party(driver: index), driverHandle(index), store.drivers[index, \.version])))
  }

  /// SetOptions has returned.
  mutating func optionsSet(
    _ upcall: UpcallRecord, _ outcome: UpcallOutcome
  ) {
    let index = Index<DriverRecord>(upcall.object.index)
    guard store.drivers[index, \.state] != .free, driverHandle(index) == upcall.object else {
      return
    }
    store.drivers.update(index) { $0.upcallOpen = 0 }
    let failure = verdict(
      upcall, outcome, routine: "SetOptions", allowed: .setOptions,
      party: party(driver: index))
    if store.drivers[index, \.state] == .ending {
      scheduler.wake(index)
      complete(upcall.request, Failure(.failure, .ownerEnded))
    } else if let failure {
      complete(upcall.request, failure)
      end(driver: index)
    } else {
      registered(index)
      complete(upcall.request, upcall.object)
    }
  }

  mutating func deregisterDriver(
    _ call: Call, _ handle: Handle
  ) throws(Failure) {
    let kind: Handle.Kind =
      switch call.type {
      case Routine.deregisterMiniportDriver: .miniportDriver
      case Routine.deregisterProtocolDriver: .protocolDriver
      default: .filterDriver
      }
    let index = try resolveDriver(handle, [kind], session: call.sessionIndex)
    // Deregistration waits for the driver's handlers; from inside one of them it would deadlock.
    if let id = chain(of: call.context, { self.driver(ofObject: $0.object) == index }) {
      throw Failure(.failure, .circularWait, call.context, id)
    }
    let request = try open(call, object: handle)
    store.drivers.update(index) { $0.request = Ref(request) }
    end(driver: index)
  }

  /// The driver that owns the object of an upcall.
  func driver(ofObject object: Handle) -> Index<DriverRecord>? {
    guard isLiveOwner(object) else { return nil }
    switch object.kind {
    case .miniportDriver, .protocolDriver, .filterDriver: return Index(object)
    case .adapter: return store.adapters[Index(object), \.driver].index
    case .binding, .filterModule: return store.bindings[Index(object), \.driver].index
    default: return nil
    }
  }

  /// Starts the end of the driver; `step` does the rest.
  mutating func end(driver index: Index<DriverRecord>) {
    store.drivers.update(index) { $0.state = .ending }
    if let registration = store.drivers[index, \.registration].optional {
      // If the driver's process has ended its provider is dead, not just deregistered.
      let dead = isDisconnected(store.drivers[index, \.session].index)
      end(registration: registration, dead ? .dead : .ended)
      store.drivers.update(index) { $0.registration = .none }
    }
    scheduler.wake(index)
  }

  func isDisconnected(_ session: Index<SessionRecord>) -> Bool {
    store.sessions[session, \.state] == .ended
  }

  /// One step of a driver's end; false when it is waiting.
  mutating func step(driver index: Index<DriverRecord>) -> Bool {
    let driver = store.drivers[index]
    if !driver.children.isNone {
      if driver.kind == .miniport {
        for adapter in store.adaptersOfDriver.of(index)
        where store.adapters[adapter, \.life] != .ending {
          end(adapter: adapter)
          return true
        }
      } else {
        for binding in store.bindingsOfDriver.of(index)
        where store.bindings[binding, \.ending] == 0 {
          end(binding: binding)
          return true
        }
      }
      return false
    }
    if driver.upcallOpen != 0 { return false }
    if !driver.blocks.isNone { return reclaimOne(.driver(index)) }
    let handle = driverHandle(index)
    end(domain: handle)
    turn.emit(.event(.driverDeregistered(party(driver: index), handle)))
    refund(objectOf: index)
    store.driversOfSession.remove(index, from: store.drivers[index, \.session].index)
    complete(driver.request)
    slabs.drivers.release(index)
    scheduler.rest(index)
    scheduler.wake(driver.session.index)
    return true
  }

  func set(registration: Index<RegistrationRecord>, driver index: Index<DriverRecord>) {
    store.drivers.update(index) { $0.registration = Ref(registration) }
  }
}
