// A table of fixed-size records in the store. Reading copies a record, or one field of it; changing one
// goes through the undo log.

/// A record of the store: plain bytes, with a size that is a multiple of eight. A free record keeps its
/// generation. Lists are intrusive: a `Ref` to the first member in the owner, `previous` and `next` in the
/// members.
@usableFromInline package protocol StoreRecord: BitwiseCopyable {
  /// The record type whose indices number the table: a record stored beside another (an adapter's
  /// capabilities) has that one's.
  associatedtype Key = Self
}

/// A field of a table's records that often changes alone: only its own bytes are saved in the undo log. It
/// must begin behind the record's first word, by which the log identifies the record, and consist of whole
/// words.
@safe @usableFromInline package struct Column<Record: StoreRecord, Field: BitwiseCopyable> {
  @usableFromInline let base: UnsafeMutableRawPointer
  @usableFromInline let offset: Int
  @usableFromInline let stride: Int
  @usableFromInline let undo: UndoLog
  @usableFromInline let capacity: UInt32

  @inlinable package init(
    store: UnsafeMutableRawPointer, offset: Int, stride: Int, capacity: UInt32, undo: UndoLog
  ) {
    unsafe base = store
    self.offset = offset
    self.stride = stride
    self.capacity = capacity
    self.undo = undo
  }

  @inlinable @inline(__always)
  package subscript(index: Index<Record.Key>) -> Field {
    precondition(index.raw < capacity)
    return unsafe (base + offset + Int(index) * stride).load(as: Field.self)
  }

  @inlinable @inline(__always)
  package func update(_ index: Index<Record.Key>, _ change: (inout Field) -> Void) {
    precondition(index.raw < capacity)
    let place = offset + Int(index) * stride
    if !undo.isSaved(place) { undo.save(offset: place, as: Field.self) }
    change(&(unsafe (base + place).assumingMemoryBound(to: Field.self).pointee))
    undo.wrote()
  }
}

/// Records of one kind.
@safe @usableFromInline package struct Table<Record: StoreRecord> {
  @usableFromInline let base: UnsafeMutablePointer<Record>
  /// Offset of the first record in the store.
  @usableFromInline package let offset: Int
  @usableFromInline let undo: UndoLog
  @usableFromInline package let capacity: UInt32
  /// Records that may not be all zeros when the store is opened, or be in use later: all of them, unless the
  /// store was adopted from a memory file with holes.
  @usableFromInline let adopted: [Range<UInt32>]?

  @inlinable package init(
    store: UnsafeMutableRawPointer, offset: Int, capacity: UInt32, undo: UndoLog,
    touched: [Range<Int>]? = nil
  ) {
    unsafe base = (store + offset).assumingMemoryBound(to: Record.self)
    self.offset = offset
    self.capacity = capacity
    self.undo = undo
    adopted = touched.map { Table.records(in: $0, offset: offset, capacity: capacity) }
  }

  /// The indices of all records.
  @inlinable package var indices: Range<Index<Record.Key>> { 0..<Index(capacity) }

  /// During an adoption: the indices of records that may not be all zeros.
  @inlinable package var touched: IndexRanges<Record.Key> { IndexRanges(adopted ?? [0..<capacity]) }

  /// Whether an untrusted number, from outside or from bytes not yet validated, is an index.
  @inlinable @inline(__always)
  package func contains(_ index: Index<Record.Key>) -> Bool { index.raw < capacity }

  /// Whether a reference is not none and within the table.
  @inlinable @inline(__always)
  package func contains(_ ref: Ref<Record.Key>) -> Bool { ref.index.raw < capacity }

  /// The records that overlap the given bytes, each once.
  @inlinable static func records(
    in bytes: [Range<Int>], offset: Int, capacity: UInt32
  ) -> [Range<UInt32>] {
    let stride = MemoryLayout<Record>.stride
    var ranges: [Range<UInt32>] = []
    var from = 0
    for range in bytes {
      let first = max(from, (range.lowerBound - offset) / stride)
      let end = min(Int(capacity), (range.upperBound - offset + stride - 1) / stride)
      guard range.upperBound > offset, first < end else { continue }
      ranges.append(UInt32(first)..<UInt32(end))
      from = end
    }
    return ranges
  }

  /// The column of a stored field.
  @inlinable package func column<Field>(_ path: KeyPath<Record, Field>) -> Column<Record, Field> {
    let field = MemoryLayout<Record>.offset(of: path) ?? 0
    precondition(field > 0 && field % 8 == 0 && MemoryLayout<Field>.stride % 8 == 0)
    let store = unsafe UnsafeMutableRawPointer(base) - offset
    return unsafe Column(
      store: store, offset: offset + field, stride: MemoryLayout<Record>.stride,
      capacity: capacity, undo: undo)
  }

  /// A copy of the record at `index`, which must be below `capacity`.
  @inlinable @inline(__always)
  package subscript(index: Index<Record.Key>) -> Record {
    precondition(index.raw < capacity)
    return unsafe base[Int(index)]
  }

  /// One field of a record, without copying the rest.
  @inlinable @inline(__always)
  package subscript<Field>(index: Index<Record.Key>, path: KeyPath<Record, Field>) -> Field {
    precondition(index.raw < capacity)
    return unsafe base[Int(index)][keyPath: path]
  }

  /// Reads a record in place with a function. A key path of a computed property (a `Raw` field's enum) copies
  /// the record first, which for a long one costs more than the read.
  @inlinable @inline(__always)
  package func read<Value>(_ index: Index<Record.Key>, _ value: (Record) -> Value) -> Value {
    precondition(index.raw < capacity)
    return value(unsafe base[Int(index)])
  }

  /// Changes a record in place, after saving its old bytes.
  @inlinable @inline(__always)
  package func update(_ index: Index<Record.Key>, _ change: (inout Record) -> Void) {
    precondition(index.raw < capacity)
    let place = offset + Int(index) * MemoryLayout<Record>.stride
    if !undo.isSaved(place) { save(place) }
    change(&(unsafe base[Int(index)]))
    undo.wrote()
  }

  // MARK: Fields at an offset, for lists

  /// The reference at an offset of a record.
  @inlinable @inline(__always)
  package func ref<Other>(_ index: Index<Record.Key>, at offset: Int) -> Ref<Other> {
    precondition(index.raw < capacity)
    return unsafe (UnsafeRawPointer(base + Int(index)) + offset).load(as: Ref<Other>.self)
  }

  /// Changes the reference at an offset of a record, after saving its old bytes.
  @inlinable @inline(__always)
  package func set<Other>(_ ref: Ref<Other>, at offset: Int, of index: Index<Record.Key>) {
    update(index) { Table.set(ref, at: offset, of: &$0) }
  }

  /// Changes it in a record whose old bytes have been saved already.
  @inlinable @inline(__always)
  package static func set<Other>(_ ref: Ref<Other>, at offset: Int, of record: inout Record) {
    unsafe withUnsafeMutableBytes(of: &record) {
      unsafe $0.storeBytes(of: ref, toByteOffset: offset, as: Ref<Other>.self)
    }
  }

  /// Out of line, but specialized per record type: a constant number of bytes is copied in a few moves.
  @inlinable @inline(never)
  func save(_ place: Int) {
    undo.save(offset: place, as: Record.self)
  }
}
