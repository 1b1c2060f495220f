// The page of `ndisctl show` for each kind of object.

import NDISDrawing
import NDISManagementInterface

/// The page without the events.
struct ShowPage {
  var object: SimulatorInterface.Object

  /// An event concerns the object if one of its fields has the object's handle, name or number.
  func concerns(_ event: SimulatorInterface.Event) -> Bool {
    // A number is unique only together with the adapter.
    if let queue = object.queue {
      return event.fields["NDIS_ADAPTER"] == queue.adapterName
        && event.fields["NDIS_QUEUE_ID"] == "\(queue.queueId)"
    }
    if let vport = object.vport {
      return event.fields["NDIS_ADAPTER"] == vport.adapterName
        && event.fields["NDIS_VPORT_ID"] == "\(vport.vportId)"
    }
    if let filter = object.filter {
      return event.fields["NDIS_ADAPTER"] == filter.adapterName
        && event.fields["NDIS_FILTER_ID"] == "\(filter.filterId)"
    }
    let wanted = identity.fields
    return event.fields.contains { name, value in
      value == identity.handle || wanted.contains { $0.name == name && $0.value == value }
    }
  }

  func lines(on capabilities: TerminalCapabilities) -> [String] {
    let title = TerminalText.printable(
      "\(object.kind.uppercased()) \(identity.title)", unicode: capabilities.unicode)
    var lines = [capabilities.paint(title, .strong)]
    lines += members.lines(on: capabilities)
    lines += contents(on: capabilities)
    lines += holders(on: capabilities)
    guard !object.references.isEmpty else { return lines }
    let rows = object.references.map { reference in
      [Cell("  \(reference.relation)"), Cell(reference.handle), Cell(reference.name, .name)]
    }
    let table = Table(
      [Column(""), Column(""), Column("", minimum: 8)], fitting: rows, on: capabilities)
    return lines + ["", capabilities.paint("REFERENCES", .strong)] + rows.map { table.line($0) }
  }

  private var identity: (title: String, handle: String, fields: [(name: String, value: String)]) {
    if let session = object.session {
      return (
        "\(session.session) (\(session.name))", "", [("NDISSIM_SESSION", "\(session.session)")]
      )
    } else if let driver = object.driver {
      return (driver.name, driver.handle, [("NDIS_DRIVER", driver.name)])
    } else if let adapter = object.adapter {
      return (adapter.name, adapter.handle, [("NDIS_ADAPTER", adapter.name)])
    } else if let binding = object.binding {
      return ("\(binding.driverName) on \(binding.adapterName)", binding.handle, [])
    } else if let provider = object.provider {
      return (provider.name, provider.handle, [("NDIS_PROVIDER", provider.name)])
    } else if let section = object.section {
      return ("\(section.handle) of \(section.providerName)", section.handle, [])
    } else if let block = object.block {
      return (block.handle, block.handle, [])
    }
    if let queue = object.queue {
      return (queue.name, queue.name, [])
    } else if let vport = object.vport {
      return (vport.name, vport.name, [])
    } else if let filter = object.filter {
      return (filter.name, filter.name, [])
    } else if let oid = object.oid {
      return ("\(oid.oid) at \(oid.adapterName)", oid.handle, [])
    }
    return ("", "", [])
  }

  private var members: KeyValues {
    if let session = object.session { return ShowPage.members(session) }
    if let driver = object.driver { return ShowPage.members(driver) }
    if let adapter = object.adapter { return ShowPage.members(adapter) }
    if let binding = object.binding { return ShowPage.members(binding) }
    if let provider = object.provider { return ShowPage.members(provider) }
    if let section = object.section { return ShowPage.members(section) }
    if let block = object.block { return ShowPage.members(block) }
    if let queue = object.queue { return ShowPage.members(queue) }
    if let vport = object.vport { return ShowPage.members(vport) }
    if let filter = object.filter { return ShowPage.members(filter) }
    if let oid = object.oid { return ShowPage.members(oid) }
    var page = KeyValues()
    page.add("Kind", "'\(object.kind)', unknown to this version of ndisctl; use --json")
    return page
  }

