// Which rows of the state tables a test takes, in debug builds only. A test that asks for it counts the rows
// its calls take; nothing else sees it.

#if MUTANTS
  internal import Synchronization

  /// The rows taken while a test runs with this as `current`.
  public final class TransitionCoverage: Sendable {
    /// Who counts in this task.
    @TaskLocal public static var current: TransitionCoverage?

    private let taken = Mutex<[String: Set<Int>]>([:])

    public init() {}

    /// Counts a row of a table.
    func note(_ row: Int, of table: String) {
      taken.withLock { _ = $0[table, default: []].insert(row) }
    }

    /// The rows that were never taken, as sentences.
    public func untaken<State, Event>(of table: StateTable<State, Event>) -> [String] {
      let rows = taken.withLock { $0[table.name] ?? [] }
      return table.rows.indices.filter { !rows.contains($0) }.map {
        let row = table.rows[$0]
        return "\(table.name): \(row.event) in \(row.from) to \(row.to)"
      }
    }
  }
#endif
