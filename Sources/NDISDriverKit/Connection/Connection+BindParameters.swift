// What NDIS tells a protocol driver about the adapter it binds to.

import CNDIS
import NDISDriverProtocol
public import NDIS

/// The BindParameters of ProtocolBindAdapterEx: NDIS_BIND_PARAMETERS and the capabilities it points to.
public struct BindingParameters: Sendable, Hashable {
  public var parameters: BindParameters
  /// Currently enabled capabilities.
  public var capabilities: CapabilitySet
}

extension Connection {
  /// The BindParameters of a binding that `bindAdapterEx` is called for; PASSIVE_LEVEL, an extension.
  public func bindParameters(bindContext: UInt64) throws(DriverError) -> BindingParameters {
    try bindParameters(handle: bindContext)
  }

  /// The same for an open binding, as they are now.
  public func bindParameters(_ binding: BindingHandle) throws(DriverError) -> BindingParameters {
    try bindParameters(handle: binding.rawValue)
  }

  private func bindParameters(handle: UInt64) throws(DriverError) -> BindingParameters {
    try call(NDISSIM_GET_BIND_PARAMETERS) { writer in
      writer.append(handle)
    } read: { reader throws(Failure) in
      let raw = try reader.read(ndissim_bind_parameters_reply.self)
      let parameters = try BindParameters(image: try reader.readBytes(Int(raw.image_length)))
      let filter = try reader.readBytes(Int(raw.receive_filter_length))
      let nicSwitch = try reader.readBytes(Int(raw.nic_switch_length))
      return BindingParameters(
        parameters: parameters,
        capabilities: CapabilitySet(
          receiveFilter: filter.isEmpty ? nil : try ReceiveFilterCapabilities(image: filter),
          nicSwitch: nicSwitch.isEmpty ? nil : try NICSwitchCapabilities(image: nicSwitch)))
    }
  }
}
