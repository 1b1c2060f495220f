// NdisFreeSharedMemory and every other way a block ends. The handle is invalidated at once; the provider's
// free handler is called exactly once with the block's SharedMemoryProviderContext; the pages are free again
// when it has returned. A dead or stuck provider is not called, and its block is reclaimed directly.

import NDISDriverInterface
import NDISEvents
import NDIS
import NDISStore

extension Simulator {
  mutating func free(
    _ call: Call, _ ndisHandle: Handle, _ allocation: Handle
  ) throws(Failure) {
    let freed: (block: Index<BlockRecord>, owner: Handle)
    let shutdown: UInt32?
    do throws(Failure) {
      freed = try blockToFree(ndisHandle, allocation, session: call.sessionIndex)
      shutdown = shutdownAction(call, freed.block)
      if let shutdown, shutdown != ShutdownAction.powerOff.rawValue {
        // A43: in MiniportShutdownEx because of a bug check, and after it, a driver "must not free its resources".
        throw Failure(.failure, .freeInShutdown, allocation.rawValue, UInt64(shutdown))
      }
      let indicated = store.blocks[freed.block, \.indicated]
      guard indicated == 0 else {
        throw Failure(.failure, .stillIndicated, allocation.rawValue, UInt64(indicated))
      }
    } catch {
      // VOID on Windows: no error can be returned there, so an invalid free is a bug check (A18). The rules
      // about MiniportShutdownEx and about the NdisHandle have none.
      let failure = Failure(.failure, error.reason, error.a, error.b)
      let check =
        error.reason == .freeInShutdown || error.reason == .freeWithOtherHandle
        ? nil
        : BugCheck(
          code: BugCheck.ndisDriver, 0x03, ndisHandle.rawValue, 0, allocation.rawValue,
          isExtension: true)
      violate(
        failure, routine: "NdisFreeSharedMemory", bugCheck: check, irql: call.irql,
        handle: allocation, party: party(of: ndisHandle, session: call.sessionIndex),
        session: call.sessionIndex, origin: origin(of: allocation))
      finish(call.sessionIndex, call.requestID, failure, bugCheck: check)
      return
    }
    // The provider's free handler has to be called; the block stays live until that is possible.
    guard !slabs.upcalls.isFull || !canBeCalled(store.blocks[freed.block, \.registration].index)
    else { throw slabs.upcalls.full() }
    let request = try open(call, object: allocation, block: Ref(freed.block))
    // A request that is refused for want of room is made again: only now is it reported.
    if store.blocks[freed.block, \.queueID] != 0 {
      reportIfInUse(call, block: freed.block, allocation)
    }
    if freed.owner != ndisHandle || shutdown != nil {
      advise(call, freed, ndisHandle, allocation, shutdown: shutdown)
    }
    store.globals.update(0) { $0.frees &+= 1 }
    beginFree(block: freed.block, request: Ref(request), parent: call.context)
  }

  /// Memory of a queue that is freed while its DMA may run: a violation. The free is carried out, since
  /// NdisFreeSharedMemory cannot refuse: on Windows the adapter then writes into memory of somebody else.
  private mutating func reportIfInUse(
    _ call: Call, block index: Index<BlockRecord>, _ allocation: Handle
  ) {
    let block = store.blocks[index]
    guard let queue = block.queue.optional,
      case .adapter(let adapter) = block.ownerIndex, store.adapters[adapter, \.removed] == 0,
      !store.queues[queue, \.state].mayFreeMemory
    else { return }
    violate(
      Failure(
        .failure, .queueMemoryInUse, UInt64(block.queueID),
        UInt64(store.queues[queue, \.state].rawValue)),
      routine: "NdisFreeSharedMemory", bugCheck: nil, irql: call.irql, handle: allocation,
      party: party(adapter: adapter), session: call.sessionIndex, origin: origin(of: index))
  }

