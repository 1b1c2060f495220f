// Sections: sealed memory of one provider for one DMA domain, with an address range in the simulated physical
// address space. The host checks and keeps the descriptor; here a section is a number of pages.

import NDISDriverInterface
import NDISEvents
public import NDIS
import NDISStore

extension Simulator {
  mutating func offerSection(
    _ call: Call, _ provider: Handle, _ domain: Handle, _ size: UInt64, _ node: UInt32
  ) throws(Failure) {
    let registration = try registrationOf(provider, session: call.sessionIndex)
    try checkDomain(domain)
    let quotas = settings.quotas
    try checkQuota(sectionsOf: call.sessionIndex)
    guard size > 0, size % UInt64(settings.pageSize) == 0, size <= quotas.sectionBytes else {
      throw Failure(.invalidParameter, .sectionSize, size, quotas.sectionBytes)
    }
    let index = try make(
      registration, domain, size: size, node: node, session: call.sessionIndex,
      payer: call.sessionIndex,
      pageSize: settings.pageSize)
    finish(
      call.sessionIndex, call.requestID, sectionHandle(index),
      store.sections[index, \.physicalBase])
  }

  /// Adds a hosted provider's section, whose memory the host created.
  public mutating func addHostedSection(
    provider: UInt32, domain: Handle, size: UInt64, node: UInt32, pageSize: UInt32, now: UInt64
  ) throws(Failure) -> Handle {
    turn.now = now
    defer { commit() }
    try checkDomain(domain)
    // Charged to the owner of the domain, for which the descriptors and memory are used.
    let payer = driver(ofObject: domain).flatMap { store.drivers[$0, \.session].optional }
    if let payer { try checkQuota(sectionsOf: payer) }
    var next = derived.activeRegistrations.first
    while let index = next {
      let record = store.registrations[index]
      if record.ownerSession.isNone, record.hosted == provider {
        return sectionHandle(
          try make(
            index, domain, size: size, node: node, session: nil, payer: payer, pageSize: pageSize))
      }
      next = derived.activeRegistrations.first(after: index)
    }
    throw Failure(.failure, .noProvider)
  }

  private mutating func make(
    _ registration: Index<RegistrationRecord>, _ domain: Handle, size: UInt64, node: UInt32,
    session: Index<SessionRecord>?,
    payer: Index<SessionRecord>?, pageSize: UInt32
  ) throws(Failure) -> Index<SectionRecord> {
    let shift = UInt8(truncatingIfNeeded: pageSize.trailingZeroBitCount)
    let pages = UInt32(clamping: size >> shift)
    let isLow = isLow(domain: domain)
    let base = isLow ? try lowBase(size: size, pageSize: pageSize) : store.globals[0].physicalNext
    // Sections are aligned to 1 GiB with a gap behind each, so that an address outside every section is
    // recognised as such.
    let span = (size &+ (1 << 30)) & ~((1 << 30) - 1)
    let index = try slabs.sections.allocateOrRefuse {
      $0.state = .live
      $0.pageShift = shift
      $0.session = session.map { Ref($0) } ?? .none
      $0.payer = payer.map { Ref($0) } ?? .none
      $0.node = node
      $0.pages = pages
      $0.domain = domain
      $0.physicalBase = base
    }
    if !isLow { store.globals.update(0) { $0.physicalNext = base &+ span } }
    derived.liveSections.insert(index)
    derived.pageMaps[Int(index)] = PageSet(pageCount: pages)
    store.sectionsOfProvider.insert(index, in: registration) { $0.registration = Ref(registration) }
    if let payer { charge(sectionOf: payer) }
    return index
  }

  mutating func withdrawSection(
    _ call: Call, _ handle: Handle
  ) throws(Failure) {
    let index = try resolveSection(handle)
    let section = store.sections[index]
    guard section.session == Ref(call.sessionIndex) else {
      throw Failure(.invalidParameter, .foreignHandle, handle.rawValue)
    }
    guard section.blocks == 0 else {
      throw Failure(.failure, .sectionInUse, handle.rawValue, UInt64(section.blocks))
    }
    release(section: index)
    finish(call.sessionIndex, call.requestID)
  }

