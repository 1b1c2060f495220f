// The findings of `ndisctl run` and the result. Pure: the same findings always give the same exit status and
// the same report.
//
// The exit status, first that applies: 124 after a timeout, 125 if the daemon failed, the command's own if it
// is not 0 (128 + N if signal N killed it), 3 for unexpected violations or leaks, or expected ones that did
// not occur exactly as often as declared, else 0.

import NDISManagementInterface
import NDISPlatform
import NDISVarlink

/// The findings of one run.
struct RunReport: Sendable {
  /// One rule, or the leaks.
  struct Rule: Hashable, Sendable {
    var code: String
    /// The rule's name; the same as the code if there is no bug check.
    var rule: String
    var count: Int
    /// The expected count; nil if not declared.
    var expected: Int?
    /// The message of the most recent one.
    var message: String
    /// A "should" of a page, not a violation.
    var isAdvice = false
    /// Who it was and where, most frequent first.
    var sources: [SimulatorInterface.ViolationSource] = []

    /// Whether the count is the expected one.
    var isAsExpected: Bool { count == expected ?? 0 }
  }

  /// The result of the run.
  enum Verdict: String, Sendable {
    case passed, commandFailed, violated, timedOut, daemonFailed
  }

  /// The command and its arguments.
  var command: [String]
  /// How it exited; nil if it did not.
  var ended: ChildProcess.Change?
  var milliseconds: UInt64 = 0
  /// The timeout that it exceeded.
  var limitMilliseconds: UInt64?
  var allocations: Int?
  var frees: Int?
  var rules: [Rule] = []
  /// The failure of the daemon.
  var daemonProblem: String?
  /// Further messages.
  var notes: [String] = []
  /// Files that were written.
  var files: [String] = []

  init(command: [String]) { self.command = command }

  var verdict: Verdict {
    if limitMilliseconds != nil { return .timedOut }
    if daemonProblem != nil { return .daemonFailed }
    if ended != .exited(status: 0) { return .commandFailed }
    return rules.allSatisfy(\.isAsExpected) ? .passed : .violated
  }

  var exitStatus: Int32 {
    switch verdict {
    case .timedOut: 124
    case .daemonFailed: 125
    case .violated: ExitStatus.violated.rawValue
    case .passed: 0
    case .commandFailed:
      switch ended {
      case .exited(let status): status
      case .killed(let signal): 128 &+ signal
      default: 125
      }
    }
  }

  /// The report as text; the first line is the result.
  var text: String {
    var lines = [headline]
    for rule in rules { lines += RunReport.lines(rule) }
    if let daemonProblem { lines.append(daemonProblem) }
    lines += notes + files.map { "written: \($0)" }
    return lines.map { "ndisctl run: \($0)\n" }.joined()
  }

  private var headline: String {
    let name = "'\(command.joined(separator: " "))'"
    let time = RunReport.seconds(milliseconds)
    let what: String
    if let limitMilliseconds {
      what =
        "\(name) was terminated: it exceeded the timeout of \(RunReport.seconds(limitMilliseconds))"
    } else if let ended {
      what = "\(name) \(ended) after \(time)"
    } else {
      what = "\(name) did not run"
    }
    let broken = rules.filter { !$0.isAsExpected }.count
    let result: String
    if rules.isEmpty {
      result =
        allocations.map { allocations in
          "; \(RunReport.counted(allocations, "allocation")), "
            + "\(RunReport.counted(frees ?? 0, "free")), no violation, no leak"
        } ?? ""
    } else if broken == 0 {
      result = "; all expectations met"
    } else {
      result = "; \(RunReport.counted(broken, "unexpected finding"))"
    }
    return
      "\(verdict == .passed ? "passed" : "FAILED"): \(what)\(result) (exit status \(exitStatus))"
  }

