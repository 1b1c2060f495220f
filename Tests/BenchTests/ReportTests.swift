// The report: its JSON, its goals, and a real run too small to mean anything.

import NDISBench
import Testing

@Suite struct ReportTests {
  @Test func jsonIsWrittenAsItShould() {
    let value = JSON.object([
      ("text", .text("a\"b\\c\n\u{1}")), ("number", .number(-1.5)), ("whole", .number(3)),
      ("small", .number(0.0004)), ("long", .number(2.0 / 3)), ("none", .number(.nan)),
      ("list", .array([.bool(true), .null])),
    ])
    let expected =
      #"{"text": "a\"b\\c\n\u0001", "number": -1.5, "whole": 3, "small": 0, "long": 0.667, "none": null, "list": [true, null]}"#
    #expect(value.line == expected)
    #expect(value["whole"] == .number(3))
    #expect(value["missing"] == nil)
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
    // What the floor does is known to the call: ptrace counts right, or is not allowed here.
    if let client = report.systemCalls("system_calls_per_pair", "floor_client"),
      let server = report.systemCalls("system_calls_per_pair", "floor_server")
    {
      #expect(client == 4)
      #expect(abs(server - 6) < 0.2)
    } else {
      #expect(json["not_measured"]?["system_calls_per_pair"] != nil)
    }
    // Each side of the sockets sends four packets an indication and takes four, two a process.
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
