// A page about one object: right-aligned keys followed by values, in the style of `systemctl status`. A value
// may have several lines.

/// Pairs of a key and the lines of its value.
public struct KeyValues: Sendable {
  private var pairs: [(key: String, lines: [Cell])] = []

  public init() {}

  /// Adds a pair, unless it has no lines.
  public mutating func add(_ key: String, _ lines: [Cell]) {
    if !lines.isEmpty { pairs.append((key, lines)) }
  }

  /// Adds a pair, unless it has no value.
  public mutating func add(_ key: String, _ value: String?, _ style: TextStyle = .plain) {
    if let value { add(key, [Cell(value, style)]) }
  }

  /// The lines, truncated to the width of the terminal. Keys are aligned with each other; `keyCells` is the
  /// minimum width of the keys, to align several pages.
  public func lines(on capabilities: TerminalCapabilities, keyCells: Int = 0) -> [String] {
    let keyWidth = pairs.reduce(keyCells) { max($0, TerminalText.width($1.key)) }
    var lines: [String] = []
    for (key, values) in pairs {
      for (index, value) in values.enumerated() {
        let head =
          index == 0
          ? TerminalText.fill(key, to: keyWidth, .right) + ": "
          : String(repeating: " ", count: keyWidth + 2)
        var text = TerminalText.printable(value.text, unicode: capabilities.unicode)
        if let edge = capabilities.width {
          text = TerminalText.cut(
            text, to: max(1, edge - keyWidth - 2), unicode: capabilities.unicode)
        }
        lines.append(head + capabilities.paint(text, value.style))
      }
    }
    return lines
  }
}
