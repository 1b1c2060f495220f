// Percentiles from a histogram whose buckets are powers of two of microseconds. A percentile is known only up
// to its bucket: the result is the bucket's upper bound, or the maximum of all samples if that is less, so it
// is never too low.
//
// Limits: the counts come from the daemon and are not validated; negative ones count as zero.

import NDISDrawing
import NDISManagementInterface

/// The percentiles of a latency.
struct LatencyFigures {
  private var buckets: [Int]
  /// The maximum of all samples.
  private let maximum: Int

  init(_ latency: SimulatorInterface.Latency) {
    maximum = latency.maximumUs
    buckets = latency.buckets.prefix(64).map { max(0, $0) }
  }

  /// The difference to an earlier sample.
  init(_ latency: SimulatorInterface.Latency, since earlier: SimulatorInterface.Latency?) {
    self.init(latency)
    guard let earlier else { return }
    for (index, count) in earlier.buckets.prefix(buckets.count).enumerated() {
      buckets[index] = max(0, buckets[index] &- count)
    }
  }

  var count: Int { buckets.reduce(0, &+) }
  /// The count of each bucket up to the last nonempty one, for a sparkline.
  var shape: [Double] {
    let end = (buckets.lastIndex { $0 > 0 } ?? -1) + 1
    return buckets.prefix(end).map(Double.init)
  }

  /// An upper bound in microseconds; `edge` is nil for the last bucket, which has none.
  struct Bound {
    var edge: Int?
    /// A lower bound, if there is no upper one.
    var above: Int
  }

  var median: Bound? { bound(percent: 50) }
  var ninetyNinth: Bound? { bound(percent: 99) }

  /// `p50 8us  p99 1ms`.
  var text: String {
    func text(_ bound: Bound?) -> String {
      guard let bound else { return "-" }
      return bound.edge.map { HumanFormat.microseconds($0) }
        ?? ">\(HumanFormat.microseconds(bound.above))"
    }
    return "p50 \(text(median))  p99 \(text(ninetyNinth))"
  }

  private func bound(percent: Int) -> Bound? {
    let total = count
    guard total > 0 else { return nil }
    // The rank of the percentile among n samples, rounded up.
    let wanted = Double(total) * Double(percent) / 100
    var seen = 0
    for (index, count) in buckets.enumerated() {
      seen &+= count
      guard count > 0, Double(seen) >= wanted else { continue }
      // The last bucket holds all longer ones.
      let isLast = index == buckets.count - 1
      return Bound(
        edge: isLast || index > 40 ? nil : min(1 << index, max(1, maximum)),
        above: 1 << max(0, min(index, 41) - 1))
    }
    return nil
  }
}
