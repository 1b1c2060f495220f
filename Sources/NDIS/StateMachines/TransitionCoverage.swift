// Row coverage of the state tables in tests, in debug builds only. A test that sets `current` counts the rows
// its calls take; nothing else is affected.

#if DEBUG
  internal import Synchronization

  /// The rows taken while a test runs with this as `current`.
  package final class TransitionCoverage: Sendable {
    /// The counter of this task.
    @TaskLocal package static var current: TransitionCoverage?

    private let taken = Mutex<[String: Set<Int>]>([:])

    package init() {}

    /// Counts a row of a table.
    func note(_ row: Int, of table: String) {
      taken.withLock { _ = $0[table, default: []].insert(row) }
    }

    /// Whether a row was taken.
    package func hasTaken(_ row: Int, of table: String) -> Bool {
      taken.withLock { $0[table]?.contains(row) ?? false }
    }

    /// The rows that were never taken, as sentences.
    package func untaken<State, Event>(of table: StateTable<State, Event>) -> [String] {
      let rows = taken.withLock { $0[table.name] ?? [] }
      return table.rows.indices.filter { !rows.contains($0) }.map {
        let row = table.rows[$0]
        return "\(table.name): \(row.event) in \(row.from) to \(row.to)"
      }
    }
  }
#endif
