// Drivers as Swift types: their methods are the handlers a driver registers. A handler runs at
// PASSIVE_LEVEL in the thread that read the upcall, may call the connection it is given, and
// answers a status; throwing a DriverError answers the error's status. The defaults are what a
// driver without opinions does, so that a test writes only what it is about.

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

  /// MiniportHaltEx ("nc-ndis-miniport_halt"): frees all that the adapter has. The status is
  /// ignored, as the handler's return type is void.
  func haltEx(
    _ adapter: AdapterHandle, context: UInt64, action: UInt32, on connection: Connection
  ) throws(DriverError) -> Status

  /// MiniportPause ("nc-ndis-miniport_pause").
  func pause(
    _ adapter: AdapterHandle, context: UInt64, on connection: Connection
  ) throws(DriverError) -> Status

  /// MiniportRestart ("nc-ndis-miniport_restart").
  func restart(
    _ adapter: AdapterHandle, context: UInt64, on connection: Connection
  ) throws(DriverError) -> Status
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
    _ adapter: AdapterHandle, context: UInt64, action: UInt32, on connection: Connection
  ) throws(DriverError) -> Status { .success }

  public func pause(
    _ adapter: AdapterHandle, context: UInt64, on connection: Connection
  ) throws(DriverError) -> Status { .success }

  public func restart(
    _ adapter: AdapterHandle, context: UInt64, on connection: Connection
  ) throws(DriverError) -> Status { .success }
}

/// What NDIS asks a protocol driver to bind to.
public struct BindRequest: Hashable, Sendable {
  public var driver: ProtocolDriverHandle
  /// `BindContext`, good while the handler runs.
  public var bindContext: UInt64
  public var adapterName: String
}

/// A protocol driver ("nf-ndis-ndisregisterprotocoldriver").
public protocol ProtocolDriver: AnyObject, Sendable {
  /// ProtocolSetOptions: where a provider registers at driver level.
  func setOptions(
    _ driver: ProtocolDriverHandle, on connection: Connection
  ) throws(DriverError) -> Status

  /// ProtocolBindAdapterEx ("nc-ndis-protocol_bind_adapter_ex"). The default opens the adapter.
  func bindAdapterEx(
    _ request: BindRequest, on connection: Connection
  ) throws(DriverError) -> Status

  /// ProtocolUnbindAdapterEx ("nc-ndis-protocol_unbind_adapter_ex"). The default closes the
  /// binding.
  func unbindAdapterEx(
    _ binding: BindingHandle, context: UInt64, on connection: Connection
  ) throws(DriverError) -> Status
}

extension ProtocolDriver {
  public func setOptions(
    _ driver: ProtocolDriverHandle, on connection: Connection
  ) throws(DriverError) -> Status { .success }

  public func bindAdapterEx(
    _ request: BindRequest, on connection: Connection
  ) throws(DriverError) -> Status {
    _ = try connection.openAdapter(request)
    return .success
  }

  public func unbindAdapterEx(
    _ binding: BindingHandle, context: UInt64, on connection: Connection
  ) throws(DriverError) -> Status {
    try connection.closeAdapter(binding)
    return .success
  }
}
