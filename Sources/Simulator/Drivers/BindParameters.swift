// GET_BIND_PARAMETERS: the BindParameters of ProtocolBindAdapterEx on Windows, requested with the BindContext in
// that handler, or with the binding's handle later. The reply is made when it is sent, from the adapter's attributes.

import NDISDriverInterface
public import NDIS
import NDISStore

extension Simulator {
  mutating func getBindParameters(_ call: Call, _ handle: Handle) throws(Failure) {
    let index =
      handle.kind == .bindContext
      ? try resolveBindContext(handle, session: call.sessionIndex)
      : try resolveBinding(handle, .binding, session: call.sessionIndex)
    guard let adapter = store.bindings[index, \.adapter].optional else {
      throw Failure(.invalidParameter, .staleHandle, handle.rawValue)
    }
    let version = store.drivers[store.bindings[index, \.driver].index, \.version]
    let revision = BindParameters.structure.newest(for: version)
    finish(call.sessionIndex, call.requestID, adapterHandle(adapter), UInt64(revision))
  }

  /// The images of a reply: the parameters, and the current capabilities of receive filters and of the NIC switch.
  /// Nil when the adapter is gone.
  public func bindParameters(
    adapter handle: Handle, revision: UInt8
  ) -> (parameters: [UInt8], receiveFilter: [UInt8], nicSwitch: [UInt8])? {
    let index = Index<AdapterRecord>(handle)
    guard handle.kind == .adapter, store.adapters.contains(index),
      store.adapters[index, \.life] != .free, adapterHandle(index) == handle
    else { return nil }
    let attributes = generalAttributes(adapter: index) ?? .unset
    let record = store.capabilities[index]
    return (
      BindParameters(attributes, revision: revision).image(),
      Array(record.receiveFilter.bytes.prefix(Int(record.receiveFilterLength))),
      Array(record.nicSwitch.bytes.prefix(Int(record.nicSwitchLength)))
    )
  }
}
