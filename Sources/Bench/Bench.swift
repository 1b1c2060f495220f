// The benchmark: options and sequence. Each measurement is in a file of its own and adds its figures to the
// report. The baseline of all comparisons is `ndissim-floor` ("floor"), a C program that makes the same system
// calls and has no simulator: a lower bound for any implementation.

import NDISPlatform
import NDISVarlink

/// A measurement.
public enum Measurement: String, CaseIterable, Sendable {
  /// Blocking allocate and free through the kit, one at a time.
  case sync
  /// Requests with 32 in flight.
  case pipelined
  /// Frames from a miniport to its overlying driver.
  case receive
  /// A provider in another process.
  case remote
  /// Few and many live blocks: time of an allocate-free pair, memory of the daemon.
  case live
  /// From fork and exec to READY=1.
  case ready
  /// System calls of a pair.
  case calls
}

/// The options of the benchmark.
public struct BenchOptions: Sendable {
  /// The daemon's program; nil = `ndissimd` in the directory of this one.
  public var ndissimd: String?
  public var measurements = Set(Measurement.allCases)
  /// Rounds of each comparison on one CPU; a third of them on two, where a pair takes far longer.
  public var rounds = 60
  /// Pairs, and pipelined requests, of a round.
  public var pairs = 2_000
  public var requests = 4_000
  /// Indications of a round of the receive path.
  public var indications = 1_000
  /// The number of live blocks that is compared with 1000.
  public var liveBlocks = 1_000_000
  public var starts = 21
  /// Pairs whose system calls are counted.
  public var countedPairs = 1_000
  /// Indications whose system calls are counted.
  public var countedIndications = 500
  public init() {}

  /// All measurements in less than half a minute.
  public static var quick: BenchOptions {
    var options = BenchOptions()
    options.rounds = 18
    options.pairs = 500
    options.requests = 1_500
    options.indications = 400
    options.liveBlocks = 100_000
    options.starts = 7
    options.countedPairs = 300
    options.countedIndications = 150
    return options
  }

  /// The minimum: tests that all figures are present.
  public static var tiny: BenchOptions {
    var options = BenchOptions()
    options.rounds = 1
    options.pairs = 20
    options.requests = 80
    options.indications = 20
    options.liveBlocks = 1_500
    options.starts = 1
    options.countedPairs = 20
    options.countedIndications = 20
    return options
  }
}

/// Runs measurements one after the other.
public struct Bench {
  let options: BenchOptions
  /// The daemon's program.
  let program: String
  /// Called with the current step; the part after a colon changes within a step.
  let progress: (String) -> Void
  let one: Placement
  let two: Placement?

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
      program = try Bench.find("ndissimd")
    }
    let processors = try BenchInstance.allowed().numbers
    // The last ones: interrupts and other programs tend to be on the first.
    guard let last = processors.last else { throw BenchFailure("no processor is allowed") }
    one = Placement(client: last, server: last)
    two = processors.dropLast().last.map { Placement(client: last, server: $0) }
  }

  /// Measures, and returns all figures.
  public func run() throws(BenchFailure) -> BenchReport {
    var report = BenchReport()
    describe(into: &report)
    try compareOnOneAndTwo(&report)
    try run(.receive, Bench.receiveKeys, &report, measureReceive)
    try run(.remote, ["remote_provider_pair_p50_us"], &report, measureRemoteProvider)
    try run(
      .live,
      [
        "live_blocks", "pair_p50_us_at_1k_live", "pair_p50_us_at_1m_live", "live_ratio",
        "pair_p50_us_at_live_blocks", "daemon_bytes_per_live_block",
      ], &report, measureLiveBlocks)
    try run(.ready, ["ready_ms"], &report, measureReady)
    try run(
      .calls, ["system_calls_per_pair", "receive_system_calls_per_frame"], &report,
      countSystemCalls)
    return report
  }

  private func run(
    _ measurement: Measurement, _ keys: [String], _ report: inout BenchReport,
    _ body: (inout BenchReport) throws(BenchFailure) -> Void
  ) throws(BenchFailure) {
    guard options.measurements.contains(measurement) else {
      report.miss(keys, "not requested")
      return
    }
    try body(&report)
  }

  private func compareOnOneAndTwo(_ report: inout BenchReport) throws(BenchFailure) {
    try compare(one, suffix: "", rounds: options.rounds, &report)
    if let two {
      try compare(two, suffix: "_two_cpus", rounds: max(1, options.rounds / 3), &report)
    } else {
      report.miss(
        BenchReport.keys.filter { Bench.isCompared($0) && $0.hasSuffix("_two_cpus") },
        "only one processor is allowed")
    }
  }

  private func describe(into report: inout BenchReport) {
    report.set("rounds", Double(options.rounds))
    report.set("window", Double(Bench.window))
    report.set("block_bytes", Double(DriverSide.blockLength))
    report.set("wake_up", .string("both clients block in recvmsg, both servers in epoll_wait"))
    report.set("kernel", .string(Machine.kernel))
    report.set("cpu_model", .string(Machine.processorModel))
    report.set(
      "cpus",
      [
        "one": .int(Int64(one.client)),
        "client_of_two": two.map { .int(Int64($0.client)) } ?? .null,
        "server_of_two": two.map { .int(Int64($0.server)) } ?? .null,
      ])
  }
}
