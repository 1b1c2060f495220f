// The schema: every key there is, as data. Parsing, checking, `--check`, the flags' help, the shipped
// file and the manual page are all made from these rows; a key that is not here does not exist.
//
// A quota's range ends where the store's tables do (Simulator/Store.swift) or where nothing sensible
// is left.

enum Schema {
  private typealias Values = ConfigurationValues

  /// The tables in the order of the file, with what each is about.
  static let tables: [(name: String, about: String)] = [
    ("", "Where the daemon's sockets are."),
    ("log", "What is logged, and where."),
    ("server", "What the server itself bounds, before NDIS is asked."),
    ("management", "The management plane, which ndisctl speaks to."),
    ("metrics", "Counters for OpenMetrics."),
    (
      "contract",
      "Choices where Microsoft's documents leave a question open; A3 and the like are explained in docs/contract.md."
    ),
    ("quota", "How much one party may hold. A request above a quota is answered RESOURCES."),
    ("hosted", "The shared-memory providers that live in the daemon; see also [[pool]]."),
  ]

  /// Of the array of tables [[pool]].
  static let aboutPools =
    "Further hosted pools, one table each, oldest first; the newest serves first. A pool in a later file replaces the one of the same name."

  /// Pools of one configuration.
  static let maximumPools = 64

  /// Of the array of tables [[miniport]].
  static let aboutMiniports =
    "Hosted miniports, one table each: adapters that live in the daemon and that every user's protocol drivers may bind to. They make the frames they receive. A miniport in a later file replaces the one of the same name."

  /// Miniports of one configuration.
  static let maximumMiniports = 16

