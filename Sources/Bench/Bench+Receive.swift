// The receive path: frames from a miniport to its overlying driver, through shared memory, in chains of 64
// lists with eight indications in flight; also one list and sixteen at a time. A sample is an indication,
// from its sending to the return of its lists.

import NDISDrawing

extension Bench {
  /// Lists per indication; the first is the main figure.
  static let receiveLists = [64, 16, 1]
  /// Indications in flight.
  static let receiveWindow = 8

  static let receiveKeys =
    [64, 16, 1].flatMap { lists in receiveKeys("", lists: lists) }
    + [64].flatMap { lists in receiveKeys("_two_cpus", lists: lists) }

  private static let names = [
    "receive_frames_per_second", "floor_receive_frames_per_second", "receive_ratio",
    "receive_bytes_per_second", "floor_receive_bytes_per_second",
  ]

  /// "receive_ratio", "receive_ratio_two_cpus", "receive_ratio_16_lists".
  private static func receiveKeys(_ suffix: String, lists: Int) -> [String] {
    let size = lists == receiveLists[0] ? "" : lists == 1 ? "_1_list" : "_\(lists)_lists"
    return names.map { $0 + size + suffix }
  }

  func measureReceive(_ report: inout BenchReport) throws(BenchFailure) {
    report.set("receive_lists_per_indication", Double(Bench.receiveLists[0]))
    report.set("receive_indications_in_flight", Double(Bench.receiveWindow))
    report.set("receive_frame_bytes", Double(Frame.bytes))
    let fewer = max(1, options.rounds / 3)
    let instance = try ReceiveInstance(program, one)
    for lists in Bench.receiveLists {
      let rounds = lists == Bench.receiveLists[0] ? options.rounds : fewer
      try measure(instance, lists: lists, rounds: rounds, suffix: "", &report)
    }
    try instance.check()
    let keys = Bench.receiveKeys("_two_cpus", lists: Bench.receiveLists[0])
    guard let two else { return report.miss(keys, "only one processor is allowed") }
    let wide = try ReceiveInstance(program, two)
    try measure(
      wide, lists: Bench.receiveLists[0], rounds: fewer, suffix: "_two_cpus", &report)
    try wide.check()
  }

  private func measure(
    _ instance: ReceiveInstance, lists: Int, rounds: Int, suffix: String,
    _ report: inout BenchReport
  ) throws(BenchFailure) {
    let what = Indications(count: options.indications, lists: lists, window: Bench.receiveWindow)
    let place = suffix.isEmpty ? "one CPU" : "two CPUs"
    let chain = lists == 1 ? "one list" : "\(lists) lists"
    let comparison = try Comparison(rounds: rounds) { round in
      progress("receive, \(chain) on \(place): round \(round + 1) of \(rounds)")
    } ours: { () throws(BenchFailure) in
      try instance.ours.measure(what)
    } floor: { () throws(BenchFailure) in
      try instance.floor.measure(what)
    }
    let frames = comparison.rate * Double(lists)
    let floorFrames = comparison.floorRate * Double(lists)
    let bytes = Double(Frame.bytes)
    let values = [frames, floorFrames, comparison.rateRatio, frames * bytes, floorFrames * bytes]
    for (key, value) in zip(Bench.receiveKeys(suffix, lists: lists), values) {
      report.set(key, value)
    }
    report.add(
      "receive\(Bench.receiveKeys(suffix, lists: lists)[2].dropFirst("receive_ratio".count))",
      "Indication to return, \(chain), \(Bench.receiveWindow) in flight, \(place)",
      Bench.series(comparison))
  }
}
