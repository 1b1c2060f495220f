// The problems of a configuration, each with its position, its key and a sentence. Text from a file is
// truncated and its control characters are escaped, because it is printed on a terminal.

/// An error, or a note.
public struct ConfigurationProblem: Error, Sendable, Hashable {
  /// Where it is.
  public var origin: Origin
  /// The key; empty for the file as a whole.
  public var key: String
  /// What is wrong, with which value, and what to do.
  public var sentence: String

  init(_ origin: Origin, _ key: String, _ sentence: String) {
    self.origin = origin
    self.key = key
    self.sentence = sentence
  }
}

extension ConfigurationProblem: CustomStringConvertible {
  /// `FILE:LINE:COLUMN: key: sentence`, or `--flag: key: sentence`.
  public var description: String {
    let place =
      switch origin {
      case .byDefault: ""
      case .file(let path, let line, let column):
        line == 0
          ? "\(path.escaped(limit: 4096)): " : "\(path.escaped(limit: 4096)):\(line):\(column): "
      case .flag(let name): "\(name): "
      }
    return place + (key.isEmpty ? "" : "\(key): ") + sentence
  }
}

/// All problems of a configuration; never empty.
public struct ConfigurationProblems: Error, Sendable, Hashable {
  /// In the order of the files, then of the flags.
  public private(set) var list: [ConfigurationProblem] = []
  /// The number of further problems; the limit keeps a malicious file from filling the disk.
  public private(set) var unlisted = 0

  /// The maximum number listed.
  public static let limit = 256

  init() {}
  init(_ problem: ConfigurationProblem) { add(problem) }

  var isEmpty: Bool { list.isEmpty }
  /// Whether further problems are only counted; their sentences are not needed.
  var isFull: Bool { list.count >= ConfigurationProblems.limit }

  mutating func add(_ problem: ConfigurationProblem) {
    if isFull { unlisted += 1 } else { list.append(problem) }
  }

  mutating func add(_ origin: Origin, _ key: String, _ sentence: String) {
    add(ConfigurationProblem(origin, key, sentence))
  }

  /// Counts a problem without its sentence.
  mutating func addUnlisted() { unlisted += 1 }

  mutating func add(_ others: ConfigurationProblems) {
    for problem in others.list { add(problem) }
    unlisted += others.unlisted
  }
}

extension ConfigurationProblems: CustomStringConvertible {
  /// One per line.
  public var description: String {
    let lines = list.map(\.description)
    return (unlisted == 0 ? lines : lines + ["and \(unlisted) more"]).joined(separator: "\n")
  }
}

extension String {
  /// Untrusted text for a terminal: at most `limit` characters, control characters escaped.
  func escaped(limit: Int = 64) -> String {
    var result = ""
    var count = 0
    for scalar in unicodeScalars {
      guard count < limit else { return result + "…" }
      count += 1
      switch scalar.value {
      case 0x20..<0x7F, 0xA1..<0x2028, 0x2030..<0x2060, 0x2070..<0xE000:
        result.unicodeScalars.append(scalar)
      default: result += "\\u{\(String(scalar.value, radix: 16, uppercase: true))}"
      }
    }
    return result
  }
}
