// A table whose records are allocated and released: which are free, and the generations by which one life of a
// record is told from the next. The free set is derived from the bytes; the lowest free record is allocated,
// so it does not matter how the state came about.

/// A record that is allocated and released.
@usableFromInline package protocol SlabRecord: StoreRecord where Key == Self {
  /// A free record.
  init()
  /// Whether it is not in use.
  var isFree: Bool { get }
  /// Counts the lives of the record, when handles name it; a record that no handle names has none.
  var generation: UInt32 { get set }
}

extension SlabRecord {
  @inlinable @inline(__always)
  package var generation: UInt32 {
    get { 0 }
    set {}
  }

  /// Empties the record; its generation stays.
  @inlinable @inline(__always)
  package mutating func clear() {
    let generation = generation
    self = Self()
    self.generation = generation
  }
}

/// The records of a table, as they are allocated and released.
@usableFromInline package struct Slab<Record: SlabRecord> {
  @usableFromInline package let table: Table<Record>
  /// The greatest generation a record may have; one that has it is not allocated again.
  @usableFromInline let lastGeneration: UInt32
  @usableFromInline var free: RecordSet<Record>

  /// Looks for the records in use, unless the table is `fresh`.
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

  // MARK: Which are free

  /// The record that is allocated next; nil when all are in use.
  @inlinable @inline(__always)
  package var next: Index<Record>? { free.first }

  @inlinable @inline(__always)
  package var isFull: Bool { free.isEmpty }

  /// How many can be allocated.
  @inlinable @inline(__always)
  package var available: UInt32 { free.count }

  /// How many cannot: those in use, and those whose generations are used up.
  @inlinable package var used: UInt32 { table.capacity - free.count }

  @inlinable package func isAvailable(_ index: Index<Record>) -> Bool { free.contains(index) }

  /// Visits the records in use.
  @inlinable package func forEachUsed(_ body: (Index<Record>, Record) -> Void) {
    for index in table.touched {
      let record = table[index]
      if !record.isFree { body(index, record) }
    }
  }

  /// The lowest number at or above `number` of a record that cannot be allocated, as an IndexSet finds it.
  @inlinable
  package func firstUsed(from number: UInt32, words limit: Int) -> (found: UInt32?, next: UInt32) {
    free.firstAbsent(from: number, words: limit)
  }

  // MARK: Changes

  /// Allocates the lowest free record, empty but for its generation and what `fill` writes. Nil when all are in
  /// use.
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

  /// Takes a free record, whose bytes the caller writes.
  @inlinable @inline(__always)
  package mutating func take(_ index: Index<Record>) { free.remove(index) }

  /// Empties a record and makes it available again; `keep` writes what a free record still says.
  @inlinable @inline(__always)
  package mutating func release(_ index: Index<Record>, _ keep: (inout Record) -> Void = { _ in }) {
    table.update(index) {
      $0.clear()
      keep(&$0)
    }
    putBack(index)
  }

  /// Makes a record available again that its caller has emptied, unless its generations are used up.
  @inlinable @inline(__always)
  package mutating func putBack(_ index: Index<Record>) {
    if table.read(index, { $0.generation }) < lastGeneration { free.insert(index) }
  }
}
