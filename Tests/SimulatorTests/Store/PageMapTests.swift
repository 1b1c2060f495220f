// PageMap against the plainest model there is, an array of Bool, over thousands of random steps
// whose seed is fixed, and at the edges: empty maps, ranges that reach outside, the largest
// numbers.

import NDISSimulator
import Testing
import NDISStore

/// The same numbers from the same seed, on every machine.
struct SplitMix64: RandomNumberGenerator {
  var state: UInt64

  mutating func next() -> UInt64 {
    state &+= 0x9E37_79B9_7F4A_7C15
    var mixed = state
    mixed = (mixed ^ (mixed >> 30)) &* 0xBF58_476D_1CE4_E5B9
    mixed = (mixed ^ (mixed >> 27)) &* 0x94D0_49BB_1331_11EB
    return mixed ^ (mixed >> 31)
  }
}

@Suite struct PageMapTests {
  /// What a PageMap is to agree with; each question is answered by looking at every page.
  struct Model {
    var taken: [Bool]

    func all(_ start: UInt32, _ count: UInt32, are value: Bool) -> Bool {
      let end = Int(start) + Int(count)
      return count > 0 && end <= taken.count && taken[Int(start)..<end].allSatisfy { $0 == value }
    }

    mutating func set(_ start: UInt32, _ count: UInt32, to value: Bool) {
      for page in Int(start)..<Int(start) + Int(count) { taken[page] = value }
    }

    var runs: [[UInt32]] {
      var runs: [[UInt32]] = []
      for page in taken.indices {
        if page > 0 && taken[page] == taken[page - 1] {
          runs[runs.count - 1][1] += 1
        } else {
          runs.append([UInt32(page), 1, taken[page] ? 0 : 1])
        }
      }
      return runs
    }

    func firstRun(from: UInt32) -> [UInt32]? {
      guard Int(from) < taken.count, let start = taken[Int(from)...].firstIndex(of: false) else {
        return nil
      }
      let end = taken[start...].firstIndex(of: true) ?? taken.count
      return [UInt32(start), UInt32(end - start)]
    }
  }

  static func list(_ map: PageMap) -> [[UInt32]] {
    map.runs().map { [$0.start, $0.count, $0.free ? 1 : 0] }
  }

