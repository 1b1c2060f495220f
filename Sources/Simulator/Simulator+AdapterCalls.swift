// What a miniport tells NDIS about its adapter's life, and what is done to an adapter from outside.

import CNDIS
import Events
import NDIS

extension Simulator {
  /// NdisMPauseComplete.
  mutating func pauseComplete(
    _ call: Call, _ handle: Handle, _ actions: inout Actions
  ) throws(Failure) {
    throw Failure(.notSupported, .completionUnexpected, handle.rawValue)
  }

  /// NdisMRestartComplete.
  mutating func restartComplete(
    _ call: Call, _ handle: Handle, _ status: Status, _ actions: inout Actions
  ) throws(Failure) {
    throw Failure(.notSupported, .completionUnexpected, handle.rawValue)
  }

  /// NdisCompleteBindAdapterEx.
  mutating func completeBind(
    _ call: Call, _ bindContext: Handle, _ status: Status, _ actions: inout Actions
  ) throws(Failure) {
    throw Failure(.notSupported, .completionUnexpected, bindContext.rawValue)
  }

  /// NdisCompleteUnbindAdapterEx.
  mutating func completeUnbind(
    _ call: Call, _ binding: Handle, _ status: Status, _ actions: inout Actions
  ) throws(Failure) {
    throw Failure(.notSupported, .completionUnexpected, binding.rawValue)
  }

  /// NdisCompleteNetPnPEvent.
  mutating func completeNetPnPEvent(
    _ call: Call, _ binding: Handle, _ status: Status, _ actions: inout Actions
  ) throws(Failure) {
    throw Failure(.notSupported, .completionUnexpected, binding.rawValue)
  }

  /// CHANGE_ADAPTER, of ours: pause, restart, shut down, remove by surprise, halt.
  mutating func changeAdapter(
    _ call: Call, _ handle: Handle, _ change: AdapterChange, _ actions: inout Actions
  ) throws(Failure) {
    throw Failure(.notSupported, .adapterChange)
  }
}
