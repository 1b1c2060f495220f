// `ndissimd`: flags in, a daemon out. Everything it does lives in the Daemon room.

import ArgumentParser
import Configuration
import Daemon
import Glibc

@main
struct Ndissimd: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "ndissimd",
    abstract: "NDIS's shared-memory provider model as a Linux daemon.",
    discussion: """
      Starts as an ordinary user with nothing around it. The driver socket is DIRECTORY/driver, where \
      DIRECTORY is --runtime-directory, else $RUNTIME_DIRECTORY, else $XDG_RUNTIME_DIR/ndissim, else \
      a private directory under the temporary one. SIGTERM and SIGINT end it.

      Examples:
        ndissimd --runtime-directory /tmp/bed
        ndissimd --pool name=big,capacity=1G,nodes=2 --pool name=tight,capacity=1M,fragment=7
        ndissimd --deadlines off --seed 42
      """,
    version: "0.1.0")

  @Option(help: "Directory of the driver socket.")
  var runtimeDirectory: String?

  @Option(help: "on, off, or milliseconds a handler may take; off for a driver in a debugger.")
  var deadlines: String = "on"

  @Option(
    help: "Same seed and same calls, same handles and addresses. Chosen and logged if absent.")
  var seed: UInt64?

  @Option(
    help: ArgumentHelp(
      "A hosted provider: name=NAME[,capacity=BYTES][,nodes=N][,pages=4K|2M][,fill=none|zero|poison][,fragment=SEED]. May be given several times; the last one is newest and serves first.",
      valueName: "pool"))
  var pool: [String] = []

  @Flag(inversion: .prefixedNo, help: "The HAL fallback, which serves when no provider does.")
  var hal = true

  @Flag(help: "Start without the default pool.")
  var noDefaultPool = false

  @Option(
    help:
      "Comma-separated contract switches: revisions, dma, vports (stricter), filters, free-handle (more lenient)."
  )
  var `switch`: String = ""

  @Option(help: "Bytes of live blocks a session may have.")
  var sessionBytes: String?

  @Option(help: "Live blocks a session may have.")
  var sessionBlocks: UInt32?

  func run() throws {
    var values = ConfigurationValues()
    values.runtimeDirectory = runtimeDirectory ?? ""
    values.seed = seed
    values.deadline = try deadline()
    if let sessionBytes { values.sessionBytes = try PoolFlag.bytes(sessionBytes) }
    if let sessionBlocks { values.sessionBlocks = UInt64(sessionBlocks) }
    try applySwitches(&values)
    values.hal = hal
    values.defaultPool = !noDefaultPool
    for text in pool { values.pools.append(try PoolFlag.parse(text)) }
    let given = values
    let load: @Sendable () throws(ConfigurationProblems) -> LoadedConfiguration = {
      () throws(ConfigurationProblems) in try ConfigurationLoader.load(given)
    }
    let options = LaunchOptions(
      configuration: try load(), chosenSeed: chosenSeed(), reload: load)
    do throws(StartFailure) {
      try Launch.run(options)
    } catch {
      FileDescriptorOutput.standardError("ndissimd cannot start: \(error)\n")
      throw ExitCode.failure
    }
  }

  private func deadline() throws -> UInt64 {
    switch deadlines {
    case "on": return 5_000
    case "off": return 0
    default:
      guard let value = UInt64(deadlines), value > 0, value <= 3_600_000 else {
        throw ValidationError("--deadlines is '\(deadlines)'; use on, off or 1 to 3600000 (ms)")
      }
      return value
    }
  }

  private func applySwitches(_ settings: inout ConfigurationValues) throws {
    for name in `switch`.split(separator: ",") {
      switch name {
      case "revisions": settings.strictRevisions = true
      case "dma": settings.strictDMA = true
      case "vports": settings.strictVPorts = true
      case "filters": settings.filtersMayAllocate = true
      case "free-handle": settings.lenientFreeHandle = true
      default:
        throw ValidationError(
          "--switch has '\(name)'; known are revisions, dma, vports, filters, free-handle")
      }
    }
  }

  private func chosenSeed() -> UInt64 {
    var generator = SystemRandomNumberGenerator()
    return generator.next() >> 32
  }
}

/// Writes a line that must not wait in a buffer.
enum FileDescriptorOutput {
  static func standardError(_ text: String) {
    let bytes = Array(text.utf8)
    _ = unsafe bytes.withUnsafeBytes { unsafe write(2, $0.baseAddress, $0.count) }
  }
}
