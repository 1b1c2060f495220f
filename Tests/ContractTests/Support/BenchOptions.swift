// The options of a bench, as settings of a simulator in this process and as flags of a daemon.

import NDISHostedDrivers
import NDIS
import NDISSimulator

extension Bench {
  /// A pool beside the default one.
  static func pool(
    _ name: String, capacity: UInt64, nodes: UInt32 = 1, fragment: UInt64 = 0
  ) -> PoolSettings {
    PoolSettings(
      name: name, level: .pool, capacity: capacity, nodes: nodes, fragmentationSeed: fragment)
  }

  static func pools(_ options: Options) -> [PoolSettings] {
    var pools: [PoolSettings] = []
    if options.hal { pools.append(PoolSettings(name: "hal", level: .hal)) }
    if options.defaultPool { pools.append(PoolSettings(name: "pool", level: .pool)) }
    return pools + options.pools
  }

  static func settings(_ options: Options) -> Settings {
    var settings = Settings()
    // Tables of a few pages each; what the tests need fits.
    settings.capacities = .small
    settings.capacities.sessions = 64
    settings.capacities.drivers = 64
    settings.capacities.adapters = 64
    settings.capacities.bindings = 64
    settings.capacities.registrations = options.registrations
    settings.capacities.blocks = 4096
    settings.capacities.extents = 4096
    settings.capacities.queues = 64
    settings.capacities.requests = 512
    settings.capacities.upcalls = 512
    settings.seed = 1
    settings.upcallDeadline = options.deadline
    if let bytes = options.sessionBytes { settings.quotas.sessionBytes = bytes }
    if let blocks = options.sessionBlocks { settings.quotas.sessionBlocks = blocks }
    settings.strictRevisions = options.switches.contains("revisions")
    settings.strictDMA = options.switches.contains("dma")
    settings.strictVPorts = options.switches.contains("vports")
    settings.strictCapabilities = options.switches.contains("capabilities")
    settings.strictAttributes = options.switches.contains("attributes")
    settings.strictOIDList = options.switches.contains("oid-list")
    settings.filtersMayAllocate = options.switches.contains("filters")
    settings.lenientFreeHandle = options.switches.contains("free-handle")
    return settings
  }

  static func flags(_ options: Options) -> [String] {
    var flags = ["--seed", "1", "--deadlines", "\(options.deadline)"]
    if !options.hal { flags.append("--no-hal") }
    if !options.defaultPool { flags.append("--no-default-pool") }
    for pool in options.pools {
      var text = "name=\(pool.name),capacity=\(pool.capacity),nodes=\(pool.nodes)"
      text += ",fill=\(pool.fill.rawValue)"
      if pool.fragmentationSeed != 0 { text += ",fragment=\(pool.fragmentationSeed)" }
      flags += ["--pool", text]
    }
    for miniport in options.miniports {
      var text = "name=\(miniport.name),queues=\(miniport.queues),vports=\(miniport.vports)"
      text += ",queue-memory=\(miniport.queueMemory),ndis=6.\(miniport.version.minor)"
      text += ",frame-length=\(miniport.frameLength),rate=\(miniport.framesPerSecond)"
      flags += ["--miniport", text + ",pends=\(miniport.pends.rawValue)"]
    }
    if !options.switches.isEmpty {
      flags += ["--switch", options.switches.sorted().joined(separator: ",")]
    }
    if let bytes = options.sessionBytes { flags += ["--session-bytes", "\(bytes)"] }
    if let blocks = options.sessionBlocks { flags += ["--session-blocks", "\(blocks)"] }
    return flags
  }
}
