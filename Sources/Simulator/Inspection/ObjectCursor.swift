// Iterating over all objects in slices: a cursor resumes from an index, so that listing a million blocks
// stalls no client. Used slots are found in the sets of free ones; a table's never-used capacity is skipped
// by whole words and its memory never touched.
//
// Rules: nothing here changes state. Every step is charged to a budget the caller sets: one unit for a record
// that is read, one for a record visited on an intrusive list, one for 64 words of a set. Objects that are
// added or removed between two slices may or may not be included; none is included twice, because indices
// only grow.

public import NDIS
import NDISStore

/// Kinds of records that can be listed.
public enum ListedKind: Sendable, CaseIterable {
  case session, driver, adapter, binding, provider, section, block
  case queue, vport, filter, oid, list, upcall, request
}

/// The position of a listing.
public struct ListingCursor: Sendable, Equatable {
  /// The next index to visit.
  public private(set) var next: UInt32 = 0
  /// The end has been reached.
  public private(set) var isAtEnd = false

  public init() {}

  fileprivate mutating func go(to index: UInt32) { next = index }
  fileprivate mutating func end() { isAtEnd = true }
}

extension Simulator {
  /// The next record of a kind. Nil when the budget is used up, or when there is none (`isAtEnd`). At least
  /// one step is made, so that a listing makes progress with any budget.
  public func next(
    _ kind: ListedKind, _ cursor: inout ListingCursor, budget: inout Int
  ) -> UInt32? {
    let capacity = capacity(of: kind)
    while !cursor.isAtEnd {
      budget -= 1
      let (found, next) = firstUsed(kind, from: cursor.next)
      guard let found else {
        if next >= capacity { cursor.end() }
        cursor.go(to: next)
        if budget <= 0 { return nil }
        continue
      }
      cursor.go(to: found &+ 1)
      if cursor.next >= capacity { cursor.end() }
      // A slot whose generation is used up is neither free nor used.
      if isUsed(kind, found) { return found }
      if budget <= 0 { return nil }
    }
    return nil
  }

  private func firstUsed(_ kind: ListedKind, from index: UInt32) -> (found: UInt32?, next: UInt32) {
    switch kind {
    case .session: slabs.sessions.firstUsed(from: index, words: 64)
    case .driver: slabs.drivers.firstUsed(from: index, words: 64)
    case .adapter: slabs.adapters.firstUsed(from: index, words: 64)
    case .binding: slabs.bindings.firstUsed(from: index, words: 64)
    case .provider: slabs.registrations.firstUsed(from: index, words: 64)
    case .section: slabs.sections.firstUsed(from: index, words: 64)
    case .block: slabs.blocks.firstUsed(from: index, words: 64)
    case .queue: slabs.queues.firstUsed(from: index, words: 64)
    case .vport: slabs.vports.firstUsed(from: index, words: 64)
    case .filter: slabs.filters.firstUsed(from: index, words: 64)
    case .oid: slabs.oids.firstUsed(from: index, words: 64)
    case .list: slabs.lists.firstUsed(from: index, words: 64)
    case .upcall: slabs.upcalls.firstUsed(from: index, words: 64)
    case .request: slabs.requests.firstUsed(from: index, words: 64)
    }
  }

  private func capacity(of kind: ListedKind) -> UInt32 {
    switch kind {
    case .session: store.sessions.capacity
    case .driver: store.drivers.capacity
    case .adapter: store.adapters.capacity
    case .binding: store.bindings.capacity
    case .provider: store.registrations.capacity
    case .section: store.sections.capacity
    case .block: store.blocks.capacity
    case .queue: store.queues.capacity
    case .vport: store.vports.capacity
    case .filter: store.filters.capacity
    case .oid: store.oids.capacity
    case .list: store.lists.capacity
    case .upcall: store.upcalls.capacity
    case .request: store.requests.capacity
    }
  }

  /// Whether the record at this index is in use.
  public func isUsed(_ kind: ListedKind, _ index: UInt32) -> Bool {
    guard index < capacity(of: kind) else { return false }
    return switch kind {
    case .session: store.sessions[Index(index), \.state] != .free
    case .driver: store.drivers[Index(index), \.state] != .free
    case .adapter: store.adapters[Index(index), \.life] != .free
    case .binding: store.bindings[Index(index), \.kind] != .free
    case .provider: store.registrations[Index(index), \.state] != .free
    case .section: store.sections[Index(index), \.state] != .free
    case .block: store.blocks[Index(index), \.state] != .free
    // A queue that is being allocated has an adapter before it has a state.
    case .queue: !store.queues[Index(index), \.adapter].isNone
    case .vport: !store.vports[Index(index), \.adapter].isNone
    case .filter: !store.filters[Index(index), \.adapter].isNone
    case .oid: store.oids[Index(index), \.state] != .free
    // One that is being returned has no holder any more.
    case .list: store.listLinks[Index(index)].state == .out
    case .upcall: store.upcalls[Index(index), \.state] != .free
    case .request: store.requests[Index(index), \.state] != .free
    }
  }

