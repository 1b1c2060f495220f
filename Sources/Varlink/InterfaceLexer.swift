// Splits an interface description into words, punctuation and comments. It also attaches comments: comment
// lines directly above a word are its documentation; after a blank line, or after other text on its line, a
// comment is attached to nothing.

/// Why a text is not an interface description.
public struct InterfaceError: Error, Equatable, Sendable, CustomStringConvertible {
  /// Counted from 1; columns are bytes.
  public let line: Int
  public let column: Int
  public let reason: String

  public var description: String { "line \(line), column \(column): \(reason)" }
}

/// A position in the text.
struct IDLPosition: Equatable {
  var line = 1
  var column = 1

  func error(_ reason: String) -> InterfaceError {
    InterfaceError(line: line, column: column, reason: reason)
  }
}

/// A word, punctuation, or the end of the text.
struct IDLToken: Equatable {
  enum Kind: Equatable {
    case word(String)
    case sign(String)
    case end
  }

  var kind: Kind
  var position: IDLPosition
  var documentation: String

  /// For error messages.
  var text: String {
    switch kind {
    case .word(let text), .sign(let text): "\"\(text)\""
    case .end: "the end of the text"
    }
  }
}

struct IDLLexer {
  private let bytes: [UInt8]
  private var index = 0
  private var position = IDLPosition()
  private var comment: [String] = []
  /// Whether only white space precedes on this line.
  private var lineIsEmpty = true

  init(_ text: String) {
    bytes = Array(text.utf8)
  }

  mutating func next() throws(InterfaceError) -> IDLToken {
    try skipToToken()
    let documentation = comment.joined(separator: "\n")
    comment = []
    let start = position
    guard let byte = peek() else {
      return IDLToken(kind: .end, position: start, documentation: documentation)
    }
    lineIsEmpty = false
    func token(_ kind: IDLToken.Kind) -> IDLToken {
      IDLToken(kind: kind, position: start, documentation: documentation)
    }
    if Self.isWordByte(byte) {
      let first = index
      while let byte = peek(), Self.isWordByte(byte) {
        // "method A()->()" needs no space: the minus of the arrow is not part of a name.
        if byte == UInt8(ascii: "-"), peek(1) == UInt8(ascii: ">") { break }
        advance()
      }
      if index > first {
        return token(.word(String(decoding: bytes[first..<index], as: UTF8.self)))
      }
    }
    switch byte {
    case UInt8(ascii: "("), UInt8(ascii: ")"), UInt8(ascii: ","), UInt8(ascii: ":"),
      UInt8(ascii: "?"), UInt8(ascii: "["), UInt8(ascii: "]"):
      advance()
      return token(.sign(String(decoding: [byte], as: UTF8.self)))
    case UInt8(ascii: "-") where peek(1) == UInt8(ascii: ">"):
      advance()
      advance()
      return token(.sign("->"))
    case 0x21..<0x7F:
      throw start.error(
        "\"\(String(decoding: [byte], as: UTF8.self))\" has no meaning in an interface description")
    default:
      throw start.error(
        "a byte 0x\(String(byte, radix: 16)) outside of a comment; names are plain ASCII")
    }
  }

  private mutating func skipToToken() throws(InterfaceError) {
    while let byte = peek() {
      switch byte {
      case UInt8(ascii: " "), UInt8(ascii: "\t"), UInt8(ascii: "\r"): advance()
      case UInt8(ascii: "\n"):
        // A blank line, since comments include their line break.
        if lineIsEmpty { comment = [] }
        advance()
      case UInt8(ascii: "#"): try readComment()
      default: return
      }
    }
  }

  private mutating func readComment() throws(InterfaceError) {
    let ownsLine = lineIsEmpty
    advance()
    let first = index
    while let byte = peek(), byte != UInt8(ascii: "\n") {
      // Text shown on a terminal must not contain control characters.
      let endsLine = byte == UInt8(ascii: "\r") && peek(1) == UInt8(ascii: "\n")
      if (byte < 0x20 && byte != UInt8(ascii: "\t") && !endsLine) || byte == 0x7F {
        throw position.error("a control character 0x\(String(byte, radix: 16)) in a comment")
      }
      advance()
    }
    var line = bytes[first..<index]
    while let last = line.last, last == 0x20 || last == 0x0D || last == 0x09 { line.removeLast() }
    if line.first == UInt8(ascii: " ") { line.removeFirst() }
    if ownsLine {
      comment.append(String(decoding: line, as: UTF8.self))
      // The line break; an adjacent comment is part of the same block.
      advance()
    }
  }

  private func peek(_ offset: Int = 0) -> UInt8? {
    index + offset < bytes.count ? bytes[index + offset] : nil
  }

  private mutating func advance() {
    guard index < bytes.count else { return }
    if bytes[index] == UInt8(ascii: "\n") {
      position = IDLPosition(line: position.line + 1, column: 1)
      lineIsEmpty = true
    } else {
      position.column += 1
    }
    index += 1
  }

  private static func isWordByte(_ byte: UInt8) -> Bool {
    switch byte {
    case UInt8(ascii: "a")...UInt8(ascii: "z"), UInt8(ascii: "A")...UInt8(ascii: "Z"),
      UInt8(ascii: "0")...UInt8(ascii: "9"), UInt8(ascii: "_"), UInt8(ascii: "."),
      UInt8(ascii: "-"):
      true
    default: false
    }
  }
}
