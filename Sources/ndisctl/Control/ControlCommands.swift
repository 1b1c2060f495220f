// Small commands that ask one thing or change one thing: configuration, log level, expectations,
// metrics, ping.

import ArgumentParser
import NDISDrawing
import NDISManagementInterface
import NDISVarlink

struct ConfigCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "config",
    abstract: "Shows the configuration in force and where each value came from.",
    discussion: """
      Examples:
        ndisctl config
        ndisctl config --sort origin
        ndisctl config --json | jq '.settings[] | select(.origin != "default")'
      """)
  @OptionGroup var options: ListOptions

  func run() throws {
    var output = try ListOutput<SimulatorInterface.Setting>(options)
    let daemon = try DaemonConnection(options.common)
    try output.add(try daemon.call(SimulatorInterface.GetConfiguration.self, .init()).settings)
    try output.finish()
  }
}

struct ReloadCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "reload",
    abstract: "Makes the daemon read its configuration again.",
    discussion: """
      Shows what changed, and what needs a restart to change. A configuration with a mistake is \
      refused as a whole; the old one stays in force.

      Example: ndisctl reload
      """)
  @OptionGroup var options: ListOptions

  func run() throws {
    var output = try ListOutput<SimulatorInterface.SettingChange>(options)
    let daemon = try DaemonConnection(options.common)
    try output.add(try daemon.call(SimulatorInterface.Reload.self, .init()).changes)
    try output.finish()
  }
}

struct LogLevelCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "log-level",
    abstract: "Sets down to which priority the daemon logs.",
    discussion: """
      It holds until the daemon ends. As `systemctl service-log-level` has it: emerg, alert, crit, \
      err, warning, notice, info, debug, or 0 to 7.

      Example: ndisctl log-level debug
      """)
  @OptionGroup var common: CommonOptions

  @Argument(help: "A priority by name or number.")
  var level: String

  private static let names = [
    "emerg", "alert", "crit", "err", "warning", "notice", "info", "debug",
  ]

  private var number: Int? {
    if level == "error" { return 3 }
    if let index = LogLevelCommand.names.firstIndex(of: level) { return index }
    return Int(level).flatMap { (0...7).contains($0) ? $0 : nil }
  }

  func validate() throws {
    if number == nil {
      throw ValidationError(
        "LEVEL is '\(level)'; use \(LogLevelCommand.names.joined(separator: ", ")) or 0 to 7")
    }
  }

  func run() throws {
    let daemon = try DaemonConnection(common)
    let input = ServiceInterface.SetLogLevel.Input(level: number ?? 6)
    try done(try daemon.call(ServiceInterface.SetLogLevel.self, input).json, common)
  }
}

struct PingCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "ping",
    abstract: "Asks whether a daemon answers.",
    discussion: """
      Says nothing when it does. Ends with \(ExitStatus.noDaemon.rawValue) when there is none.

      Example: until ndisctl ping; do sleep 1; done
      """)
  @OptionGroup var common: CommonOptions

  func run() throws {
    let daemon = try DaemonConnection(common)
    try done(try daemon.call(ServiceInterface.Ping.self, .init()).json, common)
  }
}

struct MetricsCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "metrics",
    abstract: "Writes the counters in OpenMetrics text.",
    discussion: """
      For the textfile collector of a Prometheus node exporter, for instance.

      Example: ndisctl metrics > /var/lib/node_exporter/ndissim.prom
      """)
  @OptionGroup var common: CommonOptions

  func run() throws {
    let daemon = try DaemonConnection(common)
    let reply = try daemon.call(SimulatorInterface.GetMetrics.self, .init())
    var output = Output()
    if common.json { try output.line(reply.json.prettyText) } else { try output.write(reply.text) }
    try output.flush()
  }
}

struct ExpectCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "expect",
    abstract: "Declares that a rule is going to be broken.",
    discussion: """
      For tests that break rules on purpose: a verdict counts only what was not declared. CODE is as \
      in `ndisctl list violations`, and exactly so many times. What is declared adds up.

      Examples:
        ndisctl expect 0x7C/0x01 times 2
        ndisctl expect leak
        ndisctl expect --forget
      """)
  @OptionGroup var common: CommonOptions

  @Flag(help: "Take back everything that was declared.")
  var forget = false

  @Argument(
    help: "Bug check code and parameter, a rule's name, or leak; then, if you like, times N.")
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
          "--forget takes back everything and stands alone; '\(word)' is too much")
      }
      return
    }
    if words.isEmpty {
      throw ValidationError("CODE is missing; use for instance: expect leak times 2")
    }
    guard let times, times > 0 else {
      throw ValidationError(
        "'\(words.joined(separator: " "))' is not CODE [times N] with N of 1 or more")
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

/// What a command says that succeeded and has nothing to show: nothing, but with --json the reply.
private func done(_ reply: JSON, _ common: CommonOptions) throws(CommandFailure) {
  guard common.json else { return }
  var output = Output()
  try output.line(reply.text)
  try output.flush()
}
