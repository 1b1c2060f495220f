// The states of a nondefault VPort: created on the physical function it is Deactivated and is activated once;
// created on a virtual function it is Activated from the beginning. Only its deletion deactivates it. The
// default VPort is created with the switch, is always Activated and has no table. DELETE_VPORT changes the
// state when it has succeeded; while it is at the miniport the VPort keeps its state.

/// A state of a nondefault VPort.
public enum VPortState: UInt8, Sendable, CaseIterable {
  /// Not created yet, or deleted.
  case deleted = 0
  case deactivated = 1
  case activated = 2
  /// Extension: DELETE_VPORT has succeeded while lists or memory of the VPort were outstanding. No request
  /// can name the VPort any more; its id is not reused before the last of them has been returned.
  case reclaiming = 3

  /// The documented name of the state.
  public var name: String {
    switch self {
    case .deleted: "Deleted"
    case .deactivated: "Deactivated"
    case .activated: "Activated"
    case .reclaiming: "Reclaiming"
    }
  }
}

/// An event of a nondefault VPort's state machine.
public enum VPortEvent: UInt8, Sendable, CaseIterable {
  case createOnPF, createOnVF
  case activate, deactivate
  /// A query, or a set of anything but the state.
  case parameters
  case delete
  /// Extension: DELETE_VPORT has succeeded while lists or memory of the VPort were outstanding.
  case deleteResourcesLeft
  /// Extension: the last of them has been returned.
  case resourcesFreed
  /// Extension: the adapter has been removed without its VPorts having been deleted.
  case adapterRemoved

  /// The documented name of the event.
  public var name: String {
    switch self {
    case .createOnPF: "CREATE_VPORT on the PF"
    case .createOnVF: "CREATE_VPORT on a VF"
    case .activate: "VPORT_PARAMETERS, activate"
    case .deactivate: "VPORT_PARAMETERS, deactivate"
    case .parameters: "VPORT_PARAMETERS, anything else"
    case .delete: "DELETE_VPORT"
    case .deleteResourcesLeft: "DELETE_VPORT, resources left"
    case .resourcesFreed: "indications back, resources freed"
    case .adapterRemoved: "adapter removed"
    }
  }

  /// Whether the event is an extension.
  public var isExtension: Bool { rawValue > VPortEvent.delete.rawValue }
}

extension VPortState {
  /// The table.
  public static let table = StateTable<VPortState, VPortEvent>(
    "vport",
    documented: [
      (.createOnPF, .deleted, .deactivated),
      (.createOnVF, .deleted, .activated),
      (.activate, .deactivated, .activated),
      (.parameters, .deactivated, .deactivated),
      (.parameters, .activated, .activated),
      (.delete, .deactivated, .deleted),
      (.delete, .activated, .deleted),
    ],
    extensions: [
      // Only an Activated VPort can have memory or receive.
      (.deleteResourcesLeft, .activated, .reclaiming),
      (.resourcesFreed, .reclaiming, .deleted),
      (.adapterRemoved, .deactivated, .deleted),
      (.adapterRemoved, .activated, .deleted),
    ])

  /// The state after `event`, nil for an invalid combination. Only looks the row up.
  public func after(_ event: VPortEvent) -> VPortState? {
    Self.table.state(after: event, in: self)
  }

  /// The state after `event`, counted as a taken row.
  public func taking(_ event: VPortEvent) -> VPortState? { Self.table.take(event, in: self) }

  /// Whether a request can name the VPort: it has been created and not deleted.
  public var isLive: Bool { self == .deactivated || self == .activated }

  /// The state NDIS reports. Deleted and Reclaiming are not reported.
  public var reported: VPortOperationalState {
    switch self {
    case .deleted, .reclaiming: .undefined
    case .deactivated: .deactivated
    case .activated: .activated
    }
  }

  /// Whether NdisAllocateSharedMemory is legal for a nondefault VPort attached to `function` (A31).
  public func mayAllocateMemory(on function: FunctionID) -> Bool {
    self == .activated && function == .physical
  }

  /// The table as a diagram.
  public static var diagram: StateDiagram {
    StateDiagram(
      table, states: allCases.map { ($0.name, $0 == .reclaiming) },
      events: VPortEvent.allCases.map { ($0.name, $0.isExtension) })
  }
}
