// The configuration as plain values with their defaults. This is the only definition of the defaults; the
// schema reads them for the shipped file, the manual page and the checks. Nothing here knows NDIS: the
// module NDISDaemon converts it to settings of the simulator.

/// The whole configuration. A new value has the defaults.
public struct ConfigurationValues: Sendable, Hashable {
  /// Directory of the sockets; empty: found by the environment.
  public var runtimeDirectory = ""

  /// The least important priority that is logged: error, warning, notice, info or debug.
  public var logLevel = "info"
  /// auto, on or off.
  public var journal = "auto"

  /// Connections of one user, with or without a session.
  public var connectionsPerUser: UInt64 = 16_384
  /// The maximum number of queued packets of a connection.
  public var outboxPackets: UInt64 = 512

  /// Whether the management plane is served.
  public var management = true
  /// Path of the OpenMetrics socket; empty: none.
  public var metricsSocket = ""

  /// The deadline of an upcall to another process in milliseconds; 0: none.
  public var deadline: UInt64 = 5_000
  /// Nil: chosen at the start.
  public var seed: UInt64?
  /// The highest NUMA node that can be requested.
  public var highestNode: UInt64 = 63
  /// A3.
  public var strictRevisions = false
  /// A10.
  public var strictDMA = false
  /// A33.
  public var strictVPorts = false
  /// A60.
  public var strictCapabilities = false
  /// A66.
  public var strictAttributes = false
  /// A67.
  public var strictOIDList = false
  /// A6.
  public var filtersMayAllocate = false
  /// A19.
  public var lenientFreeHandle = false
  public var watchFreedMemory = false

  // Quotas of a session, user or provider. Bytes are those of live blocks.
  public var sessionBytes: UInt64 = 4 << 30
  public var sessionBlocks: UInt64 = 2_097_152
  public var sessionSections: UInt64 = 1_024
  public var userSessions: UInt64 = 16_000
  public var userObjects: UInt64 = 12_000
  public var userBytes: UInt64 = 8 << 30
  public var userBlocks: UInt64 = 4_000_000
  public var userSections: UInt64 = 4_096
  public var providerBytes: UInt64 = 8 << 30
  /// The maximum size of a section of a remote provider.
  public var sectionBytes: UInt64 = 4 << 30

  /// The HAL fallback, used if no provider serves a request.
  public var hal = true
  /// The pool named "pool", with a pool's defaults.
  public var defaultPool = true
  /// Additional hosted pools, oldest first; the newest is tried first.
  public var pools: [PoolValues] = []
  /// Hosted miniports, oldest first.
  public var miniports: [MiniportValues] = []

  public init() {}
}

/// One hosted pool.
public struct PoolValues: Sendable, Hashable {
  public var name = ""
  /// Bytes over all its sections.
  public var capacity: UInt64 = 256 << 20
  /// Nodes 0..<nodes are served.
  public var nodes: UInt64 = 1
  /// 4K or 2M.
  public var pages = "4K"
  /// none, zero or poison.
  public var fill = "none"
  /// Zero: not fragmented.
  public var fragment: UInt64 = 0

  public init() {}

  /// Bytes of a page.
  public var pageSize: UInt64 { pages == "2M" ? 2 << 20 : 4096 }
}

/// One hosted miniport.
public struct MiniportValues: Sendable, Hashable {
  /// Of its adapter.
  public var name = ""
  /// Nondefault receive queues.
  public var queues: UInt64 = 8
  /// Nondefault VPorts; zero: VM queues.
  public var vports: UInt64 = 0
  /// Bytes requested per queue or VPort.
  public var queueMemory: UInt64 = 256 << 10
  /// The NDIS version it registers, 6.20 or later.
  public var ndis = "6.30"
  /// Bytes of a frame.
  public var frameLength: UInt64 = 1514
  /// Frames per second for every running queue; zero: only on request.
  public var rate: UInt64 = 0
  /// never, queues or always.
  public var pends = "queues"

  public init() {}

  /// Bytes of eight buffers: a frame rounded up to 64 bytes, and before NDIS 6.30 at least 192 bytes: a
  /// lookahead and the data after it.
  var leastMemory: UInt64 {
    let least: UInt64 = ndis == "6.20" ? 192 : 0
    return 8 * ((max(frameLength, least) + 63) / 64 * 64)
  }
}
