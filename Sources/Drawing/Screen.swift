// A page that is redrawn on a terminal: on the alternate screen, so that the previous contents are restored,
// and line by line without clearing, so that nothing flickers.
//
// A Screen only returns text: the caller writes `enter`, any number of frames, and `leave` on every exit. All
// sequences are those of xterm, which every current terminal supports or ignores.

/// The sequences around a page that is redrawn in place.
public enum Screen {
  /// Switches to the alternate screen, hides the cursor, disables line wrapping.
  public static let enter = "\u{1B}[?1049h\u{1B}[?25l\u{1B}[?7l\u{1B}[H\u{1B}[2J"

  /// Restores everything.
  public static let leave = "\u{1B}[?7h\u{1B}[?25h\u{1B}[?1049l"

  /// A whole page. At most `height` lines are drawn; lines are printable, styled or not, and truncated to the
  /// width already.
  public static func frame(_ lines: [String], height: Int) -> String {
    // Synchronised update: terminals that support it show no partial frame.
    var text = "\u{1B}[?2026h\u{1B}[H"
    for (index, line) in lines.prefix(max(1, height)).enumerated() {
      if index > 0 { text += "\r\n" }
      text += line + "\u{1B}[K"
    }
    return text + "\u{1B}[J\u{1B}[?2026l"
  }
}
