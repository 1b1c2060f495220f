// Small commands with a single call: config, reload, log-level, ping, metrics, expect.

import ArgumentParser
import NDISDrawing
import NDISManagementInterface
import NDISVarlink

struct ConfigCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "config",
    abstract: "Shows the configuration in effect and the origin of each value.",
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
    abstract: "Reloads the configuration of the daemon.",
    discussion: """
      Shows what changed, and which changes need a restart. An invalid configuration is rejected as a \
      whole; the previous one stays in effect.

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
    abstract: "Sets the minimum log priority.",
    discussion: """
      The daemon logs messages of at least this priority until it exits. The names are those of \
      `systemctl service-log-level`: emerg, alert, crit, err, warning, notice, info, debug; or 0 to 7.

      Example: ndisctl log-level debug
      """)
  @OptionGroup var common: CommonOptions

  @Argument(help: "A priority, by name or number.")
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
    abstract: "Checks that the daemon is reachable.",
    discussion: """
      Prints nothing if it is. Exits with status \(ExitStatus.noDaemon.rawValue) if no daemon is reachable.

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
    abstract: "Prints the counters in OpenMetrics text format.",
    discussion: """
      For example for the textfile collector of the Prometheus node exporter.

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

/// The output of a successful command without a result: none, but with --json the reply.
private func done(_ reply: JSON, _ common: CommonOptions) throws(CommandFailure) {
  guard common.json else { return }
  var output = Output()
  try output.line(reply.text)
  try output.flush()
}
