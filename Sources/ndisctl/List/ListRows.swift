// The columns of every kind of object that can be listed. Ranks determine which columns are omitted first
// on a narrow terminal: names and states stay longest.

import NDISDrawing
import NDISManagementInterface

extension SimulatorInterface.Session: Listed {
  static var plural: String { "sessions" }

  static var columns: [ListColumn<Self>] {
    [
      .number("SESSION") { $0.session },
      .text("NAME", minimum: 8, .name) { $0.name },
      .number("PID") { $0.pid },
      .number("UID", rank: 6) { $0.uid },
      .state { $0.state },
      .number("DRIVERS", rank: 2) { $0.drivers },
      .number("SECTIONS", rank: 5) { $0.sections },
      .number("BLOCKS") { $0.blocks },
      .bytes("BYTES") { $0.bytes },
      .number("REQUESTS", rank: 4) { $0.openRequests },
      .number("UPCALLS", rank: 4) { $0.openUpcalls },
      .number("VIOLATIONS", rank: 1, alarming: true) { $0.violations },
      .number("LEAKED", rank: 1, alarming: true) { $0.leakedBlocks },
      .number("WAITING", rank: 7) { $0.waitingPackets },
    ]
  }
}

extension SimulatorInterface.Driver: Listed {
  static var plural: String { "drivers" }

  static var columns: [ListColumn<Self>] {
    [
      .text("HANDLE") { $0.handle },
      .text("NAME", minimum: 8, .name) { $0.name },
      .text("KIND") { $0.kind },
      .state { $0.state },
      .text("NDIS", rank: 3) { $0.ndisVersion },
      .number("SESSION", rank: 2) { $0.session },
      .number("PID", rank: 1) { $0.pid },
      .number("CHILDREN", rank: 4) { $0.children },
      .number("BLOCKS") { $0.blocks },
      .text("PROVIDER", rank: 5) { $0.provider },
    ]
  }
}

extension SimulatorInterface.Adapter: Listed {
  static var plural: String { "adapters" }

  static var columns: [ListColumn<Self>] {
    [
      .text("HANDLE") { $0.handle },
      .text("NAME", minimum: 8, .name) { $0.name },
      .state { $0.state },
      .text("DRIVER", minimum: 8) { $0.driverName },
      .number("SESSION", rank: 1) { $0.session },
      .number("BINDINGS", rank: 2) { $0.bindings },
      .number("BLOCKS") { $0.blocks },
      .number("QUEUES", rank: 3) { $0.queues },
      .number("VPORTS", rank: 5) { $0.vports },
      .number("FILTERS", rank: 5) { $0.filters },
      .number("OIDS", rank: 4) { $0.openOids },
      .number("INDICATED", rank: 4) { $0.indicated },
      .text("MAC ADDRESS", rank: 5) { $0.macAddress },
      .flag("ATTRIBUTES", rank: 6) { $0.attributesSet },
      .flag("DMA", rank: 6) { $0.dmaRegistered },
    ]
  }
}

extension SimulatorInterface.Binding: Listed {
  static var plural: String { "bindings" }

  static var columns: [ListColumn<Self>] {
    [
      .text("HANDLE") { $0.handle },
      .text("KIND", rank: 2) { $0.kind },
      .state { $0.state },
      .text("DRIVER", minimum: 8, .name) { $0.driverName },
      .text("ADAPTER", minimum: 8, .name) { $0.adapterName },
      .number("SESSION", rank: 3) { $0.session },
      .number("BLOCKS") { $0.blocks },
      .number("INDICATED", rank: 3) { $0.indicated },
      .text("PROVIDER", rank: 4) { $0.provider },
    ]
  }
}

extension SimulatorInterface.Provider: Listed {
  static var plural: String { "providers" }

  static var columns: [ListColumn<Self>] {
    [
      .text("HANDLE") { $0.handle },
      .text("NAME", minimum: 8, .name) { $0.name },
      .text("LEVEL") { $0.level },
      .state { $0.state },
      .number("SESSION", rank: 5) { $0.session },
      .text("ADAPTER", rank: 3) { $0.adapterName },
      .number("SECTIONS", rank: 4) { $0.sections },
      .number("BLOCKS") { $0.blocks },
      .bytes("BYTES") { $0.bytes },
      .bytes("CAPACITY", rank: 1) { $0.hosted?.capacity },
      .bytes("FREE", rank: 2) { $0.freeBytes },
      .number("UPCALLS", rank: 6) { $0.openUpcalls },
      .text("OWNER", rank: 7) { $0.owner },
      .text("CONTEXT", rank: 8) { $0.context },
    ]
  }
}

extension SimulatorInterface.Section: Listed {
  static var plural: String { "sections" }

