// Parses flags into the draft, over the files: the flags of the schema, `--switch` (short names of contract
// switches), `--pool` and `--miniport` (a table as `key=value` pairs).

/// A flag with its value.
public struct ConfigurationFlag: Sendable, Hashable {
  /// With its dashes.
  public var name: String
  public var value: String

  /// A flag with a value.
  public init(_ name: String, _ value: String) {
    self.name = name
    self.value = value
  }

  /// A flag without a value, or its form `--no-...`.
  public init(_ name: String, _ value: Bool) { self.init(name, "\(value)") }
}

extension Draft {
  /// Applies flags over the files.
  mutating func read(_ flags: [ConfigurationFlag]) {
    var pools: [TableDraft<PoolValues>] = []
    var miniports: [TableDraft<MiniportValues>] = []
    for flag in flags {
      switch flag.name {
      case "--pool": pools.append(table(flag.value))
      case "--miniport": miniports.append(table(flag.value))
      case "--switch": readSwitches(flag.value)
      default: read(flag)
      }
    }
    self.pools.add(pools, &problems)
    self.miniports.add(miniports, &problems)
  }

  private mutating func read(_ flag: ConfigurationFlag) {
    guard let key = Schema.key(flag: flag.name) else {
      problems.add(
        .flag(flag.name), "",
        "unknown flag" + Suggestion.sentence(for: flag.name, among: Schema.keys.compactMap(\.flag)))
      return
    }
    if case .boolean = key.kind, flag.value == "false" {
      set(key, .flag(flag.value), .flag("--no-\(flag.name.dropFirst(2))"))
    } else if case .duration = key.kind, flag.value == "on" {
      set(key, .flag(key.kind.defaultFlagText), .flag(flag.name))
    } else {
      set(key, .flag(flag.value), .flag(flag.name))
    }
  }

  private mutating func readSwitches(_ text: String) {
    for name in text.split(separator: ",") {
      guard let found = Schema.switches.first(where: { $0.name == name }),
        let key = Schema.key(found.key)
      else {
        let known = Schema.switches.map(\.name)
        problems.add(
          .flag("--switch"), "",
          "unknown switch \"\(String(name).escaped())\"; use "
            + known.joined(separator: ", "))
        continue
      }
      set(key, .flag("true"), .flag("--switch"))
    }
  }

  private mutating func table<Values: NamedTable>(_ text: String) -> TableDraft<Values> {
    let table = Values.table
    let origin = Origin.flag("--\(table)")
    var draft = TableDraft<Values>(origin: origin)
    for pair in text.split(separator: ",") {
      let parts = pair.split(separator: "=", maxSplits: 1, omittingEmptySubsequences: false)
      guard parts.count == 2 else {
        problems.add(
          origin, table,
          "\"\(String(pair).escaped())\" is not key=value; separate several by commas")
        continue
      }
      guard let key = Values.keys.first(where: { $0.name == parts[0] }) else {
        let name = String(parts[0])
        problems.add(
          origin, "\(table).\(name.escaped())",
          "unknown key" + Suggestion.sentence(for: name, among: Values.keys.map(\.name)))
        continue
      }
      draft.set(key, .flag(String(parts[1])), origin, &problems)
    }
    return draft
  }
}

extension Kind where Root == ConfigurationValues {
  /// The default as the value of a flag.
  fileprivate var defaultFlagText: String {
    let text = text(of: ConfigurationValues())
    return text.hasPrefix("\"") ? String(text.dropFirst().dropLast()) : text
  }
}
