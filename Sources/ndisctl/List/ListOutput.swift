// Rows from the daemon to standard output, as a table or as JSON, without keeping them: the first
// few decide the widths of the columns, then each is written and forgotten. Only --sort has to keep
// them all.
//
// JSON is one document whatever came in how many replies: {"blocks":[...]}, one object a line.

import ArgumentParser
import NDISDrawing
import NDISVarlink

/// Options of every list.
struct ListOptions: ParsableArguments {
  @OptionGroup var common: CommonOptions

  @Flag(help: "Neither the titles nor the number of rows.")
  var noLegend = false

  @Option(help: "Sort by this column; all rows are kept in memory until the last has come.")
  var sort: String?

  @Flag(help: "With --sort: the greatest first.")
  var reverse = false

  @Option(
    help: ArgumentHelp(
      "Only these columns, in this order; all of them, however narrow the terminal is.",
      valueName: "column,..."))
  var columns: String?

  func validate() throws {
    if reverse, sort == nil {
      throw ValidationError("--reverse needs --sort COLUMN: there is nothing to turn around")
    }
  }
}

/// A kind of row that can be listed.
protocol Listed: VarlinkValue {
  /// The list's name in a reply: "blocks".
  static var plural: String { get }
  static var columns: [ListColumn<Self>] { get }
}

/// Takes rows and writes them. `finish` must be called at the end.
struct ListOutput<Row: Listed>: ~Copyable {
  private var output: Output
  private let options: ListOptions
  private let columns: [ListColumn<Row>]
  private let order: ListColumn<Row>?
  private let surface: Surface
  private let plural: String
  /// Rows that wait for the table's widths, or for their order.
  private var waiting: [Row] = []
  private var table: Table?
  private var count = 0

  /// Rows that decide the widths.
  private static var sample: Int { 512 }

  /// - Parameter plural: the list's name, if it is another than the rows' own.
  init(
    _ options: ListOptions, columns known: [ListColumn<Row>] = Row.columns, plural: String? = nil
  ) throws {
    (self.columns, order) = try Self.chosen(known, options)
    self.options = options
    self.plural = plural ?? Row.plural
    surface = options.common.surface
    output = Output()
  }

  /// The columns that are shown and the one that is sorted by.
  private static func chosen(
    _ known: [ListColumn<Row>], _ options: ListOptions
  ) throws -> ([ListColumn<Row>], ListColumn<Row>?) {
    func column(_ name: some StringProtocol, _ option: String) throws -> ListColumn<Row> {
      if let found = known.first(where: { $0.name == name.lowercased() }) { return found }
      throw CommandFailure(
        "\(option) has '\(name)'; the columns are \(known.map(\.name).joined(separator: ", "))",
        status: .usage)
    }
    let order = try options.sort.map { try column($0, "--sort") }
    guard let names = options.columns else { return (known, order) }
    let columns = try names.split(separator: ",").map { try column($0, "--columns") }
    if columns.isEmpty {
      throw CommandFailure(
        "--columns names none; the columns are \(known.map(\.name).joined(separator: ", "))",
        status: .usage)
    }
    return (columns, order)
  }

  /// Takes some rows.
  mutating func add(_ rows: [Row]) throws(CommandFailure) {
    for row in rows {
      if order == nil, options.common.json {
        try write(row)
      } else if order == nil, table != nil {
        try write(row)
      } else {
        waiting.append(row)
        if order == nil, waiting.count == Self.sample { try release() }
      }
    }
    // Rows come as fast as the daemon finds them, and are shown as they come.
    if order == nil, waiting.isEmpty { try output.flush() }
  }

  /// Writes what is left, and the legend.
  consuming func finish() throws(CommandFailure) {
    if let order {
      let reverse = options.reverse
      waiting.sort { reverse ? order.key($1) < order.key($0) : order.key($0) < order.key($1) }
    }
    try release()
    if options.common.json {
      try output.line(count == 0 ? "{\"\(plural)\":[]}" : "\n]}")
    } else if !options.noLegend {
      if count > 0 { try output.line() }
      try output.line(surface.paint(Readable.counted(count, singular, plural) + ".", .faint))
    }
    try output.flush()
  }

  /// Writes the rows that waited.
  private mutating func release() throws(CommandFailure) {
    if table == nil, !options.common.json, !waiting.isEmpty {
      let cells = waiting.prefix(Self.sample).map { row in columns.map { $0.cell(row) } }
      let chosen = options.columns != nil
      let layout = Table(
        columns.map { column in
          var column = column.column
          if chosen { column.rank = 0 }
          return column
        }, fitting: cells, on: surface)
      table = layout
      if !options.noLegend { try output.line(layout.header) }
    }
    for row in waiting { try write(row) }
    waiting.removeAll()
  }

  private mutating func write(_ row: Row) throws(CommandFailure) {
    if options.common.json {
      try output.write(count == 0 ? "{\"\(plural)\":[\n" : ",\n")
      try output.write(row.json.text)
    } else if let table {
      try output.line(table.line(columns.map { $0.cell(row) }))
    }
    count += 1
  }

  private var singular: String { plural.hasSuffix("s") ? String(plural.dropLast()) : plural }
}
