// The OID requests of receive queues and VPorts with their structures encoded and decoded: the lifecycle of
// a queue, as an overlying driver controls it. Each issues one request, waits for its completion and throws
// unless that is SUCCESS.

import CNDIS
public import NDIS

extension Connection {
  /// OID_RECEIVE_FILTER_ALLOCATE_QUEUE. Returns the parameters with QueueId and MSIXTableEntry.
  public func allocateQueue(
    _ binding: BindingHandle, _ parameters: ReceiveQueueParameters
  ) throws(DriverError) -> ReceiveQueueParameters {
    try method(binding, OID_RECEIVE_FILTER_ALLOCATE_QUEUE, parameters)
  }

  /// OID_RECEIVE_FILTER_QUEUE_ALLOCATION_COMPLETE: the miniport allocates the queues' memory. Returns a
  /// CompletionStatus for each queue; one that failed does not fail the others.
  public func completeQueueAllocation(
    _ binding: BindingHandle, queues: [UInt32]
  ) throws(DriverError) -> [QueueAllocationComplete.Element] {
    try method(
      binding, OID_RECEIVE_FILTER_QUEUE_ALLOCATION_COMPLETE,
      QueueAllocationComplete(queueIDs: queues)
    ).queues
  }

  /// OID_RECEIVE_FILTER_QUEUE_PARAMETERS, method: returns the parameters of a queue.
  public func queueParameters(
    _ binding: BindingHandle, queueID: UInt32, revision: UInt8 = 2
  ) throws(DriverError) -> ReceiveQueueParameters {
    var parameters = ReceiveQueueParameters(
      queueName: "", vmName: "", flags: [], revision: revision)
    parameters.queueID = queueID
    return try method(binding, OID_RECEIVE_FILTER_QUEUE_PARAMETERS, parameters)
  }

  /// OID_RECEIVE_FILTER_QUEUE_PARAMETERS, set: changes the fields named by the CHANGED flags.
  public func setQueueParameters(
    _ binding: BindingHandle, _ parameters: ReceiveQueueParameters
  ) throws(DriverError) {
    try set(binding, OID_RECEIVE_FILTER_QUEUE_PARAMETERS, parameters)
  }

  /// OID_RECEIVE_FILTER_FREE_QUEUE: completes when the queue's lists are returned and its memory is freed.
  public func freeQueue(_ binding: BindingHandle, queueID: UInt32) throws(DriverError) {
    try set(binding, OID_RECEIVE_FILTER_FREE_QUEUE, ReceiveQueueFreeParameters(queueID: queueID))
  }

  /// OID_RECEIVE_FILTER_ENUM_QUEUES.
  public func enumerateQueues(
    _ binding: BindingHandle
  ) throws(DriverError) -> [ReceiveQueueInfo] {
    try query(binding, OID_RECEIVE_FILTER_ENUM_QUEUES, ReceiveQueueInfoArray.self).queues
  }

  /// OID_RECEIVE_FILTER_SET_FILTER. Returns the FilterId.
  public func setFilter(
    _ binding: BindingHandle, _ parameters: ReceiveFilterParameters
  ) throws(DriverError) -> UInt32 {
    try method(binding, OID_RECEIVE_FILTER_SET_FILTER, parameters).filterID
  }

  /// OID_RECEIVE_FILTER_CLEAR_FILTER.
  public func clearFilter(
    _ binding: BindingHandle, queueID: UInt32, filterID: UInt32
  ) throws(DriverError) {
    try set(
      binding, OID_RECEIVE_FILTER_CLEAR_FILTER,
      ReceiveFilterClearParameters(queueID: queueID, filterID: filterID))
  }

  /// OID_RECEIVE_FILTER_MOVE_FILTER (NDIS 6.30).
  public func moveFilter(
    _ binding: BindingHandle, _ parameters: ReceiveFilterMoveParameters
  ) throws(DriverError) {
    try set(binding, OID_RECEIVE_FILTER_MOVE_FILTER, parameters)
  }

