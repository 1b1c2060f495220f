// vmq's MiniportOidRequest. NDIS has validated a request before it arrives here, and sends no second one
// while one is pending. Most complete at once; those that allocate memory, or must wait for returned lists,
// return PENDING and complete later.

import NDISDriverInterface
import NDIS

extension VMQMiniport {
  /// The immediate result of an OID request.
  struct Outcome {
    var status: Status
    var information: [UInt8] = []
    var needed = 0

    static let success = Outcome(status: .success)
    /// The request is in progress; its state is in `state.request`.
    static let later = Outcome(status: .pending)
  }

  mutating func request(_ upcall: DriverUpcall) {
    guard let oid = upcall.oid else { return answer(upcall.id, .failure) }
    abandonRequest()
    state.request.handle = oid.handle
    state.request.upcall = upcall.id
    state.request.inputLength = UInt32(clamping: oid.call.input.count)
    let outcome: Outcome
    // Requests that free an object do their work before they complete with this status.
    let isFreeing =
      oid.call.oid == OIDNumber.receiveFilterFreeQueue
      || oid.call.oid == OIDNumber.nicSwitchDeleteVPort
    if state.isRemoved, !isFreeing, oid.call.oid != OIDNumber.pnpQueryPower {
      outcome = Outcome(status: .notAccepted)
    } else {
      do throws(Failure) { outcome = try serve(oid.call) } catch {
        outcome = Outcome(
          status: error.status,
          needed: error.status == .invalidLength ? Int(truncatingIfNeeded: error.b) : 0)
      }
    }
    let isLater = outcome.status == .pending
    let isOfQueues =
      oid.call.oid == OIDNumber.receiveFilterQueueAllocationComplete
      || oid.call.oid == OIDNumber.receiveFilterFreeQueue
    if settings.pends == .always || (settings.pends == .queues && isLater && isOfQueues) {
      pend()
    }
    guard !isLater else { return }
    if state.isRemoved, outcome.status == .success, isFreeing {
      return end(Outcome(status: .notAccepted))
    }
    end(outcome)
    activate(after: oid.call, outcome)
  }

  /// Abandons a request that NDIS has stopped waiting for, and releases the memory involved.
  private mutating func abandonRequest() {
    let request = state.request
    state.request = VMQRequest()
    switch request.work {
    case .none: break
    case .stopping, .indicatingStop, .freeing:
      queues[Int(request.queue)].isLeaving = true
      release(Int(request.queue), in: 0)
    case .completingAllocation, .givingUp:
      for index in batch {
        queues[index].batch = 0
        release(index, in: 0)
      }
    }
  }

  /// Returns PENDING, unless that has been done.
  mutating func pend() {
    guard state.request.upcall != 0 else { return }
    answer(state.request.upcall, .pending)
    state.request.upcall = 0
  }

  /// Completes the request: by return from the handler, or by NdisMOidRequestComplete after PENDING.
  mutating func end(_ outcome: Outcome) {
    let request = state.request
    state.request = VMQRequest()
    let result = OIDResult(
      bytesRead: outcome.status == .success ? request.inputLength : 0,
      bytesNeeded: UInt32(clamping: outcome.needed), supportedRevision: 1,
      information: outcome.information)
    if request.upcall != 0 {
      var answer = ProviderAnswer(status: outcome.status)
      answer.oid = result
      steps.append(.answer(upcall: request.upcall, answer))
    } else {
      call(
        .completeOID,
        .completeOIDRequest(adapter: state.adapter, oid: request.handle, outcome.status, result))
    }
  }

