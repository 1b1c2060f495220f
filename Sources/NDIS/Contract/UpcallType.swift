// The types of upcalls, by the driver's handler that NDIS calls. The numbers are those of the messages on the
// driver plane; stores contain them, too.

/// The type of an upcall.
public enum UpcallType: UInt16, Sendable, CaseIterable, BitwiseCopyable {
  // MARK: Drivers, miniports

  /// MiniportSetOptions, ProtocolSetOptions or FilterSetOptions.
  case setOptions = 128
  /// MiniportInitializeEx.
  case initializeEx = 129
  /// MiniportHaltEx.
  case haltEx = 130
  /// MiniportPause.
  case pause = 131
  /// MiniportRestart.
  case restart = 132
  /// MiniportShutdownEx.
  case shutdownEx = 133
  /// MiniportOidRequest.
  case oidRequest = 134
  /// MiniportCancelOidRequest.
  case cancelOIDRequest = 135
  /// MiniportReturnNetBufferLists.
  case returnNetBufferLists = 136
  /// MiniportDevicePnPEventNotify.
  case devicePnPEventNotify = 137

  // MARK: Protocol drivers

  /// ProtocolBindAdapterEx.
  case bindAdapterEx = 145
  /// ProtocolUnbindAdapterEx.
  case unbindAdapterEx = 146
  /// ProtocolOidRequestComplete.
  case oidRequestComplete = 147
  /// ProtocolStatusEx.
  case statusEx = 148
  /// ProtocolReceiveNetBufferLists.
  case receiveNetBufferLists = 149
  /// ProtocolNetPnPEvent.
  case netPnPEvent = 150

  // MARK: Shared-memory providers

  /// NetAllocateSharedMemory.
  case allocateSharedMemory = 176
  /// NetFreeSharedMemory.
  case freeSharedMemory = 177

  // MARK: Shared memory of miniports

  /// MiniportSharedMemoryAllocateComplete.
  case sharedMemoryAllocateComplete = 178
}