  /// What pages advise against in a free that is carried out: another handle of the same driver (A19), and a
  /// free in or after a power-off (A43).
  private mutating func advise(
    _ call: Call, _ freed: (block: Index<BlockRecord>, owner: Handle), _ ndisHandle: Handle,
    _ allocation: Handle, shutdown: UInt32?
  ) {
    var failures: [Failure] = []
    if freed.owner != ndisHandle, !settings.lenientFreeHandle {
      failures.append(
        Failure(.failure, .freeWithOtherHandle, freed.owner.rawValue, ndisHandle.rawValue))
    }
    if let shutdown {
      failures.append(
        Failure(.failure, .freeInShutdown, allocation.rawValue, UInt64(shutdown)))
    }
    for failure in failures {
      advise(
        failure, routine: "NdisFreeSharedMemory", irql: call.irql, handle: allocation,
        party: party(of: ndisHandle, session: call.sessionIndex), origin: origin(of: freed.block))
    }
  }

  /// The action of the MiniportShutdownEx that a free is made in or after; nil if there was none.
  func shutdownAction(_ call: Call, _ block: Index<BlockRecord>) -> UInt32? {
    if case .adapter(let adapter) = store.blocks.read(block, { $0.ownerIndex }),
      store.adapters[adapter, \.state] == .shutdown
    {
      return store.adapters[adapter, \.shutdownAction]
    }
    guard let shutdown = chain(of: call.context, { $0.type == .shutdownEx }) else { return nil }
    return upcallRecord(shutdown).map { store.upcalls[$0, \.argument] }
  }

  /// The block an AllocationHandle names, and its owner's handle, if this session may free it through `ndisHandle`: that "should be the
  /// same handle" as of the allocation (A19). Another driver's handle names memory that is not that driver's.
  private func blockToFree(
    _ ndisHandle: Handle, _ allocation: Handle, session: Index<SessionRecord>
  ) throws(Failure) -> (block: Index<BlockRecord>, owner: Handle) {
    let (index, object) = try liveBlock(allocation, session: session)
    guard MiniportMemoryCheck.freeRoutine.passes(!isOfMiniport(block: index)) else {
      throw Failure(.failure, .otherFreeRoutine, allocation.rawValue, 0)
    }
    let owner = handle(owner: object)
    guard
      owner == ndisHandle
        || (try? resolveOwner(ndisHandle, session: session))?.driver == driver(owner: object)
    else { throw Failure(.failure, .freeWithOtherHandle, owner.rawValue, ndisHandle.rawValue) }
    return (index, owner)
  }

  /// Whether a provider gets upcalls: it is alive, and no answer of it is overdue.
  func canBeCalled(_ registration: Index<RegistrationRecord>) -> Bool {
    store.registrations[registration, \.stuckUpcall] == 0 && canBeReached(registration)
  }

  /// Whether the provider has a process that can answer.
  func canBeReached(_ registration: Index<RegistrationRecord>) -> Bool {
    guard store.registrations.read(registration, { $0.state }) != .dead else { return false }
    guard let session = store.registrations[registration, \.ownerSession].optional
    else { return true }
    let state = store.sessions[session, \.state]
    return state == .open || state == .resetting
  }

  /// Frees a live block; `request` completes when the provider has freed it.
  mutating func beginFree(
    block index: Index<BlockRecord>, request: Ref<RequestRecord>, parent: UInt64 = 0
  ) {
    let block = store.blocks[index]
    if settings.watchesFreedMemory { noteFreed(block: index) }
    if let owner = block.ownerIndex {
      if let session = session(owner: owner) {
        refund(blockOf: session, length: block.length)
      }
      unlinkFromOwner(block: index)
    }
    store.blocks.update(index) { $0.state = .freeing }
    let registration = block.registration.index
    // A free inside a handler of the same provider must not wait for that handler's thread.
    let circular = chain(of: parent, { $0.registration == Ref(registration) }) != nil
    if canBeCalled(registration) {
      let new = NewUpcall(
        type: .freeSharedMemory, registration: Ref(registration),
        request: circular ? .none : request, block: Ref(index), section: block.section,
        parent: circular ? 0 : parent, providerContext: block.providerContext)
      if sendToProvider(new, registration) {
        store.registrations.update(registration) { $0.freesInFlight &+= 1 }
        if circular { complete(request) }
        return
      }
    }
    finishFree(block: index)
    complete(request)
  }

