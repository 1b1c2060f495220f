// `ndisctl pending`: who waits for whom, as chains.

import ArgumentParser
import NDISDrawing
import NDISManagementInterface
import NDISVarlink

struct PendingCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "pending",
    abstract: "Shows who waits for whom: requests, OID requests, handlers and lists.",
    discussion: """
      A chain begins with what was requested first and ends with what has not been done: a handler that \
      has not returned, or has not been completed after PENDING, or lists that were not returned. Each \
      line waits for the lines below it that are indented further. An OID request that is queued \
      behind another one is a chain of its own.

      Examples:
        ndisctl pending
        ndisctl pending --adapter vmq0
        ndisctl pending --driver netvsc --json
      """)
  @OptionGroup var common: CommonOptions

  @Option(help: "Only chains in which this adapter is named.", completion: .adapters)
  var adapter: String?

  @Option(help: "Only chains in which this driver is named.")
  var driver: String?

  func run() throws {
    let daemon = try DaemonConnection(common)
    let capabilities = common.capabilities
    let isJSON = common.json
    var output = Output()
    var count = 0
    let input = SimulatorInterface.ListPending.Input(driver: driver, adapter: adapter)
    try daemon.stream(SimulatorInterface.ListPending.self, input) { reply throws(CommandFailure) in
      for chain in reply.chains {
        if isJSON {
          try output.write(count == 0 ? "{\"chains\":[\n" : ",\n")
          try output.write(chain.json.text)
        } else {
          if count > 0 { try output.line() }
          for line in PendingPage(chain: chain).lines(on: capabilities) { try output.line(line) }
        }
        count += 1
      }
      return true
    }
    if isJSON {
      try output.line(count == 0 ? "{\"chains\":[]}" : "\n]}")
    } else if count == 0 {
      try output.line("Nothing is pending.")
    }
    try output.flush()
  }
}
