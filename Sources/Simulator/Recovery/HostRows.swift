// The host's rows in the store: read, written, and committed in one transaction with the turns they belong to.

public import NDISDriverInterface
public import NDISStore

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
