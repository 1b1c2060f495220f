// Converts names of the interface description language to Swift names: lower camel case for values, upper
// camel case for types, without conflicts with keywords.

enum SwiftNames {
  /// `log_level` and `LogLevel` become `logLevel`, `URL` becomes `url`.
  static func value(_ name: String) -> String {
    let parts = name.split(separator: "_").map(String.init)
    var result = lowerFirst(parts.first ?? name)
    for part in parts.dropFirst() { result += upperFirst(unshouted(part, in: name)) }
    // Members that the generated types have already, and keywords that backticks do not escape.
    let taken = ["json", "allCases", "rawValue", "self", "init", "hashValue", "Type"]
    if taken.contains(result) { return result + "Value" }
    return keywords.contains(result) ? "`\(result)`" : result
  }

  /// `log_level` becomes `LogLevel`.
  static func type(_ name: String) -> String {
    var result = ""
    for part in name.split(separator: "_") {
      result += upperFirst(unshouted(String(part), in: name))
    }
    return ["Type", "Protocol", "Self", "Any"].contains(result) ? result + "Value" : result
  }

  /// `org.example.some-thing` becomes `SomeThing`.
  static func lastPart(ofInterface name: String) -> String {
    let last = name.split(separator: ".").last.map(String.init) ?? name
    return last.split(separator: "-").map { upperFirst(String($0)) }.joined()
  }

  /// NAMES_LIKE_THIS are lowercased before they are joined.
  private static func unshouted(_ part: String, in name: String) -> String {
    name.contains("_") && !name.contains(where: \.isLowercase) ? part.lowercased() : part
  }

  private static func upperFirst(_ text: String) -> String {
    text.prefix(1).uppercased() + text.dropFirst()
  }

  /// Lowercases the leading capitals, except one that starts the next word: `URLPath`, `urlPath`.
  private static func lowerFirst(_ text: String) -> String {
    let capitals = text.prefix { $0.isUppercase }.count
    if capitals == text.count { return text.lowercased() }
    let lowered = capitals > 1 ? capitals - 1 : capitals
    return text.prefix(lowered).lowercased() + text.dropFirst(lowered)
  }

  private static let keywords: Set<String> = [
    "associatedtype", "class", "deinit", "enum", "extension", "fileprivate", "func", "import",
    "inout", "internal", "let", "open", "operator", "private", "precedencegroup", "protocol",
    "public", "rethrows", "static", "struct", "subscript", "typealias", "var", "break", "case",
    "catch", "continue", "default", "defer", "do", "else", "fallthrough", "for", "guard", "if",
    "in",
    "repeat", "return", "throw", "switch", "where", "while", "as", "false", "is", "nil", "super",
    "throws", "true", "try",
  ]
}
