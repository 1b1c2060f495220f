// Handles: kind, generation and index in 64 bits.

import NDIS
import Testing

@Suite struct HandleTests {
  @Test("a handle keeps its kind, generation and index", arguments: Handle.Kind.allCases)
  func packing(kind: Handle.Kind) {
    for generation: UInt32 in [0, 1, 0x8000_0000, .max] {
      for index: UInt32 in [0, 1, 12345, Handle.maximumIndex] {
        let handle = Handle(kind: kind, generation: generation, index: index)
        #expect(handle.kind == kind)
        #expect(handle.generation == generation)
        #expect(handle.index == index)
        #expect(handle != .null)
        #expect(Handle(rawValue: handle.rawValue) == handle)
      }
    }
  }

  @Test("the parts stand where the documentation says")
  func bits() {
    #expect(Handle(kind: .allocation, generation: 1, index: 2).rawValue == 8 << 58 | 1 << 26 | 2)
    #expect(Handle.maximumIndex == 0x3FF_FFFF)
    // An index that is too large changes neither generation nor kind.
    let cut = Handle(kind: .section, generation: 5, index: .max)
    #expect(cut.kind == .section && cut.generation == 5 && cut.index == Handle.maximumIndex)
  }

  @Test("numbers that are no handle have no kind")
  func noHandle() {
    #expect(Handle.null.kind == nil)
    #expect(Handle(rawValue: 17 << 58).kind == nil)
    #expect(Handle(rawValue: .max).kind == nil)
    #expect("\(Handle.null)" == "NULL")
    #expect("\(Handle(rawValue: 0xAB))" == "0x00000000000000AB")
  }

  @Test("every kind has a name of its own, and a number that stays")
  func kinds() {
    #expect(Set(Handle.Kind.allCases.map { "\($0)" }).count == 16)
    #expect(Handle.Kind.allCases.map(\.rawValue) == Array(1...16))
  }
}
