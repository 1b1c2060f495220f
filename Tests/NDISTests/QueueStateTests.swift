// The state table of a receive queue, typed again from the documents (queue-states-and-operations), and
// what is derived from a state; the same for VPorts.

import NDIS
import NDIS
import Testing

@Suite struct QueueStateTests {
  /// Columns: Undefined, Allocated, Set, Running, Paused, Stop DMA, Freeing. A letter names the state
  /// afterwards, a dot is a blank cell.
  static let rows: [(QueueEvent, String)] = [
    (.allocateQueue, "A......"),
    (.queueParametersMethod, ".ASRP.."),
    (.queueParametersSet, ".ASRP.."),
    (.setFilter, ".SSRR.."),
    (.clearLastFilter, "..AP..."),
    (.clearFilter, "..SR..."),
    (.enumFilters, ".ASRP.."),
    (.filterParameters, "..SR..."),
    (.allocationComplete, ".PR...."),
    (.receive, "...R..."),
    (.receiveDuringSetFilter, "...RP.."),
    (.freeQueue, ".D..D.."),
    (.dmaStopped, ".....F."),
    (.resourcesFreed, "......U"),
  ]
  static let columns: [QueueState] = [
    .undefined, .allocated, .set, .running, .paused, .stopDMA, .freeing,
  ]
  static let letters: [Character: QueueState] = [
    "U": .undefined, "A": .allocated, "S": .set, "R": .running, "P": .paused, "D": .stopDMA,
    "F": .freeing,
  ]

  @Test("behaviour 40: every cell of the queue's state table is the documents'")
  func cells() {
    var filled = 0
    for (event, row) in Self.rows {
      for (state, letter) in zip(Self.columns, row) {
        let expected = Self.letters[letter]
        #expect(state.after(event) == expected, "\(event) in \(state.name)")
        filled += expected == nil ? 0 : 1
      }
    }
    #expect(filled == 32)
    #expect(Self.rows.count == QueueEvent.allCases.count)
    #expect(Self.columns.count == QueueState.allCases.count)
    #expect(QueueState.table.count == filled)
  }

  @Test("behaviour 41: only FREE_QUEUE leads to DMA being stopped, once")
  func dmaStopped() {
    let into = QueueState.table.filter { $0.to == .stopDMA }
    #expect(into.allSatisfy { $0.event == .freeQueue } && !into.isEmpty)
    #expect(QueueState.allCases.filter { $0.after(.dmaStopped) != nil } == [.stopDMA])
    // A cleared last filter pauses the queue and no more.
    #expect(QueueState.running.after(.clearLastFilter) == .paused)
    // What has filters cannot be freed.
    #expect(QueueState.set.after(.freeQueue) == nil && QueueState.running.after(.freeQueue) == nil)
  }

  @Test("names, reported states and memory")
  func derived() {
    #expect(
      Self.columns.map(\.name) == [
        "Undefined", "Allocated", "Set", "Running", "Paused", "Stop DMA", "Freeing",
      ])
    #expect(
      Self.columns.map(\.reported) == [
        .undefined, .paused, .paused, .running, .paused, .dmaStopped, .dmaStopped,
      ])
    #expect(Self.columns.map(\.mayAllocateMemory) == [false, true, true, true, true, false, false])
    #expect(Set(QueueEvent.allCases.map(\.name)).count == QueueEvent.allCases.count)
  }
}

@Suite struct VPortStateTests {
  /// Columns: Deleted, Deactivated, Activated.
  static let rows: [(VPortEvent, String)] = [
    (.createOnPF, "D.."), (.createOnVF, "A.."), (.activate, ".A."), (.deactivate, "..."),
    (.parameters, ".DA"), (.delete, ".xx"),
  ]

  @Test("every cell of the VPort's state table")
  func cells() {
    let letters: [Character: VPortState] = ["x": .deleted, "D": .deactivated, "A": .activated]
    let columns: [VPortState] = [.deleted, .deactivated, .activated]
    var filled = 0
    for (event, row) in Self.rows {
      for (state, letter) in zip(columns, row) {
        #expect(state.after(event) == letters[letter], "\(event) in \(state.name)")
        filled += letters[letter] == nil ? 0 : 1
      }
    }
    #expect(filled == 7 && VPortState.table.count == filled)
    #expect(Self.rows.count == VPortEvent.allCases.count)
    #expect(columns.map(\.name) == ["Deleted", "Deactivated", "Activated"])
    #expect(columns.map(\.reported) == [.undefined, .deactivated, .activated])
  }

  @Test("behaviour 31: memory is for an activated VPort of the physical function")
  func memory() {
    for state in VPortState.allCases {
      #expect(state.mayAllocateMemory(on: .physical) == (state == .activated))
      #expect(!state.mayAllocateMemory(on: FunctionID(rawValue: 0)))
    }
  }
}
