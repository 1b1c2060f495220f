// The start parameters: the configuration as parsed, how to reload it, and its conversion to settings of
// NDIS. Startup and reload use the same conversion.

package import NDISConfiguration
import NDISEvents
package import NDISHostedDrivers
import NDIS
import NDISServiceManager
package import NDISSimulator

/// The start parameters of a daemon.
package struct LaunchOptions: Sendable {
  /// The configuration at the start; a reload stores the newer one elsewhere.
  package let configuration: LoadedConfiguration
  /// Parses files and flags again. It reads files and may block, so it must not be called in a turn of a
  /// running daemon.
  package let reload: @Sendable () throws(ConfigurationProblems) -> LoadedConfiguration
  /// The seed used if the configuration has none.
  package let chosenSeed: UInt64
  package var version = Release.version

  package init(
    configuration: LoadedConfiguration, chosenSeed: UInt64,
    reload: @escaping @Sendable () throws(ConfigurationProblems) -> LoadedConfiguration
  ) {
    self.configuration = configuration
    self.chosenSeed = chosenSeed
    self.reload = reload
  }

  /// Nil: taken from the environment.
  var runtimeDirectory: String? {
    let path = configuration.values.runtimeDirectory
    return path.isEmpty ? nil : path
  }

  var settings: Settings { Settings(configuration.values, chosenSeed: chosenSeed) }

  var pools: [PoolSettings] { configuration.values.hostedPools }

  var miniports: [VMQSettings] { configuration.values.miniports.map { VMQSettings($0) } }

  /// The configured outputs of the log.
  var outputs: EventSink.Outputs {
    var outputs = EventSink.Outputs.detect()
    switch configuration.values.journal {
    case "on": outputs.journalPath = JournalClient.standardPath
    case "off":
      outputs.journalPath = nil
      if outputs.human == nil { outputs.human = HumanLog(style: .prefixed) }
    default: break
    }
    return outputs
  }
}

extension ConfigurationValues {
  /// The least important priority that is logged.
  var minimumPriority: Priority {
    switch logLevel {
    case "error": .error
    case "warning": .warning
    case "notice": .notice
    case "debug": .debug
    default: .info
    }
  }

  /// The hosted providers, oldest first.
  package var hostedPools: [PoolSettings] {
    var result: [PoolSettings] = []
    if hal { result.append(PoolSettings(name: "hal", level: .hal)) }
    if defaultPool { result.append(PoolSettings(name: "pool", level: .pool)) }
    return result + pools.map { PoolSettings($0) }
  }
}

extension PoolSettings {
  /// A configured pool.
  package init(_ values: PoolValues) {
    self.init(
      name: values.name, level: .pool, capacity: values.capacity,
      nodes: UInt32(clamping: values.nodes), pageSize: UInt32(clamping: values.pageSize),
      hugePages: values.pages == "2M", fill: Fill(rawValue: values.fill) ?? .none,
      fragmentationSeed: values.fragment)
  }
}

extension VMQSettings {
  /// A configured miniport.
  package init(_ values: MiniportValues) {
    let minor = values.ndis.split(separator: ".").last.flatMap { UInt8($0) }
    self.init(
      name: values.name, queues: UInt32(clamping: values.queues),
      vports: UInt32(clamping: values.vports), queueMemory: UInt32(clamping: values.queueMemory),
      version: NDISVersion(6, minor ?? 30), frameLength: UInt32(clamping: values.frameLength),
      framesPerSecond: UInt32(clamping: values.rate),
      pends: Pends(rawValue: values.pends) ?? .queues)
  }
}

extension Quotas {
  /// The configured quotas.
  package init(_ values: ConfigurationValues) {
    self.init()
    sessionBytes = values.sessionBytes
    sessionBlocks = UInt32(clamping: values.sessionBlocks)
    sessionSections = UInt32(clamping: values.sessionSections)
    userSessions = UInt32(clamping: values.userSessions)
    userObjects = UInt32(clamping: values.userObjects)
    userBytes = values.userBytes
    userBlocks = UInt32(clamping: values.userBlocks)
    userSections = UInt32(clamping: values.userSections)
    providerBytes = values.providerBytes
    sectionBytes = values.sectionBytes
  }
}

extension Settings {
  /// The configured settings; the caller sets the page size of the machine.
  package init(_ values: ConfigurationValues, chosenSeed: UInt64) {
    self.init()
    quotas = Quotas(values)
    seed = values.seed ?? chosenSeed
    upcallDeadline = values.deadline
    highestNode = UInt32(clamping: values.highestNode)
    strictRevisions = values.strictRevisions
    strictDMA = values.strictDMA
    strictVPorts = values.strictVPorts
    strictCapabilities = values.strictCapabilities
    strictAttributes = values.strictAttributes
    strictOIDList = values.strictOIDList
    filtersMayAllocate = values.filtersMayAllocate
    lenientFreeHandle = values.lenientFreeHandle
    watchesFreedMemory = values.watchFreedMemory
  }
}
