// `ndisctl map`: sections drawn. One section is several lines with offsets and a legend; without a
// section each is one line, so that all can be compared.

import ArgumentParser
import Drawing
import Management
import Varlink

struct Map: ParsableCommand {
  static let configuration = CommandConfiguration(
    abstract: "Draws sections of shared memory: whose blocks lie where, and what is free.",
    discussion: """
      A letter and a colour is an owner: an adapter, a binding or a driver. A capital letter is a piece \
      of the section with one block in it, a small one a piece with several blocks, or partly free; it \
      shows who has most of it. A dot is free. What a provider keeps for itself is not known and \
      counts as free. Fragmentation is 1 - longest free run / free bytes.

      EXAMPLES
        ndisctl map
        ndisctl map 0x2802D99AFC000000 --width 64
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
}
