// Converts snapshots of the simulator to values of the interface: documented names, handles in hexadecimal,
// sizes as integers. No lookup costs more than the snapshot did.

import NDISDriverInterface
import NDISDriverPlane
import NDISEvents
import NDISHostedDrivers
import NDISManagementInterface
import NDIS
import NDISSimulator

typealias Interface = SimulatorInterface

extension Interface.Session {
  init(_ session: SessionSnapshot, waitingPackets: Int) {
    self.init(
      session: Int(session.number), name: "\(session.name)", pid: Int(session.pid),
      uid: Int(session.uid), state: session.state.rawValue, drivers: session.drivers,
      blocks: Int(session.blocks), bytes: Int(clamping: session.bytes),
      sections: Int(session.sections), openRequests: session.openRequests,
      openUpcalls: session.openUpcalls, violations: Int(clamping: session.violations),
      leakedBlocks: Int(clamping: session.leakedBlocks), waitingPackets: waitingPackets)
  }
}

extension Interface.Driver {
  init(_ driver: DriverSnapshot, blocks: Int) {
    self.init(
      handle: "\(driver.handle)", name: "\(driver.name)", kind: driver.kind.rawValue,
      state: driver.state.rawValue, ndisVersion: "\(driver.version)",
      session: driver.session.map { Int($0) }, pid: driver.pid.map { Int($0) },
      children: driver.children, blocks: blocks, provider: driver.provider.map { "\($0)" })
  }
}

extension Interface.Adapter {
  /// `hosted` is the hosted miniport that owns the adapter, if any.
  init(_ adapter: AdapterSnapshot, blocks: Int, hosted: VMQSettings?) {
    self.init(
      handle: "\(adapter.handle)", name: "\(adapter.name)", driver: "\(adapter.driver)",
      driverName: "\(adapter.driverName)", session: adapter.session.map { Int($0) },
      state: adapter.state.name, attributesSet: adapter.attributesSet,
      dmaRegistered: adapter.dmaRegistered,
      dmaChannelRegistered: adapter.channelRegistered ? true : nil, bindings: adapter.bindings,
      blocks: blocks,
      queues: adapter.queues, vports: adapter.vports, filters: adapter.filters,
      openOids: adapter.openOIDs, indicated: Int(adapter.indicated), held: adapter.isHeld,
      removed: adapter.isRemoved,
      macAddress: adapter.address.isEmpty
        ? nil : Interface.GeneralAttributes.text(adapter.address),
      hosted: hosted.map { Interface.HostedMiniport($0) })
  }
}

extension Interface.Binding {
  init(_ binding: BindingSnapshot, _ counts: OwnerCounts) {
    self.init(
      handle: "\(binding.handle)", kind: binding.kind.rawValue, state: binding.state.rawValue,
      driver: "\(binding.driver)", driverName: "\(binding.driverName)",
      adapter: "\(binding.adapter)", adapterName: "\(binding.adapterName)",
      session: binding.session.map { Int($0) }, blocks: counts[binding.handle],
      provider: binding.provider.map { "\($0)" }, indicated: counts[lists: binding.handle])
  }
}

extension Interface.Provider {
  /// `pool` is the hosted provider, if it is one.
  init(_ provider: ProviderSnapshot, pool: HostedPool?) {
    self.init(
      handle: "\(provider.handle)", name: "\(provider.name)", level: provider.level.name,
      state: provider.state.rawValue, owner: provider.owner.map { "\($0)" },
      session: provider.session.map { Int($0) },
      adapterName: provider.adapterName.map { "\($0)" },
      context: provider.context.map { hex($0, digits: 16) }, sections: provider.sections,
      blocks: Int(provider.blocks), bytes: Int(clamping: provider.bytes),
      openUpcalls: Int(provider.openUpcalls),
      hosted: pool.map { Interface.HostedProvider($0.settings) },
      freeBytes: pool.map { Int(clamping: $0.freeBytes) })
  }
}

