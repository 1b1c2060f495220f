// A section's map as SVG: stacked strips from the first byte to the last, a legend, and tooltips. The image has
// its own background, light or dark by prefers-color-scheme; the owners' colours are legible on both.

extension SectionMap {
  private static let width = 960
  private static let strip = 28
  private static let gap = 6
  private static let margin = 20
  /// Points a cell is wide.
  private static let grain = 2
  /// Left of the strips, for offsets.
  private static let gutter = 110

  /// Eight colours that are distinguishable with colour blindness (Okabe and Ito), of medium lightness.
  private static let palette = [
    "#0072b2", "#e69f00", "#009e73", "#cc79a7", "#56b4e9", "#d55e00", "#8c8c00", "#7f5fc0",
  ]

  static func colour(_ owner: Int) -> String { palette[owner % palette.count] }

  /// The image, with a title and details above it.
  public func svg(title: String, details: String, strips wanted: Int = 16) -> String {
    let strips = max(1, min(wanted, 64))
    let inner = SectionMap.width - SectionMap.gutter - SectionMap.margin
    let shares = self.shares
    let shown = shares.indices.filter { shares[$0].bytes > 0 }
    let top = 84
    let bottom = top + strips * (SectionMap.strip + SectionMap.gap)
    let height = bottom + 16 + (shown.count + 1) * 22 + SectionMap.margin
    var parts = [SectionMap.head(height: height, title: title)]
    parts.append(
      "<text class=\"t\" x=\"\(SectionMap.margin)\" y=\"34\">\(SectionMap.escape(title))</text>")
    parts.append(
      "<text class=\"d\" x=\"\(SectionMap.margin)\" y=\"58\">\(SectionMap.escape(details))</text>")
    let cells = self.cells(inner / SectionMap.grain * strips)
    for strip in 0..<strips {
      let y = top + strip * (SectionMap.strip + SectionMap.gap)
      let begin = SectionMap.part(size, strip, strips)
      parts.append(
        "<text class=\"o\" x=\"\(SectionMap.gutter - 10)\" y=\"\(y + 19)\">"
          + "\(SectionMap.hexadecimal(begin))</text>")
      let place = SectionMap.rectangle(x: SectionMap.gutter, y: y, width: inner)
      parts.append("<rect class=\"f\" \(place)><title>free</title></rect>")
      guard !cells.isEmpty else { continue }
      parts += rectangles(cells, strip: strip, of: strips, y: y)
    }
    parts += legend(shown, shares, y: bottom + 24)
    return parts.joined(separator: "\n") + "\n</svg>\n"
  }

  /// Runs of equal cells are one rectangle, with a tooltip.
  private func rectangles(_ all: [Cell], strip: Int, of strips: Int, y: Int) -> [String] {
    let row = all.count / strips
    let cells = all[(strip * row)..<((strip + 1) * row)]
    var parts: [String] = []
    var begin = cells.startIndex
    while begin < cells.endIndex {
      let cell = cells[begin]
      var end = begin + 1
      var pieces = cell.pieces
      while end < cells.endIndex, cells[end].owner == cell.owner,
        cells[end].isMixed == cell.isMixed
      {
        pieces = max(pieces, cells[end].pieces)
        end += 1
      }
      if let owner = cell.owner {
        let from = SectionMap.part(size, begin, all.count)
        let to = SectionMap.part(size, end, all.count)
        let range =
          "\(SectionMap.hexadecimal(from)) to \(SectionMap.hexadecimal(max(from, to - 1)))"
        let note = cell.isMixed ? "; mostly, up to \(max(1, pieces)) pieces a point" : ""
        let place = SectionMap.rectangle(
          x: SectionMap.gutter + (begin - cells.startIndex) * SectionMap.grain, y: y,
          width: (end - begin) * SectionMap.grain)
        parts.append(
          "<rect \(place) fill=\"\(SectionMap.colour(owner))\""
            + (cell.isMixed ? " fill-opacity=\"0.55\"" : "")
            + "><title>\(SectionMap.escape(owners[owner])): \(range)\(note)</title></rect>")
      }
      begin = end
    }
    return parts
  }

  private static func rectangle(x: Int, y: Int, width: Int) -> String {
    "x=\"\(x)\" y=\"\(y)\" width=\"\(width)\" height=\"\(strip)\""
  }

  private static func hexadecimal(_ offset: Int) -> String {
    "0x" + String(offset, radix: 16, uppercase: true)
  }

  private func legend(_ shown: [Int], _ shares: [Share], y: Int) -> [String] {
    var parts: [String] = []
    func entry(_ row: Int, _ attributes: String, _ text: String) {
      let top = y + row * 22
      parts.append(
        "<rect \(attributes) x=\"\(SectionMap.gutter)\" y=\"\(top - 11)\" width=\"18\" height=\"13\"/>"
      )
      parts.append(
        "<text class=\"l\" x=\"\(SectionMap.gutter + 28)\" y=\"\(top)\">\(SectionMap.escape(text))</text>"
      )
    }
    for (row, owner) in shown.enumerated() {
      let share = shares[owner]
      entry(
        row, "fill=\"\(SectionMap.colour(owner))\"",
        "\(owners[owner]): \(HumanFormat.counted(share.blocks, "block")), \(HumanFormat.bytes(share.bytes))"
      )
    }
    let figures = self.figures
    entry(
      shown.count, "class=\"f\"",
      "free: \(HumanFormat.bytes(figures.free)) in \(HumanFormat.counted(figures.freeRuns, "run")); paler: several blocks, or partly free"
    )
    return parts
  }

  private static func head(height: Int, title: String) -> String {
    """
    <svg xmlns="http://www.w3.org/2000/svg" width="\(width)" height="\(height)" viewBox="0 0 \(width) \(height)" role="img" aria-label="\(escape(title))">
    <style>
    text { font-family: system-ui, sans-serif; font-size: 13px; fill: #24292f }
    .t { font-size: 18px; font-weight: 600 }
    .d { fill: #57606a }
    .o { font-family: ui-monospace, monospace; font-size: 11px; text-anchor: end; fill: #57606a }
    .f { fill: #e4e7eb }
    .b { fill: #ffffff }
    @media (prefers-color-scheme: dark) {
      text { fill: #e6edf3 }
      .d, .o { fill: #9198a1 }
      .f { fill: #2d333b }
      .b { fill: #0d1117 }
    }
    </style>
    <rect class="b" width="\(width)" height="\(height)"/>
    """
  }

  /// Text for SVG, without characters that XML does not permit.
  static func escape(_ text: String) -> String {
    var result = ""
    for scalar in text.unicodeScalars {
      switch scalar {
      case "&": result += "&amp;"
      case "<": result += "&lt;"
      case ">": result += "&gt;"
      case "\"": result += "&quot;"
      case _ where scalar.value < 0x20 || scalar.value == 0xFFFE || scalar.value == 0xFFFF: break
      default: result.unicodeScalars.append(scalar)
      }
    }
    return result
  }
}
