// Indented lines of Swift. Only what `swift format` does not correct is done here: long comments are wrapped.

struct SwiftText {
  private(set) var text = ""
  private var level = 0

  mutating func line(_ line: String = "") {
    text += line.isEmpty ? "\n" : String(repeating: "  ", count: level) + line + "\n"
  }

  /// `head {`, the output of `body`, `}`.
  mutating func block<Failure: Error>(
    _ head: String, _ body: (inout SwiftText) throws(Failure) -> Void
  ) throws(Failure) {
    line(head + " {")
    level += 1
    try body(&self)
    level -= 1
    line("}")
  }

  /// Text without indentation.
  mutating func verbatim(_ line: String) {
    text += line + "\n"
  }

  /// A documentation comment; none for an empty text.
  mutating func documentation(_ comment: String) {
    guard !comment.isEmpty else { return }
    let room = 100 - 4 - 2 * level
    for line in comment.split(separator: "\n", omittingEmptySubsequences: false) {
      for piece in Self.broken(String(line), room) {
        self.line(piece.isEmpty ? "///" : "/// \(piece)")
      }
    }
  }

  private static func broken(_ line: String, _ room: Int) -> [String] {
    guard line.count > room else { return [line] }
    var pieces: [String] = []
    var piece = ""
    for word in line.split(separator: " ") {
      if !piece.isEmpty, piece.count + 1 + word.count > room {
        pieces.append(piece)
        piece = ""
      }
      piece += piece.isEmpty ? String(word) : " \(word)"
    }
    pieces.append(piece)
    return pieces
  }
}
