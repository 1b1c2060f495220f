// The sections to draw, each with the extents of its blocks and the names of their owners. Blocks are
// asked for section by section, so that no more of them are held than one section has.

import Drawing
import Management
import Varlink

/// Sections with what lies in them.
struct MapSections {
  struct Entry {
    var section: SimulatorInterface.Section
    var map: SectionMap
  }

  private(set) var list: [Entry] = []

  /// - Parameters:
  ///   - wanted: a section's handle; nil for all.
  ///   - withBlocks: false leaves the maps empty.
  init(
    _ daemon: VarlinkClient, only wanted: String?, withBlocks: Bool = true
  ) throws(CommandFailure) {
    var sections: [SimulatorInterface.Section] = []
    do throws(VarlinkFailure) {
      try daemon.callMore(SimulatorInterface.ListSections.self, .init()) { reply in
        sections += reply.sections
        return true
      }
    } catch { throw CommandFailure("sections cannot be listed: \(error)") }
    if let wanted {
      sections = sections.filter { MapSections.isSame($0.handle, wanted) }
      if sections.isEmpty {
        throw CommandFailure("there is no section '\(wanted)'; 'ndisctl map' shows all there are")
      }
    }
    for section in sections {
      let map =
        withBlocks
        ? try MapSections.map(section, daemon)
        : SectionMap(size: section.size, owners: [], extents: [])
      list.append(Entry(section: section, map: map))
    }
  }

  /// A section's map, with the extents of its blocks.
  private static func map(
    _ section: SimulatorInterface.Section, _ daemon: VarlinkClient
  ) throws(CommandFailure) -> SectionMap {
    var owners: [String] = []
    var numbers: [String: Int] = [:]
    var extents: [SectionMap.Extent] = []
    var block = 0
    let input = SimulatorInterface.ListBlocks.Input(
      filter: SimulatorInterface.BlockFilter(section: section.handle), withExtents: true)
    do throws(VarlinkFailure) {
      try daemon.callMore(SimulatorInterface.ListBlocks.self, input) { reply in
        for found in reply.blocks {
          let name = MapSections.ownerName(found)
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
    } catch { throw CommandFailure("the blocks of \(section.handle) cannot be listed: \(error)") }
    return SectionMap(size: section.size, owners: owners, extents: extents)
  }

  /// Whose a block is, in words.
  private static func ownerName(_ block: SimulatorInterface.Block) -> String {
    switch (block.driverName, block.adapterName) {
    case (let driver?, let adapter?): "\(driver), adapter \(adapter)"
    case (let driver?, nil): driver
    default: "nobody any more"
    }
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