  /// Every key outside pools and miniports.
  static let keys: [SchemaKey<ConfigurationValues>] = [
    SchemaKey(
      name: "runtime-directory", kind: .path(\.runtimeDirectory),
      meaning:
        "Directory of the sockets: \"driver\" for drivers, \"org.ndissim.Simulator\" for management. Empty: $RUNTIME_DIRECTORY, else $XDG_RUNTIME_DIR/ndissim, else a private directory under the temporary one.",
      flag: "--runtime-directory"),
    SchemaKey(
      name: "log.level",
      kind: .choice(\.logLevel, ["error", "warning", "notice", "info", "debug"]),
      meaning: "The least important priority that is logged.", flag: "--log-level",
      appliesOnReload: true),
    SchemaKey(
      name: "log.journal", kind: .choice(\.journal, ["auto", "on", "off"]),
      meaning:
        "Whether the journal is written to natively. auto: when standard error is the journal's stream, or when $NDISSIM_JOURNAL is 1. off: lines on standard error only.",
      flag: "--journal"),
    SchemaKey(
      name: "server.connections-per-user", kind: .count(\.connectionsPerUser, 1...65_536),
      unit: "connections",
      meaning: "Connections one user may have to the driver socket, with or without a session.",
      flag: "--connections-per-user"),
    SchemaKey(
      name: "server.outbox-packets", kind: .count(\.outboxPackets, 16...65_536), unit: "packets",
      meaning:
        "Packets that may wait for a peer that does not read. The next one ends its connection.",
      flag: "--outbox-packets"),
    SchemaKey(
      name: "management.enabled", kind: .boolean(\.management),
      meaning:
        "Whether the Varlink socket is served. Who may change things there is not configurable: root, and the user the daemon runs as.",
      flag: "--management"),
    SchemaKey(
      name: "metrics.socket", kind: .path(\.metricsSocket),
      meaning: "Path of a stream socket that answers with OpenMetrics text. Empty: none.",
      flag: "--metrics-socket"),
    SchemaKey(
      name: "contract.deadline", kind: .duration(\.deadline, 1...3_600_000),
      meaning:
        "How long a handler in another process may take. off: for ever, for a driver in a debugger. The flag also takes on (the default) and plain milliseconds.",
      flag: "--deadlines", appliesOnReload: true),
    SchemaKey(
      name: "contract.seed", kind: .countOrWord(\.seed, 0...UInt64(Int64.max), word: "random"),
      meaning:
        "Same seed and same calls, same handles and addresses. random: chosen at the start, and logged.",
      flag: "--seed"),
    SchemaKey(
      name: "contract.highest-node", kind: .count(\.highestNode, 0...63), unit: "node",
      meaning: "The highest NUMA node that may be asked for.", flag: "--highest-node"),
    SchemaKey(
      name: "contract.strict-revisions", kind: .boolean(\.strictRevisions),
      meaning: "A3: refuse revision 1 from drivers that registered NDIS 6.30 or later.",
      flag: "--strict-revisions"),
    SchemaKey(
      name: "contract.strict-dma", kind: .boolean(\.strictDMA),
      meaning: "A10: require DMA registration even where a provider serves the request.",
      flag: "--strict-dma"),
    SchemaKey(
      name: "contract.strict-vports", kind: .boolean(\.strictVPorts),
      meaning: "A33: refuse NDIS_INVALID_VPORT_ID instead of reading it as none.",
      flag: "--strict-vports"),
    SchemaKey(
      name: "contract.filters-may-allocate", kind: .boolean(\.filtersMayAllocate),
      meaning: "A6: let filter drivers and modules allocate.", flag: "--filters-may-allocate"),
    SchemaKey(
      name: "contract.lenient-free-handle", kind: .boolean(\.lenientFreeHandle),
      meaning: "A19: accept a free with another valid handle of the same driver.",
      flag: "--lenient-free-handle"),
    quota("session-bytes", .bytes(\.sessionBytes, bytes), "Bytes of live blocks of a session."),
    quota("session-blocks", .count(\.sessionBlocks, blocks), "Live blocks of a session.", "blocks"),
    quota(
      "session-sections", .count(\.sessionSections, sections), "Sections of a session.",
      "sections"),
    quota(
      "user-sessions", .count(\.userSessions, 1...16_384), "Sessions of one user.", "sessions"),
    quota(
      "user-objects", .count(\.userObjects, 1...65_536),
      "Drivers, adapters, bindings and filter modules of one user.", "objects"),
    quota("user-bytes", .bytes(\.userBytes, bytes), "Bytes of live blocks of one user."),
    quota("user-blocks", .count(\.userBlocks, blocks), "Live blocks of one user.", "blocks"),
    quota(
      "user-sections", .count(\.userSections, sections), "Sections of one user.", "sections"),
    quota(
      "provider-bytes", .bytes(\.providerBytes, bytes), "Bytes of live blocks of one provider."),
    quota(
      "section-bytes", .bytes(\.sectionBytes, 4096...64 << 30),
      "The greatest section a remote provider may offer."),
    SchemaKey(
      name: "hosted.hal", kind: .boolean(\.hal),
      meaning: "The HAL fallback, which serves when no provider does.", flag: "--hal"),
    SchemaKey(
      name: "hosted.default-pool", kind: .boolean(\.defaultPool),
      meaning: "The pool named \"pool\": 256M on one node, 4K pages, not filled.",
      flag: "--default-pool"),
  ]

  /// The keys of a pool.
  static let poolKeys: [SchemaKey<PoolValues>] = [
    SchemaKey(
      name: "name", kind: .name(\.name),
      meaning: "The provider's name; every pool needs one of its own."),
    SchemaKey(
      name: "capacity", kind: .bytes(\.capacity, 4096...8 << 30),
      meaning: "Bytes over all its sections, in whole pages."),
    SchemaKey(
      name: "nodes", kind: .count(\.nodes, 1...64), unit: "nodes",
      meaning: "How many NUMA nodes it serves, from node 0 on."),
    SchemaKey(
      name: "pages", kind: .choice(\.pages, ["4K", "2M"]),
      meaning: "Size of its pages. 2M needs huge pages that the administrator has reserved."),
    SchemaKey(
      name: "fill", kind: .choice(\.fill, ["none", "zero", "poison"]),
      meaning:
        "What the daemon writes into a new block. poison is the word 0xDEADBEEFDEADBEEF, to show who relies on zeroed memory. zero and poison need 4K pages and a capacity up to 1G."
    ),
    SchemaKey(
      name: "fragment", kind: .count(\.fragment, 0...UInt64(Int64.max)),
      meaning:
        "Seed of a fragmentation: no free run is longer than eight pages, so that a contiguous request fails where a scattered one succeeds. 0: not fragmented."
    ),
  ]

