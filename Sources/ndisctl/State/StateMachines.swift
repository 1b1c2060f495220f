// `ndisctl state adapter|queue|vport`: a state machine as text or as Graphviz dot. The tables are those that
// the simulator uses (AdapterState, QueueState, VPortState), so the drawing cannot differ from the behaviour.
// States and events that Microsoft does not document are marked as extensions. For a named object its current
// state is queried and marked.

import ArgumentParser
import NDISDrawing
import NDISManagementInterface
import NDIS
import NDISVarlink

struct StateAdapter: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "adapter", abstract: "The state machine of a miniport adapter.",
    discussion: """
      Examples:
        ndisctl state adapter
        ndisctl state adapter vmq0 --dot | dot -Tsvg > adapter.svg
      """)
  @OptionGroup var options: StateMachineOptions
  @Argument(help: "An adapter whose state is marked.", completion: .adapters)
  var name: String?

  func run() throws {
    try options.draw(AdapterState.diagram, kind: "adapter", name) { $0.adapter?.state }
  }
}

struct StateQueue: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "queue", abstract: "The state machine of a receive queue.",
    discussion: """
      The default queue is always Running and has no state machine.

      Examples:
        ndisctl state queue
        ndisctl state queue vmq0/3 --dot | dot -Tsvg > queue.svg
      """)
  @OptionGroup var options: StateMachineOptions
  @Argument(help: "A queue as ADAPTER/NUMBER whose state is marked.", completion: .queues)
  var name: String?

  func run() throws {
    try options.draw(QueueState.diagram, kind: "queue", name) { $0.queue?.state }
  }
}

struct StateVPort: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "vport", abstract: "The state machine of a nondefault VPort.",
    discussion: "Example: ndisctl state vport vmq0/1 --dot")
  @OptionGroup var options: StateMachineOptions
  @Argument(help: "A VPort as ADAPTER/NUMBER whose state is marked.", completion: .vports)
  var name: String?

  func run() throws {
    try options.draw(VPortState.diagram, kind: "vport", name) { $0.vport?.state }
  }
}

/// The options of all state machines.
struct StateMachineOptions: ParsableArguments {
  @OptionGroup var common: CommonOptions

  @Flag(help: "Print in the DOT language of Graphviz, for dot(1).")
  var dot = false

  func validate() throws {
    if dot, common.json { throw ValidationError("--dot and --json are mutually exclusive") }
  }

  func draw(
    _ diagram: StateDiagram, kind: String, _ name: String?,
    state: (SimulatorInterface.Object) -> String?
  ) throws {
    let current: String? = try name.map { try currentState(kind, $0, state) }
    var output = Output()
    if dot {
      try output.write(diagram.dot(current: current))
    } else if common.json {
      try output.line(diagram.json(current: current).prettyText)
    } else {
      for line in diagram.lines(current: current, on: common.capabilities) { try output.line(line) }
    }
    try output.flush()
  }

  /// The state of an object of a kind.
  private func currentState(
    _ kind: String, _ name: String, _ state: (SimulatorInterface.Object) -> String?
  ) throws -> String {
    let daemon = try DaemonConnection(common)
    // A handle is exact; a name is qualified with the kind.
    let isExact = name.lowercased().hasPrefix("0x") && !name.contains("/")
    let wanted = isExact || name.hasPrefix(kind + ":") ? name : "\(kind):\(name)"
    let reply = try daemon.call(SimulatorInterface.Describe.self, .init(object: wanted))
    guard let found = state(reply.object) else {
      throw CommandFailure(
        "'\(name)' is not \(kind == "adapter" ? "an" : "a") \(kind); its kind is \(reply.object.kind)"
      )
    }
    return found
  }
}

extension StateDiagram {
  /// A table with a row per event; the column of the current state is highlighted and marked. No column is
  /// omitted on a narrow terminal: the state machine would be incomplete.
  fileprivate func lines(current: String?, on capabilities: TerminalCapabilities) -> [String] {
    let marked = states.firstIndex { $0 == current }
    var columns = [Column("EVENT")]
    for (index, state) in states.enumerated() {
      let name = extensionStates.contains(index) ? state + " (extension)" : state
      columns.append(Column(index == marked ? "*\(name)*" : name))
    }
    let rows = events.indices.map { event in
      [NDISDrawing.Cell(events[event] + (extensionEvents.contains(event) ? " (extension)" : ""))]
        + states.indices.map { drawnCell(event, $0, isCurrent: $0 == marked) }
    }
    var wide = capabilities
    wide.width = nil
    let table = Table(columns, fitting: rows, on: wide)
    var lines = [table.header] + rows.map { table.line($0) }
    if let current { lines += ["", "The \(title) is \(current)."] }
    return lines
  }

  /// The state to which an event leads.
  private func drawnCell(_ event: Int, _ state: Int, isCurrent: Bool) -> NDISDrawing.Cell {
    guard let cell = cell(event, state) else { return NDISDrawing.Cell("-", .faint) }
    // A cell is not marked if its row or column is.
    let isMarked =
      cell.isExtension && !extensionEvents.contains(event) && !extensionStates.contains(state)
    return NDISDrawing.Cell(
      states[cell.to] + (isMarked ? " (extension)" : ""), isCurrent ? .good : .plain)
  }

  fileprivate func json(current: String?) -> JSON {
    var document = JSONObject()
    document["machine"] = .string(title)
    if let current { document["current"] = .string(current) }
    document["states"] = .array(states.map { .string($0) })
    document["events"] = .array(events.map { .string($0) })
    document["cells"] = .array(
      cells.map { cell in
        var members = JSONObject()
        members["event"] = .string(events[cell.event])
        members["from"] = .string(states[cell.from])
        members["to"] = .string(states[cell.to])
        if cell.isExtension { members["extension"] = .bool(true) }
        return .object(members)
      })
    return .object(document)
  }
}
