// The options that select events, of `list events`, `monitor` and `log`.

import ArgumentParser
import NDISEvents
import NDISManagementInterface

/// Selects events.
struct EventFilter: ParsableArguments {
  @Option(
    help: "Only events of this kind, such as violation; repeatable.",
    completion: .list(Event.kinds.map(\.name)))
  var kind: [String] = []

  @Option(help: "Only events of at least this severity: error, warning, notice, info, debug.")
  var priority: String?

  @Option(help: "Only events about this driver.")
  var driver: String?

  @Option(help: "Only events about this adapter.", completion: .adapters)
  var adapter: String?

  func validate() throws {
    if let priority, priorityNumber(priority) == nil {
      throw ValidationError(
        "--priority is '\(priority)'; use error, warning, notice, info or debug")
    }
  }

  func matches(_ event: SimulatorInterface.Event) -> Bool {
    if !kind.isEmpty, !kind.contains(event.kind) { return false }
    if let driver, event.fields["NDIS_DRIVER"] != driver { return false }
    if let adapter, event.fields["NDIS_ADAPTER"] != adapter { return false }
    guard let least = priority.flatMap(priorityNumber) else { return true }
    return (priorityNumber(event.priority) ?? 7) <= least
  }
}
