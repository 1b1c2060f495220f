// `ndisctl status`: the daemon on one page, in the style of `systemctl status`: problems are coloured, and the
// most recent warnings follow.

import ArgumentParser
import NDISDrawing
import NDISManagementInterface
import NDISVarlink

struct StatusCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "status",
    abstract: "Shows the status of the daemon (the default subcommand).",
    discussion: """
      --json prints the reply of GetStatus.

      Examples:
        ndisctl
        ndisctl status --lines 20
        ndisctl status --json | jq .status.counters.blocks
      """)
  @OptionGroup var common: CommonOptions

  @Option(name: [.customShort("n"), .long], help: "The number of recent warnings to show.")
  var lines = 5

  @Flag(
    name: [.customShort("l"), .long], help: "Do not truncate events to the width of the terminal.")
  var full = false

  func validate() throws {
    guard (0...4096).contains(lines) else {
      throw ValidationError("--lines is \(lines); use 0 to 4096")
    }
  }

  func run() throws {
    let daemon = try DaemonConnection(common)
    var output = Output()
    let reply = try daemon.call(SimulatorInterface.GetStatus.self, .init())
    if common.json {
      try output.line(reply.json.prettyText)
    } else {
      let capabilities = common.capabilities
      var providers: [SimulatorInterface.Provider] = []
      try daemon.stream(SimulatorInterface.ListProviders.self, .init()) {
        reply throws(CommandFailure) in
        providers += reply.providers.prefix(max(0, StatusPage.providers + 1 - providers.count))
        return true
      }
      let page = StatusPage(status: reply.status, providers: providers, socket: daemon.path)
      for line in page.lines(on: capabilities) { try output.line(line) }
      if lines > 0 {
        let warnings = try daemon.newestEvents(lines) { (priorityNumber($0.priority) ?? 7) <= 4 }
        if !warnings.isEmpty { try output.line() }
        for event in warnings { try output.line(event.line(on: capabilities, isCut: !full)) }
      }
    }
    try output.flush()
  }
}
