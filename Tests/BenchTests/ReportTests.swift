// The report: its JSON, its goals, and a real run that is too small for meaningful figures.

import NDISBench
import NDISVarlink
import Testing

@Suite struct ReportTests {
  @Test func figuresHaveAtMostThreeDecimals() {
    let values = [-1.5, 3, 0.0004, 2.0 / 3, 160, 0.0625, 1e9]
    #expect(
      values.map { JSON.figure($0).text } == [
        "-1.5", "3", "0", "0.667", "160", "0.063", "1000000000",
      ])
    #expect(JSON.figure(.nan) == .null)
    #expect(JSON.figure(.infinity) == .null)
  }

  @Test func everyGoalIsAboutAFigureOfTheReport() {
    for goal in Goal.all { #expect(BenchReport.keys.contains(goal.key)) }
    #expect(
      Goal.all.map { $0.limit } == ["<= 1.25", ">= 0.6", ">= 0.6", "<= 1.25", "<= 160", "<= 50"])
  }

  @Test func aReportOfNothingHasAllKeysAndMissesNoGoal() {
    let report = BenchReport()
    for key in BenchReport.keys { #expect(report.json[key] != nil, "\(key)") }
    for goal in Goal.all { #expect(goal.isMet(report) == nil) }
  }

  @Test func aMissingDaemonIsNamed() {
    var options = BenchOptions.tiny
    options.ndissimd = "/nowhere/ndissimd"
    let problem = #expect(throws: BenchFailure.self) {
      _ = try Bench(options, progress: { _ in }).run()
    }
    #expect(problem?.description.contains("/nowhere/ndissimd") == true)
  }

  @Test func aDaemonThatCannotStartIsQuoted() {
    var options = BenchOptions.tiny
    options.ndissimd = "/bin/false"
    let problem = #expect(throws: BenchFailure.self) {
      _ = try Bench(options, progress: { _ in }).run()
    }
    #expect(problem?.description.contains("ended before it was ready") == true)
  }

  @Test func aTinyRunHasEveryFigureOrItsReason() throws {
    var said: [String] = []
    let report = try Bench(.tiny) { said.append($0) }.run()
    let json = report.json
    for key in BenchReport.keys {
      let value = try #require(json[key])
      #expect(
        value != .null || json["not_measured"]?[key] != nil, "\(key) is null without a reason")
    }
    for key in [
      "sync_pair_p50_us", "floor_sync_pair_p50_us", "sync_ratio", "pipelined_requests_per_second",
      "floor_pipelined_requests_per_second", "pipelined_ratio", "remote_provider_pair_p50_us",
      "pair_p50_us_at_1k_live", "live_ratio", "ready_ms", "receive_frames_per_second",
      "floor_receive_frames_per_second", "receive_ratio", "receive_bytes_per_second",
      "receive_ratio_16_lists", "receive_ratio_1_list",
    ] {
      #expect((report.number(key) ?? 0) > 0, "\(key)")
    }
    #expect(report.panels.count >= 7)
    let frames = try #require(report.number("receive_frames_per_second"))
    #expect(report.number("receive_bytes_per_second") == frames * 1514)
    #expect(!said.isEmpty)
    // The calls of the baseline are known: ptrace counts them, or is not permitted here.
    if let client = report.systemCalls("system_calls_per_pair", "floor_client"),
      let server = report.systemCalls("system_calls_per_pair", "floor_server")
    {
      #expect(client == 4)
      #expect(abs(server - 6) < 0.2)
    } else {
      #expect(json["not_measured"]?["system_calls_per_pair"] != nil)
    }
    // Each side of the sockets sends and receives four packets per indication, two per process.
    let key = "receive_system_calls_per_frame"
    if let miniport = report.systemCalls(key, "floor_miniport"),
      let driver = report.systemCalls(key, "floor_driver"),
      let forwarder = report.systemCalls(key, "floor_forwarder")
    {
      #expect(miniport * 64 == 4)
      #expect(driver * 64 == 4)
      #expect(forwarder * 64 > 8)
    } else {
      #expect(json["not_measured"]?[key] != nil)
    }
  }
}
