// An IndexSet of the records of one table.

/// A set of records, with fast access to the lowest.
@usableFromInline package struct RecordSet<Record> {
  @usableFromInline package internal(set) var numbers: IndexSet

  @inlinable package init(_ numbers: IndexSet) { self.numbers = numbers }

  /// Whether the set is empty.
  @inlinable @inline(__always)
  package var isEmpty: Bool { numbers.isEmpty }

  /// The number of members.
  @inlinable @inline(__always)
  package var count: UInt32 { numbers.count }

  /// The lowest member; nil if there is none.
  @inlinable @inline(__always)
  package var first: Index<Record>? { numbers.first.map { Index($0) } }

  /// The lowest member above `index`; nil if there is none.
  @inlinable @inline(__always)
  package func first(after index: Index<Record>) -> Index<Record>? {
    numbers.first(after: index.raw).map { Index($0) }
  }

  /// Whether a record is a member.
  @inlinable @inline(__always)
  package func contains(_ index: Index<Record>) -> Bool { numbers.contains(index.raw) }

  /// Inserts a record; false if it was a member.
  @inlinable @inline(__always) @discardableResult
  package mutating func insert(_ index: Index<Record>) -> Bool { numbers.insert(index.raw) }

  /// Removes a record; false if it was not a member.
  @inlinable @inline(__always) @discardableResult
  package mutating func remove(_ index: Index<Record>) -> Bool { numbers.remove(index.raw) }

  /// The lowest index at or above `index` that is not a member; see IndexSet.
  @inlinable
  package func firstAbsent(from index: UInt32, words limit: Int) -> (found: UInt32?, next: UInt32) {
    numbers.firstAbsent(from: index, words: limit)
  }
}
