// Renders a state table: as Graphviz dot with the current state marked, and as a Markdown table for the
// documentation. Extensions are marked: dashed in the graph, in italics in the table.

/// The data of a state table, ready for rendering.
public struct StateDiagram: Sendable, Hashable {
  /// A filled cell: indices of an event, the state before and the state after.
  public struct Cell: Sendable, Hashable {
    public var event: Int
    public var from: Int
    public var to: Int
    /// Not documented.
    public var isExtension: Bool
    /// A cell.
    public init(event: Int, from: Int, to: Int, isExtension: Bool = false) {
      self.event = event
      self.from = from
      self.to = to
      self.isExtension = isExtension
    }
  }

  public var title: String
  public var states: [String]
  public var events: [String]
  public var cells: [Cell]
  /// Indices of the states and events that are extensions.
  public var extensionStates: Set<Int> = []
  public var extensionEvents: Set<Int> = []

  /// Cells with an invalid index are left out.
  public init(title: String, states: [String], events: [String], cells: [Cell]) {
    self.title = title
    self.states = states
    self.events = events
    self.cells = cells.filter {
      events.indices.contains($0.event) && states.indices.contains($0.from)
        && states.indices.contains($0.to)
    }
  }

  /// The diagram of a table. For each state and event: its name, and whether it is an extension.
  init<State, Event>(
    _ table: StateTable<State, Event>, states: [(name: String, isExtension: Bool)],
    events: [(name: String, isExtension: Bool)]
  ) {
    self.init(
      title: table.name, states: states.map(\.name), events: events.map(\.name),
      cells: table.rows.map {
        Cell(
          event: Int($0.event.rawValue), from: Int($0.from.rawValue), to: Int($0.to.rawValue),
          isExtension: $0.isExtension)
      })
    extensionStates = Set(states.indices.filter { states[$0].isExtension })
    extensionEvents = Set(events.indices.filter { events[$0].isExtension })
  }

  /// The cell of an event and a state; nil for an invalid combination.
  public func cell(_ event: Int, _ state: Int) -> Cell? {
    cells.first { $0.event == event && $0.from == state }
  }

  /// A Markdown table with a row for each event and a column for each state; a blank cell is an invalid
  /// combination, extensions are in italics. Lines end with a newline.
  public var markdown: String {
    func mark(_ text: String, _ isExtension: Bool) -> String { isExtension ? "*\(text)*" : text }
    var text = "| event |"
    for state in states.indices {
      text += " \(mark(states[state], extensionStates.contains(state))) |"
    }
    text += "\n|---|" + states.map { _ in "---|" }.joined() + "\n"
    for event in events.indices {
      text += "| \(mark(events[event], extensionEvents.contains(event))) |"
      for state in states.indices {
        text += cell(event, state).map { " \(mark(states[$0.to], $0.isExtension)) |" } ?? " |"
      }
      text += "\n"
    }
    return text
  }

  /// A directed graph: a node per state, an edge per pair of states with its events, extensions on a separate
  /// dashed edge. `current` is the name of the state to mark; an unknown name marks nothing.
  public func dot(current: String? = nil) -> String {
    var text = "digraph \(quoted(title)) {\n  rankdir=LR;\n"
    text += "  node [shape=box, style=rounded, fontname=\"sans-serif\"];\n"
    text += "  edge [fontname=\"sans-serif\", fontsize=10];\n"
    for state in states.indices {
      text +=
        "  \(quoted(states[state]))\(attributes(of: state, isCurrent: states[state] == current));\n"
    }
    for from in states.indices {
      for to in states.indices {
        text += edge(from, to, isExtension: false)
        text += edge(from, to, isExtension: true)
      }
    }
    return text + "}\n"
  }

  private func attributes(of state: Int, isCurrent: Bool) -> String {
    let isExtension = extensionStates.contains(state)
    guard isCurrent || isExtension else { return "" }
    let style =
      "rounded" + (isCurrent ? ",filled,bold" : "") + (isExtension ? ",dashed" : "")
    var text = " [style=\"\(style)\""
    if isCurrent { text += ", fillcolor=\"gold\", penwidth=2" }
    // Centred lines inside the quotes.
    if isExtension { text += ", label=\"\(escaped(states[state]))\\n(extension)\"" }
    return text + "]"
  }

  /// The edge of the events that lead from one state to another; empty if there are none.
  private func edge(_ from: Int, _ to: Int, isExtension: Bool) -> String {
    let labels = events.indices.filter { event in
      cells.contains {
        $0.event == event && $0.from == from && $0.to == to && $0.isExtension == isExtension
      }
    }
    guard !labels.isEmpty else { return "" }
    let label = labels.map { escaped(events[$0]) }.joined(separator: "\\n")
    let style = isExtension ? ", style=dashed" : ""
    return
      "  \(quoted(states[from])) -> \(quoted(states[to])) [label=\"\(label)\"\(style)];\n"
  }

  private func quoted(_ text: String) -> String { "\"\(escaped(text))\"" }

  private func escaped(_ text: String) -> String {
    var result = ""
    for character in text {
      if character == "\"" || character == "\\" { result.append("\\") }
      result.append(character)
    }
    return result
  }
}
