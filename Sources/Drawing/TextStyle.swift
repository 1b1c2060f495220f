// Attributes of text, by what it is and not by how it looks: the one place that knows the escape
// sequences (ECMA-48 SGR). Only the eight basic colours are used, which every palette has readable.

/// What a piece of text is.
public enum TextStyle: Sendable, Equatable, CaseIterable {
  case plain
  /// Titles and what matters most.
  case strong
  /// What matters least.
  case faint
  /// All is well.
  case good
  /// Worth a look.
  case notable
  /// Something is wrong.
  case bad
  /// Names of things that can be asked for.
  case name
  /// Titles of a table's columns.
  case heading

  /// The parameters of the escape sequence.
  var attributes: String {
    switch self {
    case .plain: ""
    case .strong: "1"
    case .faint: "2"
    case .good: "32"
    case .notable: "33"
    case .bad: "1;31"
    case .name: "36"
    case .heading: "4"
    }
  }
}

extension TerminalCapabilities {
  /// `text` in `style`, where colours may be used. It must be printable already.
  public func paint(_ text: String, _ style: TextStyle) -> String {
    guard colors, style != .plain, !text.isEmpty else { return text }
    return "\u{1B}[\(style.attributes)m\(text)\u{1B}[0m"
  }
}
