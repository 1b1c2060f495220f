// Sorted samples: percentiles are exact, because no sample is dropped or put in a bucket.

/// Durations in nanoseconds.
public struct Distribution: Sendable, Equatable {
  /// Ascending.
  public let sorted: [UInt64]

  public init(_ samples: [UInt64]) { sorted = samples.sorted() }

  public var count: Int { sorted.count }

  /// The smallest duration that at least `percent` of all samples do not exceed (nearest rank), in
  /// nanoseconds; nil without samples.
  public func percentile(_ percent: Double) -> UInt64? {
    guard !sorted.isEmpty else { return nil }
    // Rounding errors of Double are ignored: 99.9 % of a thousand is 999.
    let rank = (min(max(percent, 0), 100) * Double(sorted.count) / 100 - 1e-6).rounded(.up)
    return sorted[max(Int(rank), 1) - 1]
  }

  /// The percentile in microseconds; NaN without samples.
  public func microseconds(_ percent: Double) -> Double {
    percentile(percent).map { Double($0) / 1_000 } ?? .nan
  }
}

/// The median; the mean of the two middle values for an even count, NaN for none.
public func median(_ numbers: [Double]) -> Double {
  let sorted = numbers.sorted()
  guard !sorted.isEmpty else { return .nan }
  let middle = sorted.count / 2
  return sorted.count % 2 == 1 ? sorted[middle] : (sorted[middle - 1] + sorted[middle]) / 2
}
