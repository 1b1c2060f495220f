// `ndissimd`: files and flags in, a daemon out. Everything it does lives in the Daemon room, and what
// it can be told in the Configuration room.

import ArgumentParser
import NDISConfiguration
import NDISDaemon
import Glibc

@main
struct Ndissimd: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "ndissimd",
    abstract: "NDIS's shared-memory provider model as a Linux daemon.",
    discussion: """
      Starts as an ordinary user with nothing around it. Configuration is read from \
      /usr/lib/ndissim, /etc/ndissim and $CONFIGURATION_DIRECTORY (ndissimd.toml and \
      ndissimd.toml.d/*.toml, see ndissimd.toml(5)), if any is there; flags win over files. \
      SIGTERM and SIGINT end it.

      Examples:
        ndissimd --runtime-directory /tmp/bed
        ndissimd --pool name=big,capacity=1G,nodes=2 --pool name=tight,capacity=1M,fragment=7
        ndissimd --miniport name=vmq0,queues=4,rate=100
        ndissimd --deadlines off --seed 42
        ndissimd --config bed.toml --check
      """,
    version: "0.1.0")

  @Option(
    help: ArgumentHelp(
      "Read this file and FILE.d/*.toml instead of searching. /dev/null: no file at all.",
      valueName: "file"))
  var config: String?

  @Flag(
    help: "Print every key, its value and where it came from, and end: 0 when all is right, else 1."
  )
  var check = false

  @OptionGroup(title: "Keys of the configuration")
  var keys: KeyFlags

  @Flag(help: .private)
  var printDefaultConfiguration = false

  @Option(help: .private)
  var printManual: Manual?

  /// EX_CONFIG of sysexits.h, which systemd shows as 78/CONFIG.
  private static let badConfiguration = ExitCode(78)

  func run() throws {
    if printDefaultConfiguration { return print(ShippedFile.text, terminator: "") }
    if let printManual { return print(printManual.text, terminator: "") }
    let load = loader
    let configuration: LoadedConfiguration
    do throws(ConfigurationProblems) { configuration = try load() } catch {
      FileDescriptorOutput.standardError("\(error)\n")
      throw check ? ExitCode.failure : Ndissimd.badConfiguration
    }
    for note in configuration.notes { FileDescriptorOutput.standardError("note: \(note)\n") }
    if check { return print(configuration.text, terminator: "") }
    let isHandedOver: Bool
    do throws(StartFailure) {
      isHandedOver = try Launch.run(
        LaunchOptions(configuration: configuration, chosenSeed: chosenSeed(), reload: load))
    } catch {
      FileDescriptorOutput.standardError("ndissimd cannot start: \(error)\n")
      throw ExitCode.failure
    }
    if isHandedOver { throw ExitCode(Launch.handedOverStatus) }
  }

  /// Reads files and flags: at the start, and again on a reload.
  private var loader: @Sendable () throws(ConfigurationProblems) -> LoadedConfiguration {
    let search = ConfigurationSearch.standard(
      file: config, configurationDirectory: environment("CONFIGURATION_DIRECTORY"))
    let flags = keys.given
    return { () throws(ConfigurationProblems) in
      try ConfigurationLoader.load(files: try search.read(), flags: flags)
    }
  }

  private func environment(_ name: String) -> String? {
    guard let text = unsafe getenv(name) else { return nil }
    return unsafe String(cString: text)
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
