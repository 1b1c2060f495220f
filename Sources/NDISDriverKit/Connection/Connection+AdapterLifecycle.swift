// The calls of a miniport about its adapter, and administrative changes of an adapter.

import CNDIS
import NDISDriverProtocol
public import NDIS

extension Connection {
  /// NdisMPauseComplete ("nf-ndis-ndismpausecomplete"): after `pause` returned PENDING. At most
  /// DISPATCH_LEVEL.
  public func pauseComplete(_ adapter: AdapterHandle) throws(DriverError) {
    try call(NDISSIM_PAUSE_COMPLETE) { $0.append(adapter.rawValue) }
  }

  /// NdisMRestartComplete ("nf-ndis-ndismrestartcomplete"): after `restart` returned PENDING. At most
  /// DISPATCH_LEVEL.
  public func restartComplete(
    _ adapter: AdapterHandle, _ status: Status
  ) throws(DriverError) {
    try complete(NDISSIM_RESTART_COMPLETE, adapter.rawValue, status)
  }

  /// NdisCompleteBindAdapterEx ("nf-ndis-ndiscompletebindadapterex"): after `bindAdapterEx` returned
  /// PENDING.
  public func completeBind(bindContext: UInt64, _ status: Status) throws(DriverError) {
    try complete(NDISSIM_COMPLETE_BIND_ADAPTER_EX, bindContext, status)
  }

  /// NdisCompleteUnbindAdapterEx ("nf-ndis-ndiscompleteunbindadapterex"): after `unbindAdapterEx`
  /// returned PENDING.
  public func completeUnbind(
    _ binding: BindingHandle, _ status: Status = .success
  ) throws(DriverError) {
    try complete(NDISSIM_COMPLETE_UNBIND_ADAPTER_EX, binding.rawValue, status)
  }

  /// NdisCompleteNetPnPEvent ("nf-ndis-ndiscompletenetpnpevent"): after `netPnPEvent` returned PENDING.
  public func completeNetPnPEvent(
    _ binding: BindingHandle, _ status: Status
  ) throws(DriverError) {
    try complete(NDISSIM_COMPLETE_NET_PNP_EVENT, binding.rawValue, status)
  }

  private func complete(
    _ type: Int, _ handle: UInt64, _ status: Status
  ) throws(DriverError) {
    try call(type) { writer in
      writer.append(handle)
      writer.append(status.rawValue)
      writer.append(UInt32(0))
    }
  }

  /// NdisMIndicateStatusEx ("nf-ndis-ndismindicatestatusex"). At most DISPATCH_LEVEL.
  public func indicateStatus(
    _ adapter: AdapterHandle, _ status: Status, buffer: [UInt8] = [],
    to destination: BindingHandle = .null, requestID: UInt64 = 0
  ) throws(DriverError) {
    try indicateStatus(
      adapter,
      StatusIndication(
        from: Handle(rawValue: adapter.rawValue), status,
        bufferSize: UInt32(clamping: buffer.count),
        to: Handle(rawValue: destination.rawValue), requestID: requestID), buffer: buffer)
  }

  /// NdisMIndicateStatusEx with a given structure, for tests of invalid ones.
  public func indicateStatus(
    _ adapter: AdapterHandle, _ indication: StatusIndication, buffer: [UInt8]
  ) throws(DriverError) {
    let image = indication.image()
    try call(NDISSIM_INDICATE_STATUS_EX) { writer in
      writer.append(adapter.rawValue)
      unsafe image.withUnsafeBytes { unsafe writer.append(bytes: $0) }
      unsafe buffer.withUnsafeBytes { unsafe writer.append(bytes: $0) }
    }
  }

  /// NDIS_STATUS_RECEIVE_QUEUE_STATE: the miniport has stopped DMA to a queue that is being freed.
  public func indicateQueueState(
    _ adapter: AdapterHandle, queueID: UInt32, _ state: ReceiveQueueOperationalState = .dmaStopped
  ) throws(DriverError) {
    try indicateStatus(
      adapter, .receiveQueueState, buffer: ReceiveQueueState(queueID: queueID, state: state).image()
    )
  }

  /// Changes an adapter as plug and play, power management or a filter does (extension). Returns when the
  /// change is complete.
  public func changeAdapter(
    _ adapter: AdapterHandle, _ change: AdapterChange
  ) throws(DriverError) {
    let numbers = change.numbers
    try call(NDISSIM_CHANGE_ADAPTER) { writer in
      writer.append(adapter.rawValue)
      writer.append(numbers.change)
      writer.append(numbers.argument)
    }
  }
}
