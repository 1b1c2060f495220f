// The state table of a receive queue, typed again from the documents (queue-states-and-operations) with the
// rows of ours behind it, and what is derived from a state; the same for VPorts.

import NDIS
import Testing

@Suite struct QueueStateTests {
  /// Columns: Undefined, Allocated, Set, Running, Paused, Stop DMA, Freeing, and Reclaiming, which is ours. A
  /// letter names the state afterwards, a dot is a blank cell.
  static let rows: [(QueueEvent, String)] = [
    (.allocateQueue, "A......."),
    (.queueParametersMethod, ".ASRP..."),
    (.queueParametersSet, ".ASRP..."),
    (.setFilter, ".SSRR..."),
    (.clearLastFilter, "..AP...."),
    (.clearFilter, "..SR...."),
    (.enumFilters, ".ASRP..."),
    (.filterParameters, "..SR...."),
    (.allocationComplete, ".PR....."),
    (.receive, "...R...."),
    (.receiveDuringSetFilter, "...RP..."),
    (.freeQueue, ".D..D..."),
    (.dmaStopped, ".....F.."),
    (.resourcesFreed, ".....UUU"),
    (.freeFailedAllocated, ".....AA."),
    (.freeFailedPaused, ".....PP."),
    (.resourcesLeft, ".....CC."),
    (.adapterRemoved, ".UUUU..."),
  ]
  static let columns: [QueueState] = [
    .undefined, .allocated, .set, .running, .paused, .stopDMA, .freeing, .reclaiming,
  ]
  static let letters: [Character: QueueState] = [
    "U": .undefined, "A": .allocated, "S": .set, "R": .running, "P": .paused, "D": .stopDMA,
    "F": .freeing, "C": .reclaiming,
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
    #expect(filled == 44)
    #expect(Self.rows.count == QueueEvent.allCases.count)
    #expect(Self.columns.count == QueueState.allCases.count)
    #expect(QueueState.table.rows.count == filled)
  }

  @Test("what no document has is marked: events of ours, Reclaiming, and an end without DmaStopped")
  func extensions() {
    for row in QueueState.table.rows {
      let isOurs =
        [.freeFailedAllocated, .freeFailedPaused, .resourcesLeft, .adapterRemoved]
        .contains(row.event) || row.from == .reclaiming
        || row.event == .resourcesFreed && row.from == .stopDMA
      #expect(row.isExtension == isOurs, "\(row)")
      #expect(row.event.isExtension == (isOurs && row.event != .resourcesFreed), "\(row)")
    }
    #expect(QueueState.diagram.extensionStates == [7])
    #expect(QueueState.table.rows.count { $0.isExtension } == 12)
    #expect(
      QueueState.allCases.map { QueueEvent.freeFailed(from: $0) } == [
        nil, .freeFailedAllocated, nil, nil, .freeFailedPaused, nil, nil, nil,
      ])
  }

  @Test("behaviour 41: only FREE_QUEUE leads to DMA being stopped, once")
  func dmaStopped() {
    let into = QueueState.table.rows.filter { $0.to == .stopDMA }
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
        "Undefined", "Allocated", "Set", "Running", "Paused", "Stop DMA", "Freeing", "Reclaiming",
      ])
    #expect(
      Self.columns.map(\.reported) == [
        .undefined, .paused, .paused, .running, .paused, .dmaStopped, .dmaStopped, .undefined,
      ])
    #expect(
      Self.columns.map(\.mayAllocateMemory)
        == [false, true, true, true, true, false, false, false])
    #expect(Self.columns.map(\.isLive) == [false, true, true, true, true, true, true, false])
    #expect(Set(QueueEvent.allCases.map(\.name)).count == QueueEvent.allCases.count)
  }
}

@Suite struct VPortStateTests {
  /// Columns: Deleted, Deactivated, Activated, and Reclaiming, which is ours.
  static let rows: [(VPortEvent, String)] = [
    (.createOnPF, "D..."), (.createOnVF, "A..."), (.activate, ".A.."), (.deactivate, "...."),
    (.parameters, ".DA."), (.delete, ".xx."), (.deleteResourcesLeft, "..C."),
    (.resourcesFreed, "...x"), (.adapterRemoved, ".xx."),
  ]

  @Test("every cell of the VPort's state table")
  func cells() {
    let letters: [Character: VPortState] = [
      "x": .deleted, "D": .deactivated, "A": .activated, "C": .reclaiming,
    ]
    let columns: [VPortState] = [.deleted, .deactivated, .activated, .reclaiming]
    var filled = 0
    for (event, row) in Self.rows {
      for (state, letter) in zip(columns, row) {
        #expect(state.after(event) == letters[letter], "\(event) in \(state.name)")
        filled += letters[letter] == nil ? 0 : 1
      }
    }
    #expect(filled == 11 && VPortState.table.rows.count == filled)
    for row in VPortState.table.rows { #expect(row.isExtension == row.event.isExtension, "\(row)") }
    #expect(VPortEvent.allCases.count { $0.isExtension } == 3)
    #expect(columns.map(\.isLive) == [false, true, true, false])
    #expect(Self.rows.count == VPortEvent.allCases.count)
    #expect(columns.map(\.name) == ["Deleted", "Deactivated", "Activated", "Reclaiming"])
    #expect(columns.map(\.reported) == [.undefined, .deactivated, .activated, .undefined])
  }

  @Test("behaviour 31: memory is for an activated VPort of the physical function")
  func memory() {
    for state in VPortState.allCases {
      #expect(state.mayAllocateMemory(on: .physical) == (state == .activated))
      #expect(!state.mayAllocateMemory(on: FunctionID(rawValue: 0)))
    }
  }
}
