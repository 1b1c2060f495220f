// The schema: every key, as data. Parsing, validation, `--check`, the help of flags, the shipped file and
// the manual page are generated from these rows.
//
// The range of a quota is limited by the tables of the store, or to useful values.

enum Schema {
  private typealias Values = ConfigurationValues

  /// The tables in the order of the file, with their descriptions.
  static let tables: [(name: String, about: String)] = [
    ("", "The daemon's sockets."),
    ("log", "Logging."),
    ("server", "Limits of the server, independent of NDIS."),
    ("management", "The management plane, used by ndisctl."),
    ("metrics", "Counters in OpenMetrics format."),
    (
      "contract",
      "Choices where Microsoft's documentation is silent; docs/contract.md explains A3 and the like."
    ),
    (
      "quota",
      "Limits per session, user and provider. A request above a quota fails with RESOURCES."
    ),
    ("hosted", "The shared-memory providers inside the daemon; see also [[pool]]."),
  ]

  /// Of the array of tables [[pool]].
  static let aboutPools =
    "Additional hosted pools, one table each, oldest first; the newest is tried first. A pool in a later file replaces one of the same name."

  /// Pools of one configuration.
  static let maximumPools = 64

  /// Of the array of tables [[miniport]].
  static let aboutMiniports =
    "Hosted miniports, one table each: adapters inside the daemon, to which protocol drivers of all users may bind. They generate the frames that they receive. A miniport in a later file replaces one of the same name."

  /// Miniports of one configuration.
  static let maximumMiniports = 16

  /// Every key outside pools and miniports.
  static let keys: [SchemaKey<ConfigurationValues>] = [
    SchemaKey(
      name: "runtime-directory", kind: .path(\.runtimeDirectory),
      meaning:
        "The directory of the sockets: \"driver\" for drivers, \"org.ndissim.Simulator\" for management. Empty: $RUNTIME_DIRECTORY, else $XDG_RUNTIME_DIR/ndissim, else a private directory in $TMPDIR.",
      flag: "--runtime-directory"),
    SchemaKey(
      name: "log.level",
      kind: .choice(\.logLevel, ["error", "warning", "notice", "info", "debug"]),
      meaning: "The minimum log priority.", flag: "--log-level",
      appliesOnReload: true),
    SchemaKey(
      name: "log.journal", kind: .choice(\.journal, ["auto", "on", "off"]),
      meaning:
        "Whether to use the native journal protocol. auto: if standard error is connected to the journal, or $NDISSIM_JOURNAL is 1. off: only lines on standard error.",
      flag: "--journal"),
    SchemaKey(
      name: "server.connections-per-user", kind: .count(\.connectionsPerUser, 1...65_536),
      unit: "connections",
      meaning:
        "The maximum number of connections of a user to the driver socket, with or without a session.",
      flag: "--connections-per-user"),
    SchemaKey(
      name: "server.outbox-packets", kind: .count(\.outboxPackets, 16...65_536), unit: "packets",
      meaning:
        "The maximum number of queued packets for a slow peer. The next one closes its connection.",
      flag: "--outbox-packets"),
    SchemaKey(
      name: "management.enabled", kind: .boolean(\.management),
      meaning:
        "Whether to serve the Varlink socket. Control is limited to root and the daemon's user; this is not configurable.",
      flag: "--management"),
    SchemaKey(
      name: "metrics.socket", kind: .path(\.metricsSocket),
      meaning: "The path of a stream socket that returns OpenMetrics text. Empty: none.",
      flag: "--metrics-socket"),
    SchemaKey(
      name: "contract.deadline", kind: .duration(\.deadline, 1...3_600_000),
      meaning:
        "The deadline of an upcall to another process. off: none, for a driver in a debugger. The flag also accepts on (the default) and plain milliseconds.",
      flag: "--deadlines", appliesOnReload: true),
    SchemaKey(
      name: "contract.seed", kind: .countOrWord(\.seed, 0...UInt64(Int64.max), word: "random"),
      meaning:
        "The same seed and the same calls give the same handles and addresses. random: chosen and logged at startup.",
      flag: "--seed"),
    SchemaKey(
      name: "contract.highest-node", kind: .count(\.highestNode, 0...63), unit: "node",
      meaning: "The highest NUMA node that can be requested.", flag: "--highest-node"),
    SchemaKey(
      name: "contract.strict-revisions", kind: .boolean(\.strictRevisions),
      meaning: "A3: reject revision 1 from drivers registered with NDIS 6.30 or later.",
      flag: "--strict-revisions"),
    SchemaKey(
      name: "contract.strict-dma", kind: .boolean(\.strictDMA),
      meaning: "A10: require DMA registration even if a provider serves the request.",
      flag: "--strict-dma"),
    SchemaKey(
      name: "contract.strict-vports", kind: .boolean(\.strictVPorts),
      meaning: "A33: reject NDIS_INVALID_VPORT_ID instead of treating it as none.",
      flag: "--strict-vports"),
    SchemaKey(
      name: "contract.strict-capabilities", kind: .boolean(\.strictCapabilities),
      meaning:
        "A60: reject capabilities that break a rule of their pages instead of recording a violation.",
      flag: "--strict-capabilities"),
    SchemaKey(
      name: "contract.strict-attributes", kind: .boolean(\.strictAttributes),
      meaning: "A66: record a violation if a miniport sets no general attributes.",
      flag: "--strict-attributes"),
    SchemaKey(
      name: "contract.strict-oid-list", kind: .boolean(\.strictOIDList),
      meaning: "A67: reject OIDs that are not in the miniport's list of supported OIDs.",
      flag: "--strict-oid-list"),
    SchemaKey(
      name: "contract.filters-may-allocate", kind: .boolean(\.filtersMayAllocate),
      meaning: "A6: allow filter drivers and modules to allocate.", flag: "--filters-may-allocate"),
    SchemaKey(
      name: "contract.lenient-free-handle", kind: .boolean(\.lenientFreeHandle),
      meaning: "A19: accept a free with another valid handle of the same driver.",
      flag: "--lenient-free-handle"),
    quota("session-bytes", .bytes(\.sessionBytes, bytes), "Bytes of live blocks per session."),
    quota("session-blocks", .count(\.sessionBlocks, blocks), "Live blocks per session.", "blocks"),
    quota(
      "session-sections", .count(\.sessionSections, sections), "Sections per session.",
      "sections"),
    quota(
      "user-sessions", .count(\.userSessions, 1...16_384), "Sessions per user.", "sessions"),
    quota(
      "user-objects", .count(\.userObjects, 1...65_536),
      "Drivers, adapters, bindings and filter modules per user.", "objects"),
    quota("user-bytes", .bytes(\.userBytes, bytes), "Bytes of live blocks per user."),
    quota("user-blocks", .count(\.userBlocks, blocks), "Live blocks per user.", "blocks"),
    quota(
      "user-sections", .count(\.userSections, sections), "Sections per user.", "sections"),
    quota(
      "provider-bytes", .bytes(\.providerBytes, bytes), "Bytes of live blocks per provider."),
    quota(
      "section-bytes", .bytes(\.sectionBytes, 4096...64 << 30),
      "The maximum size of a section of a remote provider."),
    SchemaKey(
      name: "hosted.hal", kind: .boolean(\.hal),
      meaning: "The HAL fallback, used if no provider serves a request.", flag: "--hal"),
    SchemaKey(
      name: "hosted.watch-freed-memory", kind: .boolean(\.watchFreedMemory),
      meaning:
        "Fill freed blocks of hosted providers, keep them out of use for a second (64M at most) and report a write to them. Pools with huge pages are left out.",
      flag: "--watch-freed-memory"),
    SchemaKey(
      name: "hosted.default-pool", kind: .boolean(\.defaultPool),
      meaning: "The pool named \"pool\": 256M on one node, 4K pages, not filled.",
      flag: "--default-pool"),
  ]

