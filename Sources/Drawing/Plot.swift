// Plots: a panel per comparison, with the compared distributions. PlotTerminal and PlotSVG draw them.

/// A named distribution.
public struct PlotSeries: Sendable {
  public var name: String
  public var distribution: Distribution

  public init(name: String, distribution: Distribution) {
    self.name = name
    self.distribution = distribution
  }
}

/// Distributions on one axis. The first series is ours, the second the baseline.
public struct PlotPanel: Sendable {
  public var title: String
  public var series: [PlotSeries]

  public init(title: String, series: [PlotSeries]) {
    self.title = title
    self.series = series
  }

  var axis: LogarithmicAxis? {
    LogarithmicAxis(showing: series.map { $0.distribution })
  }
}

/// The percentiles that are printed.
let plotPercentiles: [(name: String, percent: Double)] = [
  ("p50", 50), ("p90", 90), ("p99", 99), ("p99.9", 99.9),
]

/// A duration in microseconds with about three digits.
func plotMicroseconds(_ nanoseconds: Double) -> String {
  let value = nanoseconds / 1_000
  guard value < 100 else { return "\(Int(min(value, 1e15).rounded()))" }
  let tenths = Int((value * (value < 10 ? 100 : 10)).rounded())
  let scale = value < 10 ? 100 : 10
  let rest = tenths % scale
  guard rest > 0 else { return "\(tenths / scale)" }
  let digits = String("\(scale + rest)".dropFirst())
  return "\(tenths / scale)." + (digits.hasSuffix("0") ? String(digits.dropLast()) : digits)
}
