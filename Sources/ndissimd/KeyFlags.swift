// The flags that set keys of the configuration. Each takes its help from the schema and passes its value
// on as text, which the schema validates as for a file.

import ArgumentParser
import NDISConfiguration

extension ArgumentHelp {
  /// The help of a flag from the schema.
  static func key(_ flag: String) -> ArgumentHelp {
    let description = ConfigurationFlags.named(flag)
    return ArgumentHelp(stringLiteral: description.meaning)
      .named(description.valueName)
  }

  private func named(_ valueName: String?) -> ArgumentHelp {
    var help = self
    help.valueName = valueName
    return help
  }
}

struct KeyFlags: ParsableArguments {
  @Option(help: .key("--runtime-directory")) var runtimeDirectory: String?
  @Option(help: .key("--log-level")) var logLevel: String?
  @Option(help: .key("--journal")) var journal: String?
  @Option(help: .key("--connections-per-user")) var connectionsPerUser: String?
  @Option(help: .key("--outbox-packets")) var outboxPackets: String?
  @Flag(inversion: .prefixedNo, help: .key("--management")) var management: Bool?
  @Option(help: .key("--metrics-socket")) var metricsSocket: String?
  @Option(help: .key("--deadlines")) var deadlines: String?
  @Option(help: .key("--seed")) var seed: String?
  @Option(help: .key("--highest-node")) var highestNode: String?
  @Flag(inversion: .prefixedNo, help: .key("--strict-revisions")) var strictRevisions: Bool?
  @Flag(inversion: .prefixedNo, help: .key("--strict-dma")) var strictDma: Bool?
  @Flag(inversion: .prefixedNo, help: .key("--strict-vports")) var strictVports: Bool?
  @Flag(inversion: .prefixedNo, help: .key("--strict-capabilities")) var strictCapabilities: Bool?
  @Flag(inversion: .prefixedNo, help: .key("--strict-attributes")) var strictAttributes: Bool?
  @Flag(inversion: .prefixedNo, help: .key("--strict-oid-list")) var strictOidList: Bool?
  @Flag(inversion: .prefixedNo, help: .key("--filters-may-allocate")) var filtersMayAllocate: Bool?
  @Flag(inversion: .prefixedNo, help: .key("--lenient-free-handle")) var lenientFreeHandle: Bool?
  @Option(help: .key("--session-bytes")) var sessionBytes: String?
  @Option(help: .key("--session-blocks")) var sessionBlocks: String?
  @Option(help: .key("--session-sections")) var sessionSections: String?
  @Option(help: .key("--user-sessions")) var userSessions: String?
  @Option(help: .key("--user-objects")) var userObjects: String?
  @Option(help: .key("--user-bytes")) var userBytes: String?
  @Option(help: .key("--user-blocks")) var userBlocks: String?
  @Option(help: .key("--user-sections")) var userSections: String?
  @Option(help: .key("--provider-bytes")) var providerBytes: String?
  @Option(help: .key("--section-bytes")) var sectionBytes: String?
  @Flag(inversion: .prefixedNo, help: .key("--hal")) var hal: Bool?
  @Flag(inversion: .prefixedNo, help: .key("--watch-freed-memory")) var watchFreedMemory: Bool?
  @Flag(inversion: .prefixedNo, help: .key("--default-pool")) var defaultPool: Bool?

  @Option(
    help: ArgumentHelp(
      "A hosted pool: name=NAME[,capacity=BYTES][,nodes=N][,pages=4K|2M][,fill=none|zero|poison][,fragment=SEED]. Repeatable; the last one is the newest and is tried first. Replaces a pool of the same name from a file.",
      valueName: "pool"))
  var pool: [String] = []

  @Option(
    help: ArgumentHelp(
      "A hosted miniport: name=NAME[,queues=N][,vports=N][,queue-memory=BYTES][,ndis=VERSION][,frame-length=BYTES][,rate=N][,pends=never|queues|always]. Repeatable. Replaces a miniport of the same name from a file.",
      valueName: "miniport"))
  var miniport: [String] = []

  @Option(
    help: ArgumentHelp(
      "A comma-separated list of contract switches to enable: revisions, dma, vports, capabilities, attributes, oid-list (stricter), filters, free-handle (more lenient).",
      valueName: "names"))
  var `switch`: String?

  /// The flags that were given. `--switch` comes first, so that the flag of a single switch overrides it.
  var given: [ConfigurationFlag] {
    var result: [ConfigurationFlag] = []
    if let names = `switch` { result.append(ConfigurationFlag("--switch", names)) }
    let values: [(String, String?)] = [
      ("--runtime-directory", runtimeDirectory), ("--log-level", logLevel),
      ("--journal", journal), ("--connections-per-user", connectionsPerUser),
      ("--outbox-packets", outboxPackets), ("--metrics-socket", metricsSocket),
      ("--deadlines", deadlines), ("--seed", seed), ("--highest-node", highestNode),
      ("--session-bytes", sessionBytes), ("--session-blocks", sessionBlocks),
      ("--session-sections", sessionSections), ("--user-sessions", userSessions),
      ("--user-objects", userObjects), ("--user-bytes", userBytes),
      ("--user-blocks", userBlocks), ("--user-sections", userSections),
      ("--provider-bytes", providerBytes), ("--section-bytes", sectionBytes),
    ]
    for (name, value) in values {
      if let value { result.append(ConfigurationFlag(name, value)) }
    }
    let switches: [(String, Bool?)] = [
      ("--management", management), ("--strict-revisions", strictRevisions),
      ("--strict-dma", strictDma), ("--strict-vports", strictVports),
      ("--strict-capabilities", strictCapabilities), ("--strict-attributes", strictAttributes),
      ("--strict-oid-list", strictOidList),
      ("--filters-may-allocate", filtersMayAllocate),
      ("--lenient-free-handle", lenientFreeHandle), ("--hal", hal),
      ("--watch-freed-memory", watchFreedMemory), ("--default-pool", defaultPool),
    ]
    for (name, value) in switches {
      if let value { result.append(ConfigurationFlag(name, value)) }
    }
    return result + pool.map { ConfigurationFlag("--pool", $0) }
      + miniport.map { ConfigurationFlag("--miniport", $0) }
  }
}
