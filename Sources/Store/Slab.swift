// A slab allocator over a table: its free records, and the generations that distinguish successive uses of a
// record. The free set is derived from the bytes; the lowest free record is allocated first, so the result
// does not depend on history.

/// A record that is allocated and released.
@usableFromInline package protocol SlabRecord: StoreRecord where Key == Self {
  /// A free record.
  init()
  /// Whether the record is free.
  var isFree: Bool { get }
  /// Counts the uses of the record, for its handles; a record without handles has no generation.
  var generation: UInt32 { get set }
}

extension SlabRecord {
  @inlinable @inline(__always)
  package var generation: UInt32 {
    get { 0 }
    set {}
  }

  /// Clears the record except for its generation.
  @inlinable @inline(__always)
  package mutating func clear() {
    let generation = generation
    self = Self()
    self.generation = generation
  }
}

/// Allocation and release of a table's records.
@usableFromInline package struct Slab<Record: SlabRecord> {
  @usableFromInline package let table: Table<Record>
  /// The maximum generation; a record that has reached it is retired.
  @usableFromInline let lastGeneration: UInt32
  @usableFromInline var free: RecordSet<Record>

  /// Scans for the records in use, unless the table is `fresh`.
  @inlinable package init(_ table: Table<Record>, lastGeneration: UInt32, fresh: Bool) {
    self.table = table
    self.lastGeneration = lastGeneration
    free = RecordSet(IndexSet(fullWithCapacity: table.capacity))
    guard !fresh else { return }
    for index in table.touched {
      let record = table[index]
      if !record.isFree || record.generation >= lastGeneration { free.remove(index) }
    }
  }

  // MARK: Free records

  /// The record to be allocated next; nil when all are in use.
  @inlinable @inline(__always)
  package var next: Index<Record>? { free.first }

  @inlinable @inline(__always)
  package var isFull: Bool { free.isEmpty }

  /// The number of free records.
  @inlinable @inline(__always)
  package var available: UInt32 { free.count }

  /// The number of records in use or retired.
  @inlinable package var used: UInt32 { table.capacity - free.count }

  @inlinable package func isAvailable(_ index: Index<Record>) -> Bool { free.contains(index) }

  /// Visits the records in use.
  @inlinable package func forEachUsed(_ body: (Index<Record>, Record) -> Void) {
    for index in table.touched {
      let record = table[index]
      if !record.isFree { body(index, record) }
    }
  }

  /// The lowest index at or above `number` that is not free; see IndexSet.
  @inlinable
  package func firstUsed(from number: UInt32, words limit: Int) -> (found: UInt32?, next: UInt32) {
    free.firstAbsent(from: number, words: limit)
  }

  // MARK: Changes

  /// Allocates the lowest free record, cleared except for its generation and the fields `fill` writes. Nil
  /// when all are in use.
  @inlinable @inline(__always)
  package mutating func allocate(_ fill: (inout Record) -> Void) -> Index<Record>? {
    guard let index = free.first else { return nil }
    take(index)
    table.update(index) {
      $0.clear()
      $0.generation &+= 1
      fill(&$0)
    }
    return index
  }

  /// Removes a record from the free set; the caller writes its bytes.
  @inlinable @inline(__always)
  package mutating func take(_ index: Index<Record>) { free.remove(index) }

  /// Clears a record and frees it; `keep` writes the fields a free record retains.
  @inlinable @inline(__always)
  package mutating func release(_ index: Index<Record>, _ keep: (inout Record) -> Void = { _ in }) {
    table.update(index) {
      $0.clear()
      keep(&$0)
    }
    putBack(index)
  }

  /// Frees a record its caller has cleared, or retires it at its last generation.
  @inlinable @inline(__always)
  package mutating func putBack(_ index: Index<Record>) {
    if table.read(index, { $0.generation }) < lastGeneration { free.insert(index) }
  }
}
