// Changes made to an adapter from outside, as by plug and play, power management, or attaching a filter on
// Windows. An extension; the numbers are the driver plane's.

import CNDIS

/// A change made to an adapter with CHANGE_ADAPTER, and its argument.
public enum AdapterChange: Hashable, Sendable, BitwiseCopyable {
  case pause(PauseReason)
  case restart
  case shutdown(ShutdownAction)
  case surpriseRemove
  case halt(HaltAction)

  /// Fails with INVALID_PARAMETER for an unknown change or argument.
  public init(change: UInt32, argument: UInt32) throws(Failure) {
    let made: AdapterChange? =
      switch change {
      case UInt32(NDISSIM_CHANGE_PAUSE): .pause(PauseReason(rawValue: argument))
      case UInt32(NDISSIM_CHANGE_RESTART): argument == 0 ? .restart : nil
      case UInt32(NDISSIM_CHANGE_SHUTDOWN): ShutdownAction(rawValue: argument).map { .shutdown($0) }
      case UInt32(NDISSIM_CHANGE_SURPRISE_REMOVE): argument == 0 ? .surpriseRemove : nil
      case UInt32(NDISSIM_CHANGE_HALT): HaltAction(rawValue: argument).map { .halt($0) }
      default: nil
      }
    guard let made else {
      throw Failure(.invalidParameter, .adapterChange, UInt64(change), UInt64(argument))
    }
    self = made
  }

  /// The two numbers in the message.
  public var numbers: (change: UInt32, argument: UInt32) {
    switch self {
    case .pause(let reason): (UInt32(NDISSIM_CHANGE_PAUSE), reason.rawValue)
    case .restart: (UInt32(NDISSIM_CHANGE_RESTART), 0)
    case .shutdown(let action): (UInt32(NDISSIM_CHANGE_SHUTDOWN), action.rawValue)
    case .surpriseRemove: (UInt32(NDISSIM_CHANGE_SURPRISE_REMOVE), 0)
    case .halt(let action): (UInt32(NDISSIM_CHANGE_HALT), action.rawValue)
    }
  }
}

/// `NET_PNP_EVENT_CODE`, given to ProtocolNetPnPEvent.
public enum NetPnPEvent: UInt32, Sendable, CaseIterable, BitwiseCopyable {
  case setPower = 0
  case queryPower = 1
  case queryRemoveDevice = 2
  case cancelRemoveDevice = 3
  case reconfigure = 4
  case bindList = 5
  case bindsComplete = 6
  case pnpCapabilities = 7
  case pause = 8
  case restart = 9
}

extension NetPnPEvent: CustomStringConvertible {
  public var description: String {
    switch self {
    case .setPower: "NetEventSetPower"
    case .queryPower: "NetEventQueryPower"
    case .queryRemoveDevice: "NetEventQueryRemoveDevice"
    case .cancelRemoveDevice: "NetEventCancelRemoveDevice"
    case .reconfigure: "NetEventReconfigure"
    case .bindList: "NetEventBindList"
    case .bindsComplete: "NetEventBindsComplete"
    case .pnpCapabilities: "NetEventPnPCapabilities"
    case .pause: "NetEventPause"
    case .restart: "NetEventRestart"
    }
  }
}
