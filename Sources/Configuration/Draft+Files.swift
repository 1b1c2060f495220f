// Parses a file into the draft according to the schema; unknown keys and tables and wrong types are reported
// with their position. An unknown table is one problem, regardless of its contents.

extension Draft {
  /// Applies one file over the earlier ones.
  mutating func read(_ file: ConfigurationFile) {
    files.append(file.path)
    let members: [TOMLNode]
    do throws(TOMLProblem) { members = try TOML.parse(file.bytes) } catch {
      problems.add(
        .file(path: file.path, line: error.line, column: error.column), "",
        "invalid TOML: \(error.sentence.escaped(limit: 512))")
      return
    }
    // The parser sorts by key; problems are reported in the order of the file.
    for node in Draft.inOrder(members) { read(node, file.path) }
  }

  private mutating func read(_ node: TOMLNode, _ path: String) {
    let origin = Origin.file(path: path, line: node.line, column: node.column)
    if node.key == PoolValues.table {
      pools.add(tables(node, path), &problems)
    } else if node.key == MiniportValues.table {
      miniports.add(tables(node, path), &problems)
    } else if let key = Schema.key(node.key) {
      set(key, .file(node.value), origin)
    } else if Schema.tables.contains(where: { $0.name == node.key }), !node.key.isEmpty {
      guard case .table(let members) = node.value else {
        problems.add(
          origin, node.key,
          "the value is \(node.value.described); it must be a table, [\(node.key)]")
        return
      }
      for member in Draft.inOrder(members) {
        let name = "\(node.key).\(member.key)"
        let place = Origin.file(path: path, line: member.line, column: member.column)
        if let key = Schema.key(name) {
          set(key, .file(member.value), place)
        } else {
          unknown(name, place)
        }
      }
    } else {
      unknown(node.key, origin, isTable: node.value.isTable)
    }
  }

  private mutating func unknown(_ name: String, _ origin: Origin, isTable: Bool = false) {
    // Suggestions are expensive, so their number is limited.
    if problems.isFull { return problems.addUnlisted() }
    let known =
      isTable
      ? Schema.tables.map(\.name) + [PoolValues.table, MiniportValues.table]
      : Schema.keys.map(\.name)
    problems.add(
      origin, name.escaped(),
      (isTable ? "unknown table" : "unknown key")
        + Suggestion.sentence(for: name, among: known.filter { !$0.isEmpty }))
  }

  /// The tables of an array.
  private mutating func tables<Values: NamedTable>(
    _ node: TOMLNode, _ path: String
  ) -> [TableDraft<Values>] {
    let table = Values.table
    guard case .array(let elements) = node.value else {
      problems.add(
        .file(path: path, line: node.line, column: node.column), table,
        "the value is \(node.value.described); it must be an array of tables, [[\(table)]]")
      return []
    }
    var found: [TableDraft<Values>] = []
    for element in elements {
      let origin = Origin.file(path: path, line: element.line, column: element.column)
      guard case .table(let members) = element.value else {
        problems.add(
          origin, table, "an element is \(element.value.described); it must be a table")
        continue
      }
      var draft = TableDraft<Values>(origin: origin)
      for member in Draft.inOrder(members) {
        let place = Origin.file(path: path, line: member.line, column: member.column)
        if let key = Values.keys.first(where: { $0.name == member.key }) {
          draft.set(key, .file(member.value), place, &problems)
        } else if problems.isFull {
          problems.addUnlisted()
        } else {
          problems.add(
            place, "\(table).\(member.key.escaped())",
            "unknown key"
              + Suggestion.sentence(for: member.key, among: Values.keys.map(\.name)))
        }
      }
      found.append(draft)
    }
    return found
  }

  private static func inOrder(_ nodes: [TOMLNode]) -> [TOMLNode] {
    nodes.sorted { ($0.line, $0.column) < ($1.line, $1.column) }
  }
}

extension TOMLValue {
  fileprivate var isTable: Bool {
    switch self {
    case .table: true
    case .array(let elements):
      if case .table = elements.first?.value { true } else { false }
    default: false
    }
  }
}
