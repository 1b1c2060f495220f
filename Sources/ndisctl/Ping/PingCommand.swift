// `ndisctl ping`: checks that the daemon is reachable.

import ArgumentParser
import NDISManagementInterface
import NDISVarlink

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
