// `ndisctl adapter`: does to adapters what plug and play, power management and people at the other end of
// the cable do. Hosted miniports are added and removed, and receive frames on request; every adapter can be
// paused, restarted, shut down, removed by surprise and halted.
//
// A command returns when the change has been made; the daemon waits for it, and nothing is asked twice.

import ArgumentParser
import NDISDrawing
import NDISManagementInterface
import NDIS
import NDISVarlink

struct AdapterCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "adapter",
    abstract: "Adds, changes and removes adapters, and has them receive frames.",
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

/// How long a change may take.
struct ChangeWait: ParsableArguments {
  @Option(
    help: ArgumentHelp(
      "How long to wait for the end of the change: 500ms, 5s, 2min; for ever unless given. The change goes on when the time is up.",
      valueName: "time"))
  var timeout: TimeSpan?

  @Flag(help: "Return when the change has begun.")
  var noWait = false

  func validate() throws {
    if noWait, timeout != nil {
      throw ValidationError("--no-wait does not wait, and --timeout does; use one of them")
    }
  }

  /// As the daemon wants it.
  var milliseconds: Int? { noWait ? 0 : timeout.map { max(1, $0.milliseconds) } }
}

/// What the commands that change an adapter share.
struct ChangeOptions: ParsableArguments {
  @OptionGroup var common: CommonOptions
  @OptionGroup var wait: ChangeWait

  @Argument(help: "The adapter's name or handle.", completion: .adapters)
  var adapter: String

  /// Makes a change and says how the adapter stands.
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
    try tell(adapter, reply.state, reply.json, common)
  }
}

struct AdapterPause: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "pause",
    abstract: "Pauses a running adapter, and its bindings before it.",
    discussion: """
      Returns when the adapter is Paused: its bindings have been told (NetEventPause), and MiniportPause \
      has ended, for which all indicated lists come back. It stays Paused until it is restarted.

      Examples:
        ndisctl adapter pause vmq0
        ndisctl adapter pause vmq0 --reason LOW_POWER --timeout 5s
      """)
  @OptionGroup var change: ChangeOptions

  @Option(
    help: ArgumentHelp(
      "PauseReason, which the miniport is told: \(reasons.joined(separator: ", ")). Several can be given; NDIS_INTERNAL unless one is.",
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
    abstract: "Restarts an adapter that was paused.",
    discussion: """
      Returns when the adapter is Running. When MiniportRestart fails it is Paused again, and that is an \
      error.

      Example: ndisctl adapter restart vmq0
      """)
  @OptionGroup var change: ChangeOptions

  func run() throws { try change.make(.restart) }
}

struct AdapterHalt: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "halt",
    abstract: "Halts an adapter, as when its device is disabled.",
    discussion: """
      Returns when the adapter is gone: its bindings have been closed, it was paused, NDIS has freed its \
      queues, MiniportHaltEx has returned. A hosted miniport goes with its adapter.

      Examples:
        ndisctl adapter halt vmq0
        ndisctl adapter halt vmq0 --action DevicePoweredDown
      """)
  @OptionGroup var change: ChangeOptions

  @Option(
    help: ArgumentHelp(
      "HaltAction, which the miniport is told: \(ActionName<HaltAction>.list); DeviceDisabled unless given.",
      valueName: "action"),
    completion: .list(ActionName<HaltAction>.allValueStrings))
  var action: ActionName<HaltAction>?

  func run() throws { try change.make(.halt, action: action.map { "\($0.action)" }) }
}

struct AdapterShutdown: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "shutdown",
    abstract: "Calls MiniportShutdownEx, as when the machine goes down.",
    discussion: """
      It is the last call the adapter gets. It stays Shutdown, and nothing that belongs to it is freed, \
      until its driver goes; `ndisctl adapter remove` takes a hosted one away.

      Examples:
        ndisctl adapter shutdown vmq0
        ndisctl adapter shutdown vmq0 --action BugCheck
      """)
  @OptionGroup var change: ChangeOptions

  @Option(
    help: ArgumentHelp(
      "ShutdownAction, which the miniport is told: \(ActionName<ShutdownAction>.list); PowerOff unless given.",
      valueName: "action"),
    completion: .list(ActionName<ShutdownAction>.allValueStrings))
  var action: ActionName<ShutdownAction>?

  func run() throws { try change.make(.shutdown, action: action.map { "\($0.action)" }) }
}

struct AdapterSurpriseRemove: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "surprise-remove",
    abstract: "Removes an adapter by surprise, as when its device is pulled out.",
    discussion: """
      Returns when the adapter is gone: its bindings and its miniport have been told, it was paused, its \
      bindings were closed, MiniportHaltEx has returned with NdisHaltDeviceSurpriseRemoved. A hosted \
      miniport goes with its adapter.

      Examples:
        ndisctl adapter surprise-remove vmq0
        ndisctl adapter surprise-remove vmq0 --no-wait && ndisctl wait adapter:vmq0=gone
      """)
  @OptionGroup var change: ChangeOptions

  func run() throws { try change.make(.surpriseRemove) }
}

/// An action of NDIS by its documented name, with or without what all of them begin with.
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

/// An enumeration of NDIS whose names begin alike.
protocol NamedAction: CaseIterable, CustomStringConvertible, Sendable {
  static var prefix: String { get }
}

extension HaltAction: NamedAction {
  static var prefix: String { "NdisHalt" }
}

extension ShutdownAction: NamedAction {
  static var prefix: String { "NdisShutdown" }
}

/// Says how an adapter stands now.
func tell(
  _ adapter: String, _ state: String, _ reply: JSON, _ common: CommonOptions
) throws(CommandFailure) {
  var output = Output()
  if common.json {
    try output.line(reply.prettyText)
  } else {
    let surface = common.surface
    let name = TerminalText.printable(adapter, unicode: surface.unicode)
    try output.line("\(name) is \(surface.paint(state, stateInk(state)))")
  }
  try output.flush()
}
