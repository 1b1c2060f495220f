// A protocol driver as a Swift type, as in MiniportDriver.swift.

public import NDIS

/// The parameters of ProtocolBindAdapterEx.
public struct BindRequest: Hashable, Sendable {
  public var driver: ProtocolDriverHandle
  /// `BindContext`, valid until the handler returns.
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

  /// ProtocolOidRequestComplete ("nc-ndis-protocol_oid_request_complete"): a request made with
  /// `oidRequest` has completed.
  func oidRequestComplete(_ completion: OIDCompletion, context: UInt64, on connection: Connection)

  /// ProtocolStatusEx ("nc-ndis-protocol_status_ex").
  func statusEx(
    _ binding: BindingHandle, context: UInt64, _ indication: StatusIndication, buffer: [UInt8],
    on connection: Connection)

  /// ProtocolReceiveNetBufferLists ("nc-ndis-protocol_receive_net_buffer_lists"). The driver owns the lists
  /// until it returns them, unless `.resources` is among the flags; then only until the handler returns, and
  /// it must not return them. The default returns them immediately.
  func receiveNetBufferLists(_ indication: ReceiveIndication, on connection: Connection)

  /// ProtocolNetPnPEvent ("nc-ndis-protocol_net_pnp_event"): SUCCESS, PENDING (followed by
  /// `completeNetPnPEvent`), or an error.
  func netPnPEvent(
    _ binding: BindingHandle, context: UInt64, event: NetPnPEvent, on connection: Connection
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

  public func oidRequestComplete(
    _ completion: OIDCompletion, context: UInt64, on connection: Connection
  ) {}

  public func statusEx(
    _ binding: BindingHandle, context: UInt64, _ indication: StatusIndication, buffer: [UInt8],
    on connection: Connection
  ) {}

  public func receiveNetBufferLists(_ indication: ReceiveIndication, on connection: Connection) {
    guard !indication.flags.contains(.resources) else { return }
    // Lists that cannot be returned were returned already: the binding or the connection has ended.
    try? connection.returnNetBufferLists(indication)
  }

  public func netPnPEvent(
    _ binding: BindingHandle, context: UInt64, event: NetPnPEvent, on connection: Connection
  ) throws(DriverError) -> Status { .success }
}
