// vmq's receive queues and their filters. A queue allocates its memory when its allocation is complete and
// not before; while it is freed it indicates that DMA has stopped, waits for its lists, frees its memory, and
// only then completes the request.

import NDISDriverInterface
import NDIS

extension VMQMiniport {
  // MARK: OID_RECEIVE_FILTER_ALLOCATE_QUEUE

  /// The minimum and the maximum lookahead size; a smaller one is raised to the minimum.
  static let lookaheadSizes: ClosedRange<UInt32> = 64...128

  mutating func allocateQueue(_ call: OIDCall) throws(Failure) -> Outcome {
    guard !settings.hasSwitch else { throw Failure(.notSupported, .noQueues) }
    var parameters = try ReceiveQueueParameters(image: call.input)
    guard parameters.queueID != 0, record(parameters.queueID) == nil else {
      throw Failure(.invalidParameter, .queueState, UInt64(parameters.queueID))
    }
    let index = try freeRecord()
    var lookahead = parameters.lookahead(for: settings.version)
    if lookahead > 0 {
      guard lookahead <= Self.lookaheadSizes.upperBound else {
        throw Failure(.notSupported, .lookahead, UInt64(lookahead))
      }
      lookahead = max(lookahead, Self.lookaheadSizes.lowerBound)
      parameters.lookaheadSize = lookahead
    }
    parameters.msixTableEntry = UInt32(truncatingIfNeeded: index)
    let outcome = try answered(call, parameters.image())
    var queue = VMQQueue()
    queue.kind = .queue
    queue.id = parameters.queueID
    queue.isSingle = parameters.flags.contains(.perQueueReceiveIndication)
    queue.lookahead = lookahead
    queues[index] = queue
    return outcome
  }

  mutating func setQueueParameters(_ call: OIDCall) throws(Failure) -> Outcome {
    let parameters = try ReceiveQueueParameters(image: call.input)
    guard parameters.queueID != 0, let index = record(parameters.queueID) else {
      throw Failure(.invalidParameter, .queueUnknown, UInt64(parameters.queueID))
    }
    if parameters.flags.contains(.flagsChanged) {
      queues[index].isSingle = parameters.flags.contains(.perQueueReceiveIndication)
    }
    return .success
  }

  // MARK: OID_RECEIVE_FILTER_QUEUE_ALLOCATION_COMPLETE

  mutating func completeAllocation(_ call: OIDCall) throws(Failure) -> Outcome {
    let array = try QueueAllocationComplete(image: call.input)
    // The output is as long as the input.
    _ = try answered(call, array.image())
    var found: [Int] = []
    for element in array.queues {
      guard let index = record(element.queueID), queues[index].kind == .queue,
        !queues[index].hasMemory, isAtRest(index), !found.contains(index)
      else { throw Failure(.invalidParameter, .queueState, UInt64(element.queueID)) }
      found.append(index)
    }
    for (place, index) in found.enumerated() {
      queues[index].batch = UInt8(truncatingIfNeeded: place + 1)
      queues[index].isCompleted = false
      queues[index].status = .pending
    }
    state.request.work = .completingAllocation
    return .later
  }

  /// The records of the batch, in its order.
  var batch: [Int] {
    queues.indices.filter { queues[$0].batch != 0 }.sorted { queues[$0].batch < queues[$1].batch }
  }

  /// One queue at a time.
  mutating func advanceCompletion() -> Bool {
    let batch = batch
    if state.request.isCancelled || state.isRemoved {
      state.request.work = .givingUp
      state.request.status = state.isRemoved ? .notAccepted : .requestAborted
      for index in batch { release(index, in: state.request.upcall) }
      return true
    }
    if let index = batch.first(where: { !queues[$0].isCompleted }) {
      if queues[index].status == .pending {
        acquire(index, in: state.request.upcall)
        return true
      }
      guard isAtRest(index) else { return false }
      queues[index].isCompleted = true
      return true
    }
    let elements = batch.map {
      QueueAllocationComplete.Element(
        queueID: queues[$0].id, completionStatus: queues[$0].status)
    }
    for index in batch {
      queues[index].batch = 0
      // It may be filled once NDIS has received the completion, which is the next step.
      queues[index].isOpen = queues[index].isReady
    }
    end(Outcome(status: .success, information: QueueAllocationComplete(elements).image()))
    return true
  }

  // MARK: OID_RECEIVE_FILTER_FREE_QUEUE

  mutating func freeQueue(_ call: OIDCall) throws(Failure) -> Outcome {
    // A request that frees an object cannot fail; an unknown one is free already.
    guard let parameters = try? ReceiveQueueFreeParameters(image: call.input),
      parameters.queueID != 0, let index = record(parameters.queueID),
      queues[index].kind == .queue
    else { return .success }
    queues[index].isOpen = false
    state.request.queue = UInt8(truncatingIfNeeded: index)
    state.request.work = .stopping
    return .later
  }

