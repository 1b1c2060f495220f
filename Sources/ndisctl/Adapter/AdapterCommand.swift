// `ndisctl adapter`: plug and play and power management of adapters. Hosted miniports are added and
// removed, and receive frames on request; every adapter can be paused, restarted, shut down, surprise-
// removed and halted.
//
// A command returns when the change is complete; the daemon waits for it, so nothing is polled.

import ArgumentParser
import NDISDrawing
import NDISManagementInterface
import NDIS
import NDISVarlink

struct AdapterCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "adapter",
    abstract: "Adds, changes and removes adapters, and generates receive frames.",
    discussion: """
      Examples:
        ndisctl adapter add name=vmq1,queues=4
        ndisctl adapter generate vmq1 --count 10
        ndisctl adapter pause vmq1 && ndisctl adapter restart vmq1
        ndisctl adapter surprise-remove vmq1
      """,
    subcommands: [
      AdapterAdd.self, AdapterRemove.self, AdapterPause.self, AdapterRestart.self,
      AdapterHalt.self, AdapterShutdown.self, AdapterSurpriseRemove.self, AdapterGenerate.self,
    ])
}

/// How long to wait for a change.
struct ChangeWait: ParsableArguments {
  @Option(
    help: ArgumentHelp(
      "How long to wait for the change to complete: 500ms, 5s, 2min; no limit by default. The change continues after a timeout.",
      valueName: "time"))
  var timeout: TimeSpan?

  @Flag(help: "Return as soon as the change has started.")
  var noWait = false

  func validate() throws {
    if noWait, timeout != nil {
      throw ValidationError("--no-wait and --timeout are mutually exclusive")
    }
  }

  /// As the daemon expects it.
  var milliseconds: Int? { noWait ? 0 : timeout.map { max(1, $0.milliseconds) } }
}

/// Options common to the commands that change an adapter.
struct ChangeOptions: ParsableArguments {
  @OptionGroup var common: CommonOptions
  @OptionGroup var wait: ChangeWait

  @Argument(help: "The adapter's name or handle.", completion: .adapters)
  var adapter: String

  /// Makes a change and prints the adapter's state.
  func make(
    _ change: SimulatorInterface.ChangeAdapter.Input.Change, reasons: [String]? = nil,
    action: String? = nil
  ) throws {
    let daemon = try DaemonConnection(common)
    let input = SimulatorInterface.ChangeAdapter.Input(
      adapter: adapter, change: change, reasons: reasons, action: action,
      timeoutMs: wait.milliseconds)
    let reply = try daemon.call(
      SimulatorInterface.ChangeAdapter.self, input, waiting: wait.milliseconds)
    try printState(adapter, reply.state, reply.json, common)
  }
}

struct AdapterPause: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "pause",
    abstract: "Pauses a running adapter after its bindings.",
    discussion: """
      Returns when the adapter is Paused: its bindings have been notified (NetEventPause), and \
      MiniportPause has completed, which requires that all indicated lists were returned. It stays Paused \
      until it is restarted.

      Examples:
        ndisctl adapter pause vmq0
        ndisctl adapter pause vmq0 --reason LOW_POWER --timeout 5s
      """)
  @OptionGroup var change: ChangeOptions

  @Option(
    help: ArgumentHelp(
      "The PauseReason passed to the miniport: \(reasons.joined(separator: ", ")). Repeatable; the default is NDIS_INTERNAL.",
      valueName: "reason"),
    completion: .list(reasons))
  var reason: [String] = []

  private static let reasons = PauseReason.named.map(\.name)

  func validate() throws {
    for reason in reason where !AdapterPause.reasons.contains(reason) {
      throw ValidationError(
        "--reason is '\(reason)'; use \(AdapterPause.reasons.joined(separator: ", "))")
    }
  }

  func run() throws { try change.make(.pause, reasons: reason.isEmpty ? nil : reason) }
}

struct AdapterRestart: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "restart",
    abstract: "Restarts a paused adapter.",
    discussion: """
      Returns when the adapter is Running. If MiniportRestart fails, the adapter is Paused again and the \
      command fails.

      Example: ndisctl adapter restart vmq0
      """)
  @OptionGroup var change: ChangeOptions

  func run() throws { try change.make(.restart) }
}

