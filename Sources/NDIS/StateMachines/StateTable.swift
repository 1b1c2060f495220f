// A state machine as data: one transition per row, looked up in constant time. Documented rows and extensions
// are distinguished. A pair of event and state without a row is an invalid combination. NDIS itself, its
// tests, docs/contract.md and `ndisctl state` read the same rows.

/// The transitions of a state machine.
public struct StateTable<State, Event>: Sendable
where
  State: RawRepresentable<UInt8> & CaseIterable & Sendable,
  Event: RawRepresentable<UInt8> & CaseIterable & Sendable
{
  /// A row: event, state before and state after.
  public struct Row: Sendable {
    public let event: Event
    public let from: State
    public let to: State
    /// Not documented.
    public let isExtension: Bool
    /// Whether the row changes the state.
    public var isMove: Bool { from.rawValue != to.rawValue }
  }

  /// Used in diagrams and in the names of mutants.
  public let name: String
  /// Every row, documented ones first.
  public let rows: [Row]
  /// The row, by event and state; -1 for an invalid combination.
  private let index: [Int16]
  private let stateCount: Int

  /// A table. If several rows have the same event and state, the first wins.
  init(
    _ name: String, documented: [(event: Event, from: State, to: State)],
    extensions: [(event: Event, from: State, to: State)]
  ) {
    self.name = name
    var rows = documented.map { Row(event: $0, from: $1, to: $2, isExtension: false) }
    rows += extensions.map { Row(event: $0, from: $1, to: $2, isExtension: true) }
    #if MUTANTS
      rows = rows.mutated(name) { _ in nil }
    #endif
    self.rows = rows
    stateCount = State.allCases.count
    var index = [Int16](repeating: -1, count: Event.allCases.count * stateCount)
    for (number, row) in rows.enumerated().reversed() {
      index[Int(row.event.rawValue) * stateCount + Int(row.from.rawValue)] = Int16(number)
    }
    self.index = index
  }

  private func number(_ event: Event, _ state: State) -> Int? {
    let number = index[Int(event.rawValue) * stateCount + Int(state.rawValue)]
    return number < 0 ? nil : Int(number)
  }

  /// The state after `event`, nil for an invalid combination. A lookup only: the row is not counted as taken.
  func state(after event: Event, in state: State) -> State? {
    number(event, state).map { rows[$0].to }
  }

  /// The state after `event`; the row is counted as taken, for tests.
  func take(_ event: Event, in state: State) -> State? {
    guard let number = number(event, state) else { return nil }
    #if DEBUG
      TransitionCoverage.current?.note(number, of: name)
    #endif
    #if MUTANTS
      // A mutant: the machine differs from its table.
      let moves = rows.prefix(number).count { $0.isMove }
      if rows[number].isMove, Mutant.isRow(moves, of: name + "-move") { return state }
    #endif
    return rows[number].to
  }

  /// Rows that change the state.
  public var moves: [Row] { rows.filter(\.isMove) }
}
