// `ndisctl state dump`: everything the daemon knows, as one JSON document. The daemon sends it in pieces;
// they are joined while they pass, and none is kept. Plain `ndisctl state` is the same.
//
// The pieces bring one member of the document after the other, a list in as many pieces as it takes,
// and an empty one in none. A member that comes back after another has begun could not be joined any more: then the
// document is given up with a sentence, rather than written wrong.

import ArgumentParser
import NDISManagementInterface
import NDISVarlink

struct StateCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "state",
    abstract: "Writes the whole state as JSON, or draws a state machine.",
    discussion: """
      Without a subcommand it is `state dump`. `state adapter`, `state queue` and `state vport` are the \
      state tables of NDIS, with the state that an object is in marked.

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
    abstract: "Writes the whole state as one JSON document.",
    discussion: """
      The members are status, settings, sessions, drivers, adapters, bindings, providers, sections, \
      queues, vports, filters, oids, blocks, violations and events; a list has one object a line; their \
      order is the daemon's. It is the state of one moment for each list, and not of the same moment for \
      all. --json changes nothing.

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

/// Joins the pieces and writes them.
private struct StateDocument: ~Copyable {
  private var output = Output()
  /// Members that are complete, or being written.
  private var begun: [String] = []
  /// Something of the list that is being written stands there.
  private var listHasElements = false
  private var listIsOpen = false

  private static let lists = [
    "settings", "sessions", "drivers", "adapters", "bindings", "providers", "sections", "queues",
    "vports", "filters", "oids", "blocks", "violations", "events",
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

  /// Ends the document; lists of which no piece came are empty.
  consuming func finish() throws(CommandFailure) {
    for name in StateDocument.lists where !begun.contains(name) { try add(name, .array([])) }
    try close()
    try output.line("\n}")
    try output.flush()
  }

  private mutating func begin(_ name: String) throws(CommandFailure) {
    if begun.contains(name) {
      throw CommandFailure(
        "the daemon sent '\(name)' a second time after other members, so the document cannot be joined; is it another version than this ndisctl?"
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
