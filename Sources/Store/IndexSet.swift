// A set of small integers with constant-time access to the lowest: free identifiers, slots with pending work.
// One bit per number, and above every 64 words a summary word that says which of them are nonzero, up to a
// single word at the top. A search for the next member moves up and down these levels and never along them.
//
// Rules: a number at or above the capacity is never a member, and inserting or removing it changes nothing
// and returns false; no argument traps. Two sets of the same capacity are equal exactly if their members are.
// Nothing is allocated after `init`, unless a set is changed while a copy of it is held.
//
// Limits: at most UInt32.max numbers, which is six levels. Memory is one bit per number and a 63rd of that
// for the summary levels: 260 KB for two million.

/// A set of numbers below a fixed capacity, with fast access to the lowest.
@usableFromInline package struct IndexSet: Sendable, Equatable {
  /// Members are below this.
  @usableFromInline package let capacity: UInt32

  /// The number of members.
  @usableFromInline package internal(set) var count: UInt32

  /// The words of every level, the members' own first. A bit of a higher level is set exactly if its word is
  /// nonzero; unused bits are zero.
  @usableFromInline var words: [UInt64]

  /// Offset of each level in `words`; the members' own at 0.
  @usableFromInline let levels: [Int]

  /// The lowest member, or the capacity if there is none: cached, because most callers need it.
  @usableFromInline var lowest: UInt32

  /// Makes an empty set for numbers below `capacity`.
  @inlinable package init(capacity: UInt32) {
    self.init(capacity: capacity, full: false)
  }

  /// Makes a set of all numbers below `capacity`.
  @inlinable package init(fullWithCapacity capacity: UInt32) {
    self.init(capacity: capacity, full: true)
  }

  @inlinable init(capacity: UInt32, full: Bool) {
    var levels: [Int] = []
    var wordCount = 0
    // The number of bits in use on the current level.
    var bits = Int(capacity)
    repeat {
      levels.append(wordCount)
      // A set of capacity zero has one word too, so that it needs no special case.
      bits = max(1, (bits + 63) / 64)
      wordCount += bits
    } while bits > 1

    self.capacity = capacity
    self.levels = levels
    count = full ? capacity : 0
    lowest = full ? 0 : capacity
    words = Array(repeating: full ? ~0 : 0, count: wordCount)
    guard full else { return }

    bits = Int(capacity)
    for start in levels {
      let last = max(1, (bits + 63) / 64) - 1
      // A shift by 64 gives zero, which leaves a full last word unchanged.
      words[start + last] = ~(~0 << UInt64(bits - last * 64))
      bits = last + 1
    }
  }

  /// Whether there are no members.
  @inlinable package var isEmpty: Bool { count == 0 }

  /// The lowest member; nil if there is none.
  @inlinable package var first: UInt32? { count > 0 ? lowest : nil }

  /// Whether `index` is a member.
  @inlinable package func contains(_ index: UInt32) -> Bool {
    index < capacity && words[Int(index / 64)] & (1 << UInt64(index % 64)) != 0
  }

  /// Inserts `index`; false if it was a member or is not below the capacity.
  @inlinable @discardableResult
  package mutating func insert(_ index: UInt32) -> Bool {
    guard index < capacity else { return false }
    let place = Int(index / 64)
    let old = words[place]
    let new = old | (1 << UInt64(index % 64))
    guard new != old else { return false }
    words[place] = new
    count += 1
    lowest = min(lowest, index)
    // The summary bit of a nonzero word is set already.
    if old == 0 { raise(place) }
    return true
  }

  /// Sets the summary bits of the members' word `bit`, which became nonzero. Out of line, like `lower`:
  /// needed by one change in 64.
  @usableFromInline @inline(never)
  mutating func raise(_ bit: Int) {
    var bit = bit
    for start in levels.dropFirst() {
      let old = words[start + bit / 64]
      words[start + bit / 64] = old | (1 << UInt64(bit % 64))
      if old != 0 { break }
      bit /= 64
    }
  }

  /// Removes `index`; false if it was not a member.
  @inlinable @discardableResult
  package mutating func remove(_ index: UInt32) -> Bool {
    guard index < capacity else { return false }
    let place = Int(index / 64)
    let old = words[place]
    let new = old & ~(1 << UInt64(index % 64))
    guard new != old else { return false }
    words[place] = new
    count -= 1
    // The summary bit of a nonzero word stays set.
    if new == 0 { lower(place) }
    if index == lowest {
      // There was no member below the old lowest: the next is in the same word, or in a later one.
      lowest =
        new != 0
        ? UInt32(truncatingIfNeeded: place * 64 + new.trailingZeroBitCount)
        : count > 0 ? lowest(below: levels.count, 0) : capacity
    }
    return true
  }

  /// Clears the summary bits of the members' word `bit`, which became zero.
  @usableFromInline @inline(never)
  mutating func lower(_ bit: Int) {
    var bit = bit
    for start in levels.dropFirst() {
      let new = words[start + bit / 64] & ~(1 << UInt64(bit % 64))
      words[start + bit / 64] = new
      if new != 0 { break }
      bit /= 64
    }
  }

  /// The lowest member at or above `index`; nil if there is none.
  @inlinable package func first(from index: UInt32) -> UInt32? {
    guard index < capacity else { return nil }
    // Go up to the first level with a bit set at `bit` or above it in its word.
    var bit = Int(index)
    for level in levels.indices {
      let word = bit / 64
      // Past the last word: `bit` was the last of its level, and no bit follows.
      let end = level + 1 < levels.count ? levels[level + 1] : words.count
      guard levels[level] + word < end else { return nil }
      let rest = words[levels[level] + word] & (~0 << UInt64(bit % 64))
      if rest != 0 { return lowest(below: level, word * 64 + rest.trailingZeroBitCount) }
      // This word is exhausted; on the next level only later words matter.
      bit = word + 1
    }
    return nil
  }

  /// The lowest member above `index`; nil if there is none.
  @inlinable package func first(after index: UInt32) -> UInt32? {
    index < capacity ? first(from: index + 1) : nil
  }

  /// The lowest number at or above `index`, and below the capacity, that is not a member; nil if none was
  /// found. Scans at most `limit` of the members' words; the search resumes at `next`.
  @inlinable
  package func firstAbsent(from index: UInt32, words limit: Int) -> (found: UInt32?, next: UInt32) {
    var next = index
    for _ in 0..<limit {
      guard next < capacity else { break }
      let rest = ~words[Int(next / 64)] & (~0 << UInt64(next % 64))
      if rest != 0 {
        let found = next / 64 * 64 + UInt32(rest.trailingZeroBitCount)
        // Bits past the capacity are unused.
        return found < capacity ? (found, found) : (nil, capacity)
      }
      let (word, overflow) = (next / 64 * 64).addingReportingOverflow(64)
      next = overflow ? capacity : word
    }
    return (nil, min(next, capacity))
  }

  /// The lowest member under bit `bit` of level `level`. On level 0 a bit is a member; one level above the
  /// highest, bit 0 covers the whole set.
  @inlinable func lowest(below level: Int, _ bit: Int) -> UInt32 {
    var bit = bit
    for start in levels[..<level].reversed() {
      bit = bit * 64 + words[start + bit].trailingZeroBitCount
    }
    return UInt32(truncatingIfNeeded: bit)
  }
}
