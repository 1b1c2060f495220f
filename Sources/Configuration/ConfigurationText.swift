// A configuration as TOML text: the one in effect with the origin of each value (`--check`), and the shipped
// file, with every key commented out. Both can be parsed again.

extension LoadedConfiguration {
  /// Every key with its value, and its origin as a comment; valid TOML.
  public var text: String {
    let width = settings.map { $0.line.unicodeScalars.count }.max() ?? 0
    var table = ""
    var lines: [String] = []
    for setting in settings {
      if setting.table != table {
        table = setting.table
        lines.append("")
        lines.append(setting.array.map { "[[\($0)]]" } ?? "[\(table)]")
      }
      let padding = String(repeating: " ", count: width - setting.line.unicodeScalars.count)
      lines.append("\(setting.line)\(padding)  # \(setting.origin)")
    }
    return lines.joined(separator: "\n") + "\n"
  }
}

extension Setting {
  /// The array of tables that contains it.
  fileprivate var array: String? {
    [PoolValues.table, MiniportValues.table].first { key.hasPrefix("\($0).") }
  }

  /// `quota`, `pool.NAME`, or empty at the top level.
  fileprivate var table: String {
    key.split(separator: ".").dropLast().joined(separator: ".")
  }

  /// Without the table.
  fileprivate var line: String { "\(key.split(separator: ".").last ?? "") = \(value)" }
}

/// The shipped file.
public enum ShippedFile {
  /// `config/ndissimd.toml`.
  public static var text: String {
    var lines = wrapped(
      "Configuration of ndissimd, see ndissimd.toml(5). Every key is listed with its default, commented "
        + "out as \"#key\"; comments start with \"# \". Put your own settings into drop-ins, "
        + "ndissimd.toml.d/*.toml in the directory of this file; later names override earlier ones. "
        + "ndissimd --check prints the values in effect and their origins.")
    lines += wrapped(
      "Sizes are bytes, or strings with K, M, G or T (powers of 1024): 4096, \"256M\". Durations are "
        + "strings with ms, s, min or h: \"5s\".")
    for (name, about) in Schema.tables {
      lines.append("")
      lines += wrapped(about)
      if !name.isEmpty { lines.append("[\(name)]") }
      for key in Schema.keys(of: name) {
        lines.append("")
        lines += entry(key, ConfigurationValues())
      }
    }
    var pool = PoolValues()
    pool.name = "example"
    lines += array(pool)
    var miniport = MiniportValues()
    miniport.name = "vmq0"
    lines += array(miniport)
    return lines.joined(separator: "\n") + "\n"
  }

  /// An array of tables, with an example of one.
  private static func array<Values: NamedTable>(_ example: Values) -> [String] {
    var lines = [""] + wrapped(Values.about) + ["#[[\(Values.table)]]"]
    for key in Values.keys { lines += [""] + entry(key, example) }
    return lines
  }

  private static func entry<Root>(_ key: SchemaKey<Root>, _ root: Root) -> [String] {
    var remark = "Allowed: \(key.kind.expectation)."
    if !key.unit.isEmpty { remark += " Unit: \(key.unit)." }
    if key.appliesOnReload { remark += " Applies on a reload." }
    return wrapped(key.meaning) + wrapped(remark)
      + ["#\(key.shortName) = \(key.kind.text(of: root))"]
  }

  private static func wrapped(_ text: String) -> [String] {
    var lines: [String] = []
    var line = "#"
    for word in text.split(separator: " ") {
      if line.utf8.count + word.utf8.count + 1 > 100 {
        lines.append(line)
        line = "#"
      }
      line += " \(word)"
    }
    return lines + [line]
  }
}
