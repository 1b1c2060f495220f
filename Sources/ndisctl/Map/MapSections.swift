// The sections to draw, each with the extents of its blocks and the names of their owners. Blocks are
// queried section by section, so that memory holds those of one section.

import ArgumentParser
import NDISDrawing
import NDISManagementInterface
import NDISVarlink

/// Sections with their contents.
struct MapSections {
  /// The property that distinguishes blocks in a map.
  enum Key: String, CaseIterable, ExpressibleByArgument {
    case owner, tag, usage, queue, site

    /// The name of a block in the legend.
    func name(_ block: SimulatorInterface.Block) -> String {
      switch self {
      case .owner:
        switch (block.driverName, block.adapterName) {
        case (let driver?, let adapter?): "\(driver), adapter \(adapter)"
        case (let driver?, nil): driver
        default: "former owner"
        }
      case .tag: block.tag.map { "tag '\($0)'" } ?? "without a tag"
      case .usage: block.usage
      case .queue: "queue \(block.queueId)"
      case .site: block.site ?? "unknown site"
      }
    }
  }

  struct Entry {
    var section: SimulatorInterface.Section
    var map: SectionMap
  }

  private(set) var list: [Entry] = []

  /// - Parameters:
  ///   - wanted: a section's handle; nil for all.
  ///   - key: the property shown by letters; nil leaves the maps empty.
  init(
    _ daemon: borrowing DaemonConnection, only wanted: String?, by key: Key?
  ) throws(CommandFailure) {
    var sections: [SimulatorInterface.Section] = []
    try daemon.stream(SimulatorInterface.ListSections.self, .init()) { reply in
      sections += reply.sections
      return true
    }
    if let wanted {
      sections = sections.filter { MapSections.isSame($0.handle, wanted) }
      if sections.isEmpty {
        throw CommandFailure("there is no section '\(wanted)'; see 'ndisctl list sections'")
      }
    }
    for section in sections {
      let map =
        if let key { try MapSections.map(section, daemon, by: key) } else {
          SectionMap(size: section.size, owners: [], extents: [])
        }
      list.append(Entry(section: section, map: map))
    }
  }

  /// A section's map, with the extents of its blocks.
  private static func map(
    _ section: SimulatorInterface.Section, _ daemon: borrowing DaemonConnection, by key: Key
  ) throws(CommandFailure) -> SectionMap {
    var owners: [String] = []
    var numbers: [String: Int] = [:]
    var extents: [SectionMap.Extent] = []
    var block = 0
    let input = SimulatorInterface.ListBlocks.Input(
      filter: SimulatorInterface.BlockFilter(section: section.handle), withExtents: true)
    try daemon.stream(SimulatorInterface.ListBlocks.self, input) { reply in
      for found in reply.blocks {
        let name = key.name(found)
        let number = numbers[name] ?? owners.count
        if number == owners.count {
          numbers[name] = number
          owners.append(name)
        }
        for extent in found.extents ?? [] {
          extents.append(
            .init(offset: extent.offset, length: extent.length, owner: number, block: block))
        }
        block += 1
      }
      return true
    }
    return SectionMap(size: section.size, owners: owners, extents: extents)
  }

  /// Whether two texts are the same handle, ignoring case and leading zeros.
  private static func isSame(_ handle: String, _ wanted: String) -> Bool {
    guard let first = HandleArgument(argument: handle) else { return handle == wanted }
    return first == HandleArgument(argument: wanted)
  }
}

extension MapSections.Entry {
  /// One line that identifies the section.
  var title: String {
    "Section \(section.handle): \(section.providerName) for \(section.domainName), node \(section.node)"
  }

  /// One line: size, address and statistics.
  var details: String {
    let figures = map.figures
    return "\(HumanFormat.bytes(section.size)) at \(section.physicalBase); "
      + "\(HumanFormat.bytes(figures.used)) used, \(freeText)"
  }

  var freeText: String {
    let figures = map.figures
    guard figures.free > 0 else { return "no free space" }
    return
      "\(HumanFormat.bytes(figures.free)) free in \(HumanFormat.counted(figures.freeRuns, "run")), "
      + "longest run \(HumanFormat.bytes(figures.longestFreeRun)), fragmentation \(percent(figures))"
  }

  private func percent(_ figures: SectionMap.Figures) -> String {
    let tenths = Int((figures.fragmentation * 1000).rounded())
    return "\(tenths / 10).\(tenths % 10) %"
  }

  /// Statistics and shares as JSON.
  var json: JSON {
    let figures = map.figures
    let owners: [JSON] = map.shares.enumerated().map { index, share in
      [
        "owner": .string(map.owners[index]), "blocks": .int(Int64(share.blocks)),
        "bytes": .int(Int64(share.bytes)),
      ]
    }
    return [
      "section": section.json,
      "usedBytes": .int(Int64(figures.used)), "freeBytes": .int(Int64(figures.free)),
      "freeRuns": .int(Int64(figures.freeRuns)),
      "longestFreeRun": .int(Int64(figures.longestFreeRun)),
      "fragmentation": .double(figures.fragmentation), "owners": .array(owners),
      "extents": .array(
        map.extents.map { extent in
          [
            "offset": .int(Int64(extent.offset)), "length": .int(Int64(extent.length)),
            "owner": .string(map.owners[extent.owner]),
          ]
        }),
    ]
  }
}
