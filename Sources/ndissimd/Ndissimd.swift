// `ndissimd`: the command line of the daemon. The daemon is in the module NDISDaemon, its configuration in
// NDISConfiguration.

import ArgumentParser
import Glibc
import NDIS
import NDISConfiguration
import NDISDaemon

@main
struct Ndissimd: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "ndissimd",
    abstract: "NDIS's shared-memory provider model as a Linux daemon.",
    discussion: """
      Runs as an ordinary user, with or without a service manager. The configuration is read from \
      /usr/lib/ndissim, /etc/ndissim and $CONFIGURATION_DIRECTORY (ndissimd.toml and \
      ndissimd.toml.d/*.toml, see ndissimd.toml(5)); all files are optional, and flags override them. \
      SIGTERM and SIGINT terminate it.

      Examples:
        ndissimd --runtime-directory /tmp/ndissim
        ndissimd --pool name=big,capacity=1G,nodes=2 --pool name=tight,capacity=1M,fragment=7
        ndissimd --miniport name=vmq0,queues=4,rate=100
        ndissimd --deadlines off --seed 42
        ndissimd --config ndissimd.toml --check
      """,
    version: Release.version)

  @Option(
    help: ArgumentHelp(
      "Read this file and FILE.d/*.toml instead of searching; /dev/null: no file.",
      valueName: "file"))
  var config: String?

  @Flag(
    help:
      "Print every key with its value and origin, and exit: 0 if the configuration is valid, else 1."
  )
  var check = false

  @OptionGroup(title: "Keys of the configuration")
  var keys: KeyFlags

  @Flag(help: .private)
  var printDefaultConfiguration = false

  @Flag(help: .private)
  var printSchema = false

  /// EX_CONFIG of sysexits.h, which systemd shows as 78/CONFIG.
  private static let badConfiguration = ExitCode(78)

  func run() throws {
    if printDefaultConfiguration { return print(ShippedFile.text, terminator: "") }
    if printSchema { return print(SchemaText.text, terminator: "") }
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

/// Unbuffered output.
enum FileDescriptorOutput {
  static func standardError(_ text: String) {
    let bytes = Array(text.utf8)
    _ = unsafe bytes.withUnsafeBytes { unsafe write(2, $0.baseAddress, $0.count) }
  }
}