struct AdapterHalt: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "halt",
    abstract: "Halts an adapter, as disabling its device does.",
    discussion: """
      Returns when the adapter is removed: its bindings are closed, it was paused, NDIS has freed its \
      queues, and MiniportHaltEx has returned. A hosted miniport is removed with its adapter.

      Examples:
        ndisctl adapter halt vmq0
        ndisctl adapter halt vmq0 --action DevicePoweredDown
      """)
  @OptionGroup var change: ChangeOptions

  @Option(
    help: ArgumentHelp(
      "The HaltAction passed to the miniport: \(ActionName<HaltAction>.list); the default is DeviceDisabled.",
      valueName: "action"),
    completion: .list(ActionName<HaltAction>.allValueStrings))
  var action: ActionName<HaltAction>?

  func run() throws { try change.make(.halt, action: action.map { "\($0.action)" }) }
}

struct AdapterShutdown: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "shutdown",
    abstract: "Calls MiniportShutdownEx, as a system shutdown does.",
    discussion: """
      It is the last call to the adapter, which stays Shutdown with all its resources until its driver \
      deregisters; `ndisctl adapter remove` removes a hosted one.

      Examples:
        ndisctl adapter shutdown vmq0
        ndisctl adapter shutdown vmq0 --action BugCheck
      """)
  @OptionGroup var change: ChangeOptions

  @Option(
    help: ArgumentHelp(
      "The ShutdownAction passed to the miniport: \(ActionName<ShutdownAction>.list); the default is PowerOff.",
      valueName: "action"),
    completion: .list(ActionName<ShutdownAction>.allValueStrings))
  var action: ActionName<ShutdownAction>?

  func run() throws { try change.make(.shutdown, action: action.map { "\($0.action)" }) }
}

struct AdapterSurpriseRemove: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "surprise-remove",
    abstract: "Surprise-removes an adapter, as unplugging its device does.",
    discussion: """
      Returns when the adapter is removed: its bindings and its miniport were notified, it was paused, \
      its bindings were closed, and MiniportHaltEx has returned for NdisHaltDeviceSurpriseRemoved. A \
      hosted miniport is removed with its adapter.

      Examples:
        ndisctl adapter surprise-remove vmq0
        ndisctl adapter surprise-remove vmq0 --no-wait && ndisctl wait adapter:vmq0=gone
      """)
  @OptionGroup var change: ChangeOptions

  func run() throws { try change.make(.surpriseRemove) }
}

/// An action of NDIS by its documented name, with or without the common prefix.
struct ActionName<Action: NamedAction>: ExpressibleByArgument, Sendable {
  var action: Action

  init?(argument: String) {
    let wanted = argument.lowercased()
    let known = Action.allCases.first {
      "\($0)".lowercased() == wanted || ActionName.short($0).lowercased() == wanted
    }
    guard let known else { return nil }
    action = known
  }

  private static func short(_ action: Action) -> String {
    String("\(action)".dropFirst(Action.prefix.count))
  }

  static var allValueStrings: [String] { Action.allCases.map { short($0) } }

  static var list: String { allValueStrings.joined(separator: ", ") }
}

/// An enumeration of NDIS whose names have a common prefix.
protocol NamedAction: CaseIterable, CustomStringConvertible, Sendable {
  static var prefix: String { get }
}

extension HaltAction: NamedAction {
  static var prefix: String { "NdisHalt" }
}

extension ShutdownAction: NamedAction {
  static var prefix: String { "NdisShutdown" }
}

/// Prints the state of an adapter.
func printState(
  _ adapter: String, _ state: String, _ reply: JSON, _ common: CommonOptions
) throws(CommandFailure) {
  var output = Output()
  if common.json {
    try output.line(reply.prettyText)
  } else {
    let capabilities = common.capabilities
    let name = TerminalText.printable(adapter, unicode: capabilities.unicode)
    try output.line("\(name) is \(capabilities.paint(state, stateStyle(state)))")
  }
  try output.flush()
}
