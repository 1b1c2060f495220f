// NdisAllocateSharedMemory. NDIS checks what follows from the structure, the handle and the state; the
// provider checks policy (A1). A request that passes becomes a pending block and an upcall to the provider;
// hosted and remote providers share this path.

import NDISDriverInterface
import NDISEvents
import NDIS
import NDISStore

extension Simulator {
  mutating func allocate(
    _ call: Call, _ ndisHandle: Handle, _ parameters: SharedMemoryParameters, _ tag: UInt32,
    _ site: Site
  ) throws(Failure) {
    do throws(Failure) {
      let owner = try resolveOwner(ndisHandle, session: call.sessionIndex)
      try checkOwnerState(owner, ndisHandle)
      let driver = store.drivers[owner.driver]
      try checkStructure(parameters, version: driver.version)
      let place = try checkPlace(parameters, owner)
      try checkQuota(blocksOf: call.sessionIndex, length: parameters.length)
      guard
        let registration = provider(
          for: owner, session: call.sessionIndex, vport: place.isVPort)
      else {
        throw Failure(.failure, .noProvider)
      }
      try checkDMA(owner, driver, registration: registration)
      try checkProvider(registration, call, length: parameters.length)
      try ask(registration, owner, call, parameters, place, tag, site)
    } catch {
      store.globals.update(0) { $0.failedAllocations &+= 1 }
      if error.status == .resources {
        turn.emit(
          .event(
            .shortage(
              party(of: ndisHandle, session: call.sessionIndex), error,
              AllocationOrigin(tag: tag, site: site))))
      }
      throw error
    }
  }

  // MARK: Checks

  private func checkOwnerState(_ owner: Owner, _ handle: Handle) throws(Failure) {
    switch owner.object {
    case .adapter(let index):
      let adapter = store.adapters[index]
      switch adapter.state {
      case .initializing, .paused, .restarting, .running, .pausing: break
      default: throw Failure(.failure, .wrongState, handle.rawValue)
      }
      // After NDIS has called MiniportHaltEx nothing may be allocated.
      if adapter.upcallOpen == .haltEx {
        throw Failure(.failure, .objectEnding, handle.rawValue)
      }
    case .driver: break
    case .binding(let index):
      if store.bindings[index, \.unbindSent] != 0 {
        throw Failure(.failure, .objectEnding, handle.rawValue)
      }
    }
  }

  /// Header, flags, usage, length, node, scatter-gather buffer.
  private func checkStructure(
    _ parameters: SharedMemoryParameters, version: NDISVersion
  ) throws(Failure) {
    let header = parameters.header
    guard header.type == ObjectType.default else {
      throw Failure(.invalidParameter, .headerType, UInt64(header.type), 0x80)
    }
    guard header.revision >= 1, header.revision <= 2 else {
      throw Failure(.invalidParameter, .headerRevision, UInt64(header.revision), 2)
    }
    guard version >= .sharedMemoryProviders else {
      throw Failure(.invalidParameter, .headerRevisionForVersion, UInt64(header.revision), 20)
    }
    if header.revision == 2 {
      guard version >= .vports else {
        throw Failure(.invalidParameter, .headerRevisionForVersion, 2, 30)
      }
    } else if settings.strictRevisions, version >= .vports {
      throw Failure(.invalidParameter, .headerRevision, 1, 2)
    }
    let needed = header.revision == 1 ? 64 : 68
    guard Int(header.size) >= needed else {
      throw Failure(.invalidParameter, .headerSize, UInt64(header.size), UInt64(needed))
    }
    let known = SharedMemoryParameterFlags.contiguous
    guard parameters.flags & ~known == 0 else {
      throw Failure(
        .invalidParameter, .unknownFlags, UInt64(parameters.flags), UInt64(known))
    }
    guard parameters.usage >= 0, parameters.usage < 10 else {
      throw Failure(.invalidParameter, .usage, UInt64(bitPattern: Int64(parameters.usage)))
    }
    guard parameters.length > 0 else {
      throw Failure(.invalidParameter, .length, 0, UInt64(UInt32.max))
    }
    guard
      parameters.preferredNode == NUMANode.any || parameters.preferredNode <= settings.highestNode
    else {
      throw Failure(
        .invalidParameter, .preferredNode, UInt64(parameters.preferredNode),
        UInt64(settings.highestNode))
    }
    guard parameters.sgListBufferLength >= 40 else {
      throw Failure(
        .invalidParameter, .sgListBufferMissing, UInt64(parameters.sgListBufferLength), 40)
    }
  }

