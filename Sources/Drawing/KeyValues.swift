// A page about one thing: keys at the right edge of their column, values behind, in the manner of
// `systemctl status`. A value may have several lines, which stand below each other.

/// Pairs of a key and its value's lines.
public struct KeyValues: Sendable {
  private var pairs: [(key: String, lines: [Cell])] = []

  public init() {}

  /// Adds a pair; without lines it is left out.
  public mutating func add(_ key: String, _ lines: [Cell]) {
    if !lines.isEmpty { pairs.append((key, lines)) }
  }

  /// Adds a pair; without a value it is left out.
  public mutating func add(_ key: String, _ value: String?, _ style: TextStyle = .plain) {
    if let value { add(key, [Cell(value, style)]) }
  }

  /// The lines, cut at the terminal's edge. Keys are aligned among themselves, and with pages whose
  /// keys have at least as many cells if `keyCells` says how many those have.
  public func lines(on capabilities: TerminalCapabilities, keyCells: Int = 0) -> [String] {
    let room = pairs.reduce(keyCells) { max($0, TerminalText.width($1.key)) }
    var lines: [String] = []
    for (key, values) in pairs {
      for (index, value) in values.enumerated() {
        let head =
          index == 0
          ? TerminalText.fill(key, to: room, .right) + ": "
          : String(repeating: " ", count: room + 2)
        var text = TerminalText.printable(value.text, unicode: capabilities.unicode)
        if let edge = capabilities.width {
          text = TerminalText.cut(text, to: max(1, edge - room - 2), unicode: capabilities.unicode)
        }
        lines.append(head + capabilities.paint(text, value.style))
      }
    }
    return lines
  }
}