  static var columns: [ListColumn<Self>] {
    [
      .text("HANDLE") { $0.handle },
      .text("PROVIDER", minimum: 8, .name) { $0.providerName },
      .text("DOMAIN", minimum: 8, .name) { $0.domainName },
      .number("NODE", rank: 2) { $0.node },
      .bytes("SIZE") { $0.size },
      .bytes("PAGE", rank: 4) { $0.pageSize },
      .text("BASE", rank: 3) { $0.physicalBase },
      .number("BLOCKS") { $0.blocks },
      .bytes("BYTES", rank: 1) { $0.bytes },
    ]
  }
}

extension SimulatorInterface.Block: Listed {
  static var plural: String { "blocks" }

  static var columns: [ListColumn<Self>] { columns(withExtents: false) }

  /// - Parameter withExtents: each extent instead of the number of extents.
  static func columns(withExtents: Bool) -> [ListColumn<Self>] {
    var columns: [ListColumn<Self>] = [
      .text("HANDLE") { $0.handle },
      .state(rank: 3) { $0.state },
      .text("DRIVER", minimum: 12, .name) { $0.driverName },
      .text("ADAPTER", rank: 5, minimum: 8, .name) { $0.adapterName },
      .text("PROVIDER", rank: 6, minimum: 8, .name) { $0.providerName },
      .bytes("LENGTH") { $0.length },
      .number("QUEUE", rank: 4) { $0.queueId },
      .text("USAGE", rank: 7, minimum: 8) { shortUsage($0.usage) },
      .text("TAG", rank: 1) { $0.tag },
      .text("SITE", rank: 2, minimum: 16) { $0.site },
      .span("AGE") { $0.ageMs },
      .number("SESSION", rank: 9) { $0.session },
      .number("NODE", rank: 10) { $0.node },
      .number("VPORT", rank: 11) { $0.vportId },
      .flag("CONTIGUOUS", rank: 12) { $0.contiguous },
      .number("INDICATED", rank: 13) { $0.indicated },
      .text("OWNER", rank: 13) { $0.owner },
      .text("ROUTINE", rank: 13, minimum: 16) { $0.routine },
      .text("SECTION", rank: 14) { $0.section },
      .text("OFFSET", rank: 15) { $0.offset.map { hexadecimal($0) } },
    ]
    columns.append(
      withExtents
        ? .sentence("EXTENTS") { extentsText($0.extents ?? []) }
        : .number("EXTENTS", rank: 8) { $0.extentCount })
    return columns
  }
}

extension SimulatorInterface.BlockGroup: Listed {
  static var plural: String { "groups" }

  static var columns: [ListColumn<Self>] {
    [
      .text("KEY", minimum: 12, .name) { $0.key.isEmpty ? "(none)" : $0.key },
      .number("BLOCKS") { $0.blocks },
      .bytes("BYTES") { $0.bytes },
      .span("OLDEST") { $0.oldestMs },
    ]
  }
}

extension SimulatorInterface.ViolationCount: Listed {
  static var plural: String { "violations" }

  static var columns: [ListColumn<Self>] {
    [
      .text("CODE", .bad) { $0.code },
      .text("RULE", rank: 2) { $0.rule.isEmpty ? nil : $0.rule },
      .number("COUNT") { $0.count },
      .text("EXPECTED", rank: 1) { $0.advice == true ? "advice" : $0.expected.map { "\($0)" } },
      .text("DRIVER", rank: 1, minimum: 10, .name) { $0.sources?.first?.driverName },
      .text("ADAPTER", rank: 2, minimum: 8) { $0.sources?.first?.adapterName },
      .text("SITE", rank: 2, minimum: 10) { $0.sources?.first?.site },
      .sentence("MESSAGE") { $0.message },
    ]
  }
}

extension SimulatorInterface.Setting: Listed {
  static var plural: String { "settings" }

  static var columns: [ListColumn<Self>] {
    [
      .text("KEY", .name) { $0.key },
      .text("VALUE", minimum: 12) { $0.value },
      .text("UNIT", rank: 1) { $0.unit },
      .text("ORIGIN", minimum: 10) { $0.origin },
    ]
  }
}

extension SimulatorInterface.SettingChange: Listed {
  static var plural: String { "changes" }

  static var columns: [ListColumn<Self>] {
    [
      .text("KEY", .name) { $0.key },
      .text("FROM", minimum: 10) { $0.from },
      .text("TO", minimum: 10) { $0.to },
      .text("") { $0.applied ? "applied" : "needs a restart" },
    ]
  }
}

/// A usage's documented name without the common prefix.
func shortUsage(_ usage: String) -> String {
  let prefix = "NdisSharedMemoryUsage"
  return usage.hasPrefix(prefix) ? String(usage.dropFirst(prefix.count)) : usage
}

/// `0x1000`.
func hexadecimal(_ value: Int) -> String { "0x" + String(value, radix: 16, uppercase: true) }

/// `0x1000+0x2000` for each: offset and length.
func extentsText(_ extents: [SimulatorInterface.Extent]) -> String {
  extents.map { "\(hexadecimal($0.offset))+\(hexadecimal($0.length))" }.joined(separator: " ")
}