  /// The keys of a miniport.
  static let miniportKeys: [SchemaKey<MiniportValues>] = [
    SchemaKey(
      name: "name", kind: .name(\.name),
      meaning:
        "Its adapter's name, up to 31 characters; every adapter of the daemon needs one of its own."
    ),
    SchemaKey(
      name: "queues", kind: .count(\.queues, 1...63), unit: "queues",
      meaning: "VM queues beside the default queue. Without meaning when there are VPorts."),
    SchemaKey(
      name: "vports", kind: .count(\.vports, 0...63), unit: "VPorts",
      meaning:
        "VPorts of a NIC switch, on the physical function, beside the default VPort. With any there are no VM queues. 0: none."
    ),
    SchemaKey(
      name: "queue-memory", kind: .bytes(\.queueMemory, 4096...16 << 20),
      meaning:
        "Shared memory it asks for, for each queue or VPort; when it is refused, half of it, and so on down to 8 frames. At most 1024 frames of a queue can be out."
    ),
    SchemaKey(
      name: "ndis",
      kind: .choice(\.ndis, ["6.20", "6.30", "6.40", "6.50", "6.60", "6.70", "6.80"]),
      meaning: "The NDIS version it registers. 6.20 has lookahead split, later ones have VPorts."),
    SchemaKey(
      name: "frame-length", kind: .count(\.frameLength, 64...9014), unit: "bytes",
      meaning: "Bytes of a frame it makes, without the frame check sequence."),
    SchemaKey(
      name: "rate", kind: .count(\.rate, 0...1_000_000), unit: "frames a second",
      meaning: "What every queue that receives gets. 0: frames come on request only."),
    SchemaKey(
      name: "pends", kind: .choice(\.pends, ["never", "queues", "always"]),
      meaning:
        "What it answers PENDING to and completes afterwards. queues: the completion of queue allocations and the freeing of queues, as real miniports do. always: every OID request, pause and restart."
    ),
  ]

  private static let bytes: ClosedRange<UInt64> = 1...1 << 50
  private static let blocks: ClosedRange<UInt64> = 1...4_194_304
  private static let sections: ClosedRange<UInt64> = 1...16_384

  private static func quota(
    _ name: String, _ kind: Kind<ConfigurationValues>, _ meaning: String, _ unit: String = ""
  ) -> SchemaKey<ConfigurationValues> {
    SchemaKey(
      name: "quota.\(name)", kind: kind, unit: unit, meaning: meaning, flag: "--\(name)",
      appliesOnReload: true)
  }

  /// The short names of `--switch` and the keys they set to true.
  static let switches: [(name: String, key: String)] = [
    ("revisions", "contract.strict-revisions"), ("dma", "contract.strict-dma"),
    ("vports", "contract.strict-vports"), ("filters", "contract.filters-may-allocate"),
    ("free-handle", "contract.lenient-free-handle"),
  ]

  static func key(_ name: String) -> SchemaKey<ConfigurationValues>? {
    keys.first { $0.name == name }
  }

  static func key(flag: String) -> SchemaKey<ConfigurationValues>? {
    keys.first { $0.flag == flag }
  }

  /// The keys of a table; the keys at the top for "".
  static func keys(of table: String) -> [SchemaKey<ConfigurationValues>] {
    keys.filter { $0.table == table }
  }
}

extension SchemaKey {
  /// The table it stands in; empty at the top.
  var table: String {
    guard let dot = name.firstIndex(of: ".") else { return "" }
    return String(name[..<dot])
  }

  /// The name within its table.
  var shortName: String {
    guard let dot = name.firstIndex(of: ".") else { return name }
    return String(name[name.index(after: dot)...])
  }
}
