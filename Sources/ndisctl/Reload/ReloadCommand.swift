// `ndisctl reload`: reloads the configuration of the daemon.

import ArgumentParser
import NDISManagementInterface

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
