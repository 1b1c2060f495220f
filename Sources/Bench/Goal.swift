// The performance goals, as ratios to the baseline where absolute numbers depend on the machine.

import NDISVarlink

/// A figure and its limit.
public struct Goal: Sendable {
  /// The figure's name in the report.
  public let key: String
  private let bound: Double
  private let isUpper: Bool

  public static let all = [
    Goal(key: "sync_ratio", bound: 1.25, isUpper: true),
    Goal(key: "pipelined_ratio", bound: 0.6, isUpper: false),
    Goal(key: "receive_ratio", bound: 0.6, isUpper: false),
    Goal(key: "live_ratio", bound: 1.25, isUpper: true),
    Goal(key: "daemon_bytes_per_live_block", bound: 160, isUpper: true),
    Goal(key: "ready_ms", bound: 50, isUpper: true),
  ]

  /// "<= 1.25", say.
  public var limit: String { (isUpper ? "<= " : ">= ") + JSON.figure(bound).text }

  /// Nil if the figure was not measured.
  public func isMet(_ report: BenchReport) -> Bool? {
    report.number(key).map { isUpper ? $0 <= bound : $0 >= bound }
  }
}