  /// The kind and index of a live object's handle; a block's is its AllocationHandle or its
  /// SharedMemoryHandle. Nil for a handle that never named an object, or no longer does.
  public func find(_ handle: Handle) -> (kind: ListedKind, index: UInt32)? {
    let index = handle.index
    let kind: ListedKind
    switch handle.kind {
    case .miniportDriver, .protocolDriver, .filterDriver: kind = .driver
    case .adapter: kind = .adapter
    case .binding, .filterModule: kind = .binding
    case .registration: kind = .provider
    case .section: kind = .section
    case .allocation, .sharedMemory: kind = .block
    case .oidRequest: kind = .oid
    default: return nil
    }
    guard isUsed(kind, index) else { return nil }
    // A block has two handles of the same generation.
    let live =
      kind == .block
      ? self.handle(
        handle.kind ?? .allocation, store.blocks[Index(index), \.generation],
        Index<BlockRecord>(index))
      : self.handle(kind, index)
    return live == handle ? (kind, index) : nil
  }

  /// The adapter of this name, from the index.
  public func adapter(named name: Name) -> UInt32? { derived.adaptersByName[name]?.raw }

  /// The handle of a registration; never passed to a driver.
  func registrationHandle(_ index: Index<RegistrationRecord>) -> Handle {
    handle(.registration, store.registrations[index, \.generation], index)
  }

  /// The number of members of an intrusive list; each costs one unit of the budget.
  func count<Record>(
    _ first: Ref<Record>, budget: inout Int, next: (Index<Record>) -> Ref<Record>,
    where matches: (Index<Record>) -> Bool = { _ in true }
  ) -> Int {
    var count = 0
    var ref = first
    while let index = ref.optional {
      if matches(index) { count += 1 }
      budget -= 1
      ref = next(index)
    }
    return count
  }
}

extension Simulator {
  /// The name of the object at a used index; empty for kinds without one.
  public func name(_ kind: ListedKind, _ index: UInt32) -> Name {
    switch kind {
    case .session: store.clients[Index(index), \.name]
    case .driver: store.drivers[Index(index), \.name]
    case .adapter: store.adapters[Index(index), \.name]
    case .provider: store.registrations[Index(index), \.name]
    case .binding, .section, .block, .queue, .vport, .filter, .oid, .list, .upcall, .request: Name()
    }
  }

  /// The handle of the object at a used index; sessions, queues, VPorts, filters, calls and requests have none.
  public func handle(_ kind: ListedKind, _ index: UInt32) -> Handle? {
    switch kind {
    case .session, .queue, .vport, .filter, .upcall, .request: nil
    case .driver: driverHandle(Index(index))
    case .adapter: adapterHandle(Index(index))
    case .binding: bindingHandle(Index(index))
    case .provider: registrationHandle(Index(index))
    case .section: sectionHandle(Index(index))
    case .oid: oidHandle(Index(index))
    case .list: listHandle(Index(index))
    case .block:
      handle(.allocation, store.blocks[Index(index), \.generation], Index<BlockRecord>(index))
    }
  }

  /// The handles that may own the blocks of an object: an adapter's or a binding's own, a driver's with those
  /// of its adapters and bindings, those of a session's drivers. Empty for other kinds.
  public func owners(_ kind: ListedKind, _ index: UInt32) -> Set<Handle> {
    switch kind {
    case .adapter: return [adapterHandle(Index(index))]
    case .binding: return [bindingHandle(Index(index))]
    case .driver: return Set(children(ofDriver: index) + [driverHandle(Index(index))])
    case .session:
      var owners: Set<Handle> = []
      for driver in store.driversOfSession.of(Index(index)) {
        owners.formUnion(children(ofDriver: driver.raw))
        owners.insert(driverHandle(driver))
      }
      return owners
    case .provider, .section, .block, .queue, .vport, .filter, .oid, .list, .upcall, .request:
      return []
    }
  }

  /// A miniport driver's adapters, or another driver's bindings or filter modules: newest first, at most
  /// `limit`.
  public func children(ofDriver index: UInt32, limit: Int = .max) -> [Handle] {
    let index = Index<DriverRecord>(index)
    return store.drivers[index, \.kind] == .miniport
      ? store.adaptersOfDriver.of(index).prefix(limit).map { adapterHandle($0) }
      : store.bindingsOfDriver.of(index).prefix(limit).map { bindingHandle($0) }
  }

  /// Bindings and filter modules of an adapter, at most `limit`.
  public func bindings(ofAdapter index: UInt32, limit: Int) -> [Handle] {
    store.bindingsOfAdapter.of(Index(index)).prefix(limit).map { bindingHandle($0) }
  }

  /// Sections of a registration, at most `limit`.
  public func sections(ofProvider index: UInt32, limit: Int) -> [Handle] {
    store.sectionsOfProvider.of(Index(index)).prefix(limit).map { sectionHandle($0) }
  }

  /// A session's drivers, at most `limit`.
  public func drivers(ofSession index: UInt32, limit: Int) -> [Handle] {
    store.driversOfSession.of(Index(index)).prefix(limit).map { driverHandle($0) }
  }
}
