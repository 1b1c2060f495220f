// Two sides, measured in turns: ours, floor, ours, floor. A round of one side and the round of the
// other that follows it see the same machine, so their ratio is taken round by round, and the result
// is the median of the ratios: what disturbs the machine for a while disturbs both.

import NDISDrawing

/// Ours against the floor's.
struct Comparison: Sendable {
  /// Samples of all rounds.
  let ours: Distribution
  let floor: Distribution
  /// Requests a second, median of the rounds.
  let rate: Double
  let floorRate: Double
  /// Median over the rounds of our median sample by the floor's; smaller is better.
  let timeRatio: Double
  /// Median over the rounds of our rate by the floor's; greater is better.
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
