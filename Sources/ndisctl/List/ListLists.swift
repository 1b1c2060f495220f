// `ndisctl list lists`: the NET_BUFFER_LISTs that were indicated and not returned, by the binding that holds them.

import ArgumentParser
import NDISDrawing
import NDISManagementInterface
import NDISVarlink

struct ListLists: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "lists",
    abstract: "Indicated NET_BUFFER_LISTs and who holds them.",
    discussion: """
      One row for each list and each binding that has not returned it, like the debugger's \
      !ndiskd.pendingnbls. A pause, and the end of a queue or VPort, wait for these. \
      `ndisctl show ADAPTER` has the sums by holder.

      Examples:
        ndisctl list lists --adapter vmq0
        ndisctl list lists --driver netvsc --sort age --reverse
        ndisctl list lists --adapter vmq0 --queue 3 --json
      """)
  @OptionGroup var options: ListOptions
  @OptionGroup(title: "Filters") var filter: ListFilterOptions

  func run() throws {
    let input = SimulatorInterface.ListLists.Input(filter: filter.value)
    try list(SimulatorInterface.ListLists.self, input, options) { $0.lists }
  }
}

/// The members of an ObjectFilter that lists have.
struct ListFilterOptions: ParsableArguments {
  @Option(help: "The handle or name of the adapter that indicated them.", completion: .adapters)
  var adapter: String?

  @Option(help: "Only lists that this driver holds.")
  var driver: String?

  @Option(help: "The holder: the handle or name of a protocol driver, a binding or a session.")
  var owner: String?

  @Option(help: "Only lists of this queue; 0 is the default queue.")
  var queue: Int?

  @Option(help: "Only lists of this VPort.")
  var vport: Int?

  func validate() throws {
    if driver != nil, owner != nil {
      throw ValidationError("--driver and --owner are mutually exclusive")
    }
  }

  /// The filter, or nil when everything matches.
  var value: SimulatorInterface.ObjectFilter? {
    let named = driver.map { $0.hasPrefix("0x") || $0.hasPrefix("driver:") ? $0 : "driver:\($0)" }
    let filter = SimulatorInterface.ObjectFilter(
      adapter: adapter, owner: named ?? owner, queueId: queue, vportId: vport)
    return filter == SimulatorInterface.ObjectFilter() ? nil : filter
  }
}

extension SimulatorInterface.NetBufferList: Listed {
  static var plural: String { "lists" }

  static var columns: [ListColumn<Self>] {
    [
      .text("HANDLE") { $0.handle },
      .text("ADAPTER", minimum: 8, .name) { $0.adapterName },
      .text("DRIVER", minimum: 8, .name) { $0.driverName },
      .text("BINDING", rank: 2) { $0.binding },
      .number("QUEUE", rank: 1) { $0.queueId },
      .number("VPORT", rank: 3) { $0.vportId },
      .span("AGE") { $0.ageMs },
      .bytes("BYTES", rank: 1) { $0.bytes },
      .number("SESSION", rank: 3) { $0.session },
      .number("PORT", rank: 5) { $0.portNumber },
      .flag("LENT", rank: 4) { $0.lent },
    ]
  }
}