  /// OID_RECEIVE_FILTER_ENUM_FILTERS of a queue.
  public func enumerateFilters(
    _ binding: BindingHandle, queueID: UInt32
  ) throws(DriverError) -> [UInt32] {
    try method(
      binding, OID_RECEIVE_FILTER_ENUM_FILTERS,
      ReceiveFilterInfoArray(queueID: queueID, filters: []),
      outputLength: Connection.initialArrayLength
    ).filters.map(\.filterID)
  }

  /// OID_NIC_SWITCH_CREATE_SWITCH (NDIS 6.30).
  public func createSwitch(
    _ binding: BindingHandle, _ parameters: NICSwitchParameters = NICSwitchParameters()
  ) throws(DriverError) {
    _ = try method(binding, OID_NIC_SWITCH_CREATE_SWITCH, parameters)
  }

  /// OID_NIC_SWITCH_DELETE_SWITCH.
  public func deleteSwitch(_ binding: BindingHandle) throws(DriverError) {
    try set(binding, OID_NIC_SWITCH_DELETE_SWITCH, NICSwitchDeleteParameters())
  }

  /// OID_NIC_SWITCH_CREATE_VPORT. Returns the parameters with the VPortId.
  public func createVPort(
    _ binding: BindingHandle, _ parameters: VPortParameters
  ) throws(DriverError) -> VPortParameters {
    try method(binding, OID_NIC_SWITCH_CREATE_VPORT, parameters)
  }

  /// OID_NIC_SWITCH_VPORT_PARAMETERS, set: `.stateChanged` with state activated activates.
  public func setVPortParameters(
    _ binding: BindingHandle, _ parameters: VPortParameters
  ) throws(DriverError) {
    try set(binding, OID_NIC_SWITCH_VPORT_PARAMETERS, parameters)
  }

  /// OID_NIC_SWITCH_DELETE_VPORT.
  public func deleteVPort(_ binding: BindingHandle, vportID: UInt32) throws(DriverError) {
    try set(binding, OID_NIC_SWITCH_DELETE_VPORT, VPortDeleteParameters(vportID: vportID))
  }

  // MARK: By structure

  /// The initial size of an output buffer; a request that needs more is repeated with the bytes needed.
  private static let initialArrayLength: UInt32 = 4096

  /// A query that returns one structure.
  public func query<Answer: StructureImage>(
    _ binding: BindingHandle, _ oid: UInt32, _: Answer.Type
  ) throws(DriverError) -> Answer {
    try read(
      fitting(binding, OIDRequest(.query, oid, outputLength: Connection.initialArrayLength)))
  }

  /// A method that returns the structure of its input.
  public func method<Parameters: StructureImage>(
    _ binding: BindingHandle, _ oid: UInt32, _ parameters: Parameters, outputLength: UInt32 = 0
  ) throws(DriverError) -> Parameters {
    let input = parameters.image()
    return try read(
      fitting(
        binding,
        OIDRequest(
          .method, oid, input: input, outputLength: max(outputLength, UInt32(clamping: input.count))
        )))
  }

  /// A set request with a structure.
  public func set(
    _ binding: BindingHandle, _ oid: UInt32, _ parameters: some StructureImage
  ) throws(DriverError) {
    _ = try issue(binding, OIDRequest(.set, oid, input: parameters.image())).get()
  }

  /// Issues a request, and repeats it with the bytes needed that NDIS reports.
  private func fitting(
    _ binding: BindingHandle, _ request: OIDRequest
  ) throws(DriverError) -> [UInt8] {
    let completion = try issue(binding, request)
    guard completion.status == .invalidLength,
      completion.answer.bytesNeeded > request.outputLength
    else { return try completion.get() }
    var wider = request
    wider.outputLength = completion.answer.bytesNeeded
    return try issue(binding, wider).get()
  }

  private func read<Answer: StructureImage>(_ bytes: [UInt8]) throws(DriverError) -> Answer {
    do throws(Failure) { return try Answer(image: bytes) } catch { throw .protocolBroken(error) }
  }
}
