// Arguments of a miniport's handlers: the reason of a halt, pause or shutdown, and device events. Numbers are
// those of the public headers.

/// `NDIS_HALT_ACTION`, given to MiniportHaltEx.
public enum HaltAction: UInt32, Sendable, CaseIterable, BitwiseCopyable {
  case deviceDisabled = 0
  case deviceInstanceDeInitialized = 1
  case devicePoweredDown = 2
  case deviceSurpriseRemoved = 3
  case deviceFailed = 4
  case deviceInitializationFailed = 5
  case deviceStopped = 6
}

extension HaltAction: CustomStringConvertible {
  public var description: String {
    switch self {
    case .deviceDisabled: "NdisHaltDeviceDisabled"
    case .deviceInstanceDeInitialized: "NdisHaltDeviceInstanceDeInitialized"
    case .devicePoweredDown: "NdisHaltDevicePoweredDown"
    case .deviceSurpriseRemoved: "NdisHaltDeviceSurpriseRemoved"
    case .deviceFailed: "NdisHaltDeviceFailed"
    case .deviceInitializationFailed: "NdisHaltDeviceInitializationFailed"
    case .deviceStopped: "NdisHaltDeviceStopped"
    }
  }
}

/// `NDIS_SHUTDOWN_ACTION`, given to MiniportShutdownEx.
public enum ShutdownAction: UInt32, Sendable, CaseIterable, BitwiseCopyable {
  case powerOff = 0
  case bugCheck = 1
}

extension ShutdownAction: CustomStringConvertible {
  public var description: String {
    switch self {
    case .powerOff: "NdisShutdownPowerOff"
    case .bugCheck: "NdisShutdownBugCheck"
    }
  }
}

/// `NDIS_DEVICE_PNP_EVENT`, given to MiniportDevicePnPEventNotify.
public enum PnPEvent: UInt32, Sendable, CaseIterable, BitwiseCopyable {
  case queryRemoved = 0
  case removed = 1
  case surpriseRemoved = 2
  case queryStopped = 3
  case stopped = 4
  case powerProfileChanged = 5
  case filterListChanged = 6
}

extension PnPEvent: CustomStringConvertible {
  public var description: String {
    switch self {
    case .queryRemoved: "NdisDevicePnPEventQueryRemoved"
    case .removed: "NdisDevicePnPEventRemoved"
    case .surpriseRemoved: "NdisDevicePnPEventSurpriseRemoved"
    case .queryStopped: "NdisDevicePnPEventQueryStopped"
    case .stopped: "NdisDevicePnPEventStopped"
    case .powerProfileChanged: "NdisDevicePnPEventPowerProfileChanged"
    case .filterListChanged: "NdisDevicePnPEventFilterListChanged"
    }
  }
}

/// `PauseReason` of NDIS_MINIPORT_PAUSE_PARAMETERS (`NDIS_PAUSE_*`).
public struct PauseReason: OptionSet, Hashable, Sendable, BitwiseCopyable {
  public var rawValue: UInt32
  public init(rawValue: UInt32) { self.rawValue = rawValue }

  public static let ndisInternal = PauseReason(rawValue: 0x1)
  public static let lowPower = PauseReason(rawValue: 0x2)
  public static let bindProtocol = PauseReason(rawValue: 0x4)
  public static let unbindProtocol = PauseReason(rawValue: 0x8)
  public static let attachFilter = PauseReason(rawValue: 0x10)
  public static let detachFilter = PauseReason(rawValue: 0x20)
  public static let filterRestartStack = PauseReason(rawValue: 0x40)
  public static let miniportDeviceRemove = PauseReason(rawValue: 0x80)
}

extension PauseReason {
  /// Every reason, by its name without the prefix NDIS_PAUSE_.
  public static let named: [(name: String, reason: PauseReason)] = [
    ("NDIS_INTERNAL", .ndisInternal), ("LOW_POWER", .lowPower),
    ("BIND_PROTOCOL", .bindProtocol), ("UNBIND_PROTOCOL", .unbindProtocol),
    ("ATTACH_FILTER", .attachFilter), ("DETACH_FILTER", .detachFilter),
    ("FILTER_RESTART_STACK", .filterRestartStack),
    ("MINIPORT_DEVICE_REMOVE", .miniportDeviceRemove),
  ]
}
