// A configuration as TOML text: the one in force with where each value came from (`--check`), and the
// file that is shipped, every key commented out with its default. Both can be read again.

extension LoadedConfiguration {
  /// Every key, its value, and as a comment who set it; valid TOML.
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
  /// The array of tables it is in.
  fileprivate var array: String? {
    [PoolValues.table, MiniportValues.table].first { key.hasPrefix("\($0).") }
  }

  /// `quota`, `pool.NAME`, or empty at the top.
  fileprivate var table: String {
    key.split(separator: ".").dropLast().joined(separator: ".")
  }

  /// Without the table.
  fileprivate var line: String { "\(key.split(separator: ".").last ?? "") = \(value)" }
}

/// The file that is shipped.
public enum ShippedFile {
  /// `config/ndissimd.toml`.
  public static var text: String {
    var lines = wrapped(
      "Configuration of ndissimd, see ndissimd.toml(5). Every key is here with its default, commented "
        + "out by \"#key\"; text begins with \"# \". Your own settings are better kept in drop-ins, "
        + "ndissimd.toml.d/*.toml beside this file: later names win. ndissimd --check says what is "
        + "in force and where it came from.")
    lines += wrapped(
      "Sizes are bytes, or text with K, M, G or T (powers of 1024): 4096, \"256M\". Durations are text "
        + "with ms, s, min or h: \"5s\".")
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
