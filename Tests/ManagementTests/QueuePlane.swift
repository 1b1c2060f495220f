// Queues on the bench of management: a miniport that takes whatever an overlying driver asks, and such a
// driver, bound to it.

import CNDIS
import NDIS
import NDISDriverKit

@testable import NDISDriverPlane
@testable import NDISManagementPlane

/// A miniport with VM queues, or VPorts, that says yes.
final class QueueMiniport: MiniportDriver {
  /// Pends OID requests of this number, for ever.
  let pended: UInt32?
  private let hasVPorts: Bool

  init(pended: UInt32? = nil, hasVPorts: Bool = false) {
    self.pended = pended
    self.hasVPorts = hasVPorts
  }

  func initializeEx(
    _ adapter: AdapterHandle, name: String, on connection: Connection
  ) throws(DriverError) -> Status {
    try connection.setMiniportAttributes(adapter, context: adapter.rawValue)
    try connection.setGeneralAttributes(
      adapter, GeneralAttributes(address: [2, 0, 0, 0, 0, 0xA]),
      supported: [OID_GEN_SUPPORTED_LIST, OID_GEN_STATISTICS])
    var filter = ReceiveFilterCapabilities()
    filter.enabledFilterTypes = NDIS_RECEIVE_FILTER_VMQ_FILTERS_ENABLED
    filter.enabledQueueTypes = hasVPorts ? 0 : NDIS_RECEIVE_FILTER_VM_QUEUES_ENABLED
    filter.numQueues = hasVPorts ? 0 : 1000
    filter.supportedQueueProperties =
      NDIS_RECEIVE_FILTER_VM_QUEUE_SUPPORTED | NDIS_RECEIVE_FILTER_MSI_X_SUPPORTED
      | ReceiveFilterCapabilityFlags.requiredFrom630
    filter.supportedFilterTests = 1
    filter.supportedHeaders = 1
    filter.supportedMACHeaderFields = 0x9
    filter.maxMACHeaderFilters = 4096
    let nicSwitch = NICSwitchCapabilities.vports(64)
    try connection.setHardwareAssistAttributes(
      adapter, hardware: CapabilitySet(receiveFilter: filter, nicSwitch: nicSwitch),
      current: CapabilitySet(receiveFilter: filter, nicSwitch: hasVPorts ? nicSwitch : nil))
    _ = try connection.registerScatterGatherDMA(adapter)
    return .success
  }

  func oidRequest(
    _ adapter: AdapterHandle, context: UInt64, _ request: OIDRequest, handle: OIDRequestHandle,
    on connection: Connection
  ) throws(DriverError) -> OIDAnswer {
    if request.oid == pended { return .pending }
    if request.oid == OID_RECEIVE_FILTER_FREE_QUEUE {
      let freed: ReceiveQueueFreeParameters
      do throws(Failure) { freed = try ReceiveQueueFreeParameters(image: request.input) } catch {
        return OIDAnswer(error.status)
      }
      try connection.indicateQueueState(adapter, queueID: freed.queueID)
    }
    let isMethod = request.kind == OIDRequestKind.method.rawValue
    return OIDAnswer(
      .success, information: isMethod ? request.input : [],
      bytesRead: UInt32(clamping: request.input.count))
  }
}

/// A miniport with an adapter, and an overlying driver bound to it.
final class QueuePlane {
  final class Overlying: ProtocolDriver {}

  let bench: PlaneBench
  let miniport: Connection
  let adapter: AdapterHandle
  let overlying: Connection
  let binding: BindingHandle

  /// - Parameter isServing: the overlying driver is called at any time, and not only while it calls.
  init(
    _ bench: PlaneBench, _ name: String = "vmq0", pended: UInt32? = nil, hasVPorts: Bool = false,
    isServing: Bool = false
  ) throws {
    self.bench = bench
    miniport = try bench.connect("mini-" + name, isServing: true)
    let driver = try miniport.registerMiniportDriver(
      QueueMiniport(pended: pended, hasVPorts: hasVPorts), name: "mini-" + name,
      version: NDISVersion(6, 30))
    adapter = try miniport.addAdapter(driver, name: name)
    overlying = try bench.connect("over-" + name, isServing: isServing)
    let protocolDriver = try overlying.registerProtocolDriver(Overlying(), name: "over-" + name)
    binding = try overlying.bindAdapter(protocolDriver, adapterName: name)
  }

  func close() {
    overlying.close()
    miniport.close()
  }

  /// A queue with one filter, which runs.
  func runningQueue(_ name: String = "q", _ address: UInt8 = 1) throws -> UInt32 {
    let id = try overlying.allocateQueue(
      binding, ReceiveQueueParameters(queueName: name, vmName: "guest")
    ).queueID
    _ = try overlying.setFilter(
      binding,
      ReceiveFilterParameters(
        queueID: id, fields: [.destinationAddress([2, 0, 0, 0, 0, address]), .vlan(7)]))
    _ = try overlying.completeQueueAllocation(binding, queues: [id])
    return id
  }
}