  /// The free handler has returned, or never will.
  mutating func providerFreed(
    _ upcall: UpcallRecord, _ outcome: UpcallOutcome
  ) {
    let registration = upcall.registration.index
    store.registrations.update(registration) { $0.freesInFlight &-= 1 }
    if case .answered(let answer) = outcome, answer.irql != 0 {
      violate(
        Failure(.failure, .providerIRQL, UInt64(answer.irql), 0), routine: "NetFreeSharedMemory",
        bugCheck: BugCheck(
          code: BugCheck.driverVerifier, 0xFA, UInt64(answer.irql), 0, isExtension: true),
        handle: store.registrations[registration].owner,
        party: party(registration: registration), session: upcall.session.optional,
        isInvalidAnswer: true)
    }
    if let block = upcall.block.optional { finishFree(block: block) }
    complete(upcall.request)
    wakeAll(waitingFor: registration)
    releaseIfDone(registration: registration)
  }

  /// Releases the pages and the record.
  mutating func finishFree(block index: Index<BlockRecord>) {
    let block = store.blocks[index]
    let section = block.section.index
    _ = derived.pageMaps[Int(section)]?.release(start: block.firstPage, count: block.pages)
    var more = block.moreExtents
    while let slot = more.optional {
      let extent = store.extents[slot]
      _ = derived.pageMaps[Int(section)]?.release(start: extent.firstPage, count: extent.pages)
      more = extent.next
      slabs.extents.release(slot)
    }
    unlinkFromProvider(block: index)
    freeSlot(block: index)
    store.sections.update(section) { $0.blocks &-= 1 }
    releaseIfDone(section: section)
    releaseIfDone(registration: block.registration.index)
  }

  // MARK: Leaks

  /// Reports an owner's first block as leaked, unless it could not have been freed, and reclaims it. False
  /// when no block is left, or the provider has enough pending frees for now.
  mutating func reclaimOne(
    _ owner: OwnerIndex, asLeak: Bool = true
  ) -> Bool {
    guard let index = firstBlock(owner: owner).optional else { return false }
    return reclaim(block: index, owner, asLeak: asLeak)
  }

  /// Reports and reclaims one block of an owner.
  mutating func reclaim(
    block index: Index<BlockRecord>, _ owner: OwnerIndex, asLeak: Bool = true
  ) -> Bool {
    let block = store.blocks[index]
    if block.state == .pending {
      // Its provider has not answered yet; the allocation it returns will be freed.
      if let session = session(owner: owner) {
        refund(blockOf: session, length: block.length)
      }
      unlinkFromOwner(block: index)
      store.blocks.update(index) { $0.state = .abandoned }
      return true
    }
    let registration = block.registration.index
    let isRoom =
      store.registrations[registration, \.freesInFlight] < 64 && !slabs.upcalls.isFull
    guard isRoom || !canBeCalled(registration) else { return false }
    guard asLeak else {
      beginFree(block: index, request: .none)
      return true
    }
    let party = party(owner: owner)
    let leak = LeakedBlock(
      party: party, handle: handle(.allocation, block.generation, index), queueID: block.queueID,
      usage: SharedMemoryUsage(rawValue: block.usage) ?? .undefined, length: block.length,
      age: turn.now &- block.createdAt, origin: origin(of: index))
    turn.emit(.event(.leak(leak)))
    store.globals.update(0) { $0.leakedBlocks &+= 1 }
    if let session = session(owner: owner) {
      countLeak(session: session)
    }
    beginFree(block: index, request: .none)
    return true
  }

  /// Removes a block that never became live.
  mutating func discard(block index: Index<BlockRecord>) {
    let block = store.blocks[index]
    if let owner = block.ownerIndex {
      if let session = session(owner: owner) {
        refund(blockOf: session, length: block.length)
      }
      unlinkFromOwner(block: index)
    }
    unlinkFromProvider(block: index)
    freeSlot(block: index)
  }

  /// Frees a block's slot; its generation stays, so its handles are never reused.
  mutating func freeSlot(block index: Index<BlockRecord>) {
    let block = store.blocks[index]
    release(site: block.site)
    slabs.blocks.release(index)
  }
}
