// Histograms on a logarithmic axis: latencies span decades, and a linear axis would show either the bulk or
// the tail. Several distributions share one axis, to be compared.

import Glibc

/// A logarithmic axis of durations, divided into columns of equal ratio.
public struct LogarithmicAxis: Sendable, Equatable {
  /// Nanoseconds, above zero.
  public let low: Double
  /// Nanoseconds, above `low`.
  public let high: Double

  /// An axis for the bulk of all distributions: from the smallest sample to the largest of their 99.9th
  /// percentiles. Nil without samples.
  public init?(showing distributions: [Distribution]) {
    let lows = distributions.compactMap { $0.percentile(0) }
    let highs = distributions.compactMap { $0.percentile(99.9) }
    guard let low = lows.min(), let high = highs.max() else { return nil }
    self.init(low: Double(max(low, 1)) * 0.9, high: Double(max(high, 1)) * 1.05)
  }

  /// The ends may be in either order, and are moved apart if equal.
  public init(low: Double, high: Double) {
    self.low = max(min(low, high), 0.001)
    self.high = max(max(low, high), self.low * 1.05)
  }

  /// The position of a duration: 0 at `low`, 1 at `high`.
  public func position(_ nanoseconds: Double) -> Double {
    log(max(nanoseconds, 0.001) / low) / log(high / low)
  }

  /// Round durations (1, 2 or 5 times a power of ten) on the axis, in nanoseconds; where there are
  /// fewer than three of them, all multiples of a power of ten.
  public var ticks: [Double] {
    let few = marks([1, 2, 5])
    return few.count >= 3 ? few : marks([1, 1.5, 2, 2.5, 3, 3.5, 4, 5, 6, 7, 8, 9])
  }

  private func marks(_ factors: [Double]) -> [Double] {
    var result: [Double] = []
    var decade = 1.0
    while decade <= high {
      result += factors.map { $0 * decade }.filter { $0 >= low && $0 <= high }
      decade *= 10
    }
    return result
  }
}

/// The share of a distribution's samples in each column of an axis.
public struct Histogram: Sendable, Equatable {
  /// Shares of all samples, 0 to 1; samples beyond the axis are in none.
  public let shares: [Double]
  /// The share of samples beyond the axis's high end.
  public let above: Double

  public init(_ distribution: Distribution, axis: LogarithmicAxis, columns: Int) {
    var counts = [Int](repeating: 0, count: max(columns, 1))
    var above = 0
    for sample in distribution.sorted {
      let position = axis.position(Double(sample))
      if position >= 1 {
        above += 1
      } else if position >= 0 {
        counts[min(Int(position * Double(counts.count)), counts.count - 1)] += 1
      }
    }
    let total = Double(max(distribution.count, 1))
    shares = counts.map { Double($0) / total }
    self.above = Double(above) / total
  }

  public var peak: Double { shares.max() ?? 0 }
}
