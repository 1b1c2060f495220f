// Samples, sorted: percentiles are exact, for none is thrown away or put in a bucket.

/// Durations in nanoseconds.
public struct Distribution: Sendable, Equatable {
  /// Ascending.
  public let sorted: [UInt64]

  public init(_ samples: [UInt64]) { sorted = samples.sorted() }

  public var count: Int { sorted.count }

  /// The smallest duration that at least `percent` of all samples do not exceed (nearest rank), in
  /// nanoseconds; nil when there are none.
  public func percentile(_ percent: Double) -> UInt64? {
    guard !sorted.isEmpty else { return nil }
    // What is whole but for the last bits of a Double is whole: 99.9 % of a thousand is 999.
    let rank = (min(max(percent, 0), 100) * Double(sorted.count) / 100 - 1e-6).rounded(.up)
    return sorted[max(Int(rank), 1) - 1]
  }

  /// The percentile in microseconds; NaN when there are no samples.
  public func microseconds(_ percent: Double) -> Double {
    percentile(percent).map { Double($0) / 1_000 } ?? .nan
  }
}

/// The middle of some numbers, the mean of both middles of an even count; NaN of none.
public func median(_ numbers: [Double]) -> Double {
  let sorted = numbers.sorted()
  guard !sorted.isEmpty else { return .nan }
  let middle = sorted.count / 2
  return sorted.count % 2 == 1 ? sorted[middle] : (sorted[middle - 1] + sorted[middle]) / 2
}