  /// Indicates that DMA has stopped; if the handler returns PENDING, after that.
  mutating func indicateStop() {
    let index = Int(state.request.queue)
    let buffer = ReceiveQueueState(queueID: queues[index].id, state: .dmaStopped).image()
    let indication = StatusIndication(
      from: state.adapter, .receiveQueueState, bufferSize: UInt32(clamping: buffer.count))
    call(
      .indicateStatus, in: state.request.upcall,
      .indicateStatus(state.adapter, IndicatedStatus(indication: indication, buffer: buffer)))
  }

  mutating func stopIndicated() {
    guard state.request.work == .indicatingStop else { return }
    state.request.work = .freeing
    release(Int(state.request.queue), in: state.request.upcall)
  }

  // MARK: Filters

  /// Maximum number of filters of an adapter.
  static let maximumFilters = 512

  mutating func setFilter(_ call: OIDCall) throws(Failure) -> Outcome {
    let parameters = try ReceiveFilterParameters(image: call.input)
    let index = try place(queueID: parameters.queueID, vportID: parameters.vportID)
    guard filters.count < Self.maximumFilters else {
      throw Failure(
        .failure, .tableFull, RecordKind.filter.rawValue, UInt64(Self.maximumFilters))
    }
    // The device does not look into encapsulated packets.
    guard parameters.flags.isEmpty else {
      throw Failure(.notSupported, .unknownFlags, UInt64(parameters.flags.rawValue))
    }
    var filter = VMQFilter()
    filter.id = parameters.filterID
    filter.queue = UInt8(truncatingIfNeeded: index)
    let isUntagged = parameters.fields.contains { $0.flags.contains(.vlanUntaggedOrZero) }
    var tests: Set<MACHeaderField> = []
    for field in parameters.fields {
      guard field.frameHeader == .mac else {
        throw Failure(.notSupported, .filterFrameHeader, UInt64(field.frameHeader.rawValue))
      }
      guard field.test == .equal else {
        throw Failure(.notSupported, .filterTest, UInt64(field.test.rawValue))
      }
      switch MACHeaderField(rawValue: field.headerField) {
      case .destinationAddress:
        filter.address = MACAddress((0..<6).map { field.fieldValue[$0] })
        tests.insert(.destinationAddress)
      case .vlanID:
        // "The network adapter must only indicate received packets" without a tag, or of VLAN 0, with the flag.
        filter.hasVLAN = !isUntagged
        filter.vlan = field.vlanID
        tests.insert(.vlanID)
      default:
        throw Failure(
          .notSupported, .filterHeaderField, UInt64(UInt32(bitPattern: field.headerField)),
          UInt64(field.frameHeader.rawValue))
      }
    }
    // "For NDIS 6.20, the miniport driver must return a failed status."
    guard settings.version >= .vports || isUntagged || tests != [.destinationAddress] else {
      throw Failure(.invalidParameter, .vlanUntested)
    }
    // A filter without an address accepts every frame of its VLAN; broadcasts are generated for it.
    let outcome = try answered(call, call.input)
    filters.append(filter)
    queues[index].filters += 1
    return outcome
  }

  mutating func clearFilter(_ call: OIDCall) throws(Failure) -> Outcome {
    guard let parameters = try? ReceiveFilterClearParameters(image: call.input),
      let place = filters.firstIndex(where: { $0.id == parameters.filterID })
    else { return .success }
    let index = Int(filters.remove(at: place).queue)
    queues[index].filters -= min(queues[index].filters, 1)
    return .success
  }

  mutating func moveFilter(_ call: OIDCall) throws(Failure) -> Outcome {
    let parameters = try ReceiveFilterMoveParameters(image: call.input)
    guard let place = filters.firstIndex(where: { $0.id == parameters.filterID }) else {
      throw Failure(.invalidParameter, .filterUnknown, UInt64(parameters.filterID))
    }
    let index = try self.place(
      queueID: parameters.destination.queueID, vportID: parameters.destination.vportID)
    let old = Int(filters[place].queue)
    queues[old].filters -= min(queues[old].filters, 1)
    queues[index].filters += 1
    filters[place].queue = UInt8(truncatingIfNeeded: index)
    return .success
  }

  /// The record of a QueueId and VPortId.
  func place(queueID: UInt32, vportID: UInt32) throws(Failure) -> Int {
    if settings.hasSwitch {
      guard let index = record(vportID) else {
        throw Failure(.invalidParameter, .vportUnknown, UInt64(vportID))
      }
      return index
    }
    guard let index = record(queueID) else {
      throw Failure(.invalidParameter, .queueUnknown, UInt64(queueID))
    }
    return index
  }
}
