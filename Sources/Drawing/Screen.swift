// A page that is drawn over and over on a terminal: on the alternate screen, so that what stood
// there before comes back, and line by line without clearing first, so that nothing flickers.
//
// A Screen is text in and text out, it writes nothing: the caller writes `enter`, a `frame` as often
// as it likes, and `leave` on every way out. All sequences are those of xterm, which every terminal
// of today obeys or ignores.

/// The sequences around a page that is redrawn in place.
public enum Screen {
  /// To the alternate screen, cursor hidden, no wrapping of long lines.
  public static let enter = "\u{1B}[?1049h\u{1B}[?25l\u{1B}[?7l\u{1B}[H\u{1B}[2J"

  /// Everything back.
  public static let leave = "\u{1B}[?7h\u{1B}[?25h\u{1B}[?1049l"

  /// A whole page. At most `height` lines are drawn; lines are printable, painted or not, and have
  /// been cut at the edge already.
  public static func frame(_ lines: [String], height: Int) -> String {
    // Between the two marks a terminal that knows them shows nothing half drawn.
    var text = "\u{1B}[?2026h\u{1B}[H"
    for (index, line) in lines.prefix(max(1, height)).enumerated() {
      if index > 0 { text += "\r\n" }
      text += line + "\u{1B}[K"
    }
    return text + "\u{1B}[J\u{1B}[?2026l"
  }
}
