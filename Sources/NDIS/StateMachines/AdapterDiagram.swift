// The adapter's state table, to be drawn: names of its events and its diagram.

extension AdapterEvent {
  /// What the documentation calls it.
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
    case .send: "send"
    case .receive: "receive"
    case .oidRequest: "OID requests"
    }
  }
}

extension AdapterState {
  /// The table, to be drawn.
  public static var diagram: StateDiagram {
    StateDiagram(
      title: "adapter", states: allCases.map(\.name), events: AdapterEvent.allCases.map(\.name),
      cells: table.map {
        StateDiagram.Cell(
          event: Int($0.event.rawValue), from: Int($0.from.rawValue), to: Int($0.to.rawValue))
      })
  }
}
