// The verdict of a run, from constructed findings.

import NDISPlatform
import Testing
import NDISVarlink

@testable import ndisctl

@Suite struct RunReportTests {
  private func report(
    ended: ChildProcess.Change? = .exited(status: 0), _ rules: [RunReport.Rule] = []
  ) -> RunReport {
    var report = RunReport(command: ["./test", "--fast"])
    report.ended = ended
    report.rules = rules
    return report
  }

  private func rule(_ code: String, _ count: Int, expected: Int? = nil) -> RunReport.Rule {
    RunReport.Rule(code: code, rule: code, count: count, expected: expected, message: "So it was.")
  }

  @Test func `A successful command without violations passes`() {
    #expect(report().exitStatus == 0)
    #expect(report().verdict == .passed)
  }

  @Test func `The status of a command is returned, also with violations`() {
    #expect(report(ended: .exited(status: 7)).exitStatus == 7)
    #expect(report(ended: .exited(status: 7), [rule("leak", 1)]).exitStatus == 7)
    #expect(report(ended: .killed(signal: 11)).exitStatus == 139)
  }

  @Test(arguments: [
    (1, nil, 3), (1, 1, 0), (2, 1, 3), (1, 2, 3), (0, 1, 3), (0, 0, 0), (3, 3, 0),
  ])
  func `What happens must be what was declared, exactly as often`(
    count: Int, expected: Int?, status: Int32
  ) {
    #expect(report([rule("leak", count, expected: expected)]).exitStatus == status)
  }

  @Test func `An expected violation does not excuse another one`() {
    #expect(report([rule("leak", 1, expected: 1), rule("0x7C/0x01", 1)]).exitStatus == 3)
  }

  @Test func `A timeout and a failed daemon have precedence`() {
    var late = report(ended: .killed(signal: 15), [rule("leak", 1)])
    late.limitMilliseconds = 100
    #expect(late.exitStatus == 124)
    late.daemonProblem = "gone"
    #expect(late.exitStatus == 124)
    var dead = report(ended: .exited(status: 1))
    dead.daemonProblem = "gone"
    #expect(dead.exitStatus == 125)
  }

  @Test func `An expected violation that the daemon does not list did not occur`() {
    let rules = RunReport.rules(
      counted: [rule("leak", 2, expected: 2)],
      declared: [
        RunExpectation(code: "leak", times: 2), RunExpectation(code: "doubleFree", times: 1),
        RunExpectation(code: "doubleFree", times: 2),
      ])
    #expect(rules.map(\.code) == ["leak", "doubleFree"])
    #expect(rules.last?.expected == 3)
    #expect(rules.last?.count == 0)
  }

  @Test func `A withdrawn expectation is no finding`() {
    #expect(RunReport.rules(counted: [rule("leak", 0)], declared: []).isEmpty)
  }

  @Test func `The text has each finding, its count, and whether it was expected`() {
    let text = report([rule("leak", 2), rule("0x7C/0x01", 1, expected: 1)]).text
    #expect(text.contains("FAILED: './test --fast' exited with status 0"))
    #expect(text.contains("BAD leak: twice, not expected"))
    #expect(text.contains("ok  0x7C/0x01: once, as expected"))
    #expect(text.contains("So it was."))
    #expect(text.contains("(exit status 3)"))
  }

  @Test func `The JSON has the same`() {
    let json = report([rule("leak", 2, expected: 1)]).json
    #expect(json["verdict"] == "violated")
    #expect(json["exitStatus"] == 3)
    guard case .array(let rules)? = json["rules"], let first = rules.first else {
      Issue.record("no rules in \(json)")
      return
    }
    #expect(first["count"] == 2)
    #expect(first["expected"] == 1)
    #expect(first["asExpected"] == false)
  }
}
