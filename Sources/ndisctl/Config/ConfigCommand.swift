// `ndisctl config`: the configuration in effect.

import ArgumentParser
import NDISManagementInterface

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
