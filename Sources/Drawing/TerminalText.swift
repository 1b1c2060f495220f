// Text on a terminal: its width in cells, truncation and padding, and the sanitising of untrusted text.
//
// Limits: widths follow the East Asian wide ranges and emoji presentation; a terminal that disagrees about a
// character shows that line shifted.

/// Functions for text in cells.
public enum TerminalText {
  /// `text` without characters that control a terminal or that end, reorder or hide a line: every control
  /// character, line separator and bidirectional mark is replaced by a replacement
  /// character (`?` when `unicode` is false, and then any other character outside ASCII too).
  public static func printable(_ text: String, unicode: Bool = true) -> String {
    // The common case needs one pass over the bytes.
    if text.utf8.allSatisfy({ $0 >= 0x20 && $0 < 0x7F }) { return text }
    var shown = String.UnicodeScalarView()
    for scalar in text.unicodeScalars {
      if isObeyed(scalar) {
        shown.append(unicode ? "\u{FFFD}" : "?")
      } else if !unicode, !scalar.isASCII {
        shown.append("?")
      } else {
        shown.append(scalar)
      }
    }
    return String(shown)
  }

  /// The width of `text`, which is printable.
  public static func width(_ text: String) -> Int {
    if text.utf8.allSatisfy({ $0 < 0x7F }) { return text.utf8.count }
    return text.reduce(0) { $0 + width($1) }
  }

  /// `text` truncated to at most `limit` cells; the last cell then shows an ellipsis.
  public static func cut(_ text: String, to limit: Int, unicode: Bool = true) -> String {
    guard width(text) > limit else { return text }
    let mark = unicode ? "\u{2026}" : "~"
    guard limit > 0 else { return "" }
    var kept = ""
    var used = 0
    for character in text {
      let cells = width(character)
      if used + cells > limit - 1 { break }
      kept.append(character)
      used += cells
    }
    return kept + mark
  }

  /// `text` padded with spaces to `cells`. Longer text is unchanged.
  public static func fill(_ text: String, to cells: Int, _ alignment: Alignment) -> String {
    let missing = cells - width(text)
    guard missing > 0 else { return text }
    let blanks = String(repeating: " ", count: missing)
    return alignment == .left ? text + blanks : blanks + text
  }

  private static func isObeyed(_ scalar: Unicode.Scalar) -> Bool {
    switch scalar.value {
    case 0..<0x20, 0x7F...0x9F, 0x61C, 0x200B...0x200F, 0x2028...0x202E, 0x2060...0x2069, 0xFEFF:
      true
    default: false
    }
  }

  private static func width(_ character: Character) -> Int {
    guard let first = character.unicodeScalars.first else { return 0 }
    switch first.properties.generalCategory {
    case .nonspacingMark, .enclosingMark, .format: return 0
    default: break
    }
    // An emoji with a variation selector is wide regardless of its first scalar.
    if character.unicodeScalars.contains("\u{FE0F}") { return 2 }
    return isWide(first) ? 2 : 1
  }

  private static func isWide(_ scalar: Unicode.Scalar) -> Bool {
    switch scalar.value {
    case ..<0x1100: false
    case 0x1100...0x115F, 0x2E80...0x303E, 0x3041...0x33FF, 0x3400...0x4DBF, 0x4E00...0x9FFF,
      0xA000...0xA4CF, 0xA960...0xA97F, 0xAC00...0xD7A3, 0xF900...0xFAFF, 0xFE30...0xFE6F,
      0xFF00...0xFF60, 0xFFE0...0xFFE6, 0x20000...0x3FFFD:
      true
    default: scalar.properties.isEmojiPresentation
    }
  }
}

/// The alignment of a text.
public enum Alignment: Sendable, Equatable {
  case left
  case right
}
