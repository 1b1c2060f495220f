// The arrays of tables: [[pool]] and [[miniport]]. Each table has a name of its own; one in a later file
// replaces the one of the same name. What is the same of both is written once, over the type of values.

/// The values of one table of an array.
protocol NamedTable: Sendable {
  init()
  var name: String { get }
  /// `pool`: what the table is called in a file, its flag without dashes, and in a sentence.
  static var table: String { get }
  static var keys: [SchemaKey<Self>] { get }
  /// What the array is about.
  static var about: String { get }
  /// Tables of one configuration.
  static var maximum: Int { get }
}

/// One table in the making.
struct TableDraft<Values: NamedTable> {
  var values = Values()
  /// Of the table or of the flag.
  var origin: Origin
  var origins: [String: Origin] = [:]
  var broken: Set<String> = []

  /// What problems and settings call one of its keys.
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

  /// Who set the first of these keys that somebody set.
  func origin(of names: String...) -> Origin {
    names.lazy.compactMap { origins[$0] }.first ?? origin
  }

  /// Whether these keys have the value somebody meant: one that was not taken has its default.
  func areRead(_ names: String...) -> Bool { broken.isDisjoint(with: names) }

  /// Every key as it stands.
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
  /// Those without a name of their own: a problem each, and more may be wrong with them.
  var rejected: [TableDraft<Values>] = []

  /// Adds the tables of one file, or those of the flags: each name once, and in the place of one that an
  /// earlier file gave the name.
  mutating func add(_ added: [TableDraft<Values>], _ problems: inout ConfigurationProblems) {
    let table = Values.table
    var seen: [String: Origin] = [:]
    for draft in added {
      guard !draft.broken.contains("name") else {
        rejected.append(draft)
        continue
      }
      guard draft.origins["name"] != nil else {
        problems.add(draft.origin, table, "the \(table) has no name; write name = \"...\"")
        rejected.append(draft)
        continue
      }
      let name = draft.values.name
      if let first = seen[name] {
        problems.add(
          draft.origin(of: "name"), "\(table).name",
          "\(name) is the name of two \(table)s (the other is at \(first)); choose another")
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
          "there are more than \(Values.maximum) \(table)s; leave some out")
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
