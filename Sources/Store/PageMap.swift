// An allocator's map of a section's pages. One bit per page, set for allocated, in 64-bit words (a PageSet);
// above the words a segment tree of free runs (the run at the left edge, the run at the right edge, the
// longest), so that a first-fit search is one walk down the tree, regardless of the number of allocated pages
// before the result.
//
// Most allocations and frees affect the lower end, one word's worth of pages at a time. Two caches keep them
// off the tree: a page below which none is free, where most searches succeed at once, and one word whose leaf
// may be out of date until another word changes or the tree is read. So searching is mutating.
//
// Rules: the bits are authoritative and the tree is a function of them, so two maps with the same pages taken
// are equal regardless of history. A range is taken or released completely or not at all. A range that is
// empty or out of bounds returns false or nil; no argument traps. Nothing is allocated after `init`, unless a
// map is changed while a copy of it is held.
//
// Limits: at most UInt32.max pages. Memory is one bit per page plus 24 bytes per word, the number of words
// rounded up to a power of two: about 1 MB for two million pages, about 2 GB for the most. A range costs
// O(count / 64 + log n), so one page costs O(log n).

/// Allocated pages of a section, numbered from 0 to `pageCount`.
package struct PageMap: Sendable {
  /// The free runs of the pages below one tree node, as its parent needs them.
  private struct FreeRuns: Sendable, Equatable {
    /// Free pages from the left edge on.
    var prefix: UInt32
    /// Free pages up to the right edge.
    var suffix: UInt32
    /// The longest run anywhere below, at least as long as the other two.
    var longest: UInt32

    static let none = FreeRuns(prefix: 0, suffix: 0, longest: 0)

    init(prefix: UInt32, suffix: UInt32, longest: UInt32) {
      self.prefix = prefix
      self.suffix = suffix
      self.longest = longest
    }

    /// The runs within one word of allocation bits.
    init(taken word: UInt64) {
      prefix = UInt32(truncatingIfNeeded: word.trailingZeroBitCount)
      suffix = UInt32(truncatingIfNeeded: word.leadingZeroBitCount)
      longest = longestRun(of: ~word)
    }

    /// The runs of two neighbours, each `span` pages wide. The sums cannot overflow: a run is never
    /// longer than the map, whose length is a UInt32.
    init(_ left: FreeRuns, _ right: FreeRuns, span: UInt32) {
      prefix = left.prefix == span ? span &+ right.prefix : left.prefix
      suffix = right.suffix == span ? span &+ left.suffix : right.suffix
      longest = max(left.longest, right.longest, left.suffix &+ right.prefix)
    }
  }

  /// The number of pages in the map.
  package var pageCount: UInt32 { pages.pageCount }

  /// The number of pages that are free.
  package var freePages: UInt32 { pages.freePages }

  private var pages: PageSet

  /// The tree as a heap: the root at 1, the children of i at 2i and 2i + 1, the leaf of word w at `leafCount`
  /// + w. Leaves without a word have no free pages.
  private var nodes: [FreeRuns]

  /// The number of leaves, a power of two.
  private let leafCount: Int

  /// No page below this one is free. A run that starts right here is found without the tree, as it usually is
  /// when blocks are allocated and freed in turn.
  private var lowest: UInt32 = 0

  /// The word whose leaf, and the nodes above it, are out of date; -1 for none. Allocating and freeing blocks
  /// changes one word over and over: the tree is updated when another word changes or when it is read.
  private var stale = -1

  /// Makes a map of `pageCount` pages, all free.
  package init(pageCount: UInt32) {
    pages = PageSet(pageCount: pageCount)
    let wordCount = pages.words.count
    var leafCount = 1
    while leafCount < wordCount { leafCount *= 2 }
    self.leafCount = leafCount
    nodes = Array(repeating: .none, count: 2 * leafCount)
    refresh(0, wordCount - 1)
  }

  /// The length of the longest free run.
  package var longestFreeRun: UInt32 {
    mutating get {
      refreshStale()
      return nodes[1].longest
    }
  }

  /// Whether `count` pages from `start` on are all free; false for an empty range and for one outside the
  /// map.
  package func isFree(start: UInt32, count: UInt32) -> Bool {
    pages.isFree(start: start, count: count)
  }

  /// Takes `count` pages from `start` on if all of them are free; otherwise changes nothing and returns
  /// false.
  package mutating func take(start: UInt32, count: UInt32) -> Bool {
    guard pages.take(start: start, count: count) else { return false }
    if start == lowest { raiseLowest(to: start + count) }
    changed(Int(start / 64), Int((start + (count - 1)) / 64))
    return true
  }

  /// Releases `count` pages from `start` on if all of them are taken; otherwise changes nothing and returns
  /// false.
  package mutating func release(start: UInt32, count: UInt32) -> Bool {
    guard pages.release(start: start, count: count) else { return false }
    lowest = min(lowest, start)
    changed(Int(start / 64), Int((start + (count - 1)) / 64))
    return true
  }

  /// The lowest page at which at least `count` consecutive pages are free; nil if there is none or `count` is
  /// 0.
  package mutating func firstFit(count: UInt32) -> UInt32? {
    // An empty or out-of-range run is not free. No page below `lowest` is free, so a run that fits there is
    // the first.
    if pages.isFree(start: lowest, count: count) { return lowest }
    guard count > 0, count <= freePages else { return nil }
    refreshStale()
    return firstFitInTree(count: count)
  }

  private func firstFitInTree(count: UInt32) -> UInt32? {
    guard nodes[1].longest >= count else { return nil }
    var node = 1
    var base = 0
    var span = leafCount * 64
    while node < leafCount {
      span /= 2
      let left = nodes[2 * node]
      // Runs within the left half come before a run that straddles the middle, and that before runs within
      // the right half.
      if left.longest >= count {
        node = 2 * node
      } else if left.suffix &+ nodes[2 * node + 1].prefix >= count {
        return UInt32(truncatingIfNeeded: base + span - Int(left.suffix))
      } else {
        node = 2 * node + 1
        base += span
      }
    }
    // Each step leaves a bit set where a run of `length` starts; the leaf has one of `count`.
    var starts = ~pages.words[node - leafCount]
    var length: UInt32 = 1
    while length < count {
      let step = min(length, count - length)
      starts &= starts >> UInt64(step)
      length += step
    }
    return UInt32(truncatingIfNeeded: base + starts.trailingZeroBitCount)
  }

  /// The first free page at or after `from` and the number of free pages from there up to the next taken one;
  /// nil if none is free. If `from` lies inside a free run, the rest of that run is returned. Costs O(log n),
  /// regardless of the length of the run and its distance.
  package mutating func firstRun(from: UInt32) -> (start: UInt32, count: UInt32)? {
    refreshStale()
    guard from < pageCount, let start = nextFree(from) else { return nil }
    return (start, nextTaken(start) &- start)
  }

  /// The map from the first page to the last as maximal runs, alternately free and taken, of a snapshot taken
  /// at the call. Computed during iteration, O(log n) per run.
  package func runs() -> Runs {
    var map = self
    map.refreshStale()
    return Runs(map: map)
  }

  /// The runs of a map in order; see `PageMap.runs()`.
  package struct Runs: Sequence, IteratorProtocol, Sendable {
    /// One maximal run: its first page, its length and whether its pages are free.
    package typealias Element = (start: UInt32, count: UInt32, free: Bool)

    private let map: PageMap
    private var position: UInt32 = 0

    fileprivate init(map: PageMap) { self.map = map }

    /// The next run; nil after the last.
    package mutating func next() -> Element? {
      guard position < map.pageCount else { return nil }
      let start = position
      let free = map.isFree(start: start, count: 1)
      position = free ? map.nextTaken(start) : map.nextFree(start) ?? map.pageCount
      return (start, position &- start, free)
    }
  }

  // MARK: - The tree

  /// Updates the tree after words `first` to `last` have changed, or defers the update.
  private mutating func changed(_ first: Int, _ last: Int) {
    if first == last, first == stale { return }
    refreshStale()
    if first == last { stale = first } else { refresh(first, last) }
  }

  /// Does the deferred update of the tree.
  private mutating func refreshStale() {
    guard stale >= 0 else { return }
    refresh(stale)
    stale = -1
  }

  /// No page below `page`, at most the end of the map, is free any more. Continues to the first free page in
  /// its word.
  private mutating func raiseLowest(to page: UInt32) {
    lowest = page
    guard page < pageCount else { return }
    let rest = ~pages.words[Int(page / 64)] & (~0 << UInt64(page % 64))
    let (end, overflow) = (page | 63).addingReportingOverflow(1)
    lowest =
      rest != 0
      ? Self.page(Int(page / 64), rest) : overflow ? pageCount : min(end, pageCount)
  }

  /// Recomputes the leaves of words `first` to `last` and every node above them.
  private mutating func refresh(_ first: Int, _ last: Int) {
    if first == last {
      refresh(first)
      return
    }
    for index in first...last { nodes[leafCount + index] = FreeRuns(taken: pages.words[index]) }
    var low = (leafCount + first) / 2
    var high = (leafCount + last) / 2
    var span: UInt32 = 64
    while low > 0 {
      for node in low...high {
        nodes[node] = FreeRuns(nodes[2 * node], nodes[2 * node + 1], span: span)
      }
      low /= 2
      high /= 2
      // Wraps to zero only above the root of the largest tree, where it is not used.
      span = span &* 2
    }
  }

  /// The same for one word, the usual case: the node just computed is one child of its parent and need not be
  /// read again.
  private mutating func refresh(_ index: Int) {
    var runs = FreeRuns(taken: pages.words[index])
    var node = leafCount + index
    unsafe nodes.withUnsafeMutableBufferPointer { nodes in
      var span: UInt32 = 64
      while true {
        // If a node is unchanged, so are all nodes above it.
        if unsafe nodes[node] == runs { return }
        unsafe nodes[node] = runs
        guard node > 1 else { return }
        let sibling = unsafe nodes[node ^ 1]
        runs =
          node & 1 == 0
          ? FreeRuns(runs, sibling, span: span) : FreeRuns(sibling, runs, span: span)
        node /= 2
        span = span &* 2
      }
    }
  }

  /// The first free page at or after `page`, which must be within the map.
  private func nextFree(_ page: UInt32) -> UInt32? {
    let index = Int(page / 64)
    let here = ~pages.words[index] & (~0 << UInt64(page % 64))
    if here != 0 { return Self.page(index, here) }
    guard let next = nextLeaf(after: index, where: { runs, _ in runs.longest != 0 }) else {
      return nil
    }
    return Self.page(next, ~pages.words[next])
  }

  /// The first taken page at or after `page`, which must be within the map; the page past the last
  /// if there is none.
  private func nextTaken(_ page: UInt32) -> UInt32 {
    let index = Int(page / 64)
    let here = pages.words[index] & (~0 << UInt64(page % 64))
    if here != 0 { return Self.page(index, here) }
    // The leaves past the last word count as taken, but have no bits to scan.
    guard let next = nextLeaf(after: index, where: { runs, span in Int(runs.longest) != span }),
      next < pages.words.count
    else { return pageCount }
    return Self.page(next, pages.words[next])
  }

  /// The first word after `index` for which `wanted` holds. `wanted` gets a node's runs and width, and must
  /// hold for a node exactly if it holds for one of its children.
  @inline(__always)
  private func nextLeaf(after index: Int, where wanted: (FreeRuns, Int) -> Bool) -> Int? {
    var node = leafCount + index
    var span = 64
    while true {
      // Go up to the first node with a right sibling; the root, which is 1, has none.
      while node & 1 == 1 {
        if node == 1 { return nil }
        node /= 2
        span *= 2
      }
      node += 1
      if wanted(nodes[node], span) { break }
    }
    while node < leafCount {
      span /= 2
      node = wanted(nodes[2 * node], span) ? 2 * node : 2 * node + 1
    }
    return node - leafCount
  }

  /// The page of the lowest set bit in `bits`, which belong to word `index`.
  private static func page(_ index: Int, _ bits: UInt64) -> UInt32 {
    UInt32(truncatingIfNeeded: index * 64 + bits.trailingZeroBitCount)
  }
}

