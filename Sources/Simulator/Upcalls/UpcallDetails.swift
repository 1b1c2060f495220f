// Details the host reads after a turn to write upcall messages: what all upcalls have in common, and what a hosted
// provider needs. Nothing is changed here. OIDDetails.swift and IndicationDetails.swift have the rest.

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
    case .sharedMemoryAllocateComplete:
      let index = Index<AdapterRecord>(upcall.object)
      details.context = store.adapters[index, \.context]
      details.handler = store.adapters[index, \.allocateCompleteHandler]
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
}
