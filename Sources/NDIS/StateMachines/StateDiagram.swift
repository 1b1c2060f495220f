// A state table drawn: as Graphviz dot with the current state marked, and as the Markdown table of the
// documentation. Pure text from data; the tables themselves are elsewhere.

/// The data of a state table, ready to be drawn.
public struct StateDiagram: Sendable, Hashable {
  /// A filled cell: indices of an event, the state it comes in and the state afterwards.
  public struct Cell: Sendable, Hashable {
    public var event: Int
    public var from: Int
    public var to: Int
    public init(event: Int, from: Int, to: Int) {
      self.event = event
      self.from = from
      self.to = to
    }
  }

  public var title: String
  public var states: [String]
  public var events: [String]
  public var cells: [Cell]

  /// Cells with an index that names nothing are left out.
  public init(title: String, states: [String], events: [String], cells: [Cell]) {
    self.title = title
    self.states = states
    self.events = events
    self.cells = cells.filter {
      events.indices.contains($0.event) && states.indices.contains($0.from)
        && states.indices.contains($0.to)
    }
  }

  /// The table with a row for each event and a column for each state; a blank cell is an invalid
  /// combination. Lines end with a newline.
  public var markdown: String {
    var text = "| event |" + states.map { " \($0) |" }.joined() + "\n"
    text += "|---|" + states.map { _ in "---|" }.joined() + "\n"
    for event in events.indices {
      text += "| \(events[event]) |"
      for state in states.indices {
        let cell = cells.first { $0.event == event && $0.from == state }
        text += cell.map { " \(states[$0.to]) |" } ?? " |"
      }
      text += "\n"
    }
    return text
  }

  /// A directed graph: a node for each state, an edge for each pair of states with the events that lead
  /// along it. `current` is the name of the state to mark; a name that is none marks nothing.
  public func dot(current: String? = nil) -> String {
    var text = "digraph \(quoted(title)) {\n  rankdir=LR;\n"
    text += "  node [shape=box, style=rounded, fontname=\"sans-serif\"];\n"
    text += "  edge [fontname=\"sans-serif\", fontsize=10];\n"
    for state in states {
      let mark =
        state == current ? " [style=\"rounded,filled,bold\", fillcolor=\"gold\", penwidth=2]" : ""
      text += "  \(quoted(state))\(mark);\n"
    }
    for from in states.indices {
      for to in states.indices {
        let labels = events.indices.filter { event in
          cells.contains { $0.event == event && $0.from == from && $0.to == to }
        }
        guard !labels.isEmpty else { continue }
        // Centred lines inside the quotes.
        let label = labels.map { escaped(events[$0]) }.joined(separator: "\\n")
        text += "  \(quoted(states[from])) -> \(quoted(states[to])) [label=\"\(label)\"];\n"
      }
    }
    return text + "}\n"
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
