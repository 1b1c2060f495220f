// The states of a miniport adapter and its events: the documents' table
// (miniport-adapter-states-and-operations) as data. A pair that is not in the table is an invalid combination
// and changes nothing. Receiving is legal as soon as MiniportRestart has been called. The documented row
// "send" is missing: sending is not implemented yet.

/// A state of a miniport adapter.
public enum AdapterState: UInt8, Sendable, CaseIterable {
  case halted = 0
  case shutdown = 1
  case initializing = 2
  case paused = 3
  case restarting = 4
  case running = 5
  case pausing = 6

  /// The documented name of the state.
  public var name: String {
    switch self {
    case .halted: "Halted"
    case .shutdown: "Shutdown"
    case .initializing: "Initializing"
    case .paused: "Paused"
    case .restarting: "Restarting"
    case .running: "Running"
    case .pausing: "Pausing"
    }
  }
}

/// An event of an adapter's state machine.
public enum AdapterEvent: UInt8, Sendable, CaseIterable {
  case initialize, initializeComplete, initializeFailed
  case restart, restartComplete, restartFailed
  case pause, pauseComplete
  case halt, shutdown
  case receive, oidRequest
  /// Extension: the miniport's process has ended, and no handler can be called any more.
  case processEnded

  /// The documented name of the event.
  public var name: String {
    switch self {
    case .initialize: "MiniportInitializeEx"
    case .initializeComplete: "initialize complete"
    case .initializeFailed: "initialize failed"
    case .restart: "MiniportRestart"
    case .restartComplete: "restart complete"
    case .restartFailed: "restart failed"
    case .pause: "MiniportPause"
    case .pauseComplete: "pause complete"
    case .halt: "MiniportHaltEx"
    case .shutdown: "MiniportShutdownEx"
    case .receive: "receive"
    case .oidRequest: "OID requests"
    case .processEnded: "process ended"
    }
  }
}

extension AdapterState {
  /// The table. Extension: when the miniport's process ends, open calls of its handlers end as failures, by
  /// the rows of those; an adapter that is then Running or Paused is Halted at once.
  public static let table = StateTable<AdapterState, AdapterEvent>(
    "adapter",
    documented: [
      (.initialize, .halted, .initializing),
      (.initializeComplete, .initializing, .paused),
      (.initializeFailed, .initializing, .halted),
      (.restart, .paused, .restarting),
      (.restartComplete, .restarting, .running),
      (.restartFailed, .restarting, .paused),
      (.pause, .running, .pausing),
      (.pauseComplete, .pausing, .paused),
      (.halt, .paused, .halted),
      (.shutdown, .paused, .shutdown),
      (.shutdown, .restarting, .shutdown),
      (.shutdown, .running, .shutdown),
      (.shutdown, .pausing, .shutdown),
      (.receive, .restarting, .restarting),
      (.receive, .running, .running),
      (.receive, .pausing, .pausing),
      (.oidRequest, .paused, .paused),
      (.oidRequest, .restarting, .restarting),
      (.oidRequest, .running, .running),
      (.oidRequest, .pausing, .pausing),
    ],
    extensions: [
      (.processEnded, .paused, .halted),
      (.processEnded, .running, .halted),
    ])

  /// The state after `event`, nil for an invalid combination. Only looks the row up.
  public func after(_ event: AdapterEvent) -> AdapterState? {
    Self.table.state(after: event, in: self)
  }

  /// The state after `event`, counted as a taken row.
  public func taking(_ event: AdapterEvent) -> AdapterState? { Self.table.take(event, in: self) }

  /// The table as a diagram.
  public static var diagram: StateDiagram {
    StateDiagram(
      table, states: allCases.map { ($0.name, false) },
      events: AdapterEvent.allCases.map { ($0.name, $0 == .processEnded) })
  }
}
