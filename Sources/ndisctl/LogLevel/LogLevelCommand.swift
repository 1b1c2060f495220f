// `ndisctl log-level`: sets the minimum log priority.

import ArgumentParser
import NDISManagementInterface
import NDISVarlink

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
