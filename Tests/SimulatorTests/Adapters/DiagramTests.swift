// The state tables as they are drawn: docs/contract.md holds the very tables of the code, and the graphs
// are well-formed.

import Glibc
import NDIS
import NDISSimulator
import Testing
import NDISStore

@Suite struct DiagramTests {
  static let diagrams = [QueueState.diagram, VPortState.diagram, AdapterState.diagram]

  private struct Missing: Error {}

  private static func contract() throws -> String {
    let root = #filePath.split(separator: "/").dropLast(4).joined(separator: "/")
    let opened = unsafe fopen("/\(root)/docs/contract.md", "r")
    guard let file = unsafe opened else { throw Missing() }
    defer { unsafe fclose(file) }
    var bytes: [UInt8] = []
    var chunk = [UInt8](repeating: 0, count: 65536)
    while true {
      let count = unsafe fread(&chunk, 1, chunk.count, file)
      guard count > 0 else { break }
      bytes += chunk[..<count]
    }
    return String(decoding: bytes, as: UTF8.self)
  }

  /// The table under a heading.
  private static func table(under heading: String) throws -> String {
    let lines = try contract().split(separator: "\n", omittingEmptySubsequences: false)
    let start = try #require(lines.firstIndex { $0 == "## \(heading)" })
    let section = lines[(start + 1)...].prefix { !$0.hasPrefix("## ") }
    let first = try #require(section.firstIndex { $0.hasPrefix("|") })
    return section[first...].prefix { $0.hasPrefix("|") }.map { $0 + "\n" }.joined()
  }

  @Test("docs/contract.md holds the tables of the code")
  func documentation() throws {
    #expect(try Self.table(under: "Adapter states") == AdapterState.diagram.markdown)
    #expect(try Self.table(under: "Queue states") == QueueState.diagram.markdown)
    #expect(try Self.table(under: "VPort states") == VPortState.diagram.markdown)
  }

  @Test("a graph is balanced and has every state, the current one marked", arguments: diagrams)
  func graphs(diagram: StateDiagram) {
    for current in diagram.states {
      let dot = diagram.dot(current: current)
      var depth = 0
      var inString = false
      var escaped = false
      var quotes = 0
      for character in dot {
        if escaped {
          escaped = false
        } else if inString && character == "\\" {
          escaped = true
        } else if character == "\"" {
          inString.toggle()
          quotes += 1
        } else if !inString {
          if "{[".contains(character) { depth += 1 }
          if "}]".contains(character) { depth -= 1 }
          #expect(depth >= 0)
        }
      }
      #expect(depth == 0 && !inString && quotes % 2 == 0)
      for state in diagram.states {
        let lines = dot.split(separator: "\n").filter {
          $0.hasPrefix("  \"\(state)\"") && !$0.contains("->")
        }
        #expect(lines.count == 1, "\(state)")
        #expect(lines.first?.contains("filled") == (state == current))
      }
    }
    // Every event of a filled cell is on an edge.
    for cell in diagram.cells {
      let edge = "  \"\(diagram.states[cell.from])\" -> \"\(diagram.states[cell.to])\" [label=\""
      let lines = diagram.dot().split(separator: "\n").filter { $0.hasPrefix(edge) }
      #expect(lines.contains { $0.contains(diagram.events[cell.event]) })
      #expect(lines.contains { $0.contains("style=dashed") == cell.isExtension })
    }
  }
}
