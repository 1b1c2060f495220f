// A virtual port's reported state, flags and attached function, and the structure that deletes it.

import CNDIS

/// `NDIS_NIC_SWITCH_VPORT_STATE`.
public enum VPortOperationalState: Int32, Sendable, CaseIterable, BitwiseCopyable {
  case undefined = 0
  case activated = 1
  case deactivated = 2
}

extension VPortOperationalState: CustomStringConvertible {
  public var description: String {
    switch self {
    case .undefined: "NdisNicSwitchVPortStateUndefined"
    case .activated: "NdisNicSwitchVPortStateActivated"
    case .deactivated: "NdisNicSwitchVPortStateDeactivated"
    }
  }
}

/// `NDIS_NIC_SWITCH_VPORT_INTERRUPT_MODERATION`.
public enum InterruptModeration: Int32, Sendable, CaseIterable, BitwiseCopyable {
  case undefined = 0
  case adaptive = 1
  case off = 2
  case low = 100
  case medium = 200
  case high = 300
}

/// `NDIS_SRIOV_FUNCTION_ID`: the physical function or a virtual one.
public struct FunctionID: RawRepresentable, Hashable, Sendable, BitwiseCopyable {
  public var rawValue: UInt16
  public init(rawValue: UInt16) { self.rawValue = rawValue }

  /// `NDIS_PF_FUNCTION_ID`.
  public static let physical = FunctionID(rawValue: 0xFFFF)
}

/// `Flags` of NDIS_NIC_SWITCH_VPORT_PARAMETERS (`NDIS_NIC_SWITCH_VPORT_PARAMS_*`).
public struct VPortFlags: OptionSet, Hashable, Sendable, BitwiseCopyable {
  public var rawValue: UInt32
  public init(rawValue: UInt32) { self.rawValue = rawValue }

  public static let lookaheadSplitEnabled = VPortFlags(rawValue: 1 << 0)
  public static let packetDirectRXOnly = VPortFlags(rawValue: 1 << 1)
  public static let enforceMaxSGList = VPortFlags(rawValue: 1 << 15)
  public static let flagsChanged = VPortFlags(rawValue: 1 << 16)
  public static let nameChanged = VPortFlags(rawValue: 1 << 17)
  public static let interruptModerationChanged = VPortFlags(rawValue: 1 << 18)
  public static let stateChanged = VPortFlags(rawValue: 1 << 19)
  public static let processorAffinityChanged = VPortFlags(rawValue: 1 << 20)
  public static let ndkParametersChanged = VPortFlags(rawValue: 1 << 21)
  public static let qosSQChanged = VPortFlags(rawValue: 1 << 22)
  public static let numQueuePairsChanged = VPortFlags(rawValue: 1 << 23)

  /// Properties of a VPort; the other flags say what a set request changes.
  public static let properties: VPortFlags = [
    .lookaheadSplitEnabled, .packetDirectRXOnly, .enforceMaxSGList,
  ]
  static let known = VPortFlags.properties.union(changes(of: 2))

  /// The CHANGED flags of the fields in a revision of the parameters.
  static func changes(of revision: UInt8) -> VPortFlags {
    let first: VPortFlags = [
      .flagsChanged, .nameChanged, .interruptModerationChanged, .stateChanged,
      .processorAffinityChanged, .numQueuePairsChanged,
    ]
    return revision < 2 ? first : first.union([.ndkParametersChanged, .qosSQChanged])
  }
}

/// `NDIS_NIC_SWITCH_DELETE_VPORT_PARAMETERS`.
public struct VPortDeleteParameters: StructureImage {
  public static var structure: Structure { .vportDelete }
  public var revision: UInt8 = 1
  public var vportID: UInt32

  public init(vportID: UInt32) { self.vportID = vportID }

  public init(image bytes: UnsafeRawBufferPointer, for version: NDISVersion) throws(Failure) {
    let (image, revision) = try unsafe Self.load(
      NDIS_NIC_SWITCH_DELETE_VPORT_PARAMETERS(), bytes, version)
    try checkFlags(image.Flags, known: 0)
    self.revision = revision
    vportID = image.VPortId
  }

  public func append(to bytes: inout [UInt8]) {
    var image = NDIS_NIC_SWITCH_DELETE_VPORT_PARAMETERS()
    image.VPortId = vportID
    store(image, to: &bytes)
  }
}
