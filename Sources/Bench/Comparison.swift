// Two sides measured alternately: ours, baseline, ours, baseline. Consecutive rounds see the same state of the
// machine, so the ratio is computed per pair of rounds, and the result is the median of the ratios:
// disturbances affect both sides.

import NDISDrawing

/// Ours compared with the baseline.
struct Comparison: Sendable {
  /// Samples of all rounds.
  let ours: Distribution
  let floor: Distribution
  /// Requests per second, the median of the rounds.
  let rate: Double
  let floorRate: Double
  /// The median ratio of our median sample to the baseline's; smaller is better.
  let timeRatio: Double
  /// The median ratio of our rate to the baseline's; greater is better.
  let rateRatio: Double
  let rounds: Int

  init(
    rounds: Int, progress: (Int) -> Void, ours measureOurs: () throws(BenchFailure) -> Round,
    floor measureFloor: () throws(BenchFailure) -> Round
  ) throws(BenchFailure) {
    var ours: [Round] = []
    var floor: [Round] = []
    for index in 0..<rounds {
      progress(index)
      ours.append(try measureOurs())
      floor.append(try measureFloor())
    }
    self.init(ours: ours, floor: floor)
  }

  init(ours: [Round], floor: [Round]) {
    self.ours = Distribution(ours.flatMap { $0.samples })
    self.floor = Distribution(floor.flatMap { $0.samples })
    rate = median(ours.map { $0.requestsPerSecond })
    floorRate = median(floor.map { $0.requestsPerSecond })
    timeRatio = median(
      zip(ours, floor).map { ours, floor in
        Distribution(ours.samples).microseconds(50) / Distribution(floor.samples).microseconds(50)
      })
    rateRatio = median(zip(ours, floor).map { $0.requestsPerSecond / $1.requestsPerSecond })
    rounds = min(ours.count, floor.count)
  }
}
