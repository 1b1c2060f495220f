// `ndisctl list`: one row per object. Each kind is a subcommand with its own options; they differ in the
// method they call.

import ArgumentParser
import NDISManagementInterface
import NDISVarlink

struct ListCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "list",
    abstract: "Lists objects, events or violations.",
    discussion: """
      Rows are streamed from the daemon, so that a million of them take no more memory than a few, \
      unless --sort is given.

      Examples:
        ndisctl list adapters
        ndisctl list blocks --owner vmq0 --longer-than 64K
        ndisctl list blocks --by usage
        ndisctl list queues --adapter vmq0
        ndisctl list providers --columns name,bytes,free --sort free
        ndisctl list blocks --json | jq '.blocks[].handle'
      """,
    subcommands: [
      ListSessions.self, ListDrivers.self, ListAdapters.self, ListBindings.self,
      ListProviders.self, ListSections.self, ListBlocks.self, ListQueues.self, ListVPorts.self,
      ListFilters.self, ListOids.self, ListLists.self, ListViolations.self, ListEvents.self,
    ])
}

/// Calls a listing method and prints the rows of all replies.
func list<Method: VarlinkMethod, Row: Listed>(
  _ method: Method.Type, _ input: Method.Input, _ options: ListOptions,
  columns: [ListColumn<Row>] = Row.columns, _ rows: (Method.Output) -> [Row]
) throws {
  var output = try ListOutput(options, columns: columns)
  let daemon = try DaemonConnection(options.common)
  try daemon.stream(method, input) { reply throws(CommandFailure) in
    try output.add(rows(reply))
    return true
  }
  try output.finish()
}

struct ListSessions: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "sessions", abstract: "Connected driver processes.",
    discussion: "Example: ndisctl list sessions --sort bytes --reverse")
  @OptionGroup var options: ListOptions

  func run() throws {
    try list(SimulatorInterface.ListSessions.self, .init(), options) { $0.sessions }
  }
}

struct ListDrivers: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "drivers", abstract: "Registered miniport, protocol and filter drivers.",
    discussion: "Example: ndisctl list drivers --columns name,kind,pid")
  @OptionGroup var options: ListOptions

  func run() throws {
    try list(SimulatorInterface.ListDrivers.self, .init(), options) { $0.drivers }
  }
}

struct ListAdapters: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "adapters", abstract: "Miniport adapters and their states.",
    discussion: "Example: ndisctl list adapters --no-legend")
  @OptionGroup var options: ListOptions

  func run() throws {
    try list(SimulatorInterface.ListAdapters.self, .init(), options) { $0.adapters }
  }
}

struct ListBindings: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "bindings", abstract: "Bindings of protocol drivers and filter modules.",
    discussion: "Example: ndisctl list bindings --sort adapter")
  @OptionGroup var options: ListOptions

  func run() throws {
    try list(SimulatorInterface.ListBindings.self, .init(), options) { $0.bindings }
  }
}

struct ListProviders: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "providers",
    abstract: "Registrations of shared-memory providers.",
    discussion: """
      Levels, in order of precedence: binding, protocolDriver, miniportDriver, pool, hal.

      Example: ndisctl list providers --sort blocks --reverse
      """)
  @OptionGroup var options: ListOptions

  func run() throws {
    try list(SimulatorInterface.ListProviders.self, .init(), options) { $0.providers }
  }
}

struct ListSections: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "sections",
    abstract: "Sections: the memory of a provider for one DMA domain and NUMA node.",
    discussion: "Example: ndisctl list sections --sort size --reverse")
  @OptionGroup var options: ListOptions

  func run() throws {
    try list(SimulatorInterface.ListSections.self, .init(), options) { $0.sections }
  }
}

struct ListViolations: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "violations", abstract: "Contract violations, leaked blocks and advice, by code.",
    discussion: """
      DRIVER, ADAPTER and SITE are of the most frequent source of a code; with --json the 16 most \
      frequent are listed. Advice (a page says "should") has ADVICE in its EXPECTED column: nobody is blamed for it.

      Examples:
        ndisctl list violations --sort count --reverse
        ndisctl list violations --driver netvsc --adapter eth0 --json
      """)
  @OptionGroup var options: ListOptions

  @Option(help: "Only violations of this driver.")
  var driver: String?

  @Option(help: "Only violations about this adapter.", completion: .adapters)
  var adapter: String?

  func run() throws {
    var output = try ListOutput<SimulatorInterface.ViolationCount>(options)
    let daemon = try DaemonConnection(options.common)
    let input = SimulatorInterface.ListViolations.Input(driver: driver, adapter: adapter)
    try output.add(try daemon.call(SimulatorInterface.ListViolations.self, input).violations)
    try output.finish()
  }
}

struct ListEvents: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "events", abstract: "The most recent events, oldest first.",
    discussion: """
      The daemon stores the last 4096. `ndisctl monitor` shows events as they occur; the journal has \
      all of them.

      Examples:
        ndisctl list events --after 1200
        ndisctl list events --kind violation --kind leak --driver netvsc
        ndisctl list events --priority warning
      """)
  @OptionGroup var options: ListOptions
  @OptionGroup var filter: EventFilter

  @Option(help: "Only events with a greater sequence number.")
  var after: Int?

  func run() throws {
    var output = try ListOutput<SimulatorInterface.Event>(options)
    let daemon = try DaemonConnection(options.common)
    // With `more`: a single reply has only the first 64.
    try daemon.stream(SimulatorInterface.ListEvents.self, .init(after: after)) {
      reply throws(CommandFailure) in
      try output.add(reply.events.filter(filter.matches))
      return true
    }
    try output.finish()
  }
}
