// A JSON value that keeps the order of its members. Written only; nothing here reads.

/// A JSON value.
public indirect enum JSON: Sendable, Equatable {
  case null
  case bool(Bool)
  /// Written with at most three decimals; null when it is no finite number.
  case number(Double)
  case text(String)
  case array([JSON])
  case object([(key: String, value: JSON)])

  public static func == (left: JSON, right: JSON) -> Bool { left.line == right.line }

  /// The value of an object's member.
  public subscript(key: String) -> JSON? {
    guard case .object(let members) = self else { return nil }
    return members.first { $0.key == key }?.value
  }

  /// On one line.
  public var line: String {
    switch self {
    case .null: return "null"
    case .bool(let value): return value ? "true" : "false"
    case .number(let value): return JSON.digits(value)
    case .text(let value): return JSON.quoted(value)
    case .array(let values): return "[" + values.map { $0.line }.joined(separator: ", ") + "]"
    case .object(let members):
      return "{"
        + members.map { "\(JSON.quoted($0.key)): \($0.value.line)" }.joined(separator: ", ") + "}"
    }
  }

  /// The members of an object one a line, what is in them on that line.
  public var lines: String {
    guard case .object(let members) = self, !members.isEmpty else { return line }
    return "{\n"
      + members.map { "  \(JSON.quoted($0.key)): \($0.value.line)" }.joined(separator: ",\n")
      + "\n}"
  }

  private static func digits(_ value: Double) -> String {
    guard value.isFinite, value.magnitude < 1e15 else { return "null" }
    let thousandths = Int64((value * 1_000).rounded())
    let sign = thousandths < 0 ? "-" : ""
    let whole = thousandths.magnitude / 1_000
    let rest = thousandths.magnitude % 1_000
    guard rest > 0 else { return "\(sign)\(whole)" }
    var decimals = String("\(1_000 + rest)".dropFirst())
    while decimals.hasSuffix("0") { decimals.removeLast() }
    return "\(sign)\(whole).\(decimals)"
  }

  private static func quoted(_ text: String) -> String {
    var result = "\""
    for scalar in text.unicodeScalars {
      switch scalar {
      case "\"": result += "\\\""
      case "\\": result += "\\\\"
      case "\n": result += "\\n"
      default:
        if scalar.value < 0x20 {
          let digits = String(scalar.value, radix: 16)
          result += "\\u" + String(repeating: "0", count: 4 - digits.count) + digits
        } else {
          result.unicodeScalars.append(scalar)
        }
      }
    }
    return result + "\""
  }
}
