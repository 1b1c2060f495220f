// The states of a nondefault VPort: created on the physical function it is Deactivated and is activated
// once; created on a virtual function it is Activated from the beginning. Nothing deactivates it but its
// deletion. The default VPort is made with the switch, is always Activated and has no table. DELETE_VPORT moves it
// when it has succeeded; while the miniport is asked the VPort is where it was.

/// A state of a nondefault VPort.
public enum VPortState: UInt8, Sendable, CaseIterable {
  /// Not there: not yet, or no more.
  case deleted = 0
  case deactivated = 1
  case activated = 2
  /// Extension: DELETE_VPORT has succeeded while lists or memory of the VPort were outstanding. Nobody can name
  /// the VPort any more; its id is not given out again before the last of them has come back.
  case reclaiming = 3

  /// What the documentation calls it.
  public var name: String {
    switch self {
    case .deleted: "Deleted"
    case .deactivated: "Deactivated"
    case .activated: "Activated"
    case .reclaiming: "Reclaiming"
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
  /// Extension: DELETE_VPORT has succeeded while lists or memory of the VPort were outstanding.
  case deleteResourcesLeft
  /// Extension: the last of them has come back.
  case resourcesFreed
  /// Extension: the adapter has been removed without its VPorts having been deleted.
  case adapterRemoved

  /// What the documentation calls it.
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

  /// Whether the event is ours.
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
      // Only an Activated one can have memory or receive.
      (.deleteResourcesLeft, .activated, .reclaiming),
      (.resourcesFreed, .reclaiming, .deleted),
      (.adapterRemoved, .deactivated, .deleted),
      (.adapterRemoved, .activated, .deleted),
    ])

  /// The state after `event`, nil for an invalid combination. Nothing has happened yet.
  public func after(_ event: VPortEvent) -> VPortState? {
    Self.table.state(after: event, in: self)
  }

  /// The same when `event` happens.
  public func taking(_ event: VPortEvent) -> VPortState? { Self.table.take(event, in: self) }

  /// Whether a request can name the VPort: it has been created and not deleted.
  public var isLive: Bool { self == .deactivated || self == .activated }

  /// The state NDIS reports. One that nobody can name is not reported.
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

  /// The table, to be drawn.
  public static var diagram: StateDiagram {
    StateDiagram(
      table, states: allCases.map { ($0.name, $0 == .reclaiming) },
      events: VPortEvent.allCases.map { ($0.name, $0.isExtension) })
  }
}
