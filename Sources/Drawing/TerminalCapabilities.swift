// What is drawn on: whether it is a terminal, how wide it is, whether it takes colours and more than
// ASCII. Everything here that draws is told its terminal, asks nobody else, and gives back text.
//
// Colours: `auto` is a terminal, without NO_COLOR set to something (no-color.org) and with a TERM
// that is neither absent nor "dumb". More than ASCII: the locale's character set is UTF-8, by
// LC_ALL, else LC_CTYPE, else LANG, as the C library has it.

import Glibc

/// When to use colours.
public enum ColorChoice: String, CaseIterable, Sendable {
  case auto
  case always
  case never
}

/// A place to draw on.
public struct TerminalCapabilities: Sendable, Equatable {
  /// Cells of a line; nil when there is no right edge.
  public var width: Int?
  /// Lines; nil when there is no end.
  public var height: Int?
  /// Colours and other attributes may be used.
  public var colors: Bool
  /// Characters outside ASCII may be used.
  public var unicode: Bool
  /// Somebody looks at it: it can be drawn over.
  public var isTerminal: Bool

  public init(
    width: Int? = nil, height: Int? = nil, colors: Bool = false, unicode: Bool = true,
    isTerminal: Bool = false
  ) {
    self.width = width
    self.height = height
    self.colors = colors
    self.unicode = unicode
    self.isTerminal = isTerminal
  }

  /// The terminal behind a descriptor as it is now. A terminal that does not know its width is taken
  /// to have 80 cells; $COLUMNS, if it is a number, comes before both.
  public init(descriptor: Int32, colors choice: ColorChoice) {
    isTerminal = isatty(descriptor) == 1
    unicode = TerminalCapabilities.localeIsUnicode
    colors =
      switch choice {
      case .always: true
      case .never: false
      case .auto: isTerminal && TerminalCapabilities.environmentAllowsColors
      }
    if isTerminal {
      var size = winsize()
      let known = unsafe ioctl(descriptor, UInt(TIOCGWINSZ), &size) == 0
      width = known && size.ws_col > 0 ? Int(size.ws_col) : 80
      height = known && size.ws_row > 0 ? Int(size.ws_row) : 24
    }
    if let columns = environment("COLUMNS").flatMap({ Int($0) }), (1...10_000).contains(columns) {
      width = columns
    }
  }

  private static var environmentAllowsColors: Bool {
    guard environment("NO_COLOR") == nil, let terminal = environment("TERM") else { return false }
    return terminal != "dumb"
  }

  private static var localeIsUnicode: Bool {
    let locale = environment("LC_ALL") ?? environment("LC_CTYPE") ?? environment("LANG") ?? "C"
    let name = locale.lowercased()
    return name.contains("utf-8") || name.contains("utf8")
  }
}

/// A variable that is set and not empty.
private func environment(_ name: String) -> String? {
  guard let value = unsafe getenv(name) else { return nil }
  let text = unsafe String(cString: value)
  return text.isEmpty ? nil : text
}
