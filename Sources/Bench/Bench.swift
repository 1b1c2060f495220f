// The bench: what of it is run, how much of it, and in which order.

import Platform

/// A thing that can be measured.
public enum Measurement: String, CaseIterable, Sendable {
  /// Blocking allocate and free through the kit, one at a time.
  case sync
  /// Requests with 32 in flight.
  case pipelined
}

/// How the bench is run.
public struct BenchOptions: Sendable {
  /// The daemon's program; nil = `ndissimd` beside this one.
  public var ndissimd: String?
  public var measurements = Set(Measurement.allCases)
  /// Rounds of each comparison, and samples of a round.
  public var rounds = 60
  public var pairs = 2_000
  public var requests = 4_000
  public init() {}
}

/// Runs measurements one after the other.
public struct Bench {
  private let options: BenchOptions
  private let program: String
  private let processors: [Int]
  /// Told what is being done, in a few words.
  private let progress: (String) -> Void

  /// Requests in flight.
  static let window = 32

  public init(
    _ options: BenchOptions, progress: @escaping (String) -> Void
  ) throws(BenchFailure) {
    self.options = options
    self.progress = progress
    if let named = options.ndissimd {
      program = named
    } else {
      program = try Programs.find("ndissimd")
    }
    processors = try Bed.allowed().numbers
    if processors.isEmpty { throw BenchFailure("no processor is allowed") }
  }

  /// Measures, and answers all figures.
  public func run() throws(BenchFailure) -> JSON {
    var members: [(key: String, value: JSON)] = []
    let one = Placement(
      client: processors[processors.count - 1], server: processors[processors.count - 1])
    try compare(one, suffix: "", into: &members)
    if processors.count > 1 {
      let two = Placement(client: one.client, server: processors[processors.count - 2])
      try compare(two, suffix: "_two_cpus", into: &members)
    }
    return .object(members)
  }

  private func compare(
    _ placement: Placement, suffix: String, into members: inout [(key: String, value: JSON)]
  ) throws(BenchFailure) {
    let bed = try Bed(program, [], placement)
    let place = placement.isOneProcessor ? "one CPU" : "two CPUs"
    if options.measurements.contains(.sync) {
      let sync = try Comparison(rounds: options.rounds) { round in
        progress("sync, \(place): round \(round + 1) of \(options.rounds)")
      } ours: { () throws(BenchFailure) in
        try bed.driver.sync(pairs: options.pairs)
      } floor: { () throws(BenchFailure) in
        try bed.floor.sync(pairs: options.pairs)
      }
      members.append(("sync_pair_p50_us\(suffix)", .number(sync.ours.microseconds(50))))
      members.append(("floor_sync_pair_p50_us\(suffix)", .number(sync.floor.microseconds(50))))
      members.append(("sync_ratio\(suffix)", .number(sync.timeRatio)))
    }
    if options.measurements.contains(.pipelined) {
      let pipelined = try Comparison(rounds: options.rounds) { round in
        progress("pipelined, \(place): round \(round + 1) of \(options.rounds)")
      } ours: { () throws(BenchFailure) in
        try bed.driver.pipelined(requests: options.requests, window: Bench.window)
      } floor: { () throws(BenchFailure) in
        try bed.floor.pipelined(requests: options.requests, window: Bench.window)
      }
      members.append(("pipelined_requests_per_second\(suffix)", .number(pipelined.rate)))
      members.append(("floor_pipelined_requests_per_second\(suffix)", .number(pipelined.floorRate)))
      members.append(("pipelined_ratio\(suffix)", .number(pipelined.rateRatio)))
    }
  }
}
