// The schema as TOML text, from which .ci/manuals generates the manual page ndissimd.toml(5).

/// The output of `ndissimd --print-schema`.
public enum SchemaText {
  /// A table per table of the configuration, each with its keys.
  public static var text: String {
    var lines: [String] = []
    for (name, about) in Schema.tables {
      lines += table(name, about, maximum: 1, isArray: false)
      for key in Schema.keys(of: name) { lines += entry(key, ConfigurationValues()) }
    }
    lines += array(PoolValues()) + array(MiniportValues())
    return lines.joined(separator: "\n") + "\n"
  }

  private static func array<Values: NamedTable>(_ defaults: Values) -> [String] {
    table(Values.table, Values.about, maximum: Values.maximum, isArray: true)
      + Values.keys.flatMap { entry($0, defaults) }
  }

  private static func table(
    _ name: String, _ about: String, maximum: Int, isArray: Bool
  ) -> [String] {
    [
      "[[table]]", "name = \(TOMLText.quoted(name))", "about = \(TOMLText.quoted(about))",
      "array = \(isArray)", "maximum = \(maximum)",
    ]
  }

  private static func entry<Root>(_ key: SchemaKey<Root>, _ defaults: Root) -> [String] {
    [
      "[[table.key]]", "name = \(TOMLText.quoted(key.shortName))",
      "default = \(TOMLText.quoted(key.kind.text(of: defaults)))",
      "meaning = \(TOMLText.quoted(key.meaning))",
      "expectation = \(TOMLText.quoted(key.kind.expectation))",
      "unit = \(TOMLText.quoted(key.unit))", "flag = \(TOMLText.quoted(key.flag ?? ""))",
      "reload = \(key.appliesOnReload)",
    ]
  }
}
