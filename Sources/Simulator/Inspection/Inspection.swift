// Read access for the host, which writes messages after a turn: results, upcalls, allocations, counters.
// Nothing here changes state.

public import NDISDriverInterface
public import NDIS
import NDISStore

/// An upcall to a hosted provider: the part of `UpcallDetails` it reads.
public struct HostedCall: Sendable {
  public var isAllocation: Bool
  /// The DMA domain of an allocation.
  public var domain: Handle
  /// The caller's parameters of an allocation.
  public var parameters: SharedMemoryParameters
  /// The section of a free.
  public var section: Handle
  /// SharedMemoryProviderContext of a free.
  public var providerContext: UInt64
}

extension Simulator {
  /// The stored result of a request; nil when it is open or no longer stored.
  public func result(session: UInt32, requestID: UInt64) -> RequestResult? {
    guard let slot = resultSlot(Index(session), requestID) else { return nil }
    let record = store.results[slot]
    guard record.id == requestID, record.state.isAnswered else { return nil }
    var check: BugCheck?
    if record.hasBugCheck != 0 {
      let p = record.parameters
      check = BugCheck(
        code: record.bugCheckCode, p.0, p.1, p.2, p.3, isExtension: record.hasBugCheck == 2)
    }
    return RequestResult(
      type: record.type, failure: record.failure, bugCheck: check,
      value: Handle(rawValue: record.value), value2: record.value2)
  }

  /// The request id that the session's next new request must have.
  public func nextRequestID(session: UInt32) -> UInt64 {
    store.sessions[Index(session), \.nextRequestID]
  }

  /// An open upcall.
  public func upcall(_ id: UInt64) -> UpcallDetails? {
    guard let index = openUpcall(id) else { return nil }
    let record = store.upcalls[index]
    var details = UpcallDetails(
      type: record.$type.raw, parent: record.parent, object: record.object, context: 0, handler: 0,
      name: Name(), bindContext: .null, providerContext: record.providerContext, section: .null,
      parameters: Simulator.noParameters, tag: 0, site: Site())
    details.argument = record.argument
    if let section = record.section.optional { details.section = sectionHandle(section) }
    if let registration = record.registration.optional {
      describeProviderCall(record, store.registrations[registration], &details)
    } else {
      describeDriverCall(record, &details)
    }
    return details
  }

  /// An open upcall to a hosted provider.
  public func hostedCall(_ id: UInt64) -> HostedCall? {
    guard let index = openUpcall(id) else { return nil }
    let isAllocation =
      store.upcalls[index, \.$type.raw] == UpcallType.allocateSharedMemory.rawValue
    let block = isAllocation ? store.upcalls[index, \.block].optional : nil
    return HostedCall(
      isAllocation: isAllocation, domain: store.upcalls[index, \.object],
      parameters: block.map { parameters(block: $0) } ?? Simulator.noParameters,
      section: store.upcalls[index, \.section].optional.map { sectionHandle($0) } ?? .null,
      providerContext: store.upcalls[index, \.providerContext])
  }

  private static var noParameters: SharedMemoryParameters {
    SharedMemoryParameters(
      header: ObjectHeader(type: 0, revision: 0, size: 0), flags: 0, queueID: 0, preferredNode: 0,
      usage: 0, length: 0, sgListBufferLength: 0, vportID: 0)
  }

  /// The caller's parameters of a block.
  private func parameters(block index: Index<BlockRecord>) -> SharedMemoryParameters {
    let block = store.blocks[index]
    let revision = block.flags >> 4
    return SharedMemoryParameters(
      header: ObjectHeader(type: 0x80, revision: revision, size: revision == 1 ? 64 : 68),
      flags: UInt32(block.flags & 1), queueID: block.queueID, preferredNode: block.node,
      usage: Int32(block.usage), length: block.length,
      sgListBufferLength: block.sgListBufferLength, vportID: block.vportID)
  }

  /// Whether an upcall is to the allocate handler; a provider's only other one is its free handler.
  public func isAllocation(_ upcall: UpcallDetails) -> Bool {
    upcall.type == UpcallType.allocateSharedMemory.rawValue
  }

