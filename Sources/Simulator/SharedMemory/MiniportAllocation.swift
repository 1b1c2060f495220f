// NdisMAllocateSharedMemory and NdisMAllocateSharedMemoryAsyncEx: memory of an adapter from NDIS itself, so from the
// HAL whatever providers there are, in one extent. Sections, blocks and their ends are those of
// NdisAllocateSharedMemory. The asynchronous routine returns PENDING as soon as the HAL is asked; what it has
// answered is the argument of MiniportSharedMemoryAllocateComplete, which MiniportHaltEx waits for.

public import NDISDriverInterface
import NDISEvents
import NDIS
import NDISStore

extension Simulator {
  // MARK: Calls

  /// NdisMAllocateSharedMemory. It is VOID: a NULL address is all a driver gets of a failure, so a broken rule is a
  /// violation.
  mutating func allocateMiniport(
    _ call: Call, _ handle: Handle, _ allocation: MiniportAllocation
  ) throws(Failure) {
    do throws(Failure) {
      let adapter = try resolveAdapter(handle, session: call.sessionIndex)
      try checkMayAllocate(adapter, handle)
      let registration = try checkAllocation(call, adapter, handle, allocation)
      let block = try freeRecord()
      let request = try open(call, object: handle, block: Ref(block))
      begin(
        block, allocation, adapter, registration, flags: 0, request: Ref(request),
        parent: call.context)
    } catch {
      let origin = AllocationOrigin(tag: allocation.tag, site: allocation.site)
      refused(call, handle, error, origin)
      if error.reason == .allocatedLate || error.reason == .dmaNotRegistered {
        violate(
          error, routine: "NdisMAllocateSharedMemory", bugCheck: nil, irql: call.irql,
          handle: handle, party: party(of: handle, session: call.sessionIndex),
          session: call.sessionIndex, origin: origin)
      }
      throw error
    }
  }

  /// NdisMAllocateSharedMemoryAsyncEx. FAILURE is its only status besides PENDING.
  mutating func allocateMiniportAsync(
    _ call: Call, _ dma: Handle, _ allocation: MiniportAllocation, context: UInt64
  ) throws(Failure) {
    do throws(Failure) {
      let adapter = try resolveDMA(dma, session: call.sessionIndex)
      let handle = adapterHandle(adapter)
      guard MiniportMemoryCheck.dmaHandle.passes(hasRegisteredDMA(adapter)) else {
        throw Failure(.failure, .staleHandle, dma.rawValue)
      }
      let handler = store.adapters[adapter, \.allocateCompleteHandler]
      guard MiniportMemoryCheck.completeHandler.passes(handler != 0) else {
        throw Failure(.failure, .allocateCompleteMissing, dma.rawValue)
      }
      try checkOwnerState(
        Owner(
          object: .adapter(adapter), driver: store.adapters[adapter, \.driver].index,
          adapter: adapter), handle)
      let registration = try checkAllocation(call, adapter, handle, allocation)
      let block = try freeRecord()
      allocationBegun(adapter)
      finish(call.sessionIndex, call.requestID, pending: .null)
      begin(
        block, allocation, adapter, registration, flags: BlockRecord.asynchronous, request: .none,
        context: context)
    } catch {
      refused(call, dma, error, AllocationOrigin(tag: allocation.tag, site: allocation.site))
      throw Failure(.failure, error.reason, error.a, error.b)
    }
  }

  /// Counts a failure, and reports a shortage.
  private mutating func refused(
    _ call: Call, _ caller: Handle, _ error: Failure, _ origin: AllocationOrigin
  ) {
    store.globals.update(0) { $0.failedAllocations &+= 1 }
    report(shortage: error, call, caller, origin)
  }

  // MARK: Checks

  /// "can be called only from MiniportInitializeEx", and behind the registration of DMA.
  private func checkMayAllocate(
    _ adapter: Index<AdapterRecord>, _ handle: Handle
  ) throws(Failure) {
    let isInitializing = store.adapters[adapter, \.state] == .initializing
    guard MiniportMemoryCheck.initializing.passes(isInitializing) else {
      throw Failure(.failure, .allocatedLate, handle.rawValue)
    }
    guard MiniportMemoryCheck.dmaRegistered.passes(hasRegisteredDMA(adapter)) else {
      throw Failure(.failure, .dmaNotRegistered)
    }
  }

  /// What both routines check; the registration of the HAL.
  private mutating func checkAllocation(
    _ call: Call, _ adapter: Index<AdapterRecord>, _ handle: Handle,
    _ allocation: MiniportAllocation
  ) throws(Failure) -> Index<RegistrationRecord> {
    guard MiniportMemoryCheck.length.passes(allocation.length > 0) else {
      throw Failure(.failure, .length, 0, UInt64(UInt32.max))
    }
    try checkQuota(blocksOf: call.sessionIndex, length: allocation.length)
    guard let registration = registrationOfHAL else { throw Failure(.failure, .noProvider) }
    try checkProvider(registration, call, length: allocation.length)
    return registration
  }

  /// The HAL, which is NDIS's own; none with `--no-hal`.
  private var registrationOfHAL: Index<RegistrationRecord>? {
    var next = derived.activeRegistrations.first
    while let index = next {
      if store.registrations.read(index, { $0.level }) == .hal { return index }
      next = derived.activeRegistrations.first(after: index)
    }
    return nil
  }

