// A state machine as data: its transitions, one a row, looked up in constant time. Rows the documents have and
// rows of ours (extensions) are kept apart. A pair of event and state without a row is an invalid combination.
// NDIS itself, its tests, docs/contract.md and `ndisctl state` read the same rows.

/// The transitions of a state machine.
public struct StateTable<State, Event>: Sendable
where
  State: RawRepresentable<UInt8> & CaseIterable & Sendable,
  Event: RawRepresentable<UInt8> & CaseIterable & Sendable
{
  /// A row: what happens to an object in a state, and the state it is in afterwards.
  public struct Row: Sendable {
    public let event: Event
    public let from: State
    public let to: State
    /// No document has it.
    public let isExtension: Bool
    /// Whether the state afterwards is another one.
    public var isMove: Bool { from.rawValue != to.rawValue }
  }

  /// Its name in diagrams and in the names of its mutants.
  public let name: String
  /// Every row, those of the documents first.
  public let rows: [Row]
  /// The row, by event and state; -1 for an invalid combination.
  private let index: [Int16]
  private let stateCount: Int

  /// A table. Of rows with equal event and state the first counts.
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

  /// The state after `event`, nil for an invalid combination. A question: nothing has happened.
  func state(after event: Event, in state: State) -> State? {
    number(event, state).map { rows[$0].to }
  }

  /// The same when the event happens: the row is taken, which tests count.
  func take(_ event: Event, in state: State) -> State? {
    guard let number = number(event, state) else { return nil }
    #if MUTANTS
      TransitionCoverage.current?.note(number, of: name)
      // A machine that does not do what its table says.
      let moves = rows.prefix(number).count { $0.isMove }
      if rows[number].isMove, Mutant.isRow(moves, of: name + "-move") { return state }
    #endif
    return rows[number].to
  }

  /// Rows that lead to another state.
  public var moves: [Row] { rows.filter(\.isMove) }
}