extension Interface.HostedMiniport {
  init(_ settings: VMQSettings) {
    self.init(
      name: settings.name, queues: settings.vports > 0 ? nil : Int(settings.queues),
      vports: Int(settings.vports), queueMemory: Int(settings.queueMemory),
      ndisVersion: "\(settings.version)", frameLength: Int(settings.frameLength),
      framesPerSecond: Int(settings.framesPerSecond), pends: settings.pends.rawValue)
  }
}

extension Interface.HostedProvider {
  init(_ settings: PoolSettings) {
    self.init(
      name: settings.name, capacity: Int(clamping: settings.capacity), nodes: Int(settings.nodes),
      pageSize: Int(settings.pageSize), fill: settings.fill.rawValue,
      fragmentSeed: settings.fragmentationSeed == 0
        ? nil : Int(clamping: settings.fragmentationSeed))
  }
}

extension ProviderLevel {
  /// The name in the interface.
  var name: String {
    switch self {
    case .binding: "binding"
    case .protocolDriver: "protocolDriver"
    case .miniportDriver: "miniportDriver"
    case .pool: "pool"
    case .hal: "hal"
    }
  }
}

extension Interface.Section {
  init(_ section: SectionSnapshot) {
    self.init(
      handle: "\(section.handle)", provider: "\(section.provider)",
      providerName: "\(section.providerName)", domain: "\(section.domain)",
      domainName: "\(section.domainName)", node: Int(section.node),
      size: Int(clamping: section.size), pageSize: Int(clamping: section.pageSize),
      physicalBase: hex(section.physicalBase, digits: 16), blocks: Int(section.blocks),
      bytes: Int(clamping: section.bytes))
  }
}

extension Interface.Block {
  init(_ block: BlockSnapshot, extents: [NDIS.Extent]?, now: UInt64) {
    self.init(
      handle: "\(block.handle)", sharedMemoryHandle: block.sharedMemoryHandle.map { "\($0)" },
      state: block.state.rawValue, owner: block.owner.map { "\($0)" },
      driverName: block.driverName.map { "\($0)" },
      adapterName: block.adapterName.map { "\($0)" }, session: block.session.map { Int($0) },
      provider: "\(block.provider)", providerName: "\(block.providerName)",
      section: block.section.map { "\($0)" }, length: Int(block.length),
      extentCount: Int(block.extentCount), offset: block.offset.map { Int(clamping: $0) },
      extents: extents?.map {
        Interface.Extent(offset: Int(clamping: $0.offset), length: Int($0.length))
      },
      contiguous: block.contiguous, queueId: Int(block.queueID),
      vportId: block.vportID.map { Int($0) }, node: block.node.map { Int($0) },
      usage: "\(block.usage)", tag: block.tag == 0 ? nil : tagText(block.tag),
      site: block.site.isEmpty ? nil : "\(block.site)", ageMs: age(block.createdAt, now),
      indicated: Int(block.indicated), routine: block.routine.rawValue)
  }
}

/// Age in milliseconds.
func age(_ createdAt: UInt64, _ now: UInt64) -> Int {
  now > createdAt ? Int(clamping: now - createdAt) : 0
}

extension Interface.Event {
  init(_ entry: EventLog.Entry) {
    var fields: [String: String] = [:]
    for field in entry.event.fields { fields[field.name] = field.value }
    self.init(
      sequence: Int(clamping: entry.sequence), realtimeUs: Int(clamping: entry.realtime),
      kind: entry.event.kind.name, messageId: entry.event.kind.messageID,
      priority: entry.event.kind.priority.name, message: entry.event.sentence, fields: fields)
  }
}

extension Priority {
  init?(name: String) {
    for priority in [Priority.error, .warning, .notice, .info, .debug] where priority.name == name {
      self = priority
      return
    }
    return nil
  }
}

extension Interface.ViolationCount {
  init(_ line: ViolationBook.Line) {
    self.init(
      code: line.code, rule: line.rule, count: Int(clamping: line.count),
      expected: line.expected.map { Int(clamping: $0) }, message: line.message,
      advice: line.isAdvice ? true : nil,
      sources: line.sources.prefix(ViolationSources.shown).map { Interface.ViolationSource($0) })
  }
}

