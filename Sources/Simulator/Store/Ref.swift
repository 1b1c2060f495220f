// What names a record: an index into its table, and a reference to it as records hold it. Both carry the
// record's type, so that a queue's index is not accepted where a block's is meant.
//
// Two types, because they differ in one thing: an index names a record, a reference may be none. It is stored
// as the index plus one, so that zeroed memory reads as none.

/// The index of a record in its table: 0 to capacity - 1.
struct Index<Record>: Hashable, Comparable, Sendable, BitwiseCopyable {
  /// The number, for handles, bit maps and arrays.
  let raw: UInt32

  @inline(__always)
  init(_ raw: UInt32) { self.raw = raw }

  @inline(__always)
  static func < (a: Index, b: Index) -> Bool { a.raw < b.raw }
}

extension Index: ExpressibleByIntegerLiteral {
  @inline(__always)
  init(integerLiteral value: UInt32) { raw = value }
}

extension Index: Strideable {
  @inline(__always)
  func distance(to other: Index) -> Int { Int(other.raw) - Int(raw) }

  @inline(__always)
  func advanced(by n: Int) -> Index { Index(UInt32(truncatingIfNeeded: Int(raw) + n)) }
}

extension Index: CustomStringConvertible {
  var description: String { "\(raw)" }
}

extension Int {
  @inline(__always)
  init<Record>(_ index: Index<Record>) { self = Int(index.raw) }
}

extension UInt64 {
  @inline(__always)
  init<Record>(_ index: Index<Record>) { self = UInt64(index.raw) }
}

/// A reference to a record, as other records hold it; zero is none.
struct Ref<Record>: Hashable, Sendable, BitwiseCopyable {
  let raw: UInt32

  @inline(__always)
  init(_ index: Index<Record>) { raw = index.raw &+ 1 }

  /// None for nil.
  @inline(__always)
  init(_ index: Index<Record>?) { raw = index.map { $0.raw &+ 1 } ?? 0 }

  @inline(__always)
  fileprivate init(raw: UInt32) { self.raw = raw }

  @inline(__always)
  static var none: Ref { Ref(raw: 0) }

  @inline(__always)
  var isNone: Bool { raw == 0 }

  /// The index, outside every table for none.
  @inline(__always)
  var index: Index<Record> { Index(raw &- 1) }

  /// The index; nil for none.
  @inline(__always)
  var optional: Index<Record>? { raw == 0 ? nil : Index(raw &- 1) }
}

/// The indices of some ranges, one after the other.
struct IndexRanges<Record>: Sequence, IteratorProtocol {
  private var ranges: ArraySlice<Range<UInt32>>
  private var position: UInt32 = 0

  init(_ ranges: [Range<UInt32>]) {
    self.ranges = ranges[...]
    position = ranges.first?.lowerBound ?? 0
  }

  mutating func next() -> Index<Record>? {
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

/// Stands for a record of several kinds, where another field says which.
enum AnyRecord {}

extension Ref where Record == AnyRecord {
  @inline(__always)
  init<Known>(any ref: Ref<Known>) { raw = ref.raw }

  @inline(__always)
  init<Known>(any index: Index<Known>) { raw = index.raw &+ 1 }

  /// As a reference to a record of this kind; that it is one, another field has said.
  @inline(__always)
  func of<Known>(_: Known.Type = Known.self) -> Ref<Known> { Ref<Known>(raw: raw) }
}
