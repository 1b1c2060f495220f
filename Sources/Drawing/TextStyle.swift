// Text attributes by meaning, and their escape sequences (ECMA-48 SGR). Only the eight basic colours are used,
// which are legible in every palette.

/// The meaning of a text.
public enum TextStyle: Sendable, Equatable, CaseIterable {
  case plain
  /// Titles and emphasis.
  case strong
  /// De-emphasised text.
  case faint
  /// A good state.
  case good
  /// A notable state.
  case notable
  /// An error.
  case bad
  /// Names of objects.
  case name
  /// Column headers.
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
  /// `text` with a style, if colours are enabled. It must be printable.
  public func paint(_ text: String, _ style: TextStyle) -> String {
    guard colors, style != .plain, !text.isEmpty else { return text }
    return "\u{1B}[\(style.attributes)m\(text)\u{1B}[0m"
  }
}
