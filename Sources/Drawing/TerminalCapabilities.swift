// The capabilities of the output: whether it is a terminal, its size, colours, and characters outside ASCII.
// All drawing functions take them as a parameter and return text.
//
// Colours: `auto` requires a terminal, NO_COLOR unset or empty (no-color.org), and TERM set and not "dumb".
// Characters outside ASCII require a UTF-8 locale, by LC_ALL, else LC_CTYPE, else LANG, as in the C library.

import Glibc

/// When to use colours.
public enum ColorChoice: String, CaseIterable, Sendable {
  case auto
  case always
  case never
}

/// The capabilities of an output.
public struct TerminalCapabilities: Sendable, Equatable {
  /// Columns; nil if unlimited.
  public var width: Int?
  /// Lines; nil if unlimited.
  public var height: Int?
  /// Colours and other attributes may be used.
  public var colors: Bool
  /// Characters outside ASCII may be used.
  public var unicode: Bool
  /// It is a terminal and can be redrawn.
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

  /// The current capabilities of a descriptor. The default width of a terminal is 80; $COLUMNS, if it is a
  /// number, overrides it.
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
