// A miniport driver as a Swift type: its methods are the handlers a driver registers. A handler runs at
// PASSIVE_LEVEL in the thread that read the upcall, may call the connection it is given, and
// returns a status; a thrown DriverError returns the error's status. Handlers without a result in NDIS have
// none here. The defaults are those of a minimal driver, so that a test implements only what it needs.

public import NDIS

/// A miniport driver ("nf-ndis-ndismregisterminiportdriver").
public protocol MiniportDriver: AnyObject, Sendable {
  /// MiniportSetOptions ("nc-ndis-set_options"): where a provider registers at driver level.
  func setOptions(
    _ driver: MiniportDriverHandle, on connection: Connection
  ) throws(DriverError) -> Status

  /// MiniportInitializeEx ("nc-ndis-miniport_initialize"). The default sets the attributes of a
  /// bus master, with the adapter's handle as its context.
  func initializeEx(
    _ adapter: AdapterHandle, name: String, on connection: Connection
  ) throws(DriverError) -> Status

  /// MiniportHaltEx ("nc-ndis-miniport_halt"): frees all resources of the adapter. The status is
  /// ignored, as the handler's return type is void.
  func haltEx(
    _ adapter: AdapterHandle, context: UInt64, action: HaltAction, on connection: Connection
  ) throws(DriverError) -> Status

  /// MiniportPause ("nc-ndis-miniport_pause"): SUCCESS if no list is indicated or being sent, or
  /// PENDING, followed by `pauseComplete`. It cannot fail.
  func pause(
    _ adapter: AdapterHandle, context: UInt64, reason: PauseReason, on connection: Connection
  ) throws(DriverError) -> Status

  /// MiniportRestart ("nc-ndis-miniport_restart"): SUCCESS, PENDING (followed by `restartComplete`),
  /// RESOURCES or FAILURE. The adapter may indicate as soon as this is called.
  func restart(
    _ adapter: AdapterHandle, context: UInt64, on connection: Connection
  ) throws(DriverError) -> Status

  /// MiniportShutdownEx ("nc-ndis-miniport_shutdown"): stops the hardware; it must not call NDIS.
  func shutdownEx(
    _ adapter: AdapterHandle, context: UInt64, action: ShutdownAction, on connection: Connection)

  /// MiniportDevicePnPEventNotify ("nc-ndis-miniport_device_pnp_event_notify").
  func devicePnPEventNotify(
    _ adapter: AdapterHandle, context: UInt64, event: PnPEvent, on connection: Connection)

  /// MiniportOidRequest ("nc-ndis-miniport_oid_request"). Returns the completion, or `.pending`, followed
  /// by `completeOIDRequest` with `handle`. The default returns NOT_SUPPORTED.
  func oidRequest(
    _ adapter: AdapterHandle, context: UInt64, _ request: OIDRequest, handle: OIDRequestHandle,
    on connection: Connection
  ) throws(DriverError) -> OIDAnswer

  /// MiniportCancelOidRequest ("nc-ndis-miniport_cancel_oid_request"): completes a pended request with
  /// REQUEST_ABORTED, if it can.
  func cancelOIDRequest(
    _ adapter: AdapterHandle, context: UInt64, requestID: UInt64, handle: OIDRequestHandle,
    on connection: Connection)

  /// MiniportReturnNetBufferLists ("nc-ndis-miniport_return_net_buffer_lists"): the miniport's own numbers
  /// of the returned lists.
  func returnNetBufferLists(
    _ adapter: AdapterHandle, context: UInt64, _ lists: [UInt64], flags: ReturnFlags,
    on connection: Connection)

  /// MiniportSharedMemoryAllocateComplete ("nc-ndis-miniport_allocate_shared_mem_complete"): the memory of
  /// `mAllocateSharedMemoryAsyncEx`; nil if the allocation failed. `allocationContext` is the Context of the call.
  func sharedMemoryAllocateComplete(
    _ adapter: AdapterHandle, context: UInt64, _ memory: MiniportSharedMemory?, length: UInt32,
    allocationContext: UInt64, on connection: Connection)
}

extension MiniportDriver {
  public func setOptions(
    _ driver: MiniportDriverHandle, on connection: Connection
  ) throws(DriverError) -> Status { .success }

  public func initializeEx(
    _ adapter: AdapterHandle, name: String, on connection: Connection
  ) throws(DriverError) -> Status {
    try connection.setMiniportAttributes(adapter, context: adapter.rawValue)
    return .success
  }

  public func haltEx(
    _ adapter: AdapterHandle, context: UInt64, action: HaltAction, on connection: Connection
  ) throws(DriverError) -> Status { .success }

  public func pause(
    _ adapter: AdapterHandle, context: UInt64, reason: PauseReason, on connection: Connection
  ) throws(DriverError) -> Status { .success }

  public func restart(
    _ adapter: AdapterHandle, context: UInt64, on connection: Connection
  ) throws(DriverError) -> Status { .success }

  public func shutdownEx(
    _ adapter: AdapterHandle, context: UInt64, action: ShutdownAction, on connection: Connection
  ) {}

  public func devicePnPEventNotify(
    _ adapter: AdapterHandle, context: UInt64, event: PnPEvent, on connection: Connection
  ) {}

  public func oidRequest(
    _ adapter: AdapterHandle, context: UInt64, _ request: OIDRequest, handle: OIDRequestHandle,
    on connection: Connection
  ) throws(DriverError) -> OIDAnswer { OIDAnswer(.notSupported) }

  public func cancelOIDRequest(
    _ adapter: AdapterHandle, context: UInt64, requestID: UInt64, handle: OIDRequestHandle,
    on connection: Connection
  ) {}

  public func returnNetBufferLists(
    _ adapter: AdapterHandle, context: UInt64, _ lists: [UInt64], flags: ReturnFlags,
    on connection: Connection
  ) {}

  public func sharedMemoryAllocateComplete(
    _ adapter: AdapterHandle, context: UInt64, _ memory: MiniportSharedMemory?, length: UInt32,
    allocationContext: UInt64, on connection: Connection
  ) {}
}
