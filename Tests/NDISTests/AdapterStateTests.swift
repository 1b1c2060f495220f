// The state table of a miniport adapter, typed again from the documents: rows of miniport-adapter-
// states-and-operations, with receiving legal in Restarting too (starting-an-adapter), and the rows of ours.

import NDIS
import Testing

@Suite struct AdapterStateTests {
  /// Columns: Halted, Shutdown, Initializing, Paused, Restarting, Running, Pausing. A letter names
  /// the state afterwards, a dot is a blank cell.
  static let rows: [(AdapterEvent, String)] = [
    (.initialize, "I......"),
    (.initializeComplete, "..P...."),
    (.initializeFailed, "..H...."),
    (.restart, "...r..."),
    (.restartComplete, "....R.."),
    (.restartFailed, "....P.."),
    (.pause, ".....p."),
    (.pauseComplete, "......P"),
    (.halt, "...H..."),
    (.shutdown, "...SSSS"),
    (.receive, "....rRp"),
    (.oidRequest, "...PrRp"),
    (.processEnded, "...H.H."),
  ]
  static let columns: [AdapterState] = [
    .halted, .shutdown, .initializing, .paused, .restarting, .running, .pausing,
  ]
  static let letters: [Character: AdapterState] = [
    "H": .halted, "S": .shutdown, "I": .initializing, "P": .paused, "r": .restarting,
    "R": .running, "p": .pausing,
  ]

  @Test("behaviour 46: every cell of the adapter's state table is the documents'")
  func cells() {
    var filled = 0
    for (event, row) in Self.rows {
      for (state, letter) in zip(Self.columns, row) {
        let expected = Self.letters[letter]
        #expect(state.after(event) == expected, "\(event) in \(state.name)")
        filled += expected == nil ? 0 : 1
      }
    }
    #expect(filled == 22)
    #expect(Self.rows.count == AdapterEvent.allCases.count)
    #expect(Self.columns.count == AdapterState.allCases.count)
    #expect(AdapterState.table.rows.count == filled)
    #expect(AdapterState.table.rows.allSatisfy { $0.isExtension == ($0.event == .processEnded) })
  }

  @Test("states have the documents' names")
  func names() {
    #expect(
      Self.columns.map(\.name) == [
        "Halted", "Shutdown", "Initializing", "Paused", "Restarting", "Running", "Pausing",
      ])
  }
}
