// `ndisctl map`: sections drawn. One section is several lines with offsets and a legend; without a
// section each is one line, so that all can be compared.

import ArgumentParser
import NDISDrawing
import NDISManagementInterface
import NDISVarlink

struct Map: ParsableCommand {
  static let configuration = CommandConfiguration(
    abstract: "Draws sections of shared memory: whose blocks lie where, and what is free.",
    discussion: """
      A letter and a colour is an owner (an adapter, a binding or a driver), or with --by a pool tag, a \
      usage, a queue or a place in the driver's source. A capital letter is a piece \
      of the section with one block in it, a small one a piece with several blocks, or partly free; it \
      shows what has most of it. A dot is free. What a provider keeps for itself is not known and \
      counts as free. Fragmentation is 1 - longest free run / free bytes.

      EXAMPLES
        ndisctl map
        ndisctl map 0x2802D99AFC000000 --width 64
        ndisctl map 0x2802D99AFC000000 --by tag
        ndisctl map 0x2802D99AFC000000 --svg section.svg
      """)

  @Argument(
    help: "A section's handle; all sections without it.",
    completion: .custom { _, _, _ in Map.completions() })
  var section: String?

  @Option(help: ArgumentHelp("Draw one section as SVG into this file.", valueName: "file"))
  var svg: String?

  @Option(help: "Cells of a line; what fits the terminal by default.")
  var width: Int?

  @Option(help: "What has a letter and a colour.")
  var by: MapSections.Key = .owner

  @Option(help: "Lines for one section, 1 to 64.")
  var rows = 8

  @OptionGroup var common: CommonOptions

  func validate() throws {
    if let width, !(8...4096).contains(width) {
      throw ValidationError("--width is \(width); expected 8 to 4096")
    }
    guard (1...64).contains(rows) else {
      throw ValidationError("--rows is \(rows); expected 1 to 64")
    }
    if svg != nil, section == nil {
      throw ValidationError("--svg draws one section; name it: ndisctl list sections")
    }
  }

  func run() throws {
    let daemon = try DaemonConnection(common)
    let sections = try MapSections(daemon, only: section, by: by)
    var output = Output()
    if common.json {
      try output.line(JSON.array(sections.list.map { $0.json }).prettyText)
    } else if let svg, let one = sections.list.first {
      let picture = one.map.svg(title: one.title, details: one.details)
      do throws(RunManagementFailure) { try writeFile(svg, picture) } catch {
        throw CommandFailure(error.sentence)
      }
      try output.line("wrote \(svg)")
    } else if section != nil, let one = sections.list.first {
      try draw(one, &output)
    } else {
      try drawAll(sections.list, &output)
    }
    try output.flush()
  }

  /// One section, with offsets, legend and figures.
  private func draw(_ one: MapSections.Entry, _ output: inout Output) throws(CommandFailure) {
    let surface = common.surface
    let cells = width ?? max(8, min((surface.width ?? 80) - 12, 128))
    try output.line(surface.paint(TerminalText.printable(one.title), .strong))
    try output.line(one.details)
    try output.line()
    for line in one.map.lines(on: surface, width: cells, rows: rows) { try output.line(line) }
    try output.line()
    let shares = one.map.shares
    for (owner, share) in shares.enumerated() where share.bytes > 0 {
      try output.line(
        "  \(SectionMap.mark(owner, on: surface))  \(TerminalText.printable(one.map.owners[owner])): "
          + "\(Readable.counted(share.blocks, "block")), \(Readable.bytes(share.bytes))")
    }
    let free = surface.unicode ? "·" : "."
    try output.line("  \(free)  \(one.freeText)")
  }

  /// All sections, a line each.
  private func drawAll(_ list: [MapSections.Entry], _ output: inout Output) throws(CommandFailure) {
    let surface = common.surface
    if list.isEmpty { try output.line("There is no section: nobody has allocated anything yet.") }
    let cells = width ?? max(8, min((surface.width ?? 80), 128))
    for (index, one) in list.enumerated() {
      if index > 0 { try output.line() }
      try output.line(surface.paint(TerminalText.printable(one.title), .strong))
      try output.line(one.map.bar(on: surface, width: cells))
      try output.line(one.freeText)
    }
  }

  /// Handles of sections for a shell's completion; none when there is no daemon.
  static func completions() -> [String] {
    do {
      let daemon = try DaemonConnection(try CommonOptions.parse([]))
      return try MapSections(daemon, only: nil, by: nil).list.map { entry in
        "\(entry.section.handle):\(entry.section.providerName) for \(entry.section.domainName)"
      }
    } catch { return [] }
  }
}