  private mutating func serve(_ call: OIDCall) throws(Failure) -> Outcome {
    switch call.oid {
    case OIDNumber.receiveFilterAllocateQueue where call.kind == OIDRequestKind.method.rawValue:
      return try allocateQueue(call)
    case OIDNumber.receiveFilterQueueAllocationComplete: return try completeAllocation(call)
    case OIDNumber.receiveFilterFreeQueue: return try freeQueue(call)
    case OIDNumber.receiveFilterQueueParameters: return try setQueueParameters(call)
    case OIDNumber.receiveFilterSetFilter: return try setFilter(call)
    case OIDNumber.receiveFilterClearFilter: return try clearFilter(call)
    case OIDNumber.receiveFilterMoveFilter: return try moveFilter(call)
    case OIDNumber.nicSwitchCreateSwitch: return try createSwitch(call)
    case OIDNumber.nicSwitchDeleteSwitch:
      state.hasSwitch = false
      return .success
    case OIDNumber.nicSwitchParameters where settings.hasSwitch: return .success
    case OIDNumber.nicSwitchCreateVPort: return try createVPort(call)
    case OIDNumber.nicSwitchVPortParameters: return try setVPortParameters(call)
    case OIDNumber.nicSwitchDeleteVPort: return try deleteVPort(call)
    case OIDNumber.generate:
      let what = try GenerateParameters(image: call.input)
      try ask(what)
      return .success
    case OIDNumber.pnpSetPower:
      guard call.input.count >= 4 else {
        throw Failure(.invalidLength, .informationBuffer, UInt64(call.input.count), 4)
      }
      // NdisDeviceStateD0; in any other state the device receives no frames.
      state.isAsleep = call.input.prefix(4).elementsEqual([1, 0, 0, 0]) == false
      return .success
    case OIDNumber.pnpQueryPower: return .success
    default:
      if let outcome = try serveGeneral(call) { return outcome }
      throw Failure(.notSupported, .oidUnknown, UInt64(call.oid))
    }
  }

  /// The answer of a method that returns its structure, if the requester's buffer is large enough.
  func answered(_ call: OIDCall, _ information: [UInt8]) throws(Failure) -> Outcome {
    guard Int(call.outputLength) >= information.count else {
      throw Failure(
        .invalidLength, .informationBuffer, UInt64(call.outputLength), UInt64(information.count))
    }
    return Outcome(status: .success, information: information)
  }

  /// The record of a nondefault queue or VPort, or with id 0 the default one's.
  func record(_ id: UInt32) -> Int? {
    id == 0
      ? 0 : queues.indices.dropFirst().first { queues[$0].kind != .free && queues[$0].id == id }
  }

  /// A free record for a new object.
  func freeRecord() throws(Failure) -> Int {
    guard let index = queues.indices.dropFirst().first(where: { queues[$0].kind == .free }) else {
      throw Failure(.failure, .tableFull, RecordKind.queue.rawValue, UInt64(queues.count))
    }
    return index
  }

  // MARK: Requests in progress

  /// One step of the request in progress; false when it is waiting.
  mutating func advanceRequest() -> Bool {
    switch state.request.work {
    case .none, .indicatingStop: return false
    case .stopping:
      indicateStop()
      state.request.work = .indicatingStop
      return true
    case .completingAllocation: return advanceCompletion()
    case .givingUp:
      guard batch.allSatisfy({ isAtRest($0) }) else { return false }
      for index in batch { queues[index].batch = 0 }
      end(Outcome(status: state.request.status))
      return true
    case .freeing:
      let index = Int(state.request.queue)
      guard queues[index].isEmpty else {
        // NDIS may have to wait for receivers, while its handlers have deadlines.
        guard !queues[index].out.isEmpty, state.request.upcall != 0 else { return false }
        pend()
        return true
      }
      drop(record: index)
      end(Outcome(status: state.isRemoved ? .notAccepted : .success))
      return true
    }
  }

  func isAtRest(_ index: Int) -> Bool {
    queues[index].goal == .rest && queues[index].memoryCall == .none
  }

  /// Removes a queue or VPort without memory or outstanding lists.
  mutating func drop(record index: Int) {
    filters.removeAll { Int($0.queue) == index }
    state.discarded &+= queues[index].dropped
    queues[index] = VMQQueue()
  }
}
