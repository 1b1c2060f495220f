// The figures of the benchmark as text: a table of ndissim beside the baseline ("floor"), the goals, and
// the distributions below each other.

import NDISBench
import NDISDrawing
import NDISVarlink

enum BenchText {
  static func lines(_ report: BenchReport, width: Int) -> [String] {
    var lines = [
      "\(report.text("cpu_model") ?? "unknown processor"), Linux \(report.text("kernel") ?? "?")",
      "",
      row("", ["ndissim", "floor", "ratio", "goal"]),
    ]
    lines += comparison("allocate+free, 1 CPU, p50 us", "sync_pair_p50_us", "sync_ratio", report)
    lines += comparison(
      "allocate+free, 2 CPUs, p50 us", "sync_pair_p50_us", "sync_ratio", report, "_two_cpus")
    let rate = "pipelined_requests_per_second"
    lines += comparison("32 in flight, 1 CPU, 1/s", rate, "pipelined_ratio", report)
    lines += comparison("32 in flight, 2 CPUs, 1/s", rate, "pipelined_ratio", report, "_two_cpus")
    lines += receive(report)
    lines += live(report)
    lines += single("remote provider, p50 us", "remote_provider_pair_p50_us", report)
    lines += single("daemon memory per block, bytes", "daemon_bytes_per_live_block", report)
    lines += single("start to READY=1, ms", "ready_ms", report)
    lines += systemCalls(report)
    for panel in report.panels { lines += [""] + panel.terminalLines(width: width) }
    return lines
  }

  static func svg(_ report: BenchReport) -> String {
    PlotSVG.document(
      title: "Latency of ndissim and the baseline in C",
      subtitle: "\(report.text("cpu_model") ?? "unknown processor"), Linux "
        + "\(report.text("kernel") ?? "?")",
      panels: report.panels)
  }

  private static func comparison(
    _ name: String, _ key: String, _ ratio: String, _ report: BenchReport, _ suffix: String = ""
  ) -> [String] {
    guard let ours = report.number(key + suffix) else { return [] }
    return [
      row(
        name,
        [
          shown(ours), shown(report.number("floor_\(key)\(suffix)")),
          shown(report.number(ratio + suffix)), goal(ratio + suffix, report),
        ])
    ]
  }

  private static func receive(_ report: BenchReport) -> [String] {
    let rate = "receive_frames_per_second"
    var lines: [String] = []
    for (name, suffix) in [
      ("frames, 64 lists, 1 CPU, 1/s", ""), ("frames, 64 lists, 2 CPUs, 1/s", "_two_cpus"),
      ("frames, 16 lists, 1 CPU, 1/s", "_16_lists"), ("frames, 1 list, 1 CPU, 1/s", "_1_list"),
    ] {
      lines += comparison(name, rate, "receive_ratio", report, suffix)
    }
    return lines
  }

  private static func live(_ report: BenchReport) -> [String] {
    guard let blocks = report.number("live_blocks"),
      let time = report.number("pair_p50_us_at_live_blocks")
    else { return [] }
    return [
      row("1000 live blocks, p50 us", [shown(report.number("pair_p50_us_at_1k_live"))]),
      row(
        "\(Int(blocks)) live blocks, p50 us",
        [shown(time), "", shown(report.number("live_ratio")), goal("live_ratio", report)]),
    ]
  }

  private static func single(_ name: String, _ key: String, _ report: BenchReport) -> [String] {
    guard let value = report.number(key) else { return [] }
    return [row(name, [shown(value), "", "", goal(key, report)])]
  }

  private static func systemCalls(_ report: BenchReport) -> [String] {
    var lines: [String] = []
    func add(_ name: String, _ key: String, _ ours: String, _ floor: String) {
      guard let count = report.systemCalls(key, ours) else { return }
      lines.append(row(name, [shown(count), shown(report.systemCalls(key, floor))]))
    }
    add("system calls per pair, client", "system_calls_per_pair", "kit", "floor_client")
    add("system calls per pair, server", "system_calls_per_pair", "daemon", "floor_server")
    let frame = "receive_system_calls_per_frame"
    add("system calls/frame, miniport", frame, "miniport", "floor_miniport")
    add("system calls/frame, driver", frame, "driver", "floor_driver")
    add("system calls/frame, server", frame, "daemon", "floor_forwarder")
    return lines
  }

  private static func goal(_ key: String, _ report: BenchReport) -> String {
    guard let goal = Goal.all.first(where: { $0.key == key }), let isMet = goal.isMet(report) else {
      return ""
    }
    return goal.limit + (isMet ? " met" : " MISSED")
  }

  private static func shown(_ value: Double?) -> String {
    guard let value else { return "-" }
    if value >= 1_000 { return "\(Int(min(value, 1e15).rounded()))" }
    return JSON.figure((value * 100).rounded() / 100).text
  }

  private static func row(_ name: String, _ cells: [String]) -> String {
    var line = name + String(repeating: " ", count: max(0, 32 - name.count))
    for (index, cell) in cells.enumerated() {
      if index == 3 {
        line += "  " + cell
      } else {
        line += String(repeating: " ", count: max(1, 10 - cell.count)) + cell
      }
    }
    while line.hasSuffix(" ") { line.removeLast() }
    return line
  }
}
