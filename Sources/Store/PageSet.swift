// A bit map of a section's allocated pages: one bit per page, set for allocated, in 64-bit words. The
// simulator checks a provider's answers with it; searching for free pages needs the tree of PageMap.
//
// Rules and limits are PageMap's: a range is taken or released completely or not at all, an empty or
// out-of-range one returns false, no argument traps, nothing is allocated after `init`.

/// Allocated pages, numbered from 0 to `pageCount`.
@usableFromInline package struct PageSet: Sendable, Equatable {
  /// The number of pages.
  @usableFromInline package let pageCount: UInt32

  /// The number of free pages.
  @usableFromInline package internal(set) var freePages: UInt32

  /// Bits past the last page are always set, so that a search for free pages need not check for the end of
  /// the set.
  @usableFromInline package internal(set) var words: [UInt64]

  /// Makes a set of `pageCount` pages, all free.
  @inlinable package init(pageCount: UInt32) {
    // At least one word, so that an empty set needs no special case.
    let wordCount = max(1, (Int(pageCount) + 63) / 64)
    self.pageCount = pageCount
    freePages = pageCount
    words = Array(repeating: 0, count: wordCount)
    // If the last word is full the shift is by 64, which gives zero: no bits lie past the end.
    let inLastWord = Int(pageCount) - (wordCount - 1) * 64
    words[wordCount - 1] = ~0 << UInt64(inLastWord)
  }

  /// Whether `count` pages from `start` on are all free; false for an empty range and for one outside the
  /// set.
  @inlinable package func isFree(start: UInt32, count: UInt32) -> Bool {
    if let (index, mask) = oneWord(start, count) { return words[index] & mask == 0 }
    guard let range = WordRange(start: start, count: count, within: pageCount) else { return false }
    for index in range.first...range.last where words[index] & range.mask(index) != 0 {
      return false
    }
    return true
  }

  /// Takes `count` pages from `start` on if all of them are free; otherwise changes nothing and returns
  /// false.
  @inlinable package mutating func take(start: UInt32, count: UInt32) -> Bool {
    if let (index, mask) = oneWord(start, count) {
      let word = words[index]
      guard word & mask == 0 else { return false }
      words[index] = word | mask
      freePages &-= count
      return true
    }
    guard let range = WordRange(start: start, count: count, within: pageCount) else { return false }
    for index in range.first...range.last where words[index] & range.mask(index) != 0 {
      return false
    }
    for index in range.first...range.last { words[index] |= range.mask(index) }
    freePages &-= count
    return true
  }

  /// Releases `count` pages from `start` on if all of them are taken; otherwise changes nothing and returns
  /// false.
  @inlinable package mutating func release(start: UInt32, count: UInt32) -> Bool {
    if let (index, mask) = oneWord(start, count) {
      let word = words[index]
      guard ~word & mask == 0 else { return false }
      words[index] = word & ~mask
      freePages &+= count
      return true
    }
    guard let range = WordRange(start: start, count: count, within: pageCount) else { return false }
    for index in range.first...range.last where ~words[index] & range.mask(index) != 0 {
      return false
    }
    for index in range.first...range.last { words[index] &= ~range.mask(index) }
    freePages &+= count
    return true
  }

  /// The word and mask of a range within one word, as for most blocks. Nil for any other range and for an
  /// invalid one: WordRange distinguishes them.
  @inlinable @inline(__always)
  func oneWord(_ start: UInt32, _ count: UInt32) -> (index: Int, mask: UInt64)? {
    let bit = start % 64
    guard count > 0, start < pageCount, count <= pageCount &- start, count <= 64 &- bit else {
      return nil
    }
    return (Int(start / 64), (~0 &>> UInt64(64 &- count)) &<< UInt64(bit))
  }

  /// The length of the longest run of free pages. Scans every page: for reports.
  @inlinable package var longestFreeRun: UInt32 {
    runs().reduce(0) { max($0, $1.free ? $1.count : 0) }
  }

  /// The set from the first page to the last as maximal runs, alternately free and taken, of a snapshot taken
  /// at the call.
  @inlinable package func runs() -> Runs { Runs(pages: self) }

  /// The runs of a set in order.
  @usableFromInline package struct Runs: Sequence, IteratorProtocol, Sendable {
    /// One maximal run: its first page, its length and whether its pages are free.
    @usableFromInline package typealias Element = (start: UInt32, count: UInt32, free: Bool)

    @usableFromInline let pages: PageSet
    @usableFromInline var position: UInt32 = 0

    @inlinable init(pages: PageSet) { self.pages = pages }

    /// The next run; nil after the last.
    @inlinable package mutating func next() -> Element? {
      guard position < pages.pageCount else { return nil }
      let start = position
      let free = pages.words[Int(start / 64)] & (1 << UInt64(start % 64)) == 0
      position = pages.end(ofRunAt: start, free: free)
      return (start, position &- start, free)
    }
  }

  /// The first page after `page` with the other state.
  @inlinable func end(ofRunAt page: UInt32, free: Bool) -> UInt32 {
    var index = Int(page / 64)
    var mask = ~UInt64(0) << UInt64(page % 64)
    while index < words.count {
      let other = (free ? words[index] : ~words[index]) & mask
      if other != 0 {
        return min(pageCount, UInt32(truncatingIfNeeded: index * 64 + other.trailingZeroBitCount))
      }
      index += 1
      mask = ~0
    }
    return pageCount
  }
}

/// The words covered by a range of pages, and the bits in them.
@usableFromInline package struct WordRange {
  @usableFromInline package let first: Int
  @usableFromInline package let last: Int
  @usableFromInline let firstMask: UInt64
  @usableFromInline let lastMask: UInt64

  /// Nil for an empty range and for one outside `pageCount` pages.
  @inlinable package init?(start: UInt32, count: UInt32, within pageCount: UInt32) {
    guard count > 0, start < pageCount, count <= pageCount - start else { return nil }
    let end = start + (count - 1)
    first = Int(start / 64)
    last = Int(end / 64)
    firstMask = ~0 << UInt64(start % 64)
    lastMask = ~0 >> UInt64(63 - end % 64)
  }

  @inlinable package func mask(_ index: Int) -> UInt64 {
    (index == first ? firstMask : ~0) & (index == last ? lastMask : ~0)
  }
}
