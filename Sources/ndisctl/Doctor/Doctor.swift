// `ndisctl doctor`: checks the machine and the daemon for common problems and suggests fixes. It changes
// nothing; the suggested commands are for the user to run.

import ArgumentParser
import NDISDrawing
import NDISVarlink

struct Doctor: ParsableCommand {
  static let configuration = CommandConfiguration(
    abstract: "Checks this machine for common problems and suggests fixes.",
    discussion: """
      The result of each check is 'ok', 'note' (information) or 'problem'. The exit status is 1 if there \
      is a problem, else 0. Nothing is changed; run the suggested commands yourself.

      EXAMPLES
        ndisctl doctor
        ndisctl doctor --quiet
        ndisctl doctor --json | jq -r '.findings[] | select(.level == "problem") | .command'
      """)

  @Flag(name: .shortAndLong, help: "Print notes and problems only.")
  var quiet = false

  @OptionGroup var common: CommonOptions

  func run() throws {
    let sockets = self.sockets
    let facts = DoctorFacts.gather(
      driverSocket: sockets.driver, managementSocket: sockets.management)
    let findings = DoctorChecks.run(facts)
    var output = Output()
    if common.json {
      try output.line(Doctor.json(findings).prettyText)
    } else {
      for finding in findings where !quiet || finding.level != .ok {
        try output.write(Doctor.text(finding, on: common.capabilities))
      }
      try output.line(Doctor.summary(findings))
    }
    try output.flush()
    if findings.contains(where: { $0.level == .problem }) { throw CommandFailure.quietly(.failure) }
  }

  static func text(_ finding: DoctorFinding, on capabilities: TerminalCapabilities) -> String {
    let level = finding.level.rawValue
    let style: TextStyle =
      switch finding.level {
      case .ok: .good
      case .note: .notable
      case .problem: .bad
      }
    let padding = String(repeating: " ", count: max(1, 9 - level.count))
    var text =
      "\(capabilities.paint(level, style))\(padding)\(finding.check): \(finding.sentence)\n"
    if let command = finding.command { text += "           $ \(command)\n" }
    return text
  }

  static func summary(_ findings: [DoctorFinding]) -> String {
    let problems = findings.filter { $0.level == .problem }.count
    let notes = findings.filter { $0.level == .note }.count
    return "\(findings.count) checks: \(problems) problem\(problems == 1 ? "" : "s"), "
      + "\(notes) note\(notes == 1 ? "" : "s")"
  }

  static func json(_ findings: [DoctorFinding]) -> JSON {
    let problems = findings.filter { $0.level == .problem }.count
    return [
      "problems": .int(Int64(problems)),
      "findings": .array(
        findings.map { finding in
          var object: JSONObject = [
            "check": .string(finding.check), "level": .string(finding.level.rawValue),
            "sentence": .string(finding.sentence),
          ]
          if let command = finding.command { object["command"] = .string(command) }
          return .object(object)
        }),
    ]
  }
}
