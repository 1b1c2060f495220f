// Comparisons with the baseline: blocking pairs and pipelined requests, on one processor and on two.

import NDISDrawing

extension Bench {
  func compare(
    _ placement: Placement, suffix: String, rounds: Int, _ report: inout BenchReport
  ) throws(BenchFailure) {
    let wanted = options.measurements.intersection([.sync, .pipelined])
    guard !wanted.isEmpty else {
      let keys = BenchReport.keys.filter { Bench.isCompared($0) }
      report.miss(keys.filter { $0.hasSuffix("_two_cpus") == !suffix.isEmpty }, "not requested")
      return
    }
    let instance = try BenchInstance(program, [], placement)
    let place = placement.isOneProcessor ? "one CPU" : "two CPUs"
    if wanted.contains(.sync) {
      let sync = try Comparison(rounds: rounds) { round in
        progress("sync on \(place): round \(round + 1) of \(rounds)")
      } ours: { () throws(BenchFailure) in
        try instance.driver.sync(pairs: options.pairs)
      } floor: { () throws(BenchFailure) in
        try instance.floor.sync(pairs: options.pairs)
      }
      report.set("sync_pair_p50_us\(suffix)", sync.ours.microseconds(50))
      report.set("floor_sync_pair_p50_us\(suffix)", sync.floor.microseconds(50))
      report.set("sync_ratio\(suffix)", sync.timeRatio)
      report.add(
        "sync\(suffix)", "Allocate and free, one call at a time, \(place)", Bench.series(sync))
    }
    if wanted.contains(.pipelined) {
      let pipelined = try Comparison(rounds: rounds) { round in
        progress("pipelined on \(place): round \(round + 1) of \(rounds)")
      } ours: { () throws(BenchFailure) in
        try instance.driver.pipelined(requests: options.requests, window: Bench.window)
      } floor: { () throws(BenchFailure) in
        try instance.floor.pipelined(requests: options.requests, window: Bench.window)
      }
      report.set("pipelined_requests_per_second\(suffix)", pipelined.rate)
      report.set("floor_pipelined_requests_per_second\(suffix)", pipelined.floorRate)
      report.set("pipelined_ratio\(suffix)", pipelined.rateRatio)
      report.add(
        "pipelined\(suffix)", "One of \(Bench.window) requests in flight, \(place)",
        Bench.series(pipelined))
    }
  }

  /// Whether the key is a figure of these comparisons.
  static func isCompared(_ key: String) -> Bool {
    key.contains("sync") || key.contains("pipelined")
  }

  static func series(_ comparison: Comparison) -> [PlotSeries] {
    [
      PlotSeries(name: "ndissim", distribution: comparison.ours),
      PlotSeries(name: "floor", distribution: comparison.floor),
    ]
  }
}
