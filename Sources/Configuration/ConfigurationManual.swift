// ndissimd.toml(5), from the schema.

/// The manual page of the file.
public enum ConfigurationManual {
  /// `docs/man/ndissimd.toml.5`.
  public static var text: String {
    var page = Roff("NDISSIMD.TOML", section: 5, about: "File formats")
    page.heading("NAME")
    page.line("ndissimd.toml - configuration of ndissimd")
    page.heading("SYNOPSIS")
    for path in ["/usr/lib/ndissim", "/etc/ndissim", "$CONFIGURATION_DIRECTORY"] {
      page.line("*\(path)/ndissimd.toml*, *\(path)/ndissimd.toml.d/NAME.toml*")
      page.lineBreak()
    }
    describe(&page)
    for (name, about) in Schema.tables {
      page.heading(name.isEmpty ? "KEYS AT THE TOP" : "[\(name)]")
      page.line(about)
      for key in Schema.keys(of: name) { add(key, ConfigurationValues(), &page) }
    }
    add(PoolValues(), &page)
    add(MiniportValues(), &page)
    end(&page)
    return page.text
  }

  private static func describe(_ page: inout Roff) {
    page.heading("DESCRIPTION")
    page.line(
      "Says how *ndissimd*(8) works. The format is TOML 1.0. No file need be there: every key has a default, and most are flags too; flags win over files."
    )
    page.paragraph(
      "Of the directories above the last one has the highest priority. Its ndissimd.toml replaces those of the others. The drop-ins of all of them are read after it, in the order of their names, whatever directory they are in; of two with one name only that of the higher priority is read, and an empty one, or a link to /dev/null, masks the other. A later value replaces an earlier one. *--config* FILE replaces this search; FILE.d/ holds its drop-ins."
    )
    page.paragraph(
      "A file is at most 1 MiB with at most 16384 opening brackets and dots, a line at most 1024 bytes, a value nested at most 16 levels."
    )
    page.paragraph(
      "An unknown key, a wrong type, a value out of range and a contradiction are errors: they are all reported at once, each with file, line, column and key, and the daemon does not start. On a reload the configuration in force is then kept."
    )
    page.paragraph(
      "Sizes are a number of bytes, or a string with K, M, G or T behind the number (powers of 1024): 4096, \"256M\". Durations are a string with ms, s, min or h behind the number: \"500ms\", \"5s\"."
    )
  }

  private static func add<Root>(_ key: SchemaKey<Root>, _ root: Root, _ page: inout Roff) {
    let value = key.kind.text(of: root)
    var meaning = "\(key.meaning) It must be \(key.kind.expectation)."
    if !key.unit.isEmpty { meaning += " Unit: \(key.unit)." }
    if let flag = key.flag { meaning += " Flag: *\(flag)*." }
    if key.appliesOnReload { meaning += " A change applies on a reload." }
    page.item("*\(key.shortName)* = \(value)", meaning)
  }

  private static func add<Values: NamedTable>(_ values: Values, _ page: inout Roff) {
    page.heading("[[\(Values.table.uppercased())]]")
    page.line(Values.about)
    page.line("At most \(Values.maximum). Without a name there is no default:")
    for key in Values.keys { add(key, values, &page) }
  }

  private static func end(_ page: inout Roff) {
    page.heading("CONTRADICTIONS")
    for sentence in [
      "A session's quota of bytes, blocks or sections is above its user's.",
      "Two pools of one file have one name, or a pool is called hal, or pool beside the default pool.",
      "A pool's capacity is not a whole number of its pages.",
      "A pool is filled and has a capacity above 1G, or pages of 2M.",
      "A pool serves a node above *contract.highest-node*.",
      "A miniport's queue memory holds fewer than eight of its frames, or it has VPorts and NDIS 6.20.",
    ] {
      page.item("-", sentence)
    }
    page.heading("EXAMPLE")
    page.line(
      "A large pool on two nodes and one that is fragmented, under tight quotas, and a miniport:")
    page.example([
      "[quota]", "session-bytes = \"512M\"", "user-bytes = \"1G\"", "", "[[pool]]",
      "name = \"big\"", "capacity = \"1G\"", "nodes = 2", "", "[[pool]]", "name = \"tight\"",
      "capacity = \"1M\"", "fragment = 7", "", "[[miniport]]", "name = \"vmq0\"", "rate = 100",
    ])
    page.heading("SEE ALSO")
    page.line("*ndissimd*(8), *ndisctl*(1)")
  }
}
