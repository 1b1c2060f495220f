// The states of a miniport adapter and the events that move it: the documents' table
// (miniport-adapter-states-and-operations) as data. A pair that is not in the table is an invalid
// combination and changes nothing. Receiving is legal as soon as MiniportRestart has been called.

/// A state of a miniport adapter.
public enum AdapterState: UInt8, Sendable, CaseIterable {
  case halted = 0
  case shutdown = 1
  case initializing = 2
  case paused = 3
  case restarting = 4
  case running = 5
  case pausing = 6

  /// The documents' name of the state.
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

/// Something that happens to an adapter.
public enum AdapterEvent: UInt8, Sendable, CaseIterable {
  case initialize, initializeComplete, initializeFailed
  case restart, restartComplete, restartFailed
  case pause, pauseComplete
  case halt, shutdown
  case send, receive, oidRequest
}

extension AdapterState {
  /// A filled cell of the table.
  public typealias Cell = (event: AdapterEvent, from: AdapterState, to: AdapterState)

  /// Every filled cell.
  public static let table: [Cell] = [
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
    (.send, .running, .running),
    (.send, .pausing, .pausing),
    (.receive, .restarting, .restarting),
    (.receive, .running, .running),
    (.receive, .pausing, .pausing),
    (.oidRequest, .paused, .paused),
    (.oidRequest, .restarting, .restarting),
    (.oidRequest, .running, .running),
    (.oidRequest, .pausing, .pausing),
  ]
  #if MUTANTS
    .mutated("state") { _ in nil }
  #endif

  /// The state after `event`, nil for an invalid combination.
  public func after(_ event: AdapterEvent) -> AdapterState? {
    for cell in Self.table where cell.event == event && cell.from == self { return cell.to }
    return nil
  }
}
