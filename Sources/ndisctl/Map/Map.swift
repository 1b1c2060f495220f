// `ndisctl map`: draws sections. One section takes several lines with offsets and a legend; without an
// argument each section is one line.

import ArgumentParser
import NDISDrawing
import NDISManagementInterface
import NDISVarlink

struct Map: ParsableCommand {
  static let configuration = CommandConfiguration(
    abstract: "Draws the layout of sections of shared memory: blocks by owner, and free space.",
    discussion: """
      A letter and a colour denote an owner (an adapter, a binding or a driver), or with --by a pool \
      tag, a usage, a queue or an allocation site. A capital letter is a cell with one block; a small \
      letter is a cell with several blocks or partly free, and denotes the largest share. A dot is \
      free. Memory reserved by a provider is unknown and counts as free. Fragmentation is \
      1 - longest free run / free bytes.

      EXAMPLES
        ndisctl map
        ndisctl map 0x2802D99AFC000000 --width 64
        ndisctl map 0x2802D99AFC000000 --by tag
        ndisctl map 0x2802D99AFC000000 --svg section.svg
      """)

  @Argument(
    help: "The handle of a section; all sections by default.",
    completion: .custom { _, _, _ in Map.completions() })
  var section: String?

  @Option(help: ArgumentHelp("Write one section as SVG to this file.", valueName: "file"))
  var svg: String?

  @Option(help: "Cells per line; the width of the terminal by default.")
  var width: Int?

  @Option(help: "The property shown by letters and colours.")
  var by: MapSections.Key = .owner

  @Option(help: "Lines per section, 1 to 64.")
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
      throw ValidationError("--svg requires a SECTION; see ndisctl list sections")
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

  /// One section, with offsets, legend and statistics.
  private func draw(_ one: MapSections.Entry, _ output: inout Output) throws(CommandFailure) {
    let capabilities = common.capabilities
    let cells = width ?? max(8, min((capabilities.width ?? 80) - 12, 128))
    try output.line(capabilities.paint(TerminalText.printable(one.title), .strong))
    try output.line(one.details)
    try output.line()
    for line in one.map.lines(on: capabilities, width: cells, rows: rows) { try output.line(line) }
    try output.line()
    let shares = one.map.shares
    for (owner, share) in shares.enumerated() where share.bytes > 0 {
      try output.line(
        "  \(SectionMap.mark(owner, on: capabilities))  \(TerminalText.printable(one.map.owners[owner])): "
          + "\(HumanFormat.counted(share.blocks, "block")), \(HumanFormat.bytes(share.bytes))")
    }
    let free = capabilities.unicode ? "·" : "."
    try output.line("  \(free)  \(one.freeText)")
  }

  /// All sections, one per line.
  private func drawAll(_ list: [MapSections.Entry], _ output: inout Output) throws(CommandFailure) {
    let capabilities = common.capabilities
    if list.isEmpty { try output.line("There are no sections; nothing was allocated yet.") }
    let cells = width ?? max(8, min((capabilities.width ?? 80), 128))
    for (index, one) in list.enumerated() {
      if index > 0 { try output.line() }
      try output.line(capabilities.paint(TerminalText.printable(one.title), .strong))
      try output.line(one.map.bar(on: capabilities, width: cells))
      try output.line(one.freeText)
    }
  }

  /// Handles of sections for shell completion; none without a daemon.
  static func completions() -> [String] {
    do {
      let daemon = try DaemonConnection(try CommonOptions.parse([]))
      return try MapSections(daemon, only: nil, by: nil).list.map { entry in
        "\(entry.section.handle):\(entry.section.providerName) for \(entry.section.domainName)"
      }
    } catch { return [] }
  }
}
