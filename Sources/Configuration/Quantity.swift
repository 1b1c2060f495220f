// Parses and formats sizes and durations. There is one syntax for each: a size is a number of bytes with an
// optional K, M, G or T (powers of 1024); a duration is a whole number with ms, s, min or h.

enum Quantity {
  private static let sizes: [(suffix: String, factor: UInt64)] = [
    ("T", 1 << 40), ("G", 1 << 30), ("M", 1 << 20), ("K", 1 << 10), ("", 1),
  ]
  private static let durations: [(suffix: String, factor: UInt64)] = [
    ("h", 3_600_000), ("min", 60_000), ("ms", 1), ("s", 1_000),
  ]

  /// Bytes; nil if the text is invalid or too large.
  static func size(_ text: String) -> UInt64? { number(text, sizes) }

  /// Milliseconds; nil if the text is invalid or too large.
  static func duration(_ text: String) -> UInt64? { number(text, durations) }

  /// The shortest exact text.
  static func size(_ bytes: UInt64) -> String {
    for (suffix, factor) in sizes where bytes >= factor && bytes % factor == 0 {
      return "\(bytes / factor)\(suffix)"
    }
    return "\(bytes)"
  }

  /// The shortest exact text; `off` for 0.
  static func duration(_ milliseconds: UInt64) -> String {
    if milliseconds == 0 { return "off" }
    for (suffix, factor) in durations
    where factor > 1 && milliseconds % factor == 0 {
      return "\(milliseconds / factor)\(suffix)"
    }
    return "\(milliseconds)ms"
  }

  private static func number(
    _ text: String, _ units: [(suffix: String, factor: UInt64)]
  ) -> UInt64? {
    let digits = text.prefix { $0.isASCII && $0.isNumber }
    let suffix = text.dropFirst(digits.count)
    guard let unit = units.first(where: { $0.suffix == suffix }), let number = UInt64(digits)
    else { return nil }
    let (product, overflow) = number.multipliedReportingOverflow(by: unit.factor)
    return overflow ? nil : product
  }
}

enum TOMLText {
  /// A basic string.
  static func quoted(_ text: String) -> String {
    var result = "\""
    for scalar in text.unicodeScalars {
      switch scalar {
      case "\"": result += "\\\""
      case "\\": result += "\\\\"
      default:
        if scalar.value < 0x20 || scalar.value == 0x7F {
          let digits = String(scalar.value, radix: 16, uppercase: true)
          result += "\\u" + String(repeating: "0", count: 4 - digits.count) + digits
        } else {
          result.unicodeScalars.append(scalar)
        }
      }
    }
    return result + "\""
  }
}