extension PageMap: Equatable {
  /// Whether both maps have the same number of pages and the same ones taken. Only the bits are compared,
  /// since the rest follows from them.
  package static func == (left: PageMap, right: PageMap) -> Bool {
    left.pages == right.pages
  }
}

/// The length of the longest run of set bits. Counted by doubling, because removing one bit from every run at
/// a time takes 64 rounds for the most common words, which are nearly free.
private func longestRun(of bits: UInt64) -> UInt32 {
  if bits == 0 { return 0 }
  if bits == ~0 { return 64 }
  // runsK has a bit set where a run of at least K starts.
  let runs2 = bits & (bits >> 1)
  let runs4 = runs2 & (runs2 >> 2)
  let runs8 = runs4 & (runs4 >> 4)
  let runs16 = runs8 & (runs8 >> 8)
  let runs32 = runs16 & (runs16 >> 16)

  // Binary search from the long end: `starts` has the starts of runs of at least `length`.
  var length: UInt32 = 0
  var starts = ~UInt64(0)
  func extend(_ runs: UInt64, by step: UInt32) {
    let longer = starts & (runs >> UInt64(length))
    if longer != 0 {
      starts = longer
      length += step
    }
  }
  extend(runs32, by: 32)
  extend(runs16, by: 16)
  extend(runs8, by: 8)
  extend(runs4, by: 4)
  extend(runs2, by: 2)
  extend(bits, by: 1)
  return length
}
