// A section's map on a terminal: a letter and a colour per owner. A capital letter is a cell with one block, a
// small letter one with several blocks or partly free; a dot is free. The map is legible without colours.

extension SectionMap {
  /// The number of owners with a letter of their own; further ones share the last.
  static let letters = Array("ABCDEFGHIJKLMNOPQRSTUVWXYZ")

  /// The letter of an owner.
  public static func letter(_ owner: Int) -> Character {
    letters.indices.contains(owner) ? letters[owner] : "#"
  }

  /// One line of `width` cells.
  public func bar(on capabilities: TerminalCapabilities, width: Int) -> String {
    SectionMap.draw(cells(width)[...], on: capabilities)
  }

  /// Several lines, each preceded by the offset of its first byte.
  public func lines(on capabilities: TerminalCapabilities, width: Int, rows: Int) -> [String] {
    guard width > 0, rows > 0, size > 0 else { return [] }
    let all = cells(width * rows)
    let digits = max(String(size, radix: 16).count, 8)
    return (0..<rows).map { row in
      let begin = SectionMap.part(size, row * width, width * rows)
      let hexadecimal = String(begin, radix: 16, uppercase: true)
      let offset = "0x" + String(repeating: "0", count: digits - hexadecimal.count) + hexadecimal
      return capabilities.paint(offset, .faint) + "  "
        + SectionMap.draw(all[(row * width)..<((row + 1) * width)], on: capabilities)
    }
  }

  /// An owner's mark as it is drawn in the map.
  public static func mark(_ owner: Int, on capabilities: TerminalCapabilities) -> String {
    paint(String(letter(owner)), owner, on: capabilities)
  }

  /// Runs of equal cells share one escape sequence.
  private static func draw(_ cells: ArraySlice<Cell>, on capabilities: TerminalCapabilities)
    -> String
  {
    var text = ""
    var run = ""
    var owner: Int?
    func flush() {
      if let owner {
        text += paint(run, owner, on: capabilities)
      } else {
        text += capabilities.paint(run, .faint)
      }
      run = ""
    }
    for cell in cells {
      if cell.owner != owner {
        flush()
        owner = cell.owner
      }
      if let owner = cell.owner {
        let letter = String(letter(owner))
        run += cell.isMixed ? letter.lowercased() : letter
      } else {
        run += capabilities.unicode ? "·" : "."
      }
    }
    flush()
    return text
  }

  /// An owner's colour: the six that are not black or white, then the same again.
  private static func paint(_ text: String, _ owner: Int, on capabilities: TerminalCapabilities)
    -> String
  {
    guard capabilities.colors, !text.isEmpty else { return text }
    // ECMA-48 SGR: blue, green, magenta, cyan, yellow, red.
    let colours = [34, 32, 35, 36, 33, 31]
    return "\u{1B}[\(colours[owner % colours.count])m\(text)\u{1B}[0m"
  }
}
