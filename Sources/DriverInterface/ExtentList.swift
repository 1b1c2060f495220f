// The extents of a provider's answer. Most blocks have one, which is stored inline: an array would cost a
// heap allocation per block. Only further extents use an array.

public import NDIS

/// A list of extents in order.
public struct ExtentList: Sendable, Hashable {
  @usableFromInline var first: Extent?
  /// Empty if there is no first one.
  @usableFromInline var others: [Extent]

  /// The extent of a list with exactly one.
  package var single: Extent? { others.isEmpty ? first : nil }

  @inlinable public init() {
    first = nil
    others = []
  }

  /// One extent.
  @inlinable public init(_ extent: Extent) {
    first = extent
    others = []
  }
}

extension ExtentList: RandomAccessCollection, MutableCollection, RangeReplaceableCollection {
  @inlinable public var startIndex: Int { 0 }
  @inlinable public var endIndex: Int { first == nil ? 0 : 1 &+ others.count }

  @inlinable public subscript(index: Int) -> Extent {
    get {
      if index == 0, let first { return first }
      return others[index - 1]
    }
    set {
      if index == 0, first != nil { first = newValue } else { others[index - 1] = newValue }
    }
  }

  @inlinable public mutating func append(_ extent: Extent) {
    if first == nil { first = extent } else { others.append(extent) }
  }

  public mutating func replaceSubrange(
    _ range: Range<Int>, with extents: some Collection<Extent>
  ) {
    var all = Array(self)
    all.replaceSubrange(range, with: extents)
    first = all.first
    others = Array(all.dropFirst())
  }
}

extension ExtentList: ExpressibleByArrayLiteral {
  public init(arrayLiteral extents: Extent...) { self.init(extents) }
}