  private static func members(_ session: SimulatorInterface.Session) -> KeyValues {
    var page = KeyValues()
    page.add("State", session.state, stateStyle(session.state))
    page.add("Process", "\(session.pid) (uid \(session.uid))")
    page.add("Drivers", HumanFormat.count(session.drivers))
    page.add("Sections", HumanFormat.count(session.sections))
    page.add("Blocks", held(session.blocks, session.bytes))
    page.add(
      "Outstanding",
      "\(HumanFormat.counted(session.openRequests, "request")), \(HumanFormat.counted(session.openUpcalls, "upcall"))"
    )
    page.add("Outbox", HumanFormat.counted(session.waitingPackets, "packet"))
    page.add(
      "Violations", HumanFormat.count(session.violations), session.violations > 0 ? .bad : .good)
    page.add(
      "Leaked blocks", HumanFormat.count(session.leakedBlocks),
      session.leakedBlocks > 0 ? .bad : .good
    )
    return page
  }

  private static func members(_ driver: SimulatorInterface.Driver) -> KeyValues {
    var page = KeyValues()
    page.add("Handle", driver.handle)
    page.add("Kind", "\(driver.kind) driver")
    page.add("State", driver.state, stateStyle(driver.state))
    page.add("NDIS version", driver.ndisVersion)
    page.add("Session", driver.session.map { "\($0)" })
    page.add("Process", driver.pid.map { "\($0)" })
    let children =
      switch driver.kind {
      case "miniport": "Adapters"
      case "protocol": "Bindings"
      default: "Filter modules"
      }
    page.add(children, HumanFormat.count(driver.children))
    page.add("Own blocks", HumanFormat.count(driver.blocks))
    page.add("Provider", driver.provider)
    return page
  }

  private static func members(_ adapter: SimulatorInterface.Adapter) -> KeyValues {
    var page = KeyValues()
    page.add("Handle", adapter.handle)
    page.add("State", adapter.state, stateStyle(adapter.state))
    page.add("Driver", "\(adapter.driverName)  \(adapter.driver)")
    page.add("Session", adapter.session.map { "\($0)" })
    page.add("Attributes", adapter.attributesSet ? "set" : "not set")
    page.add("Scatter-gather DMA", adapter.dmaRegistered ? "registered" : "not registered")
    page.add("DMA channel", adapter.dmaChannelRegistered == true ? "registered" : nil)
    page.add("Bindings", HumanFormat.count(adapter.bindings))
    page.add("Blocks", HumanFormat.count(adapter.blocks))
    page.add(
      "Queues",
      adapter.queues == 0
        ? "the default queue" : "the default queue and \(HumanFormat.count(adapter.queues))")
    page.add("VPorts", adapter.vports == 0 ? nil : HumanFormat.count(adapter.vports))
    page.add("Filters", HumanFormat.count(adapter.filters))
    page.add("Outstanding", HumanFormat.counted(adapter.openOids, "OID request"))
    page.add("Indicated", HumanFormat.counted(adapter.indicated, "list"))
    page.add("Paused", adapter.held ? "administratively, until it is restarted" : nil)
    page.add("Surprise removed", adapter.removed ? "yes" : nil)
    if let hosted = adapter.hosted { addHosted(hosted, to: &page) }
    return page
  }

  /// The configuration of a hosted miniport.
  private static func addHosted(
    _ hosted: SimulatorInterface.HostedMiniport, to page: inout KeyValues
  ) {
    page.add("Hosted", hosted.ndisVersion.map { "NDIS \($0)" })
    page.add("Maximum queues", hosted.queues.map { HumanFormat.count($0) })
    page.add(
      "Maximum VPorts", hosted.vports.flatMap { $0 == 0 ? nil : HumanFormat.count($0) })
    page.add("Memory per queue", hosted.queueMemory.map { HumanFormat.bytes($0) })
    page.add("Frame length", hosted.frameLength.map { HumanFormat.count($0) })
    page.add(
      "Frame rate",
      hosted.framesPerSecond.map { $0 == 0 ? "on request" : "\(HumanFormat.count($0))/s" })
    page.add("Returns PENDING", hosted.pends)
  }