  /// The active registration made on a handle of this session.
  private func registrationOf(_ handle: Handle, session: Index<SessionRecord>) throws(Failure)
    -> Index<RegistrationRecord>
  {
    let ref: Ref<RegistrationRecord>
    switch handle.kind {
    case .miniportDriver, .protocolDriver:
      ref =
        store.drivers[
          try resolveDriver(handle, [.miniportDriver, .protocolDriver], session: session),
          \.registration]
    case .binding:
      ref =
        store.bindings[
          try resolveBinding(handle, .binding, session: session), \.registration]
    default: throw Failure(.invalidParameter, .wrongKindOfHandle, handle.rawValue)
    }
    guard let index = ref.optional else { throw Failure(.failure, .noProvider) }
    return index
  }

  /// A domain is a live owner of memory; its user does not matter to the provider.
  private func checkDomain(_ domain: Handle) throws(Failure) {
    guard isLiveOwner(domain) else {
      throw Failure(.invalidParameter, .staleHandle, domain.rawValue)
    }
  }

  func isLiveOwner(_ domain: Handle) -> Bool {
    switch domain.kind {
    case .adapter:
      let index = Index<AdapterRecord>(domain)
      return store.adapters.contains(index) && store.adapters[index, \.life] != .free
        && adapterHandle(index) == domain
    case .miniportDriver, .protocolDriver, .filterDriver:
      let index = Index<DriverRecord>(domain)
      return store.drivers.contains(index) && store.drivers[index, \.state] != .free
        && driverHandle(index) == domain
    case .binding, .filterModule:
      let index = Index<BindingRecord>(domain)
      return store.bindings.contains(index) && store.bindings[index, \.kind] != .free
        && bindingHandle(index) == domain
    default: return false
    }
  }

  /// Removes a section whose domain has ended, if it has no blocks.
  mutating func releaseIfDone(section index: Index<SectionRecord>) {
    let section = store.sections[index]
    guard section.state != .free, section.ownerEnded != 0, section.blocks == 0 else { return }
    release(section: index)
  }

  /// Ends a domain: no new block is placed in its sections.
  mutating func end(domain: Handle) {
    var next = derived.liveSections.first
    while let index = next {
      next = derived.liveSections.first(after: index)
      guard store.sections[index, \.domain] == domain else { continue }
      store.sections.update(index) { $0.ownerEnded = 1 }
      releaseIfDone(section: index)
    }
  }

  /// Refunds a section to the session it was charged to.
  mutating func endCharge(section index: Index<SectionRecord>) {
    guard let payer = store.sections[index, \.payer].optional else { return }
    refund(sectionOf: payer)
    store.sections.update(index) { $0.payer = .none }
  }

  mutating func release(section index: Index<SectionRecord>) {
    let section = store.sections[index]
    let handle = sectionHandle(index)
    store.sectionsOfProvider.remove(index, from: store.sections[index, \.registration].index)
    endCharge(section: index)
    let registration = store.registrations[section.registration.index]
    slabs.sections.release(index)
    derived.liveSections.remove(index)
    derived.pageMaps[Int(index)] = nil
    turn.emit(
      .sectionReleased(
        index: index.raw, handle, session: section.session.optional?.raw,
        hosted: registration.ownerSession.isNone && registration.hosted != UInt32.max
          ? registration.hosted : nil))
  }

  /// Records how to find a section's memory after a restart, and whether it is kept.
  public mutating func note(section handle: Handle, inode: UInt64, keeping: SectionKeeping) {
    guard let index = try? resolveSection(handle) else { return }
    store.sections.update(index) {
      $0.inode = inode
      $0.keeping = keeping
    }
    commit()
  }
}