  /// The keys of a pool.
  static let poolKeys: [SchemaKey<PoolValues>] = [
    SchemaKey(
      name: "name", kind: .name(\.name),
      meaning: "The unique name of the provider."),
    SchemaKey(
      name: "capacity", kind: .bytes(\.capacity, 4096...8 << 30),
      meaning: "The size of all sections together, a multiple of the page size."),
    SchemaKey(
      name: "nodes", kind: .count(\.nodes, 1...64), unit: "nodes",
      meaning: "The number of NUMA nodes served, starting with node 0."),
    SchemaKey(
      name: "pages", kind: .choice(\.pages, ["4K", "2M"]),
      meaning: "The page size. 2M requires reserved huge pages."),
    SchemaKey(
      name: "fill", kind: .choice(\.fill, ["none", "zero", "poison"]),
      meaning:
        "The initial contents of a block. poison is the word 0xDEADBEEFDEADBEEF, to detect drivers that rely on zeroed memory. zero and poison require 4K pages and a capacity of at most 1G."
    ),
    SchemaKey(
      name: "fragment", kind: .count(\.fragment, 0...UInt64(Int64.max)),
      meaning:
        "The seed of an artificial fragmentation: no free run exceeds eight pages, so that contiguous requests fail where scattered ones succeed. 0: not fragmented."
    ),
  ]

  /// The keys of a miniport.
  static let miniportKeys: [SchemaKey<MiniportValues>] = [
    SchemaKey(
      name: "name", kind: .name(\.name),
      meaning:
        "The unique name of the adapter, up to 31 characters."
    ),
    SchemaKey(
      name: "queues", kind: .count(\.queues, 1...63), unit: "queues",
      meaning: "VM queues in addition to the default queue. Ignored with VPorts."),
    SchemaKey(
      name: "vports", kind: .count(\.vports, 0...63), unit: "VPorts",
      meaning:
        "VPorts of a NIC switch on the physical function, in addition to the default VPort; they replace VM queues. 0: none."
    ),
    SchemaKey(
      name: "queue-memory", kind: .bytes(\.queueMemory, 4096...16 << 20),
      meaning:
        "The shared memory requested per queue or VPort; if refused, half of it, down to 8 frames. At most 1024 frames of a queue can be indicated at a time."
    ),
    SchemaKey(
      name: "ndis",
      kind: .choice(\.ndis, ["6.20", "6.30", "6.40", "6.50", "6.60", "6.70", "6.80"]),
      meaning:
        "The NDIS version it registers with. 6.20 has lookahead split, later versions have VPorts."),
    SchemaKey(
      name: "frame-length", kind: .count(\.frameLength, 64...9014), unit: "bytes",
      meaning: "The length of generated frames without the frame check sequence."),
    SchemaKey(
      name: "rate", kind: .count(\.rate, 0...1_000_000), unit: "frames per second",
      meaning: "The rate of frames generated per running queue. 0: only on request."),
    SchemaKey(
      name: "pends", kind: .choice(\.pends, ["never", "queues", "always"]),
      meaning:
        "The requests for which it returns PENDING and completes later. queues: the completion of queue allocations and the freeing of queues, as real miniports do. always: every OID request, pause and restart."
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
    ("vports", "contract.strict-vports"), ("capabilities", "contract.strict-capabilities"),
    ("attributes", "contract.strict-attributes"), ("oid-list", "contract.strict-oid-list"),
    ("filters", "contract.filters-may-allocate"),
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
  /// The table of the key; empty at the top level.
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
