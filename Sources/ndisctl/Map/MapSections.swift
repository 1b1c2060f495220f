// The sections to draw, each with the extents of its blocks and the names of their owners. Blocks are
// asked for section by section, so that no more of them are held than one section has.

import ArgumentParser
import NDISDrawing
import NDISManagementInterface
import NDISVarlink

/// Sections with what lies in them.
struct MapSections {
  /// What tells blocks apart in a map.
  enum Key: String, CaseIterable, ExpressibleByArgument {
    case owner, tag, usage, queue, site

    /// The name under which a block stands in the legend.
    func name(_ block: SimulatorInterface.Block) -> String {
      switch self {
      case .owner:
        switch (block.driverName, block.adapterName) {
        case (let driver?, let adapter?): "\(driver), adapter \(adapter)"
        case (let driver?, nil): driver
        default: "nobody any more"
        }
      case .tag: block.tag.map { "tag '\($0)'" } ?? "without a tag"
      case .usage: block.usage
      case .queue: "queue \(block.queueId)"
      case .site: block.site ?? "from an unknown place"
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
  ///   - key: what has a letter; nil leaves the maps empty.
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
        throw CommandFailure("there is no section '\(wanted)'; 'ndisctl map' shows all there are")
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

  /// Whether two texts are the same handle: case and leading zeros do not matter.
  private static func isSame(_ handle: String, _ wanted: String) -> Bool {
    guard let first = HandleArgument(argument: handle) else { return handle == wanted }
    return first == HandleArgument(argument: wanted)
  }
}

extension MapSections.Entry {
  /// One line: which section this is.
  var title: String {
    "Section \(section.handle): \(section.providerName) for \(section.domainName), node \(section.node)"
  }

  /// One line: size, place and measures.
  var details: String {
    let figures = map.figures
    return "\(Readable.bytes(section.size)) at \(section.physicalBase); "
      + "\(Readable.bytes(figures.used)) used, \(freeText)"
  }

  var freeText: String {
    let figures = map.figures
    guard figures.free > 0 else { return "nothing free" }
    return
      "\(Readable.bytes(figures.free)) free in \(Readable.counted(figures.freeRuns, "run")), the "
      + "longest \(Readable.bytes(figures.longestFreeRun)), fragmentation \(percent(figures))"
  }

  private func percent(_ figures: SectionMap.Figures) -> String {
    let tenths = Int((figures.fragmentation * 1000).rounded())
    return "\(tenths / 10).\(tenths % 10) %"
  }

  /// Figures and shares, for programs.
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
