// `ndisctl metrics`: the counters in OpenMetrics text format.

import ArgumentParser
import NDISManagementInterface
import NDISVarlink

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