  private static func lines(_ rule: Rule) -> [String] {
    let name = rule.code == rule.rule || rule.rule.isEmpty ? rule.code : "\(rule.code) \(rule.rule)"
    let happened = rule.count == 0 ? "did not occur" : times(rule.count)
    let declared: String =
      switch rule.expected {
      case nil: "not expected"
      case .some(let expected) where expected == rule.count: "as expected"
      case .some(let expected): "expected \(times(expected))"
      }
    var lines = ["  \(rule.isAsExpected ? "ok " : "BAD") \(name): \(happened), \(declared)"]
    if rule.count > 0, !rule.message.isEmpty { lines.append("      \(rule.message)") }
    // One source is in the message; more are listed.
    if rule.sources.count > 1 { lines += rule.sources.map { "      \(line($0))" } }
    return lines
  }

  private static func line(_ source: SimulatorInterface.ViolationSource) -> String {
    let who = source.driverName.isEmpty ? "others" : "driver \(source.driverName)"
    let parts =
      [who] + (source.adapterName.map { ["adapter \($0)"] } ?? [])
      + (source.binding.map { ["binding \($0)"] } ?? [])
      + (source.tag.map { ["tag \($0)"] } ?? []) + (source.site.map { ["at \($0)"] } ?? [])
    return "\(times(source.count)): \(parts.joined(separator: ", "))"
  }

  /// The report as JSON.
  var json: JSON {
    var object: JSONObject = [
      "verdict": .string(verdict.rawValue), "exitStatus": .int(Int64(exitStatus)),
      "command": .array(command.map { .string($0) }),
      "durationMs": .int(Int64(clamping: milliseconds)),
    ]
    switch ended {
    case .exited(let status): object["commandStatus"] = .int(Int64(status))
    case .killed(let signal): object["commandSignal"] = .string(SignalQueue.name(signal))
    default: break
    }
    if let limitMilliseconds { object["timeoutMs"] = .int(Int64(clamping: limitMilliseconds)) }
    if let allocations { object["allocations"] = .int(Int64(allocations)) }
    if let frees { object["frees"] = .int(Int64(frees)) }
    object["rules"] = .array(
      rules.map { rule in
        var entry: JSONObject = [
          "code": .string(rule.code), "rule": .string(rule.rule), "count": .int(Int64(rule.count)),
        ]
        if let expected = rule.expected { entry["expected"] = .int(Int64(expected)) }
        entry["asExpected"] = .bool(rule.isAsExpected)
        entry["message"] = .string(rule.message)
        if rule.isAdvice { entry["advice"] = .bool(true) }
        if !rule.sources.isEmpty { entry["sources"] = .array(rule.sources.map(\.json)) }
        return .object(entry)
      })
    if let daemonProblem { object["daemonProblem"] = .string(daemonProblem) }
    object["notes"] = .array(notes.map { .string($0) })
    object["files"] = .array(files.map { .string($0) })
    return .object(object)
  }

  /// Joins the expectations with the counts of the daemon; an expectation that it does not list did not
  /// occur. Advice counts only if it was declared, or `withAdvice`.
  static func rules(
    counted: [Rule], declared: [RunExpectation], withAdvice: Bool = false
  ) -> [Rule] {
    var rules = counted.filter { !$0.isAdvice || withAdvice || $0.expected != nil }
    var missing: [(code: String, times: Int)] = []
    for expectation in declared where !counted.contains(where: { $0.code == expectation.code }) {
      if let index = missing.firstIndex(where: { $0.code == expectation.code }) {
        missing[index].times += expectation.times
      } else {
        missing.append((expectation.code, expectation.times))
      }
    }
    for (code, times) in missing {
      rules.append(Rule(code: code, rule: code, count: 0, expected: times, message: ""))
    }
    return rules.filter { $0.count > 0 || $0.expected != nil }
  }

  private static func times(_ count: Int) -> String {
    count == 1 ? "once" : count == 2 ? "twice" : "\(count) times"
  }

  private static func counted(_ count: Int, _ what: String) -> String {
    "\(count) \(what)\(count == 1 ? "" : "s")"
  }

  /// 1234 ms as "1.2 s".
  static func seconds(_ milliseconds: UInt64) -> String {
    if milliseconds < 1000 { return "\(milliseconds) ms" }
    return "\(milliseconds / 1000).\(milliseconds % 1000 / 100) s"
  }
}
