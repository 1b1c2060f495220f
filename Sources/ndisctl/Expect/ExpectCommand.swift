// `ndisctl expect`: declares expected violations or leaks.

import ArgumentParser
import NDISManagementInterface
import NDISVarlink

struct ExpectCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "expect",
    abstract: "Declares expected violations or leaks.",
    discussion: """
      For tests that violate rules on purpose: a verdict counts only undeclared ones. CODE is a code of \
      `ndisctl list violations`, expected exactly N times (once by default). Declarations add up.

      Examples:
        ndisctl expect 0x7C/0x01 times 2
        ndisctl expect leak
        ndisctl expect --forget
      """)
  @OptionGroup var common: CommonOptions

  @Flag(help: "Withdraw all declarations.")
  var forget = false

  @Argument(
    help:
      "A bug check code and parameter, the name of a rule, or leak; optionally followed by times N."
  )
  var words: [String] = []

  private var times: Int? {
    switch words.count {
    case 1: 1
    case 2: Int(words[1])
    case 3 where words[1] == "times": Int(words[2])
    default: nil
    }
  }

  func validate() throws {
    if forget {
      if let word = words.first {
        throw ValidationError(
          "--forget takes no argument; remove '\(word)'")
      }
      return
    }
    if words.isEmpty {
      throw ValidationError("missing CODE; for example: expect leak times 2")
    }
    guard let times, times > 0 else {
      throw ValidationError(
        "'\(words.joined(separator: " "))' is not CODE [times N] with N at least 1")
    }
  }

  func run() throws {
    let daemon = try DaemonConnection(common)
    if forget {
      try done(try daemon.call(SimulatorInterface.ForgetExpectations.self, .init()).json, common)
      return
    }
    let input = SimulatorInterface.Expect.Input(code: words.first ?? "", times: times ?? 1)
    try done(try daemon.call(SimulatorInterface.Expect.self, input).json, common)
  }
}
