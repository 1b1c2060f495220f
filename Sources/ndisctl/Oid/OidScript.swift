// A script of `ndisctl oid`: reads the text and splits lines into words.

import Glibc
import NDISPlatform

enum OidScript {
  /// The maximum length of a script.
  private static let limit = 1 << 20

  /// The text of a file, `-` for standard input.
  static func read(_ path: String) throws(CommandFailure) -> String {
    let descriptor = path == "-" ? 0 : unsafe open(path, O_RDONLY | O_CLOEXEC)
    guard descriptor >= 0 else { throw problem(path, errno) }
    defer { if descriptor != 0 { _ = close(descriptor) } }
    var text: [UInt8] = []
    var part = [UInt8](repeating: 0, count: 65_536)
    while text.count <= limit {
      let count = unsafe Glibc.read(descriptor, &part, part.count)
      if count == 0 { return String(decoding: text, as: UTF8.self) }
      guard count > 0 else {
        if errno == EINTR { continue }
        throw problem(path, errno)
      }
      text += part[..<count]
    }
    throw CommandFailure(
      "'\(path)' has more than \(limit) bytes, the limit of a script", status: .usage)
  }

  private static func problem(_ path: String, _ number: Int32) -> CommandFailure {
    CommandFailure("cannot read '\(path)': \(unsafe String(cString: strerror(number)))")
  }

  /// The words of a line, up to a `#`; quotation marks enclose a word.
  static func words(_ line: Substring) -> [String] {
    var words: [String] = []
    var word: String?
    var quote: Character?
    for character in line {
      if let open = quote {
        if character == open { quote = nil } else { word?.append(character) }
      } else if character == "\"" || character == "'" {
        quote = character
        word = word ?? ""
      } else if character == " " || character == "\t" || character == "\r" {
        if let whole = word { words.append(whole) }
        word = nil
      } else if character == "#", word == nil {
        break
      } else {
        word = (word ?? "") + String(character)
      }
    }
    if let whole = word { words.append(whole) }
    return words
  }
}
