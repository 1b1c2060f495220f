// A table of streamed rows: the first rows, which the caller chooses, determine the widths; every row is then
// formatted independently. Rows are not stored, so a million of them take the memory of one.
//
// If the width is limited, columns that can be truncated are made narrower first, then columns are omitted by
// rank, and the rest is truncated. Otherwise nothing is truncated or omitted. A later cell that is wider than
// its column shifts the following cells only as far as necessary.

/// How a column is drawn.
public struct Column: Sendable, Equatable {
  public var title: String
  public var alignment: Alignment
  /// 0 for a column that is never omitted; of the others the highest is omitted first.
  public var rank: Int
  /// The minimum width it may be truncated to; nil if it is never truncated.
  public var minimum: Int?
  /// Its cells are never truncated: the terminal wraps them. For sentences, in the last column.
  public var runsOver: Bool

  public init(
    _ title: String, _ alignment: Alignment = .left, rank: Int = 0, minimum: Int? = nil,
    runsOver: Bool = false
  ) {
    self.title = title
    self.alignment = alignment
    self.rank = rank
    self.minimum = minimum
    self.runsOver = runsOver
  }
}

/// A cell of a table. The text may be untrusted: it is made printable.
public struct Cell: Sendable, Equatable, ExpressibleByStringInterpolation {
  public var text: String
  public var style: TextStyle

  public init(_ text: String, _ style: TextStyle = .plain) {
    self.text = text
    self.style = style
  }

  public init(stringLiteral text: String) { self.init(text) }
}

/// The layout of a table.
public struct Table: Sendable {
  private let columns: [Column]
  private let capabilities: TerminalCapabilities
  /// The visible columns: index, start and width.
  private var places: [Place]

  private struct Place {
    var column: Int
    var start: Int
    var cells: Int
  }

  /// Cells between two columns.
  private static let gap = 2

  /// Lays out `columns` so that `rows` fit. Rows have a cell per column; missing cells are empty and excess
  /// ones ignored, here and in `line`.
  public init(_ columns: [Column], fitting rows: [[Cell]], on capabilities: TerminalCapabilities) {
    self.columns = columns
    self.capabilities = capabilities
    var natural = columns.map { TerminalText.width($0.title) }
    for row in rows {
      for (index, cell) in row.prefix(columns.count).enumerated() {
        let text = TerminalText.printable(cell.text, unicode: capabilities.unicode)
        natural[index] = max(natural[index], TerminalText.width(text))
      }
    }
    let (shown, widths) = Table.fit(columns, natural, into: capabilities.width)
    places = []
    var start = 0
    for index in shown {
      places.append(Place(column: index, start: start, cells: widths[index]))
      start += widths[index] + Table.gap
    }
  }

  /// The titles, without a line feed.
  public var header: String {
    line(columns.map { Cell($0.title, .heading) })
  }

  /// A row, without a line feed.
  public func line(_ row: [Cell]) -> String {
    var line = ""
    var position = 0
    for (order, place) in places.enumerated() {
      guard place.column < row.count else { continue }
      let cell = row[place.column]
      let column = columns[place.column]
      var text = TerminalText.printable(cell.text, unicode: capabilities.unicode)
      if capabilities.width != nil, column.minimum != nil {
        text = TerminalText.cut(text, to: place.cells, unicode: capabilities.unicode)
      }
      guard !text.isEmpty else { continue }
      var wanted = place.start
      if column.alignment == .right { wanted += max(0, place.cells - TerminalText.width(text)) }
      // At least one space between cells, regardless of the end of the previous one.
      var blanks = max(wanted - position, order == 0 ? 0 : 1)
      if position == 0 { blanks = wanted }
      if let edge = capabilities.width, !column.runsOver {
        guard position + blanks < edge else { break }
        text = TerminalText.cut(text, to: edge - position - blanks, unicode: capabilities.unicode)
      }
      line += String(repeating: " ", count: blanks) + capabilities.paint(text, cell.style)
      position += blanks + TerminalText.width(text)
    }
    return line
  }

  /// The visible columns, and the widths of all.
  private static func fit(
    _ columns: [Column], _ natural: [Int], into edge: Int?
  ) -> (shown: [Int], widths: [Int]) {
    var shown = Array(columns.indices)
    guard let edge else { return (shown, natural) }
    let least = zip(columns, natural).map { column, cells in
      column.runsOver
        ? TerminalText.width(column.title)
        : min(cells, max(column.minimum ?? cells, TerminalText.width(column.title)))
    }
    func totalWidth(_ widths: [Int]) -> Int {
      shown.reduce(0) { $0 + widths[$1] } + gap * max(0, shown.count - 1)
    }
    while totalWidth(least) > edge {
      let last = shown.filter { columns[$0].rank > 0 }.max {
        (columns[$0].rank, $0) < (columns[$1].rank, $1)
      }
      guard let last else { break }
      shown.removeAll { $0 == last }
    }
    var widths = least
    var free = edge - totalWidth(least)
    while free > 0 {
      // The column that is truncated most.
      let next = shown.filter { !columns[$0].runsOver }.max {
        natural[$0] - widths[$0] < natural[$1] - widths[$1]
      }
      guard let next, natural[next] > widths[next] else { break }
      widths[next] += 1
      free -= 1
    }
    return (shown, widths)
  }
}
