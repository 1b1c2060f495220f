// Walking over everything there is, in slices: a cursor goes on from an index, so that a million blocks
// are listed without anybody waiting for it. Used slots are found in the sets of free ones; a table's
// never-used capacity is skipped by whole words and its memory never touched.
//
// Rules: nothing here changes anything. Every step is paid for from a budget the caller sets: one for a
// record that is looked at, one for a record walked over on an intrusive list, one for 64 words of a
// set. Objects that come or go between two slices may be seen or not; none is seen twice, because
// indices only grow.

public import NDIS

/// Kinds of records that can be listed.
public enum ListedKind: Sendable, CaseIterable {
  case session, driver, adapter, binding, provider, section, block
  case queue, vport, filter, oid
}

/// Where a listing stands.
public struct ListingCursor: Sendable, Equatable {
  /// The next index to look at.
  public private(set) var next: UInt32 = 0
  /// Nothing is left.
  public private(set) var isAtEnd = false

  public init() {}

  fileprivate mutating func go(to index: UInt32) { next = index }
  fileprivate mutating func end() { isAtEnd = true }
}

extension Simulator {
  /// The next record of a kind. Nil when the budget is used up, or, `isAtEnd` says so, when there is
  /// none. At least one step is made, so that a listing gets on with any budget.
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
    case .session: derived.freeSessions.firstAbsent(from: index, words: 64)
    case .driver: derived.freeDrivers.firstAbsent(from: index, words: 64)
    case .adapter: derived.freeAdapters.firstAbsent(from: index, words: 64)
    case .binding: derived.freeBindings.firstAbsent(from: index, words: 64)
    case .provider: derived.freeRegistrations.firstAbsent(from: index, words: 64)
    case .section: derived.freeSections.firstAbsent(from: index, words: 64)
    case .block: derived.freeBlocks.firstAbsent(from: index, words: 64)
    case .queue: derived.freeQueues.firstAbsent(from: index, words: 64)
    case .vport: derived.freeVPorts.firstAbsent(from: index, words: 64)
    case .filter: derived.freeFilters.firstAbsent(from: index, words: 64)
    case .oid: derived.freeOIDs.firstAbsent(from: index, words: 64)
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
    }
  }

  /// Whether there is a record at this index.
  public func isUsed(_ kind: ListedKind, _ index: UInt32) -> Bool {
    guard index < capacity(of: kind) else { return false }
    return switch kind {
    case .session: store.sessions[index, \.state] != 0
    case .driver: store.drivers[index, \.state] != 0
    case .adapter: store.adapters[index, \.life] != 0
    case .binding: store.bindings[index, \.kind] != 0
    case .provider: store.registrations[index, \.state] != 0
    case .section: store.sections[index, \.state] != 0
    case .block: store.blocks[index, \.state] != 0
    // One that is being made has an adapter before it has a state.
    case .queue: !store.queues[index, \.adapter].isNone
    case .vport: !store.vports[index, \.adapter].isNone
    case .filter: !store.filters[index, \.adapter].isNone
    case .oid: store.oids[index, \.state] != 0
    }
  }

  /// The kind and index of a live object's handle; a block's is its AllocationHandle or its
  /// SharedMemoryHandle. Nil for a handle that names nothing, or nothing any more.
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
    let live: Handle =
      switch kind {
      case .driver: driverHandle(index)
      case .adapter: adapterHandle(index)
      case .binding: bindingHandle(index)
      case .provider: registrationHandle(index)
      case .section: sectionHandle(index)
      case .oid: oidHandle(index)
      default:
        self.handle(handle.kind ?? .allocation, store.blocks[index, \.generation], index)
      }
    return live == handle ? (kind, index) : nil
  }

  /// The adapter of this name, without a search.
  public func adapter(named name: Name) -> UInt32? { derived.adaptersByName[name] }

  /// Names a registration; no driver ever sees it.
  func registrationHandle(_ index: UInt32) -> Handle {
    handle(.registration, store.registrations[index, \.generation], index)
  }

  /// How many members an intrusive list has; each costs one of the budget.
  func count(
    _ first: Ref, budget: inout Int, next: (UInt32) -> Ref,
    where matches: (UInt32) -> Bool = { _ in true }
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
  /// The name of the object at a used index; empty for what has none.
  public func name(_ kind: ListedKind, _ index: UInt32) -> Name {
    switch kind {
    case .session: store.sessions[index, \.name]
    case .driver: store.drivers[index, \.name]
    case .adapter: store.adapters[index, \.name]
    case .provider: store.registrations[index, \.name]
    case .binding, .section, .block, .queue, .vport, .filter, .oid: Name()
    }
  }

  /// The handle of the object at a used index; sessions, queues, VPorts and filters have none.
  public func handle(_ kind: ListedKind, _ index: UInt32) -> Handle? {
    switch kind {
    case .session, .queue, .vport, .filter: nil
    case .driver: driverHandle(index)
    case .adapter: adapterHandle(index)
    case .binding: bindingHandle(index)
    case .provider: registrationHandle(index)
    case .section: sectionHandle(index)
    case .oid: oidHandle(index)
    case .block: handle(.allocation, store.blocks[index, \.generation], index)
    }
  }

  /// The handles that blocks of an object can be owned by: an adapter's or a binding's own, a driver's
  /// with those of its adapters and bindings, a session's drivers'. Others own none.
  public func owners(_ kind: ListedKind, _ index: UInt32) -> Set<Handle> {
    switch kind {
    case .adapter: [adapterHandle(index)]
    case .binding: [bindingHandle(index)]
    case .driver: Set(children(ofDriver: index) + [driverHandle(index)])
    case .session:
      store.sessions[index, \.drivers].optional.map { first in
        var owners: Set<Handle> = []
        var next: UInt32? = first
        while let driver = next {
          owners.formUnion(children(ofDriver: driver))
          owners.insert(driverHandle(driver))
          next = store.drivers[driver, \.next].optional
        }
        return owners
      } ?? []
    case .provider, .section, .block, .queue, .vport, .filter, .oid: []
    }
  }

  /// A miniport driver's adapters, another's bindings or filter modules: the newest first, no more than
  /// `limit`.
  public func children(ofDriver index: UInt32, limit: Int = .max) -> [Handle] {
    let isMiniport = store.drivers[index, \.kind] == DriverKind.miniport.rawValue
    var handles: [Handle] = []
    var next = store.drivers[index, \.children]
    while let child = next.optional, handles.count < limit {
      handles.append(isMiniport ? adapterHandle(child) : bindingHandle(child))
      next = isMiniport ? store.adapters[child, \.next] : store.bindings[child, \.next]
    }
    return handles
  }

  /// Bindings and filter modules of an adapter, no more than `limit`.
  public func bindings(ofAdapter index: UInt32, limit: Int) -> [Handle] {
    var handles: [Handle] = []
    var next = store.adapters[index, \.bindings]
    while let binding = next.optional, handles.count < limit {
      handles.append(bindingHandle(binding))
      next = store.bindings[binding, \.adapterNext]
    }
    return handles
  }

  /// Sections of a registration, no more than `limit`.
  public func sections(ofProvider index: UInt32, limit: Int) -> [Handle] {
    var handles: [Handle] = []
    var next = store.registrations[index, \.sections]
    while let section = next.optional, handles.count < limit {
      handles.append(sectionHandle(section))
      next = store.sections[section, \.next]
    }
    return handles
  }

  /// A session's drivers, no more than `limit`.
  public func drivers(ofSession index: UInt32, limit: Int) -> [Handle] {
    var handles: [Handle] = []
    var next = store.sessions[index, \.drivers]
    while let driver = next.optional, handles.count < limit {
      handles.append(driverHandle(driver))
      next = store.drivers[driver, \.next]
    }
    return handles
  }
}