  private func describeProviderCall(
    _ upcall: UpcallRecord, _ registration: RegistrationRecord, _ details: inout UpcallDetails
  ) {
    details.context = registration.context
    guard upcall.type == .allocateSharedMemory else {
      details.handler = registration.freeHandler
      return
    }
    details.handler = registration.allocateHandler
    guard let index = upcall.block.optional else { return }
    let block = store.blocks[index]
    details.parameters = parameters(block: index)
    details.tag = block.tag
    details.site = block.site.optional.map { store.sites[$0, \.site] } ?? Site()
  }

  private func describeDriverCall(_ upcall: UpcallRecord, _ details: inout UpcallDetails) {
    // A binding may be removed while a call about it has not returned, from a slow or stuck process.
    guard isLiveOwner(upcall.object) else { return }
    switch upcall.type {
    case .setOptions:
      let index = Index<DriverRecord>(upcall.object)
      details.context = store.drivers[index].context
      details.handler = store.drivers[index].handlers[HandlerSlot.setOptions]
    case .bindAdapterEx, .unbindAdapterEx:
      let index = Index<BindingRecord>(upcall.object)
      let binding = store.bindings[index]
      let driver = store.drivers[binding.driver.index]
      let isBind = upcall.type == .bindAdapterEx
      details.context = isBind ? driver.context : binding.context
      details.handler = driver.handlers[isBind ? HandlerSlot.bind : HandlerSlot.unbind]
      details.name = store.adapters[binding.adapter.index].name
      details.bindContext = bindContext(index)
    case .oidRequestComplete, .statusEx,
      .receiveNetBufferLists, .netPnPEvent:
      let index = Index<BindingRecord>(upcall.object)
      details.context = store.bindings[index, \.context]
      let driver = store.bindings[index, \.driver].index
      details.handler = store.drivers[driver, \.handlers][Simulator.handlerSlot(upcall.type)]
    default:
      let adapter = store.adapters[Index(upcall.object)]
      let driver = store.drivers[adapter.driver.index]
      details.context =
        upcall.type == .initializeEx ? driver.context : adapter.context
      details.name = adapter.name
      details.handler = driver.handlers[Simulator.handlerSlot(upcall.type)]
    }
  }

  /// The index among a driver's cookies of the handler of an upcall about an adapter or an open binding.
  private static func handlerSlot(_ type: UpcallType) -> Int {
    switch type {
    case .oidRequestComplete: HandlerSlot.oidRequestComplete
    case .statusEx: HandlerSlot.status
    case .receiveNetBufferLists: HandlerSlot.receive
    case .netPnPEvent: HandlerSlot.netPnPEvent
    case .initializeEx: HandlerSlot.initialize
    case .haltEx: HandlerSlot.halt
    case .pause: HandlerSlot.pause
    case .shutdownEx: HandlerSlot.shutdown
    case .oidRequest: HandlerSlot.oidRequest
    case .cancelOIDRequest: HandlerSlot.cancelOIDRequest
    case .returnNetBufferLists: HandlerSlot.returnLists
    case .devicePnPEventNotify: HandlerSlot.pnpEvent
    default: HandlerSlot.restart
    }
  }

  /// Whether a handle names a live section.
  public func isLive(section handle: Handle) -> Bool { (try? resolveSection(handle)) != nil }

  /// The live block an AllocationHandle names.
  public func allocation(_ handle: Handle) -> AllocationDetails? {
    let index = Index<BlockRecord>(handle.index)
    guard handle.kind == .allocation, store.blocks.contains(index) else { return nil }
    let block = store.blocks[index]
    guard block.$state.raw == BlockState.live.rawValue,
      self.handle(.allocation, block.generation, index) == handle
    else { return nil }
    let section = store.sections[block.section.index]
    return AllocationDetails(
      section: sectionHandle(block.section.index), sectionIndex: block.section.index.raw,
      sectionSize: UInt64(section.pages) << section.pageShift, physicalBase: section.physicalBase,
      extentCount: block.extents, length: block.length)
  }