  /// `longest` bounds the ranges: short ones make a map of crumbs, long ones cross many words.
  @Test(arguments: [1, 2, 63, 64, 65, 128, 129, 192, 1000, 4096, 4097], [3, 90, 5000])
  func agreesWithTheModel(pages: UInt32, longest: UInt32) {
    var random = SplitMix64(state: UInt64(pages) << 32 | UInt64(longest))
    var map = PageMap(pageCount: pages)
    // Its bits alone, which must come to the same.
    var set = PageSet(pageCount: pages)
    var model = Model(taken: Array(repeating: false, count: Int(pages)))
    var accepted = 0

    for step in 0..<3000 {
      let start = UInt32.random(in: 0...pages, using: &random)
      let count = UInt32.random(in: 0...min(longest, pages + 1), using: &random)
      let free = model.all(start, count, are: false)
      #expect(map.isFree(start: start, count: count) == free)
      #expect(set.isFree(start: start, count: count) == free)
      switch UInt32.random(in: 0..<4, using: &random) {
      case 0:
        #expect(map.take(start: start, count: count) == free)
        #expect(set.take(start: start, count: count) == free)
        if free { model.set(start, count, to: true) }
        accepted += free ? 1 : 0
      case 1:
        let taken = model.all(start, count, are: true)
        #expect(map.release(start: start, count: count) == taken)
        #expect(set.release(start: start, count: count) == taken)
        if taken { model.set(start, count, to: false) }
        accepted += taken ? 1 : 0
      case 2:
        let fit = map.firstFit(count: count)
        let expected = model.runs.first { $0[2] == 1 && $0[1] >= count && count > 0 }?[0]
        #expect(fit == expected)
        if let fit {
          #expect(map.take(start: fit, count: count) == true)
          #expect(set.take(start: fit, count: count) == true)
          model.set(fit, count, to: true)
          accepted += 1
        }
      default:
        // A whole taken run goes, so that the map does not fill up.
        let run = map.runs().first { !$0.free && $0.start + $0.count > start }
        #expect(
          run.map { [$0.start, $0.count, 0] }
            == model.runs.first { $0[2] == 0 && $0[0] + $0[1] > start })
        if let run {
          let part = UInt32.random(in: 1...run.count, using: &random)
          #expect(map.release(start: run.start, count: part) == true)
          #expect(set.release(start: run.start, count: part) == true)
          model.set(run.start, part, to: false)
          accepted += 1
        }
      }

      #expect(map.freePages == UInt32(model.taken.count { !$0 }))
      // Not after every step: what asks the tree brings it up to date, and changes are to pile up too.
      if step % 5 == 0 {
        #expect(
          map.firstRun(from: start).map { [$0.start, $0.count] } == model.firstRun(from: start))
      }
      if step % 8 == 0 {
        let runs = model.runs
        #expect(Self.list(map) == runs)
        #expect(set.runs().map { [$0.start, $0.count, $0.free ? 1 : 0] } == runs)
        #expect(set.longestFreeRun == map.longestFreeRun)
        #expect(set.freePages == map.freePages)
        #expect(map.longestFreeRun == runs.filter { $0[2] == 1 }.map { $0[1] }.max() ?? 0)
      }
      if step % 100 == 0 {
        // The same pages, taken one by one from the end: another history, the same map.
        var other = PageMap(pageCount: pages)
        for page in model.taken.indices.reversed() where model.taken[page] {
          #expect(other.take(start: UInt32(page), count: 1) == true)
        }
        #expect(other == map)
        #expect(other.longestFreeRun == map.longestFreeRun)
        #expect(other.firstFit(count: count) == map.firstFit(count: count))
      }
    }
    // Else the map stood still and the agreement says little. A map of one page refuses the most.
    #expect(accepted > 300)
  }

  @Test func everyShapeOfTwoWordsHasItsLongestRun() {
    // Every free run within two words and one page of a third, alone on a taken map.
    for start in UInt32(0)..<129 {
      for count in 1...(129 - start) {
        var map = PageMap(pageCount: 129)
        #expect(map.take(start: 0, count: 129) == true)
        #expect(map.release(start: start, count: count) == true)
        #expect(map.longestFreeRun == count)
        #expect(map.firstFit(count: count) == start)
        #expect(map.firstFit(count: count + 1) == nil)
        let run = map.firstRun(from: 0)
        #expect(run?.start == start && run?.count == count)
      }
    }
  }

  @Test func anEmptyMapHasNothing() {
    var map = PageMap(pageCount: 0)
    #expect(map.pageCount == 0)
    #expect(map.freePages == 0)
    #expect(map.longestFreeRun == 0)
    #expect(map.firstFit(count: 0) == nil)
    #expect(map.firstFit(count: 1) == nil)
    #expect(map.firstRun(from: 0) == nil)
    #expect(map.take(start: 0, count: 0) == false)
    #expect(map.take(start: 0, count: 1) == false)
    #expect(map.release(start: 0, count: 1) == false)
    #expect(Self.list(map).isEmpty)
    #expect(map == PageMap(pageCount: 0))
    #expect(map != PageMap(pageCount: 1))
  }

  @Test(arguments: [1, 63, 64, 65, 128, 192, 1000] as [UInt32])
  func whatReachesOutsideIsRefused(pages: UInt32) {
    let edges: [UInt32] = [0, 1, pages - 1, pages, pages + 1, .max - 1, .max]
    for full in [false, true] {
      var map = PageMap(pageCount: pages)
      if full { #expect(map.take(start: 0, count: pages) == true) }
      let before = map
      for start in edges {
        for count in edges where count == 0 || UInt64(start) + UInt64(count) > UInt64(pages) {
          #expect(!map.isFree(start: start, count: count))
          #expect(map.take(start: start, count: count) == false)
          #expect(map.release(start: start, count: count) == false)
        }
        if start >= pages { #expect(map.firstRun(from: start) == nil) }
        if start > pages || start == 0 { #expect(map.firstFit(count: start) == nil) }
      }
      #expect(map == before)
      #expect(map.firstFit(count: pages) == (full ? nil : 0))
      #expect(Self.list(map) == [[0, pages, full ? 0 : 1]])
    }
  }

  @Test func copiesGoTheirOwnWay() {
    var map = PageMap(pageCount: 100)
    let runs = map.runs()
    let copy = map
    #expect(map.take(start: 10, count: 20) == true)
    #expect(copy.freePages == 100)
    #expect(copy != map)
    #expect(runs.map { $0.count } == [100])
    #expect(Self.list(map) == [[0, 10, 1], [10, 20, 0], [30, 70, 1]])
    #expect(map.release(start: 10, count: 20) == true)
    #expect(copy == map)
  }

  @Test func scatteredExtentsAreGatheredLowestFirst() {
    var map = PageMap(pageCount: 1 << 20)
    #expect(map.take(start: 0, count: 1 << 20) == true)
    let holes: [(UInt32, UInt32)] = [(5, 1), (4000, 200), (524_280, 16), (1_048_575, 1)]
    for (start, count) in holes { #expect(map.release(start: start, count: count) == true) }
    var found: [[UInt32]] = []
    var from: UInt32 = 0
    while let run = map.firstRun(from: from) {
      found.append([run.start, run.count])
      from = run.start + run.count
    }
    #expect(found == holes.map { [$0.0, $0.1] })
    #expect(map.firstFit(count: 2) == 4000)
    #expect(map.firstRun(from: 4100).map { [$0.start, $0.count] } == [4100, 100])
  }
}
