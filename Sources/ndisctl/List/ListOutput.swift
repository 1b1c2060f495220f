// Streams rows from the daemon to standard output, as a table or as JSON: the first rows determine the
// widths of the columns, every further row is written at once. Only --sort buffers all of them.
//
// JSON is one document regardless of the number of replies: {"blocks":[...]}, one object per line.

import ArgumentParser
import NDISDrawing
import NDISVarlink

/// Options of every list.
struct ListOptions: ParsableArguments {
  @OptionGroup var common: CommonOptions

  @Flag(help: "Omit the header and the row count.")
  var noLegend = false

  @Option(help: "Sort by this column; all rows are buffered in memory.")
  var sort: String?

  @Flag(help: "Sort in descending order.")
  var reverse = false

  @Option(
    help: ArgumentHelp(
      "Only these columns, in this order; none is omitted on a narrow terminal.",
      valueName: "column,..."))
  var columns: String?

  func validate() throws {
    if reverse, sort == nil {
      throw ValidationError("--reverse requires --sort COLUMN")
    }
  }
}

/// A kind of row that can be listed.
protocol Listed: VarlinkValue {
  /// The list's name in a reply: "blocks".
  static var plural: String { get }
  static var columns: [ListColumn<Self>] { get }
}

/// Writes rows. `finish` must be called at the end.
struct ListOutput<Row: Listed>: ~Copyable {
  private var output: Output
  private let options: ListOptions
  private let columns: [ListColumn<Row>]
  private let order: ListColumn<Row>?
  private let capabilities: TerminalCapabilities
  private let plural: String
  /// Rows that are buffered for the widths of the columns, or for sorting.
  private var waiting: [Row] = []
  private var table: Table?
  private var count = 0

  /// The number of rows that determine the widths.
  private static var sample: Int { 512 }

  /// - Parameter plural: the list's name, if it differs from the rows' own.
  init(
    _ options: ListOptions, columns known: [ListColumn<Row>] = Row.columns, plural: String? = nil
  ) throws {
    (self.columns, order) = try Self.chosen(known, options)
    self.options = options
    self.plural = plural ?? Row.plural
    capabilities = options.common.capabilities
    output = Output()
  }

  /// The columns that are shown, and the sort column.
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
        "--columns is empty; the columns are \(known.map(\.name).joined(separator: ", "))",
        status: .usage)
    }
    return (columns, order)
  }

  /// Adds rows.
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
    // Rows are shown as they arrive.
    if order == nil, waiting.isEmpty { try output.flush() }
  }

  /// Writes the buffered rows and the row count.
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
      try output.line(
        capabilities.paint(HumanFormat.counted(count, singular, plural) + ".", .faint))
    }
    try output.flush()
  }

  /// Writes the buffered rows.
  private mutating func release() throws(CommandFailure) {
    if table == nil, !options.common.json, !waiting.isEmpty {
      let cells = waiting.prefix(Self.sample).map { row in columns.map { $0.cell(row) } }
      let chosen = options.columns != nil
      let layout = Table(
        columns.map { column in
          var column = column.column
          if chosen { column.rank = 0 }
          return column
        }, fitting: cells, on: capabilities)
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
