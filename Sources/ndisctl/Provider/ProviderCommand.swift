// `ndisctl provider`: adds and removes hosted providers, those inside the daemon.

import ArgumentParser
import NDISDrawing
import NDISManagementInterface
import NDISVarlink

struct ProviderCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "provider",
    abstract: "Adds or removes a hosted provider.",
    discussion: """
      Examples:
        ndisctl provider add name=tight,capacity=1M,fragment=7
        ndisctl provider remove tight
      """,
    subcommands: [ProviderAdd.self, ProviderRemove.self])
}

struct ProviderAdd: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "add",
    abstract: "Adds a hosted provider, as the newest of its level, which is tried first.",
    discussion: """
      The keys are those of ndissimd's --pool: name, capacity (256M by default), nodes, pages (4K or \
      2M), fill (none, zero or poison), fragment (a seed).

      Example: ndisctl provider add name=big,capacity=1G,nodes=2
      """)
  @OptionGroup var common: CommonOptions

  @Argument(help: ArgumentHelp("Its configuration.", valueName: "key=value,..."))
  var settings: [String]

  private func provider() throws -> SimulatorInterface.HostedProvider {
    var provider = SimulatorInterface.HostedProvider(name: "", capacity: 256 << 20)
    for setting in try KeyValue.all(in: settings) {
      switch setting.key {
      case "name": provider.name = setting.value
      case "capacity": provider.capacity = try setting.size("bytes, such as 256M")
      case "nodes": provider.nodes = try setting.number
      case "pages": provider.pageSize = try setting.size("4K or 2M")
      case "fill": provider.fill = setting.value
      case "fragment": provider.fragmentSeed = try setting.number
      default:
        throw ValidationError(
          "unknown key '\(setting.key)'; the keys are name, capacity, nodes, pages, fill, fragment")
      }
    }
    if provider.name.isEmpty { throw ValidationError("the provider has no name; add name=NAME") }
    return provider
  }

  func validate() throws { _ = try provider() }

  func run() throws {
    let daemon = try DaemonConnection(common)
    let input = SimulatorInterface.AddProvider.Input(provider: try provider())
    let reply = try daemon.call(SimulatorInterface.AddProvider.self, input)
    try show(reply.provider, reply.json, common)
  }
}

struct ProviderRemove: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "remove",
    abstract: "Removes a hosted provider; it still serves the frees of its blocks.",
    discussion: "Example: ndisctl provider remove tight")
  @OptionGroup var common: CommonOptions

  @Argument(help: "Its name.")
  var name: String

  func run() throws {
    let daemon = try DaemonConnection(common)
    let reply = try daemon.call(SimulatorInterface.RemoveProvider.self, .init(name: name))
    try show(reply.provider, reply.json, common)
  }
}

/// Prints a provider.
private func show(
  _ provider: SimulatorInterface.Provider, _ reply: JSON, _ common: CommonOptions
) throws(CommandFailure) {
  var output = Output()
  if common.json {
    try output.line(reply.prettyText)
  } else {
    let object = SimulatorInterface.Object(kind: "provider", provider: provider, references: [])
    for line in ShowPage(object: object).lines(on: common.capabilities) { try output.line(line) }
  }
  try output.flush()
}
