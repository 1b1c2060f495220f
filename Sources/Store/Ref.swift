// Record identifiers: an index into a table, and a reference as stored in records. Both carry the record's
// type, so that a queue's index is not accepted for a block's.
//
// There are two types because an index always names a record, while a reference may be none. A reference is
// stored as the index plus one, so that zeroed memory reads as none.

/// The index of a record in its table: 0 to capacity - 1.
@usableFromInline package struct Index<Record>: Hashable, Comparable, Sendable, BitwiseCopyable {
  /// The raw number, for handles, bit maps and arrays.
  @usableFromInline package let raw: UInt32

  @inlinable @inline(__always)
  package init(_ raw: UInt32) { self.raw = raw }

  @inlinable @inline(__always)
  package static func == (a: Index, b: Index) -> Bool { a.raw == b.raw }

  @inlinable @inline(__always)
  package func hash(into hasher: inout Hasher) { hasher.combine(raw) }

  @inlinable @inline(__always)
  package static func < (a: Index, b: Index) -> Bool { a.raw < b.raw }
}

extension Index: ExpressibleByIntegerLiteral {
  @inlinable @inline(__always)
  package init(integerLiteral value: UInt32) { raw = value }
}

extension Index: Strideable {
  @inlinable @inline(__always)
  package func distance(to other: Index) -> Int { Int(other.raw) - Int(raw) }

  @inlinable @inline(__always)
  package func advanced(by n: Int) -> Index { Index(UInt32(truncatingIfNeeded: Int(raw) + n)) }
}

extension Index: CustomStringConvertible {
  @inlinable package var description: String { "\(raw)" }
}

extension Int {
  @inlinable @inline(__always)
  package init<Record>(_ index: Index<Record>) { self = Int(index.raw) }
}

extension UInt64 {
  @inlinable @inline(__always)
  package init<Record>(_ index: Index<Record>) { self = UInt64(index.raw) }
}

/// A reference to a record, as stored in other records; zero is none.
@usableFromInline package struct Ref<Record>: Hashable, Sendable, BitwiseCopyable {
  @usableFromInline package let raw: UInt32

  @inlinable @inline(__always)
  package init(_ index: Index<Record>) { raw = index.raw &+ 1 }

  /// None for nil.
  @inlinable @inline(__always)
  package init(_ index: Index<Record>?) { raw = index.map { $0.raw &+ 1 } ?? 0 }

  @inlinable @inline(__always)
  init(raw: UInt32) { self.raw = raw }

  @inlinable @inline(__always)
  package static func == (a: Ref, b: Ref) -> Bool { a.raw == b.raw }

  @inlinable @inline(__always)
  package func hash(into hasher: inout Hasher) { hasher.combine(raw) }

  @inlinable @inline(__always)
  package static var none: Ref { Ref(raw: 0) }

  @inlinable @inline(__always)
  package var isNone: Bool { raw == 0 }

  /// The index; outside every table for none.
  @inlinable @inline(__always)
  package var index: Index<Record> { Index(raw &- 1) }

  /// The index; nil for none.
  @inlinable @inline(__always)
  package var optional: Index<Record>? { raw == 0 ? nil : Index(raw &- 1) }
}

/// The indices of several ranges, one after the other.
@usableFromInline package struct IndexRanges<Record>: Sequence, IteratorProtocol {
  @usableFromInline var ranges: ArraySlice<Range<UInt32>>
  @usableFromInline var position: UInt32 = 0

  @inlinable package init(_ ranges: [Range<UInt32>]) {
    self.ranges = ranges[...]
    position = ranges.first?.lowerBound ?? 0
  }

  @inlinable package mutating func next() -> Index<Record>? {
    while let range = ranges.first {
      if position < range.upperBound {
        defer { position += 1 }
        return Index(position)
      }
      ranges = ranges.dropFirst()
      position = ranges.first?.lowerBound ?? 0
    }
    return nil
  }
}

/// Stands for a record of several kinds; another field says which.
@usableFromInline package enum AnyRecord {}

extension Ref where Record == AnyRecord {
  @inlinable @inline(__always)
  package init<Known>(any ref: Ref<Known>) { raw = ref.raw }

  @inlinable @inline(__always)
  package init<Known>(any index: Index<Known>) { raw = index.raw &+ 1 }

  /// A reference to a record of this kind, as another field has determined.
  @inlinable @inline(__always)
  package func of<Known>(_: Known.Type = Known.self) -> Ref<Known> { Ref<Known>(raw: raw) }
}
