// Rows of bytes that the host keeps in the store beside NDIS's own state: the state of its hosted drivers.
// They change in the same transaction as the turns those drivers cause, so that the two agree after a crash.
// Only the host can interpret them, so each row has a checksum: a record must never be created from damaged
// bytes that are not a valid value of its type.

public import NDISStore

/// One row: the plain bytes of a record, and their checksum.
public struct HostRow: BitwiseCopyable, Sendable {
  /// Size limit of a record, in bytes.
  public static let capacity = 504
  private var sum: UInt64 = 0
  private var words = InlineArray<63, UInt64>(repeating: 0)

  /// An empty row, without a record.
  public init() {}

  /// A row with a record of at most `capacity` bytes; a larger record leaves the row empty.
  public init<Record: BitwiseCopyable>(_ record: Record) {
    guard MemoryLayout<Record>.size <= HostRow.capacity else { return }
    var record = record
    unsafe withUnsafeBytes(of: &record) { source in
      unsafe withUnsafeMutableBytes(of: &words) { unsafe $0.copyMemory(from: source) }
    }
    sum = checksum
  }

  /// The record; nil when the row is empty or its checksum does not match.
  public func load<Record: BitwiseCopyable>(as _: Record.Type) -> Record? {
    guard MemoryLayout<Record>.size <= HostRow.capacity, sum == checksum else { return nil }
    var copy = words
    return unsafe withUnsafeBytes(of: &copy) { unsafe $0.loadUnaligned(as: Record.self) }
  }

  /// FNV-1a over words; nonzero for a row of zeros.
  private var checksum: UInt64 {
    var hash: UInt64 = 0xCBF2_9CE4_8422_2325
    for index in words.indices { hash = (hash ^ words[index]) &* 0x0000_0100_0000_01B3 }
    return hash
  }

  func isSame(as other: HostRow) -> Bool {
    guard sum == other.sum else { return false }
    for index in words.indices where words[index] != other.words[index] { return false }
    return true
  }
}

extension HostRow: StoreRecord {
  @usableFromInline package typealias Key = HostRow
}

extension Simulator {
  /// The row at an index; an empty row beyond the last.
  public func hostRow(_ index: UInt32) -> HostRow {
    store.hostRows.contains(Index(index)) ? store.hostRows[Index(index)] : HostRow()
  }

  /// Stores a row, as a turn of its own or as part of the open transaction. False when the index is beyond
  /// the last row.
  @discardableResult
  public mutating func keep(_ row: HostRow, at index: UInt32) -> Bool {
    let index = Index<HostRow>(index)
    guard store.hostRows.contains(index) else { return false }
    guard !store.hostRows[index].isSame(as: row) else { return true }
    store.hostRows.update(index) { $0 = row }
    commit()
    return true
  }

  /// Starts a transaction of all turns until `commitTransaction`: after a crash either all of them have
  /// happened or none. Actions may be carried out only after it has been committed.
  public mutating func beginTransaction() { isInTransaction = true }

  /// Commits the transaction.
  public mutating func commitTransaction() {
    isInTransaction = false
    commit()
  }
}
