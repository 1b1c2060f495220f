// The documented names of the handlers, by the type of their upcalls.

extension UpcallType {
  /// The handler's name; SetOptions without the kind of driver in front.
  public var handler: String {
    switch self {
    case .setOptions: "SetOptions"
    case .initializeEx: "MiniportInitializeEx"
    case .haltEx: "MiniportHaltEx"
    case .pause: "MiniportPause"
    case .restart: "MiniportRestart"
    case .shutdownEx: "MiniportShutdownEx"
    case .oidRequest: "MiniportOidRequest"
    case .cancelOIDRequest: "MiniportCancelOidRequest"
    case .returnNetBufferLists: "MiniportReturnNetBufferLists"
    case .devicePnPEventNotify: "MiniportDevicePnPEventNotify"
    case .bindAdapterEx: "ProtocolBindAdapterEx"
    case .unbindAdapterEx: "ProtocolUnbindAdapterEx"
    case .oidRequestComplete: "ProtocolOidRequestComplete"
    case .statusEx: "ProtocolStatusEx"
    case .receiveNetBufferLists: "ProtocolReceiveNetBufferLists"
    case .netPnPEvent: "ProtocolNetPnPEvent"
    case .allocateSharedMemory: "NetAllocateSharedMemory"
    case .freeSharedMemory: "NetFreeSharedMemory"
    case .sharedMemoryAllocateComplete: "MiniportSharedMemoryAllocateComplete"
    }
  }
}
