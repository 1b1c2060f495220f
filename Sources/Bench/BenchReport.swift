// The results: every figure by its name, null if it was not measured, with the reason. The names are the
// keys of `ndisctl bench --json`; their meaning does not change.

public import NDISDrawing
package import NDISVarlink

/// All figures of a run.
public struct BenchReport: Sendable {
  private var values: [String: JSON] = [:]
  private var reasons = JSONObject()
  private var distributions = JSONObject()
  /// The plots.
  public internal(set) var panels: [PlotPanel] = []

  /// A report without figures.
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

  mutating func set(_ key: String, _ value: Double) { values[key] = .double(value) }
  mutating func set(_ key: String, _ value: JSON) { values[key] = value }

  /// Stores why figures are missing.
  mutating func miss(_ keys: [String], _ reason: String) {
    for key in keys { reasons[key] = .string(reason) }
  }

  /// Adds the percentiles of a comparison, and its plot.
  mutating func add(_ name: String, _ title: String, _ series: [PlotSeries]) {
    var members = JSONObject()
    for one in series {
      let distribution = one.distribution
      members[one.name] = [
        "p50_us": .double(distribution.microseconds(50)),
        "p90_us": .double(distribution.microseconds(90)),
        "p99_us": .double(distribution.microseconds(99)),
        "p99_9_us": .double(distribution.microseconds(99.9)),
      ]
    }
    distributions[name] = .object(members)
    panels.append(PlotPanel(title: title, series: series))
  }

  /// A figure, nil if it was not measured.
  public func number(_ key: String) -> Double? {
    if case .double(let value) = values[key], value.isFinite { return value }
    return nil
  }

  /// A text among the figures.
  public func text(_ key: String) -> String? {
    if case .string(let value) = values[key] { return value }
    return nil
  }

  /// System calls of one party under a key of them: the total, nil if they were not counted.
  public func systemCalls(_ key: String, _ party: String) -> Double? {
    guard case .double(let value) = values[key]?[party]?["total"] else { return nil }
    return value
  }

  /// All of it as one JSON object with every one of `keys`.
  package var json: JSON {
    var all = values
    all["distributions"] = .object(distributions)
    all["not_measured"] = .object(reasons)
    var goals = JSONObject()
    for goal in Goal.all {
      goals[goal.key] = [
        "limit": .string(goal.limit), "met": goal.isMet(self).map { .bool($0) } ?? .null,
      ]
    }
    all["goals"] = .object(goals)
    var document = JSONObject()
    for key in BenchReport.keys { document[key] = (all[key] ?? .null).figures }
    return .object(document)
  }
}