  /// A free record for a block, if there is one for an upcall, too.
  private func freeRecord() throws(Failure) -> Index<BlockRecord> {
    guard let index = slabs.blocks.next, index.raw <= Handle.maximumIndex else {
      throw slabs.blocks.full()
    }
    guard !slabs.upcalls.isFull else { throw slabs.upcalls.full() }
    return index
  }

  // MARK: Calling the HAL

  /// Makes a pending block and asks the HAL. The records for both are free.
  private mutating func begin(
    _ index: Index<BlockRecord>, _ allocation: MiniportAllocation,
    _ adapter: Index<AdapterRecord>, _ registration: Index<RegistrationRecord>, flags: UInt8,
    request: Ref<RequestRecord>,
    parent: UInt64 = 0, context: UInt64 = 0
  ) {
    slabs.blocks.take(index)
    let site = intern(allocation.site)
    let cached = allocation.isCached ? BlockRecord.cached : 0
    store.blocks.update(index) {
      let generation = $0.generation &+ 1
      $0 = BlockRecord()
      $0.generation = generation
      $0.state = .pending
      // Revision 1 of the parameters, NDIS_SHARED_MEM_PARAMETERS_CONTIGUOUS.
      $0.flags = 0x10 | 1 | BlockRecord.ofMiniport | flags | cached
      $0.length = allocation.length
      $0.node = NUMANode.any
      $0.sgListBufferLength = 40
      $0.tag = allocation.tag
      $0.site = site
      $0.createdAt = turn.now
    }
    let owner = OwnerIndex.adapter(adapter)
    link(block: index, owner: owner)
    link(block: index, provider: registration)
    if let session = session(owner: owner) {
      charge(blockOf: session, length: allocation.length)
    }
    let new = NewUpcall(
      type: .allocateSharedMemory, object: handle(owner: owner), registration: Ref(registration),
      request: request, block: Ref(index), parent: parent, providerContext: context)
    _ = sendToProvider(new, registration)
    store.registrations.update(registration) { $0.allocationsInFlight &+= 1 }
  }

  // MARK: MiniportSharedMemoryAllocateComplete

  /// The HAL has answered an asynchronous allocation: the miniport gets the block, or NULL. The record of the HAL's
  /// upcall has just become free, so there is one for this upcall.
  mutating func completeAllocation(
    _ upcall: UpcallRecord, block: Ref<BlockRecord>, _ generation: UInt32 = 0, length: UInt32
  ) {
    guard isLiveOwner(upcall.object), upcall.object.kind == .adapter else { return }
    let adapter = Index<AdapterRecord>(upcall.object)
    let session = store.drivers[store.adapters[adapter, \.driver].index, \.session].index
    // MiniportShutdownEx is the last call an adapter gets.
    guard !isDisconnected(session), store.adapters[adapter, \.state] != .shutdown else {
      return allocationEnded(adapter)
    }
    let new = NewUpcall(
      type: .sharedMemoryAllocateComplete, object: upcall.object,
      providerContext: upcall.providerContext,
      subject: Ref(any: block), argument: length)
    guard let id = send(new, session: session), let call = openUpcall(id) else {
      return allocationEnded(adapter)
    }
    set(blockGeneration: generation, upcall: call)
  }

  /// The HAL has refused it: NULL is all that the miniport gets.
  mutating func failAllocation(
    _ upcall: UpcallRecord, block: Index<BlockRecord>, _ failure: Failure
  ) {
    if failure.status == .resources, let owner = store.blocks[block].ownerIndex {
      turn.emit(.event(.shortage(party(owner: owner), failure, origin(of: block))))
    }
    completeAllocation(upcall, block: .none, length: store.blocks[block, \.length])
  }

  /// MiniportSharedMemoryAllocateComplete has returned. It is VOID.
  mutating func allocateCompleteReturned(_ upcall: UpcallRecord, _ outcome: UpcallOutcome) {
    guard isLiveOwner(upcall.object) else { return }
    let adapter = Index<AdapterRecord>(upcall.object)
    allocationEnded(adapter)
    var outcome = outcome
    if case .answered(var answer) = outcome {
      answer.status = .success
      outcome = .answered(answer)
    }
    _ = verdict(
      upcall, outcome, routine: "MiniportSharedMemoryAllocateComplete", allowed: .void,
      party: party(adapter: adapter))
  }

  /// The block of an open upcall of MiniportSharedMemoryAllocateComplete; nil if the allocation failed, or the block
  /// is freed already.
  public func completedAllocation(ofUpcall id: UInt64) -> CompletedAllocation? {
    guard let index = openUpcall(id),
      store.upcalls[index, \.type] == .sharedMemoryAllocateComplete,
      let block = store.upcalls[index].completed.optional
    else { return nil }
    let handle = handle(.allocation, store.upcalls[index, \.blockGeneration], block)
    guard let details = allocation(handle) else { return nil }
    let shift = store.sections[store.blocks[block, \.section].index, \.pageShift]
    return CompletedAllocation(
      handle: handle, details: details,
      offset: UInt64(store.blocks[block, \.firstPage]) << shift,
      isCached: store.blocks[block, \.flags] & BlockRecord.cached != 0)
  }
}