extension Interface.ViolationSource {
  init(_ line: ViolationSources.Line) {
    let (party, origin) = (line.source.party, line.source.origin)
    self.init(
      driverName: "\(party.driver)", adapterName: party.adapter.isEmpty ? nil : "\(party.adapter)",
      binding: party.binding == .null ? nil : "\(party.binding)",
      session: party.pid == 0 ? nil : Int(party.session),
      tag: origin.tag == 0 ? nil : tagText(origin.tag),
      site: origin.site.isEmpty ? nil : "\(origin.site)", count: Int(clamping: line.count),
      message: line.message)
  }
}

extension Interface.Latency {
  init(_ what: String, driver: String?, _ histogram: Histogram) {
    self.init(
      what: what, driver: driver, count: Int(clamping: histogram.count),
      sumUs: Int(clamping: histogram.sum), maximumUs: Int(clamping: histogram.maximum),
      buckets: histogram.buckets.map { Int(clamping: $0) })
  }
}

extension Interface.Counters {
  init(_ counters: Statistics, events: UInt64) {
    self.init(
      sessions: Int(clamping: counters.sessions), drivers: Int(clamping: counters.drivers),
      adapters: Int(clamping: counters.adapters), bindings: Int(clamping: counters.bindings),
      providers: Int(clamping: counters.registrations), sections: Int(clamping: counters.sections),
      blocks: Int(clamping: counters.blocks), bytes: Int(clamping: counters.bytes),
      openRequests: Int(clamping: counters.openRequests),
      openUpcalls: Int(clamping: counters.openUpcalls), queues: Int(clamping: counters.queues),
      vports: Int(clamping: counters.vports), filters: Int(clamping: counters.filters),
      openOids: Int(clamping: counters.openOIDs),
      indicatedLists: Int(clamping: counters.indicatedLists),
      allocations: Int(clamping: counters.allocations), frees: Int(clamping: counters.frees),
      failedAllocations: Int(clamping: counters.failedAllocations),
      violations: Int(clamping: counters.violations),
      leakedBlocks: Int(clamping: counters.leakedBlocks), events: Int(clamping: events))
  }

  /// A counter by name; nil if there is none.
  subscript(name: String) -> Int? {
    switch name {
    case "sessions": sessions
    case "drivers": drivers
    case "adapters": adapters
    case "bindings": bindings
    case "providers": providers
    case "sections": sections
    case "blocks": blocks
    case "bytes": bytes
    case "openRequests": openRequests
    case "openUpcalls": openUpcalls
    case "queues": queues
    case "vports": vports
    case "filters": filters
    case "openOids": openOids
    case "indicatedLists": indicatedLists
    case "allocations": allocations
    case "frees": frees
    case "failedAllocations": failedAllocations
    case "violations": violations
    case "leakedBlocks": leakedBlocks
    case "events": events
    default: nil
    }
  }
}

extension Handle {
  /// Parses a handle in the interface's format: 0x and up to 16 hexadecimal digits.
  init?(text: String) {
    guard text.hasPrefix("0x") || text.hasPrefix("0X"), (3...18).contains(text.utf8.count),
      let value = UInt64(text.dropFirst(2), radix: 16)
    else { return nil }
    self.init(rawValue: value)
  }
}

/// Parses a pool tag: four characters, or 0x and hexadecimal digits.
func tag(text: String) -> UInt32? {
  let bytes = Array(text.utf8)
  if bytes.count <= 4, !bytes.isEmpty, bytes.allSatisfy({ $0 >= 0x20 && $0 < 0x7F }) {
    return bytes.enumerated().reduce(0) { $0 | UInt32($1.element) << (8 * UInt32($1.offset)) }
  }
  guard text.hasPrefix("0x"), bytes.count <= 10 else { return nil }
  return UInt32(text.dropFirst(2), radix: 16)
}