  /// Visits the extents of a live block in order.
  public func forEachExtent(of handle: Handle, _ body: (Extent) -> Void) {
    guard handle.kind == .allocation, store.blocks.contains(Index(handle)) else { return }
    let block = store.blocks[Index(handle)]
    guard block.section != .none else { return }
    let shift = store.sections[block.section.index, \.pageShift]
    var left = block.length
    func visit(_ firstPage: UInt32, _ pages: UInt32) {
      // Only the last extent may end within a page; it ends at the block's length.
      let length = UInt32(clamping: min(UInt64(pages) << shift, UInt64(left)))
      left -= length
      body(Extent(offset: UInt64(firstPage) << shift, length: length))
    }
    visit(block.firstPage, block.pages)
    var more = block.moreExtents
    while let index = more.optional {
      let extent = store.extents[index]
      visit(extent.firstPage, extent.pages)
      more = extent.next
    }
  }

  /// Visits every block of a hosted provider, with section, context and extents: the provider restores its
  /// state from them after an adoption.
  public func forEachHostedBlock(
    _ body: (_ provider: UInt32, _ section: Handle, _ context: UInt64, [Extent]) -> Void
  ) {
    for index in store.blocks.touched {
      let block = store.blocks[index]
      guard block.state == .live || block.state == .freeing,
        let registration = block.registration.optional,
        store.registrations[registration, \.ownerSession].isNone,
        store.registrations[registration, \.hosted] != UInt32.max
      else { continue }
      var extents: [Extent] = []
      forEachExtent(of: handle(.allocation, block.generation, index)) { extents.append($0) }
      body(
        store.registrations[registration, \.hosted], sectionHandle(block.section.index),
        block.providerContext, extents)
    }
  }

  /// Visits every section of a hosted provider.
  public func forEachSection(
    ofHosted provider: UInt32,
    _ body: (Handle, _ domain: Handle, _ node: UInt32, _ size: UInt64) -> Void
  ) {
    var next = derived.liveSections.first
    while let index = next {
      next = derived.liveSections.first(after: index)
      let section = store.sections[index]
      let registration = store.registrations[section.registration.index]
      guard registration.ownerSession.isNone, registration.hosted == provider else { continue }
      body(
        sectionHandle(index), section.domain, section.node,
        UInt64(section.pages) << section.pageShift)
    }
  }

  /// Counters of the simulator, or of one session.
  public func statistics(session: UInt32?) -> Statistics {
    let globals = store.globals[0]
    var statistics = Statistics()
    func used<Record>(_ table: UInt32, _ free: RecordSet<Record>) -> UInt64 {
      UInt64(table - free.count)
    }
    statistics.sessions = UInt64(slabs.sessions.used)
    statistics.drivers = UInt64(slabs.drivers.used)
    statistics.adapters = UInt64(slabs.adapters.used)
    statistics.bindings = UInt64(slabs.bindings.used)
    statistics.registrations = UInt64(slabs.registrations.used)
    statistics.sections = UInt64(slabs.sections.used)
    statistics.blocks = UInt64(slabs.blocks.used)
    statistics.bytes = globals.bytes
    statistics.openRequests = UInt64(slabs.requests.used)
    statistics.openUpcalls = UInt64(slabs.upcalls.used)
    statistics.queues = UInt64(slabs.queues.used)
    statistics.vports = UInt64(slabs.vports.used)
    statistics.filters = UInt64(slabs.filters.used)
    statistics.openOIDs = UInt64(slabs.oids.used)
    statistics.indicatedLists = UInt64(slabs.lists.used)
    statistics.upcalls = globals.upcallSerial
    statistics.pended = globals.pended
    statistics.allocations = globals.allocations
    statistics.frees = globals.frees
    statistics.failedAllocations = globals.failedAllocations
    statistics.violations = globals.violations
    statistics.leakedBlocks = globals.leakedBlocks
    if let session {
      let record = store.sessions[Index(session)]
      statistics.sessionBlocks = UInt64(record.blocks)
      statistics.sessionBytes = record.bytes
      statistics.sessionViolations = record.violations
      statistics.sessionLeakedBlocks = record.leaked
    }
    return statistics
  }

  /// Whether the undo log is closed, as it must be between turns; for tests.
  public var isBetweenTurns: Bool { !store.undo.isOpen }

  /// Writes that were not saved because a turn outgrew the undo log; tests require zero.
  public var undoOverflows: UInt64 { store.undo.overflows }
}
