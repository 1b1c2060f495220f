// The columns of a list: each has a name for --columns and --sort, a cell and a sort key.

import NDISDrawing

/// A sort key: numbers come before texts.
enum SortKey: Comparable {
  case number(Int)
  case text(String)
}

/// A column of a list.
struct ListColumn<Row>: Sendable {
  /// The name for --columns and --sort.
  let name: String
  let column: Column
  let cell: @Sendable (Row) -> Cell
  let key: @Sendable (Row) -> SortKey

  private init(
    _ title: String, _ alignment: Alignment, _ rank: Int, _ minimum: Int?, runsOver: Bool = false,
    key: @escaping @Sendable (Row) -> SortKey, cell: @escaping @Sendable (Row) -> Cell
  ) {
    name = title.lowercased()
    column = Column(title, alignment, rank: rank, minimum: minimum, runsOver: runsOver)
    self.cell = cell
    self.key = key
  }

  /// The cell of an absent value.
  static var absent: Cell { Cell("-", .faint) }

  /// Text; `-` if absent.
  static func text(
    _ title: String, rank: Int = 0, minimum: Int? = nil, _ style: TextStyle = .plain,
    _ value: @escaping @Sendable (Row) -> String?
  ) -> ListColumn {
    ListColumn(title, .left, rank, minimum, key: { .text(value($0) ?? "") }) { row in
      value(row).map { Cell($0, style) } ?? absent
    }
  }

  /// Text that is never truncated; for the last column.
  static func sentence(
    _ title: String, _ value: @escaping @Sendable (Row) -> String
  ) -> ListColumn {
    ListColumn(title, .left, 0, nil, runsOver: true, key: { .text(value($0)) }) { Cell(value($0)) }
  }

  /// A state, coloured by its meaning.
  static func state(
    _ title: String = "STATE", rank: Int = 0, _ value: @escaping @Sendable (Row) -> String
  ) -> ListColumn {
    ListColumn(title, .left, rank, nil, key: { .text(value($0)) }) { row in
      Cell(value(row), stateStyle(value(row)))
    }
  }

  /// A number; `-` if absent.
  static func number(
    _ title: String, rank: Int = 0, alarming: Bool = false,
    _ value: @escaping @Sendable (Row) -> Int?
  ) -> ListColumn {
    ListColumn(title, .right, rank, nil, key: { .number(value($0) ?? -1) }) { row in
      guard let number = value(row) else { return absent }
      return Cell("\(number)", alarming && number > 0 ? .bad : .plain)
    }
  }

  /// A number of bytes.
  static func bytes(
    _ title: String, rank: Int = 0, _ value: @escaping @Sendable (Row) -> Int?
  ) -> ListColumn {
    ListColumn(title, .right, rank, nil, key: { .number(value($0) ?? -1) }) { row in
      value(row).map { Cell(HumanFormat.bytes($0)) } ?? absent
    }
  }

  /// A span of milliseconds.
  static func span(
    _ title: String, rank: Int = 0, _ value: @escaping @Sendable (Row) -> Int
  ) -> ListColumn {
    ListColumn(title, .right, rank, nil, key: { .number(value($0)) }) { row in
      Cell(HumanFormat.milliseconds(value(row)))
    }
  }

  /// Yes or no.
  static func flag(
    _ title: String, rank: Int = 0, _ value: @escaping @Sendable (Row) -> Bool
  ) -> ListColumn {
    ListColumn(title, .left, rank, nil, key: { .number(value($0) ? 1 : 0) }) { row in
      Cell(value(row) ? "yes" : "no")
    }
  }
}

/// The style of a state of any kind of object.
func stateStyle(_ state: String) -> TextStyle {
  switch state {
  case "Running", "active", "open", "live", "registered", "running", "Activated", "set": .good
  case "dead", "stuck", "abandoned": .bad
  case "ended", "superseded", "Halted", "Shutdown", "Undefined", "Deleted", "Reclaiming": .faint
  default: .notable
  }
}
