// Expectations: the violations and leaks that a test provokes on purpose, a code and an exact count. One per
// flag, or one per line of a file, where `#` starts a comment. Codes are not checked here: an unknown one
// is reported at the end as one that did not occur.

import Glibc
import NDISPlatform

/// An expected violation, or expected leaks.
struct RunExpectation: Hashable, Sendable {
  /// As in the report: `0x7C/0x01`, a rule's name, or `leak`.
  var code: String
  var times: Int

  /// Why a text is not an expectation.
  struct Problem: Error, Equatable, CustomStringConvertible {
    let description: String
  }

  init(code: String, times: Int) {
    self.code = code
    self.times = times
  }

  /// Reads `CODE`, `CODE times N` or `CODE once`.
  init(_ text: String) throws(Problem) {
    let words = text.split(whereSeparator: { $0 == " " || $0 == "\t" }).map { String($0) }
    switch words.count {
    case 1: times = 1
    case 2 where words[1] == "once": times = 1
    case 2 where words[1] == "twice": times = 2
    case 3 where words[1] == "times":
      guard let count = Int(words[2]), (0...1_000_000).contains(count) else {
        throw Problem(
          description: "invalid count '\(words[2])'; use 0 to 1000000")
      }
      times = count
    default:
      throw Problem(
        description: "invalid expectation '\(text)'; use for example '0x7C/0x01 times 2', "
          + "'doubleFree once' or 'leak times 3'")
    }
    code = words[0]
    let known = code.utf8.allSatisfy { byte in
      (UInt8(ascii: "0")...UInt8(ascii: "9")).contains(byte)
        || (UInt8(ascii: "a")...UInt8(ascii: "z")).contains(byte | 0x20)
        || byte == UInt8(ascii: "/") || byte == UInt8(ascii: "-") || byte == UInt8(ascii: ".")
    }
    guard known, code.utf8.count <= 64 else {
      throw Problem(
        description: "invalid code '\(code)'; use a bug check such as 0x7C/0x01, the name of a "
          + "rule, or leak")
    }
  }

  /// Reads a file's text: one expectation per line, `#` starts a comment, empty lines are ignored.
  static func list(file name: String, text: String) throws(Problem) -> [RunExpectation] {
    var list: [RunExpectation] = []
    // In Swift a carriage return followed by a line feed is one character, and a newline.
    let lines = text.split(omittingEmptySubsequences: false, whereSeparator: \.isNewline)
    for (index, line) in lines.enumerated() {
      let content = line.prefix { $0 != "#" }
      if content.allSatisfy({ $0 == " " || $0 == "\t" }) { continue }
      do throws(Problem) {
        list.append(try RunExpectation(String(content)))
      } catch {
        throw Problem(description: "\(name), line \(index + 1): \(error)")
      }
    }
    return list
  }

  /// Reads a file of at most 1 MiB.
  static func list(path: String) throws(Problem) -> [RunExpectation] {
    let file = Descriptor(owning: unsafe open(path, O_RDONLY | O_CLOEXEC))
    guard file.raw >= 0 else {
      throw Problem(description: "cannot read \(path): \(errnoText())")
    }
    var bytes: [UInt8] = []
    var buffer = [UInt8](repeating: 0, count: 65536)
    while true {
      let count = unsafe read(file.raw, &buffer, buffer.count)
      if count < 0, errno == EINTR { continue }
      guard count >= 0 else {
        throw Problem(description: "cannot read \(path): \(errnoText())")
      }
      if count == 0 { break }
      bytes += buffer[..<count]
      guard bytes.count <= 1 << 20 else {
        throw Problem(
          description: "\(path) is longer than 1 MiB, the limit of a list of expectations")
      }
    }
    return try list(file: path, text: String(decoding: bytes, as: UTF8.self))
  }
}
