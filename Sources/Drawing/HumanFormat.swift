// Human-readable numbers: bytes, durations, counts, rates. Exact if that is short, else two or three
// significant digits. Negative numbers, which no daemon sends, are formatted unscaled.

/// Formats numbers.
public enum HumanFormat {
  /// Bytes in units of 1024: `512 B`, `64 KiB`, `1.5 MiB`, `12 GiB`.
  public static func bytes(_ count: Int) -> String {
    guard count >= 1024 else { return "\(count) B" }
    let units = ["KiB", "MiB", "GiB", "TiB", "PiB", "EiB"]
    var unit = 0
    var divisor = 1024
    while unit + 1 < units.count, count / divisor >= 1024 {
      divisor = divisor << 10
      unit += 1
    }
    return scaled(count, by: divisor) + " " + units[unit]
  }

  /// A duration given in milliseconds: `0ms`, `840ms`, `12.3s`, `4min 12s`, `3h 5min`, `2d 4h`.
  public static func milliseconds(_ count: Int) -> String {
    switch count {
    case ..<1000: return "\(count)ms"
    case ..<60_000: return tenths(count / 100) + "s"
    case ..<3_600_000: return pair(count / 60_000, "min", count / 1000 % 60, "s")
    case ..<86_400_000: return pair(count / 3_600_000, "h", count / 60_000 % 60, "min")
    default: return pair(count / 86_400_000, "d", count / 3_600_000 % 24, "h")
    }
  }

  /// A duration given in microseconds: `7us`, `1.2ms`, then as `milliseconds`.
  public static func microseconds(_ count: Int) -> String {
    switch count {
    case ..<1000: "\(count)us"
    case ..<1_000_000: scaled(count, by: 1000) + "ms"
    default: milliseconds(count / 1000)
    }
  }

  /// A count with separated thousands: `1 048 576`.
  public static func count(_ count: Int) -> String {
    let digits = Array("\(count.magnitude)")
    var text = count < 0 ? "-" : ""
    for (index, digit) in digits.enumerated() {
      if index > 0, (digits.count - index) % 3 == 0 { text.append(" ") }
      text.append(digit)
    }
    return text
  }

  /// A count with its noun: `1 block`, `2 blocks`.
  public static func counted(_ count: Int, _ one: String, _ many: String? = nil) -> String {
    "\(HumanFormat.count(count)) \(count == 1 ? one : many ?? one + "s")"
  }

  /// A rate per second: `0`, `3.4`, `812`, `12.3k`, `1.2M`.
  public static func rate(_ perSecond: Double) -> String {
    guard perSecond.isFinite, perSecond > 0 else { return "0" }
    switch perSecond {
    case ..<100: return tenths(Int((perSecond * 10).rounded()))
    case ..<10_000: return "\(Int(perSecond.rounded()))"
    case ..<1_000_000: return tenths(Int((perSecond / 100).rounded())) + "k"
    case ..<1e15: return tenths(Int((perSecond / 100_000).rounded())) + "M"
    default: return "very many"
    }
  }

  /// One decimal below ten units, unless it is zero; whole units above.
  private static func scaled(_ count: Int, by divisor: Int) -> String {
    let whole = count / divisor
    // Units are powers of 1024 at most 2^60: a tenth of the rest times ten stays small.
    let tenth = Int((Double(count % divisor) / Double(divisor) * 10).rounded())
    if whole >= 100 { return "\(whole + (tenth >= 5 ? 1 : 0))" }
    return tenths(whole * 10 + tenth)
  }

  private static func tenths(_ count: Int) -> String {
    count % 10 == 0 ? "\(count / 10)" : "\(count / 10).\(count % 10)"
  }

  private static func pair(_ great: Int, _ one: String, _ small: Int, _ two: String) -> String {
    small == 0 ? "\(great)\(one)" : "\(great)\(one) \(small)\(two)"
  }
}
