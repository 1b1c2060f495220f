// The arrays of tables: [[pool]] and [[miniport]]. Each table has a name of its own; one in a later file
// replaces the one of the same name. Their common code is generic over the type of values.

/// The values of one table of an array.
protocol NamedTable: Sendable {
  init()
  var name: String { get }
  /// `pool`: the name of the table in a file, of its flag without dashes, and in messages.
  static var table: String { get }
  static var keys: [SchemaKey<Self>] { get }
  /// The description of the array.
  static var about: String { get }
  /// The maximum number of tables of a configuration.
  static var maximum: Int { get }
}

/// A table being parsed.
struct TableDraft<Values: NamedTable> {
  var values = Values()
  /// Of the table or of the flag.
  var origin: Origin
  var origins: [String: Origin] = [:]
  var broken: Set<String> = []

  /// The name of one of its keys in problems and settings.
  func key(_ name: String) -> String {
    origins["name"] == nil ? "\(Values.table).\(name)" : "\(Values.table).\(values.name).\(name)"
  }

  /// Sets a key of the table.
  mutating func set(
    _ key: SchemaKey<Values>, _ given: Given, _ origin: Origin,
    _ problems: inout ConfigurationProblems
  ) {
    do throws(Refusal) {
      try key.kind.read(given, into: &values)
      origins[key.name] = origin
    } catch {
      problems.add(origin, "\(Values.table).\(key.name)", error.sentence)
      broken.insert(key.name)
    }
  }

  /// The origin of the first of these keys that was set.
  func origin(of names: String...) -> Origin {
    names.lazy.compactMap { origins[$0] }.first ?? origin
  }

  /// Whether these keys are valid: an invalid one has its default.
  func areRead(_ names: String...) -> Bool { broken.isDisjoint(with: names) }

  /// Every key with its value.
  var settings: [Setting] {
    Values.keys.map { key in
      Setting(
        key: self.key(key.name), value: key.kind.text(of: values), unit: key.unit,
        meaning: key.meaning, origin: origins[key.name] ?? .byDefault, appliesOnReload: false)
    }
  }
}

/// The tables of one array.
struct TableDrafts<Values: NamedTable> {
  var accepted: [TableDraft<Values>] = []
  /// Tables without a valid name: each has a problem, and may have more.
  var rejected: [TableDraft<Values>] = []

  /// Adds the tables of one file, or those of the flags: names are unique, and a table replaces one of the
  /// same name from an earlier file.
  mutating func add(_ added: [TableDraft<Values>], _ problems: inout ConfigurationProblems) {
    let table = Values.table
    var seen: [String: Origin] = [:]
    for draft in added {
      guard !draft.broken.contains("name") else {
        rejected.append(draft)
        continue
      }
      guard draft.origins["name"] != nil else {
        problems.add(draft.origin, table, "the \(table) has no name; add name = \"...\"")
        rejected.append(draft)
        continue
      }
      let name = draft.values.name
      if let first = seen[name] {
        problems.add(
          draft.origin(of: "name"), "\(table).name",
          "duplicate \(table) name \(name) (first used at \(first)); choose another")
        rejected.append(draft)
        continue
      }
      seen[name] = draft.origin
      if let index = accepted.firstIndex(where: { $0.values.name == name }) {
        accepted[index] = draft
      } else if accepted.count < Values.maximum {
        accepted.append(draft)
      } else {
        problems.add(
          draft.origin, table,
          "more than \(Values.maximum) \(table)s; remove some")
        return
      }
    }
  }
}

extension PoolValues: NamedTable {
  static var table: String { "pool" }
  static var keys: [SchemaKey<PoolValues>] { Schema.poolKeys }
  static var about: String { Schema.aboutPools }
  static var maximum: Int { Schema.maximumPools }
}

extension MiniportValues: NamedTable {
  static var table: String { "miniport" }
  static var keys: [SchemaKey<MiniportValues>] { Schema.miniportKeys }
  static var about: String { Schema.aboutMiniports }
  static var maximum: Int { Schema.maximumMiniports }
}
