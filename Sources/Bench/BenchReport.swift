// What came out: every figure by its name, null where it was not measured, with the reason beside it.
// The names are the keys of `ndisctl bench --json`; they do not change their meaning.

public import NDISDrawing

/// All figures of a run.
public struct BenchReport: Sendable {
  private var values: [String: JSON] = [:]
  private var reasons: [(key: String, value: JSON)] = []
  private var distributions: [(key: String, value: JSON)] = []
  /// What can be drawn.
  public internal(set) var panels: [PlotPanel] = []

  /// Nothing measured yet.
  public init() {}

  /// Every key of the JSON object, in order.
  public static let keys: [String] =
    ["", "_two_cpus"].flatMap { suffix in
      [
        "sync_pair_p50_us", "floor_sync_pair_p50_us", "sync_ratio",
        "pipelined_requests_per_second", "floor_pipelined_requests_per_second", "pipelined_ratio",
      ].map { $0 + suffix }
    } + Bench.receiveKeys + [
      "receive_lists_per_indication", "receive_indications_in_flight", "receive_frame_bytes",
      "receive_system_calls_per_frame", "remote_provider_pair_p50_us", "live_blocks",
      "pair_p50_us_at_1k_live",
      "pair_p50_us_at_1m_live", "pair_p50_us_at_live_blocks", "live_ratio",
      "daemon_bytes_per_live_block", "daemon_bytes_measured_as", "ready_ms",
      "system_calls_per_pair",
      "distributions", "rounds", "window", "block_bytes", "wake_up", "cpus", "kernel", "cpu_model",
      "goals", "not_measured",
    ]

  mutating func set(_ key: String, _ value: Double) { values[key] = .number(value) }
  mutating func set(_ key: String, _ value: JSON) { values[key] = value }

  /// Says why a figure is missing.
  mutating func miss(_ keys: [String], _ reason: String) {
    for key in keys { reasons.append((key, .text(reason))) }
  }

  /// Keeps the percentiles of a comparison, and its picture.
  mutating func add(_ name: String, _ title: String, _ series: [PlotSeries]) {
    distributions.append(
      (
        name,
        .object(
          series.map { series in
            let one = series.distribution
            return (
              series.name,
              .object([
                ("samples", .number(Double(one.count))),
                ("p50_us", .number(one.microseconds(50))),
                ("p90_us", .number(one.microseconds(90))),
                ("p99_us", .number(one.microseconds(99))),
                ("p99_9_us", .number(one.microseconds(99.9))),
              ])
            )
          })
      ))
    panels.append(PlotPanel(title: title, series: series))
  }

  /// A figure, nil when it was not measured.
  public func number(_ key: String) -> Double? {
    if case .number(let value) = values[key], value.isFinite { return value }
    return nil
  }

  /// A text among the figures.
  public func text(_ key: String) -> String? {
    if case .text(let value) = values[key] { return value }
    return nil
  }

  /// System calls of one party under a key of them: in all, nil when they were not counted.
  public func systemCalls(_ key: String, _ party: String) -> Double? {
    guard case .number(let value) = values[key]?[party]?["total"] else {
      return nil
    }
    return value
  }

  /// All of it as one JSON object with every one of `keys`.
  public var json: JSON {
    var all = values
    all["distributions"] = .object(distributions)
    all["not_measured"] = .object(reasons)
    all["goals"] = .object(
      Goal.all.map { goal in
        (
          goal.key,
          .object([
            ("limit", .text(goal.limit)), ("met", goal.isMet(self).map { .bool($0) } ?? .null),
          ])
        )
      })
    return .object(BenchReport.keys.map { ($0, all[$0] ?? .null) })
  }
}
