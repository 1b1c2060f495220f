// The host's rows in the store: read, kept, and made one transaction with the turns they belong to.

public import NDISDriverInterface
public import NDISStore

extension HostRow: StoreRecord {
  @usableFromInline package typealias Key = HostRow
}

extension Simulator {
  /// A row; one beyond the last holds nothing.
  public func hostRow(_ index: UInt32) -> HostRow {
    store.hostRows.contains(Index(index)) ? store.hostRows[Index(index)] : HostRow()
  }

  /// Keeps a row, as a turn of its own or as part of the transaction that is held together. False when there
  /// is no room for it.
  @discardableResult
  public mutating func keep(_ row: HostRow, at index: UInt32) -> Bool {
    let index = Index<HostRow>(index)
    guard store.hostRows.contains(index) else { return false }
    guard !store.hostRows[index].isSame(as: row) else { return true }
    store.hostRows.update(index) { $0 = row }
    commit()
    return true
  }

  /// Makes one transaction of the turns until `commitTransaction`: after a crash either all of them have happened or
  /// none. Actions must be carried out after that only.
  public mutating func beginTransaction() { isInTransaction = true }

  /// Ends the transaction.
  public mutating func commitTransaction() {
    isInTransaction = false
    commit()
  }
}
