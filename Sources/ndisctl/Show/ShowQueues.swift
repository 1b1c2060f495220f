// The pages of `ndisctl show` for queues, VPorts, filters and OID requests. The page of a queue has the
// contents and labels of the debugger's !ndiskd.rcvqueue, followed by filters and memory.

import NDISDrawing
import NDISManagementInterface

extension ShowPage {
  static func members(_ queue: SimulatorInterface.Queue) -> KeyValues {
    var page = KeyValues()
    page.add("Queue name", queue.queueName.isEmpty ? "(none)" : queue.queueName)
    page.add("VM name", queue.vmName.isEmpty ? "(none)" : queue.vmName)
    page.add("QueueId", "\(queue.queueId)")
    page.add("Miniport", "\(queue.adapterName)  \(queue.adapter)")
    page.add("State", queue.state, stateStyle(queue.state))
    page.add("Type", queue.queueType)
    page.add("Flags", flagsText(queue.flags))
    page.add("Allocated", ["Undefined", "Reclaiming"].contains(queue.state) ? "no" : "yes")
    page.add("DMA stopped", queue.dmaStopped ? "indicated" : "not indicated")
    page.add("Allocated by", owner(queue.driverName, queue.owner))
    page.add("References", "\(HumanFormat.counted(queue.indicated, "outstanding list"))")
    page.add("Number of filters", HumanFormat.count(queue.filters))
    page.add("Suggested buffers", HumanFormat.count(queue.suggestedBuffers))
    page.add("MSI-X entry", "\(queue.msixTableEntry)")
    page.add("Lookahead size", "\(queue.lookaheadSize)")
    page.add("Affinity", affinityText(queue.affinityMask, queue.affinityGroup))
    page.add("Queue group", queue.queueGroupId == 0 ? nil : "\(queue.queueGroupId)")
    page.add("Port", queue.portId == 0 ? nil : "\(queue.portId)")
    page.add(
      "Interrupt coalescing domain",
      queue.interruptCoalescingDomainId == 0 ? nil : "\(queue.interruptCoalescingDomainId)")
    page.add("QoS scheduler queue", queue.qosSqId == 0 ? nil : "\(queue.qosSqId)")
    return page
  }

  static func members(_ vport: SimulatorInterface.VPort) -> KeyValues {
    var page = KeyValues()
    page.add("VPort name", vport.vportName.isEmpty ? "(none)" : vport.vportName)
    page.add("VPortId", "\(vport.vportId)")
    page.add("Miniport", "\(vport.adapterName)  \(vport.adapter)")
    page.add("State", vport.state, stateStyle(vport.state))
    page.add("Flags", flagsText(vport.flags))
    page.add("Attached to", vport.attachedFunction)
    page.add("Switch", "\(vport.switchId)")
    page.add("Created by", owner(vport.driverName, vport.owner))
    page.add("References", "\(HumanFormat.counted(vport.indicated, "outstanding list"))")
    page.add("Number of filters", HumanFormat.count(vport.filters))
    page.add("Queue pairs", HumanFormat.count(vport.queuePairs))
    page.add("Interrupt moderation", vport.interruptModeration)
    page.add("Lookahead size", "\(vport.lookaheadSize)")
    page.add("Affinity", affinityText(vport.affinityMask, vport.affinityGroup))
    page.add("QoS scheduler queue", vport.qosSqId == 0 ? nil : "\(vport.qosSqId)")
    return page
  }

  static func members(_ filter: SimulatorInterface.Filter) -> KeyValues {
    var page = KeyValues()
    page.add("FilterId", "\(filter.filterId)")
    page.add("Miniport", "\(filter.adapterName)  \(filter.adapter)")
    page.add("State", filter.state, stateStyle(filter.state))
    page.add("Type", filter.filterType)
    page.add("QueueId", "\(filter.queueId)")
    page.add("VPortId", filter.vportId.map { "\($0)" })
    page.add("Set by", owner(filter.driverName, filter.owner))
    page.add("Tests", filter.tests.map { Cell(testsText([$0])) })
    return page
  }

  static func members(_ oid: SimulatorInterface.OidRequest) -> KeyValues {
    var page = KeyValues()
    page.add("Handle", oid.handle)
    page.add("Oid", "\(oid.oid)  \(oid.number)")
    page.add("RequestType", oid.kind)
    page.add("State", oid.state, stateStyle(oid.state))
    page.add("Miniport", "\(oid.adapterName)  \(oid.adapter)")
    page.add("Issued by", owner(oid.driverName, oid.binding))
    page.add("RequestId", oid.requestId)
    page.add("Port", oid.portNumber == 0 ? nil : "\(oid.portNumber)")
    page.add("Timeout", oid.timeout.map { "\($0)s" })
    page.add("Input buffer", HumanFormat.bytes(oid.inputLength))
    page.add("Output buffer", HumanFormat.bytes(oid.outputLength))
    page.add("Cancelled", oid.cancelled ? "yes" : "no")
    return page
  }

  /// The filters and memory of a queue or VPort, after the page.
  func contents(on capabilities: TerminalCapabilities) -> [String] {
    guard object.queue != nil || object.vport != nil else { return attributes(on: capabilities) }
    var lines: [String] = []
    func part(
      _ title: String, _ columns: [Column], _ rows: [[Cell]], of all: Int
    ) {
      guard !rows.isEmpty else { return }
      let table = Table(columns, fitting: rows, on: capabilities)
      lines += ["", capabilities.paint(title, .strong), table.header] + rows.map { table.line($0) }
      if all > rows.count { lines.append("and \(all - rows.count) more") }
    }
    part(
      "FILTERS", [Column("FILTER"), Column("STATE"), Column("TESTS", runsOver: true)],
      (object.filters ?? []).map {
        [Cell($0.name, .name), Cell($0.state, stateStyle($0.state)), Cell(testsText($0.tests))]
      }, of: object.queue?.filters ?? object.vport?.filters ?? 0)
    let columns = [
      Column("SHAREDMEMORYHANDLE"), Column("STATE"), Column("LENGTH", .right),
      Column("USAGE", rank: 1), Column("INDICATED", .right), Column("SECTION", rank: 2),
      Column("EXTENTS", rank: 3, minimum: 12),
    ]
    part(
      "SHARED MEMORY ALLOCATIONS", columns,
      (object.blocks ?? []).map { block in
        [
          Cell(block.sharedMemoryHandle ?? block.handle),
          Cell(block.state, stateStyle(block.state)), Cell(HumanFormat.bytes(block.length)),
          Cell(shortUsage(block.usage)), Cell("\(block.indicated)"), Cell(block.section ?? "-"),
          Cell(extentsText(block.extents ?? [])),
        ]
      }, of: object.queue?.blocks ?? object.vport?.blocks ?? 0)
    return lines
  }

  private static func flagsText(_ flags: [String]) -> String {
    flags.isEmpty ? "none" : flags.joined(separator: ", ")
  }

  private static func owner(_ driver: String?, _ binding: String?) -> String {
    binding.map { "\(driver ?? "?")  \($0)" } ?? "NDIS"
  }
}
