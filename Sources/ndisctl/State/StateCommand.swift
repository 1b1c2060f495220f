// `ndisctl state dump`: the whole state as one JSON document. The daemon sends it in several replies, which are
// joined as a stream without buffering. Plain `ndisctl state` is the same.
//
// The replies have one member of the document after the other; a list takes several replies, an empty one
// none. A member that reappears after another one has started cannot be joined: the command then fails.

import ArgumentParser
import NDISManagementInterface
import NDISVarlink

struct StateCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "state",
    abstract: "Dumps the whole state as JSON, or draws a state machine.",
    discussion: """
      The default subcommand is `state dump`. `state adapter`, `state queue` and `state vport` print the \
      state tables of NDIS, and mark the current state of an object.

      Examples:
        ndisctl state > before.json
        ndisctl state queue vmq0/3 --dot | dot -Tsvg > queue.svg
        ndisctl state adapter
      """,
    subcommands: [StateDump.self, StateAdapter.self, StateQueue.self, StateVPort.self],
    defaultSubcommand: StateDump.self)
}

struct StateDump: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "dump",
    abstract: "Dumps the whole state as one JSON document.",
    discussion: """
      The members are status, settings, sessions, drivers, adapters, bindings, providers, sections, \
      queues, vports, filters, oids, lists, blocks, violations and events, in the order of the daemon; \
      lists have one object per line. Each list is a consistent snapshot, but the lists are taken one after \
      the other. --json has no effect.

      Examples:
        ndisctl state dump > before.json
        ndisctl state | jq '.blocks | length'
      """)
  @OptionGroup var common: CommonOptions

  func run() throws {
    let daemon = try DaemonConnection(common)
    var document = StateDocument()
    try daemon.stream(SimulatorInterface.DumpState.self, .init()) { reply throws(CommandFailure) in
      guard case .object(let members) = reply.json else { return true }
      for member in members.members { try document.add(member.name, member.value) }
      return true
    }
    try document.finish()
  }
}

/// Joins the replies and writes them.
private struct StateDocument: ~Copyable {
  private var output = Output()
  /// Members that are complete or being written.
  private var begun: [String] = []
  /// The list being written has an element.
  private var listHasElements = false
  private var listIsOpen = false

  private static let lists = [
    "settings", "sessions", "drivers", "adapters", "bindings", "providers", "sections", "queues",
    "vports", "filters", "oids", "lists", "blocks", "violations", "events",
  ]

  mutating func add(_ name: String, _ value: JSON) throws(CommandFailure) {
    if case .array(let elements) = value {
      if begun.last != name || !listIsOpen {
        try begin(name)
        try output.write("[")
        listIsOpen = true
        listHasElements = false
      }
      for element in elements {
        try output.write(listHasElements ? ",\n" : "\n")
        try output.write(element.text)
        listHasElements = true
      }
    } else {
      try begin(name)
      try output.write(value.text)
    }
  }

  /// Ends the document; lists without a reply are empty.
  consuming func finish() throws(CommandFailure) {
    for name in StateDocument.lists where !begun.contains(name) { try add(name, .array([])) }
    try close()
    try output.line("\n}")
    try output.flush()
  }

  private mutating func begin(_ name: String) throws(CommandFailure) {
    if begun.contains(name) {
      throw CommandFailure(
        "the daemon sent '\(name)' twice, so the document cannot be joined; its version may differ from this ndisctl's"
      )
    }
    try close()
    try output.write(begun.isEmpty ? "{\n" : ",\n")
    try output.write(JSON.string(name).text + ":")
    begun.append(name)
  }

  private mutating func close() throws(CommandFailure) {
    if listIsOpen { try output.write(listHasElements ? "\n]" : "]") }
    listIsOpen = false
  }
}
