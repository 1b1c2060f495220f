// What is wrong with a configuration: all of it at once, each thing with its place, its key and a
// sentence. Text that comes from a file is shown clipped and with its control characters escaped,
// since it ends on somebody's terminal.

/// One thing that is wrong, or, among notes, worth knowing.
public struct ConfigurationProblem: Error, Sendable, Hashable {
  /// Who said it.
  public var origin: Origin
  /// The key; empty when the file as a whole is meant.
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
          ? "\(shown(path, limit: 4096)): " : "\(shown(path, limit: 4096)):\(line):\(column): "
      case .flag(let name): "\(name): "
      }
    return place + (key.isEmpty ? "" : "\(key): ") + sentence
  }
}

/// Everything that is wrong with a configuration; never empty.
public struct ConfigurationProblems: Error, Sendable, Hashable {
  /// In the order of the files, then of the flags.
  public private(set) var list: [ConfigurationProblem] = []
  /// Problems beyond those listed. A file made to be wrong shall not fill a disk.
  public private(set) var unlisted = 0

  /// How many are listed.
  public static let limit = 256

  init() {}
  init(_ problem: ConfigurationProblem) { add(problem) }

  var isEmpty: Bool { list.isEmpty }
  /// Whether a further problem is only counted; its sentence need not be made.
  var isFull: Bool { list.count >= ConfigurationProblems.limit }

  mutating func add(_ problem: ConfigurationProblem) {
    if isFull { unlisted += 1 } else { list.append(problem) }
  }

  mutating func add(_ origin: Origin, _ key: String, _ sentence: String) {
    add(ConfigurationProblem(origin, key, sentence))
  }

  /// Counts a problem whose sentence is not worth making.
  mutating func addUnlisted() { unlisted += 1 }

  mutating func add(_ others: ConfigurationProblems) {
    for problem in others.list { add(problem) }
    unlisted += others.unlisted
  }
}

extension ConfigurationProblems: CustomStringConvertible {
  /// A line for each.
  public var description: String {
    let lines = list.map(\.description)
    return (unlisted == 0 ? lines : lines + ["and \(unlisted) more"]).joined(separator: "\n")
  }
}

/// Text from outside as it may be shown: at most `limit` characters, nothing that moves a cursor.
func shown(_ text: String, limit: Int = 64) -> String {
  var result = ""
  var count = 0
  for scalar in text.unicodeScalars {
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