  /// A10: a miniport must have registered DMA; by default only HAL memory requires it.
  private func checkDMA(
    _ owner: Owner, _ driver: DriverRecord, registration: Index<RegistrationRecord>
  ) throws(Failure) {
    guard driver.kind == .miniport else { return }
    let isHAL = store.registrations.read(registration) { $0.level } == .hal
    guard isHAL || settings.strictDMA else { return }
    if let adapter = owner.adapter, hasDMA(adapter) { return }
    throw Failure(.failure, .dmaNotRegistered)
  }

  /// Whether the provider may be called now: checks for a stuck provider, a cycle and the call depth.
  private mutating func checkProvider(
    _ registration: Index<RegistrationRecord>, _ call: Call, length: UInt32
  ) throws(Failure) {
    try checkQuota(bytesOf: registration, length: length)
    let stuck = store.registrations[registration, \.stuckUpcall]
    guard stuck == 0 else { throw Failure(.failure, .providerStuck, stuck) }
    let target = Ref(registration)
    if let id = chain(of: call.context, { $0.registration == target }) {
      throw Failure(.failure, .circularWait, call.context, id)
    }
    let depth = depth(of: call.context)
    guard depth < NDIS.Limits.maximumCallDepth else {
      throw Failure(.failure, .callDepth, UInt64(depth), UInt64(NDIS.Limits.maximumCallDepth))
    }
  }

  // MARK: Calling the provider

  private mutating func ask(
    _ registration: Index<RegistrationRecord>, _ owner: Owner, _ call: Call,
    _ parameters: SharedMemoryParameters,
    _ place: MemoryTarget, _ tag: UInt32, _ site: Site
  ) throws(Failure) {
    guard let index = slabs.blocks.next, index.raw <= Handle.maximumIndex else {
      throw slabs.blocks.full()
    }
    guard !slabs.upcalls.isFull else {
      throw slabs.upcalls.full()
    }
    let domain = handle(owner: owner.object)
    let request = try open(call, object: domain, block: Ref(index))
    slabs.blocks.take(index)
    let siteRef = intern(site)
    store.blocks.update(index) {
      let generation = $0.generation &+ 1
      $0 = BlockRecord()
      $0.generation = generation
      $0.state = .pending
      $0.usage = UInt8(truncatingIfNeeded: parameters.usage)
      $0.flags = UInt8(
        truncatingIfNeeded: parameters.flags & 1 | UInt32(parameters.header.revision) << 4)
      $0.length = parameters.length
      $0.queueID = parameters.queueID
      $0.vportID = parameters.vportID
      $0.node = parameters.preferredNode
      $0.sgListBufferLength = parameters.sgListBufferLength
      $0.tag = tag
      $0.site = siteRef
      $0.createdAt = turn.now
    }
    link(block: index, owner: owner.object)
    link(block: index, to: place)
    link(block: index, provider: registration)
    charge(blockOf: call.sessionIndex, length: parameters.length)
    let new = NewUpcall(
      type: .allocateSharedMemory, object: domain, registration: Ref(registration),
      request: Ref(request), block: Ref(index), parent: call.context)
    guard sendToProvider(new, registration) else {
      discard(block: index)
      complete(
        Ref(request),
        slabs.upcalls.full())
      return
    }
    store.registrations.update(registration) { $0.allocationsInFlight &+= 1 }
  }

  /// Sends an upcall to the provider of a registration.
  mutating func sendToProvider(
    _ new: NewUpcall, _ registration: Index<RegistrationRecord>
  ) -> Bool {
    let record = store.registrations[registration]
    guard let session = record.ownerSession.optional else {
      return sendHosted(new, provider: record.hosted) != nil
    }
    return send(new, session: session) != nil
  }

  // MARK: Sites

  /// The record of a site label; none when it is empty or the table is full.
  private mutating func intern(_ site: Site) -> Ref<SiteRecord> {
    guard !site.isEmpty else { return .none }
    if let index = derived.siteIndex.find(site) {
      if store.sites[index, \.references] == 0 { slabs.sites.take(index) }
      store.sites.update(index) { $0.references &+= 1 }
      return Ref(index)
    }
    guard let index = slabs.sites.next else { return .none }
    slabs.sites.take(index)
    let old = store.sites[index, \.site]
    if !old.isEmpty { derived.siteIndex.remove(old) }
    derived.siteIndex.insert(site, index)
    store.sites.update(index) {
      $0.references = 1
      $0.site = site
    }
    return Ref(index)
  }

  mutating func release(site: Ref<SiteRecord>) {
    guard let index = site.optional else { return }
    store.sites.update(index) { $0.references &-= 1 }
    if store.sites[index, \.references] == 0 { slabs.sites.putBack(index) }
  }
}