  private static func members(_ binding: SimulatorInterface.Binding) -> KeyValues {
    var page = KeyValues()
    page.add("Handle", binding.handle)
    page.add(
      "Kind", binding.kind == "module" ? "filter module" : "binding of a protocol driver")
    page.add("State", binding.state, stateStyle(binding.state))
    page.add("Driver", "\(binding.driverName)  \(binding.driver)")
    page.add("Adapter", "\(binding.adapterName)  \(binding.adapter)")
    page.add("Session", binding.session.map { "\($0)" })
    page.add("Blocks", HumanFormat.count(binding.blocks))
    page.add("Holds", binding.indicated.map { HumanFormat.counted($0, "indicated list") })
    page.add("Provider", binding.provider)
    return page
  }

  private static func members(_ provider: SimulatorInterface.Provider) -> KeyValues {
    var page = KeyValues()
    page.add("Handle", provider.handle)
    page.add("Level", provider.level)
    page.add("State", provider.state, stateStyle(provider.state))
    page.add("Registered on", provider.owner)
    page.add("Adapter", provider.adapterName)
    page.add("Session", provider.session.map { "\($0)" })
    page.add("ProviderContext", provider.context)
    page.add("Sections", HumanFormat.count(provider.sections))
    page.add("Blocks", held(provider.blocks, provider.bytes))
    page.add("Outstanding upcalls", HumanFormat.count(provider.openUpcalls))
    if let hosted = provider.hosted {
      page.add("Capacity", HumanFormat.bytes(hosted.capacity))
      page.add("Free", provider.freeBytes.map { HumanFormat.bytes($0) })
      page.add("NUMA nodes", hosted.nodes.map { "\($0)" })
      page.add("Page size", hosted.pageSize.map { HumanFormat.bytes($0) })
      page.add("Fill", hosted.fill)
      page.add("Fragmentation", hosted.fragmentSeed.map { "seed \($0)" })
    }
    return page
  }

  private static func members(_ section: SimulatorInterface.Section) -> KeyValues {
    var page = KeyValues()
    page.add("Handle", section.handle)
    page.add("Provider", "\(section.providerName)  \(section.provider)")
    page.add("DMA domain", "\(section.domainName)  \(section.domain)")
    page.add("NUMA node", "\(section.node)")
    page.add(
      "Size",
      "\(HumanFormat.bytes(section.size)) in pages of \(HumanFormat.bytes(section.pageSize))")
    page.add("Physical base", section.physicalBase)
    page.add("Blocks", held(section.blocks, section.bytes))
    return page
  }

  private static func members(_ block: SimulatorInterface.Block) -> KeyValues {
    var page = KeyValues()
    page.add("AllocationHandle", block.handle)
    page.add("SharedMemoryHandle", block.sharedMemoryHandle)
    page.add("State", block.state, stateStyle(block.state))
    page.add("Allocated by", block.routine)
    page.add("Owner", block.owner)
    page.add("Driver", block.driverName)
    page.add("Adapter", block.adapterName)
    page.add("Session", block.session.map { "\($0)" })
    page.add("Provider", "\(block.providerName)  \(block.provider)")
    page.add("Section", block.section)
    page.add("Length", "\(HumanFormat.bytes(block.length)) (\(HumanFormat.count(block.length)))")
    if let extents = block.extents {
      page.add(
        "Extents",
        extents.map { Cell("\(hexadecimal($0.offset)) + \(hexadecimal($0.length))") })
    } else {
      page.add("Extents", HumanFormat.count(block.extentCount))
      page.add("Offset", block.offset.map { hexadecimal($0) })
    }
    page.add("Contiguous", block.contiguous ? "requested" : "not requested")
    page.add("QueueId", "\(block.queueId)")
    page.add("VPortId", block.vportId.map { "\($0)" })
    page.add("PreferredNode", block.node.map { "\($0)" })
    page.add("Usage", block.usage)
    page.add("Pool tag", block.tag)
    page.add("Site", block.site)
    page.add("Indicated", HumanFormat.counted(block.indicated, "list"))
    page.add("Age", HumanFormat.milliseconds(block.ageMs))
    return page
  }

  private static func held(_ blocks: Int, _ bytes: Int) -> String {
    "\(HumanFormat.count(blocks)), \(HumanFormat.bytes(bytes))"
  }
}
