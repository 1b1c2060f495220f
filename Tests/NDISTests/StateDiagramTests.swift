// Drawings of a state table: the graph parses, the table says what the cells say.

import NDIS
import Testing

@Suite struct StateDiagramTests {
  private let diagram = StateDiagram(
    title: "door \"x\"", states: ["Open", "Shut \\ locked", "Gone"],
    events: ["close", "pull", "burn"],
    cells: [
      .init(event: 0, from: 0, to: 1), .init(event: 1, from: 0, to: 1),
      .init(event: 2, from: 1, to: 2), .init(event: 9, from: 0, to: 0),
      .init(event: 0, from: 3, to: 0), .init(event: 0, from: 0, to: -1),
    ])

  @Test("the Markdown table has a row for each event and a blank for each invalid cell")
  func markdown() {
    #expect(
      diagram.markdown == """
        | event | Open | Shut \\ locked | Gone |
        |---|---|---|---|
        | close | Shut \\ locked | | |
        | pull | Shut \\ locked | | |
        | burn | | Gone | |

        """)
  }

  @Test("the graph has the states, the edges with their events, and marks the current state")
  func dot() {
    let dot = diagram.dot(current: "Open")
    #expect(dot.hasPrefix("digraph \"door \\\"x\\\"\" {\n"))
    #expect(dot.contains("\"Open\" -> \"Shut \\\\ locked\" [label=\"close\\npull\"];"))
    #expect(dot.contains("\"Shut \\\\ locked\" -> \"Gone\" [label=\"burn\"];"))
    #expect(dot.contains("  \"Open\" [style=\"rounded,filled,bold\""))
    #expect(dot.split(separator: "\n").filter { $0.contains("filled") }.count == 1)
    #expect(!diagram.dot().contains("filled") && !diagram.dot(current: "None").contains("filled"))
    #expect(dot.split(separator: "\n").filter { $0.contains("->") }.count == 2)
  }

  @Test("what is ours is in italics in the table, and dashed in the graph")
  func extensions() {
    var diagram = StateDiagram(
      title: "door", states: ["Open", "Ajar"], events: ["close", "kick"],
      cells: [
        .init(event: 0, from: 0, to: 1), .init(event: 1, from: 0, to: 1, isExtension: true),
      ])
    diagram.extensionStates = [1]
    diagram.extensionEvents = [1]
    #expect(
      diagram.markdown == """
        | event | Open | *Ajar* |
        |---|---|---|
        | close | Ajar | |
        | *kick* | *Ajar* | |

        """)
    let dot = diagram.dot(current: "Ajar")
    #expect(dot.contains("  \"Open\" -> \"Ajar\" [label=\"close\"];\n"))
    #expect(dot.contains("  \"Open\" -> \"Ajar\" [label=\"kick\", style=dashed];\n"))
    #expect(dot.contains("  \"Ajar\" [style=\"rounded,filled,bold,dashed\", fillcolor"))
    #expect(dot.contains("label=\"Ajar\\n(extension)\"];"))
    #expect(diagram.dot().contains("  \"Open\";\n"))
  }

  @Test("cells that name nothing are left out")
  func cells() {
    #expect(diagram.cells.count == 3)
  }
}
