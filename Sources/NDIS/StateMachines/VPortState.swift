// The states of a nondefault VPort: created on the physical function it is Deactivated and is activated
// once; created on a virtual function it is Activated from the beginning. Nothing deactivates it but its
// deletion. The default VPort is made with the switch, is always Activated and has no table.

/// A state of a nondefault VPort.
public enum VPortState: UInt8, Sendable, CaseIterable {
  /// Not there: not yet, or no more.
  case deleted = 0
  case deactivated = 1
  case activated = 2

  /// What the documentation calls it.
  public var name: String {
    switch self {
    case .deleted: "Deleted"
    case .deactivated: "Deactivated"
    case .activated: "Activated"
    }
  }
}

/// Something that happens to a nondefault VPort.
public enum VPortEvent: UInt8, Sendable, CaseIterable {
  case createOnPF, createOnVF
  case activate, deactivate
  /// A query, or a set of anything but the state.
  case parameters
  case delete

  /// What the documentation calls it.
  public var name: String {
    switch self {
    case .createOnPF: "CREATE_VPORT on the PF"
    case .createOnVF: "CREATE_VPORT on a VF"
    case .activate: "VPORT_PARAMETERS, activate"
    case .deactivate: "VPORT_PARAMETERS, deactivate"
    case .parameters: "VPORT_PARAMETERS, anything else"
    case .delete: "DELETE_VPORT"
    }
  }
}

extension VPortState {
  /// A filled cell of the table.
  public typealias Cell = (event: VPortEvent, from: VPortState, to: VPortState)

  /// Every filled cell.
  public static let table: [Cell] = [
    (.createOnPF, .deleted, .deactivated),
    (.createOnVF, .deleted, .activated),
    (.activate, .deactivated, .activated),
    (.parameters, .deactivated, .deactivated),
    (.parameters, .activated, .activated),
    (.delete, .deactivated, .deleted),
    (.delete, .activated, .deleted),
  ]
  #if MUTANTS
    .mutated("vport") { _ in nil }
  #endif

  /// The state after `event`, nil for an invalid combination.
  public func after(_ event: VPortEvent) -> VPortState? {
    for cell in Self.table where cell.event == event && cell.from == self { return cell.to }
    return nil
  }

  /// The state NDIS reports.
  public var reported: VPortOperationalState {
    switch self {
    case .deleted: .undefined
    case .deactivated: .deactivated
    case .activated: .activated
    }
  }

  /// Whether NdisAllocateSharedMemory is legal for a nondefault VPort attached to `function` (A31).
  public func mayAllocateMemory(on function: FunctionID) -> Bool {
    self == .activated && function == .physical
  }

  /// The table, to be drawn.
  public static var diagram: StateDiagram {
    StateDiagram(
      title: "vport", states: allCases.map(\.name), events: VPortEvent.allCases.map(\.name),
      cells: table.map {
        StateDiagram.Cell(
          event: Int($0.event.rawValue), from: Int($0.from.rawValue), to: Int($0.to.rawValue))
      })
  }
}
