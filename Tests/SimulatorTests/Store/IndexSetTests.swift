// IndexSet against an array of Bool over thousands of random steps whose seed is fixed, and at the
// edges: sets without capacity, numbers outside, the borders between words and levels.

import NDISSimulator
import Testing
import NDISStore

@Suite struct IndexSetTests {
  static let sizes: [UInt32] = [1, 2, 63, 64, 65, 1000, 4096, 4097, 300_000]

  @Test(arguments: sizes, [false, true])
  func agreesWithTheModel(capacity: UInt32, full: Bool) {
    var random = SplitMix64(state: UInt64(capacity) << 1 | (full ? 1 : 0))
    var set = full ? IndexSet(fullWithCapacity: capacity) : IndexSet(capacity: capacity)
    var model = Array(repeating: full, count: Int(capacity))
    var members = full ? capacity : 0

    for step in 0..<6000 {
      // Now mostly insertions, now mostly removals, so that it is now full and now empty; and
      // mostly near the edges of a word, where the levels meet.
      let adding = Int.random(in: 0..<8, using: &random) < (step / 500 % 2 == 0 ? 1 : 7)
      var index = UInt32.random(in: 0...capacity, using: &random)
      if Bool.random(using: &random) { index = index / 64 * 64 }
      // Following the lowest is what the set is for, and what empties whole words.
      if !adding, let first = set.first(from: index) ?? set.first { index = first }

      let was = index < capacity && model[Int(index)]
      #expect(set.contains(index) == was)
      if adding {
        #expect(set.insert(index) == (index < capacity && !was))
        if index < capacity && !was { members += 1 }
      } else {
        #expect(set.remove(index) == was)
        if was { members -= 1 }
      }
      if index < capacity { model[Int(index)] = adding }

      #expect(set.count == members)
      #expect(set.isEmpty == (members == 0))
      // The model looks at every number: in the largest set only now and then.
      if capacity < 5000 || step % 250 == 0 {
        let from = UInt32.random(in: 0...capacity, using: &random)
        #expect(set.first == model.firstIndex(of: true).map { UInt32($0) })
        #expect(
          set.first(from: from) == model[Int(from)...].firstIndex(of: true).map { UInt32($0) })
        let after = from < capacity ? model[Int(from + 1)...].firstIndex(of: true) : nil
        #expect(set.first(after: from) == after.map { UInt32($0) })
      }
      if step % 1000 == 999 {
        // The same members by another way: the same set.
        var other = IndexSet(fullWithCapacity: capacity)
        for index in model.indices where !model[index] { other.remove(UInt32(index)) }
        #expect(other == set)
      }
    }
  }

  @Test(arguments: sizes)
  func fullIsAllInsertedAndEmptyIsAllRemoved(capacity: UInt32) {
    var set = IndexSet(capacity: capacity)
    #expect(set.isEmpty && set.first == nil && set.first(from: 0) == nil)
    for index in (0..<capacity).reversed() { set.insert(index) }
    #expect(set == IndexSet(fullWithCapacity: capacity))
    #expect(set.count == capacity)
    var expected: UInt32 = 0
    while let first = set.first {
      if first != expected { break }
      set.remove(first)
      expected += 1
    }
    #expect(expected == capacity)
    #expect(set == IndexSet(capacity: capacity))
  }

  @Test(arguments: [0, 1, 63, 64, 65, 4096, 4097] as [UInt32])
  func whatIsOutsideIsRefused(capacity: UInt32) {
    for var set in [IndexSet(capacity: capacity), IndexSet(fullWithCapacity: capacity)] {
      let before = set
      #expect(set.capacity == capacity)
      for index in [capacity, capacity + 1, .max - 1, .max] {
        #expect(!set.contains(index))
        #expect(set.insert(index) == false)
        #expect(set.remove(index) == false)
        #expect(set.first(from: index) == nil)
        #expect(set.first(after: index) == nil)
      }
      #expect(set == before)
    }
  }

  @Test func aSetWithoutCapacityIsEmpty() {
    let set = IndexSet(fullWithCapacity: 0)
    #expect(set.isEmpty)
    #expect(set.count == 0)
    #expect(set.first == nil)
    #expect(set.first(from: 0) == nil)
    #expect(set == IndexSet(capacity: 0))
    #expect(set != IndexSet(capacity: 1))
  }

  @Test func theOnlyMemberIsFoundAcrossLevels() {
    let capacity: UInt32 = 2_000_000
    var set = IndexSet(capacity: capacity)
    for index in [0, 63, 64, 4095, 4096, 262_143, 262_144, capacity - 1] as [UInt32] {
      #expect(set.insert(index) == true)
      #expect(set.insert(index) == false)
      #expect(set.first == index)
      #expect(set.first(from: 0) == index)
      #expect(set.first(from: index) == index)
      #expect(set.first(after: index) == nil)
      if index > 0 { #expect(set.first(after: index - 1) == index) }
      #expect(set.remove(index) == true)
      #expect(set.remove(index) == false)
      #expect(set == IndexSet(capacity: capacity))
    }
  }
}
