// `ndisctl show`: everything about one object, in the style of the debugger's !ndiskd: its members, its
// references, and its recent events.

import ArgumentParser
import NDISDrawing
import NDISManagementInterface
import NDISVarlink

struct ShowCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "show",
    abstract: "Shows one object with its references and recent events.",
    discussion: """
      OBJECT is a handle, the name of a driver, an adapter or a provider, or the number or name of a \
      session. A queue is ADAPTER/NUMBER, a VPort vport:ADAPTER/NUMBER, a filter \
      filter:ADAPTER/NUMBER. --json prints the reply of Describe, without events.

      Examples:
        ndisctl show vmq0
        ndisctl show vmq0/3
        ndisctl show vport:vmq0/1
        ndisctl show 0x0300000100000000
        ndisctl show pool --json
      """)
  @OptionGroup var common: CommonOptions

  @Option(name: [.customShort("n"), .long], help: "The number of recent events to show.")
  var lines = 10

  @Flag(
    name: [.customShort("l"), .long], help: "Do not truncate events to the width of the terminal.")
  var full = false

  @Argument(
    help: "A handle, a name, the number of a session, or ADAPTER/NUMBER.", completion: .objects)
  var object: String

  func validate() throws {
    guard (0...4096).contains(lines) else {
      throw ValidationError("--lines is \(lines); use 0 to 4096")
    }
  }

  func run() throws {
    let daemon = try DaemonConnection(common)
    var output = Output()
    let reply = try daemon.call(SimulatorInterface.Describe.self, .init(object: object))
    if common.json {
      try output.line(reply.json.prettyText)
    } else {
      let capabilities = common.capabilities
      let page = ShowPage(object: reply.object)
      for line in page.lines(on: capabilities) { try output.line(line) }
      if lines > 0 {
        let about = try daemon.newestEvents(lines, where: page.concerns)
        if !about.isEmpty {
          try output.line()
          try output.line(capabilities.paint("RECENT EVENTS", .strong))
        }
        for event in about { try output.line(event.line(on: capabilities, isCut: !full)) }
      }
    }
    try output.flush()
  }
}
