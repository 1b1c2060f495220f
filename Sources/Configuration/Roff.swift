// Manual pages in the `man` macros: text in, escaped roff out.

/// A manual page in the making.
public struct Roff: Sendable {
  /// The page so far.
  public private(set) var text: String

  /// When the pages' wording was last looked at. Not the day of a build, which would differ each time.
  private static let date = "2026-11-21"

  /// Begins a page.
  public init(_ title: String, section: Int, about: String) {
    text = ".TH \(Roff.argument(title)) \(section) \(Roff.date) ndissim \(Roff.argument(about))\n"
    text += ".nh\n.ad l\n"
  }

  /// A section's heading.
  public mutating func heading(_ title: String) { text += ".SH \(Roff.argument(title))\n" }

  /// A heading below a section's.
  public mutating func subheading(_ title: String) { text += ".SS \(Roff.argument(title))\n" }

  /// A paragraph; `*words*` between asterisks are bold.
  public mutating func paragraph(_ words: String) { text += ".PP\n\(Roff.escaped(words))\n" }

  /// A line as it is, not after a paragraph's space.
  public mutating func line(_ words: String) { text += "\(Roff.escaped(words))\n" }

  /// Ends a line where it is.
  public mutating func lineBreak() { text += ".br\n" }

  /// A term and what it means.
  public mutating func item(_ term: String, _ meaning: String) {
    text += ".TP\n\(Roff.escaped(term))\n\(Roff.escaped(meaning))\n"
  }

  /// Lines that are not filled.
  public mutating func example(_ lines: [String]) {
    text += ".PP\n.in +4n\n.EX\n"
    for line in lines { text += Roff.plain(line) + "\n" }
    text += ".EE\n.in\n"
  }

  /// Escapes what roff would read, and turns `*words*` into bold.
  static func escaped(_ words: String) -> String {
    var result = ""
    for (index, part) in words.split(separator: "*", omittingEmptySubsequences: false)
      .enumerated()
    {
      let text = plain(String(part), startsLine: index == 0)
      result += index % 2 == 0 ? text : "\\fB\(text)\\fR"
    }
    return result
  }

  private static func plain(_ words: String, startsLine: Bool = true) -> String {
    var result = ""
    for character in words {
      switch character {
      case "\\": result += "\\e"
      case "-": result += "\\-"
      case "'": result += "\\(aq"
      case "`": result += "\\(ga"
      case "~": result += "\\(ti"
      case "^": result += "\\(ha"
      default: result.append(character)
      }
    }
    return startsLine && result.hasPrefix(".") ? "\\&" + result : result
  }

  private static func argument(_ text: String) -> String {
    "\""
      + plain(text).split(separator: "\"", omittingEmptySubsequences: false)
      .joined(separator: "\\(dq") + "\""
  }
}
