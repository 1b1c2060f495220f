// What the parties of the generated test of the receive path do in their handlers, and how they complete what
// they answered PENDING to.

import NDISDriverInterface
import CNDIS
import NDIS

@testable import NDISSimulator
import NDISStore

extension PathWorld {
  /// What of an upcall concerns the books; true: it is answered later, or has been.
  func sees(
    _ session: UInt32, _ id: UInt64, _ details: UpcallDetails, isMiniport: Bool
  ) -> Bool {
    let oid = host.clients[session]?.oids[id]
    switch Int(details.type) {
    case NDISSIM_UPCALL_OID_REQUEST:
      if oid?.handle.kind != .oidRequest { host.problem("an OID request without details") }
    case NDISSIM_UPCALL_OID_REQUEST_COMPLETE:
      if let wrong = accounts.tell(oid, of: session) { host.problem(wrong) }
      reached["told OID", default: 0] += 1
      if oid?.failure.status == .success {
        if oid?.call.oid == OID_RECEIVE_FILTER_ALLOCATE_QUEUE {
          reached["allocated queue", default: 0] += 1
        } else if oid?.call.oid == OID_RECEIVE_FILTER_FREE_QUEUE {
          reached["freed queue", default: 0] += 1
        }
      }
    case NDISSIM_UPCALL_RECEIVE_NET_BUFFER_LISTS:
      let told = host.told[id]
      if (told?.flags ?? 0) & ReceiveFlags.resources.rawValue == 0 {
        kept[session, default: []] += (told?.handles ?? []).map { (details.object, $0) }
      }
      reached["received list", default: 0] += told?.handles.count ?? 0
    case NDISSIM_UPCALL_RETURN_NET_BUFFER_LISTS:
      let returned = host.told[id]?.returned ?? []
      trace("returned \(returned) upcall \(id) to \(session)")
      if let wrong = accounts.comeBack(returned) { host.problem(wrong) }
      reached["returned list", default: 0] += returned.count
    case NDISSIM_UPCALL_PAUSE, NDISSIM_UPCALL_RESTART, NDISSIM_UPCALL_HALT_EX,
      NDISSIM_UPCALL_BIND_ADAPTER_EX, NDISSIM_UPCALL_UNBIND_ADAPTER_EX,
      NDISSIM_UPCALL_NET_PNP_EVENT, NDISSIM_UPCALL_CANCEL_OID_REQUEST, NDISSIM_UPCALL_STATUS_EX,
      NDISSIM_UPCALL_INITIALIZE_EX, NDISSIM_UPCALL_SHUTDOWN_EX:
      break
    default: return false
    }
    open[session, default: []].append((id, details))
    return true
  }

  /// A handler returns that was called before.
  func answerSomething() {
    last = "answer"
    let waiting = open.keys.sorted().filter { open[$0]?.isEmpty == false }
    guard let session = pick(waiting), let count = open[session]?.count else { return }
    let index = dice(count)
    guard let call = open[session]?[index] else { return }
    // Some do not return before the end; without a deadline that would be the end of the run.
    if chance(2), host.settings.oidDeadline != 0 || !isOID(call.details) {
      open[session]?.remove(at: index)
      stuck[session, default: []].append(call)
      return
    }
    answer(session, call.id, call.details)
  }

  private func isOID(_ details: UpcallDetails) -> Bool {
    Int(details.type) == NDISSIM_UPCALL_OID_REQUEST
  }

  func driver(_ session: UInt32) -> Driver? {
    (miniports + protocols).first { $0.session == session }
  }

  /// Does what belongs into the handler, or not, and returns from it.
  func answer(_ session: UInt32, _ id: UInt64, _ details: UpcallDetails) {
    guard let driver = driver(session) else { return }
    var answer = ProviderAnswer(status: .success)
    guard host.simulator.upcall(id) != nil else {
      // It has expired; a late answer, or none at all.
      open[session]?.removeAll { $0.id == id }
      return chance(50) ? host.answer(session, id, answer) : ()
    }
    switch Int(details.type) {
    case NDISSIM_UPCALL_OID_REQUEST: answer = oidAnswer(driver, id, details)
    case NDISSIM_UPCALL_INITIALIZE_EX:
      answer = driver.honest(host, id, details)
      if !isEnding, chance(30) {
        allocate(driver, details.object, queue: 0, vport: 0, context: id)
      }
    case NDISSIM_UPCALL_HALT_EX:
      if isEnding || chance(90) { freeAll(of: details.object, context: id) }
      answer = driver.honest(host, id, details)
    case NDISSIM_UPCALL_BIND_ADAPTER_EX:
      guard let handle = handle(driver, .protocolDriver) else { break }
      if isEnding || chance(95) {
        host.call(
          session,
          .openAdapter(protocolHandle: handle, bindContext: details.bindContext, context: 3),
          context: id)
      }
      if pends { answer.status = owe(session, .bind(details.bindContext)) }
    case NDISSIM_UPCALL_UNBIND_ADAPTER_EX:
      if isEnding || chance(90) {
        host.call(session, .closeAdapter(details.object), context: id)
      }
      if pends { answer.status = owe(session, .unbind(details.object)) }
    case NDISSIM_UPCALL_NET_PNP_EVENT:
      if pends { answer.status = owe(session, .event(details.object)) }
    case NDISSIM_UPCALL_PAUSE:
      if pends { answer.status = owe(session, .pause(details.object)) }
    case NDISSIM_UPCALL_RESTART:
      if pends { answer.status = owe(session, .restart(details.object)) }
    case NDISSIM_UPCALL_RECEIVE_NET_BUFFER_LISTS:
      if !isWalking, chance(40) { giveBack(driver, context: id) }
    default: break
    }
    if !isEnding, chance(3), !isOID(details) {
      answer.status = pick([.failure, .resources, .pending, .notSupported]) ?? .failure
    }
    if !isEnding, chance(2) { answer.irql = 2 }
    // A call made in the handler may have ended it: its deadline, or the death of its caller.
    guard open[session]?.contains(where: { $0.id == id }) == true else { return }
    open[session]?.removeAll { $0.id == id }
    host.answer(session, id, answer)
  }

  private var pends: Bool { !isEnding && chance(25) }

  private func owe(_ session: UInt32, _ what: Owed) -> Status {
    owed[session, default: []].append(what)
    reached["pended handler", default: 0] += 1
    return .pending
  }

  private func freeAll(of adapter: Handle, context: UInt64) {
    for block in blocks where block.adapter == adapter {
      guard let index = blocks.firstIndex(where: { $0.allocation == block.allocation }) else {
        continue
      }
      free(at: index, context: context)
    }
    blocks.removeAll { $0.adapter == adapter && host.simulator.allocation($0.allocation) == nil }
  }

  // MARK: OID requests at a miniport

  private func oidAnswer(
    _ miniport: Driver, _ id: UInt64, _ details: UpcallDetails
  ) -> ProviderAnswer {
    var answer = ProviderAnswer(status: .success)
    guard let oid = host.clients[miniport.session]?.oids[id] else { return answer }
    let adapter = details.object
    let isFree = oid.call.oid == OID_RECEIVE_FILTER_FREE_QUEUE
    let waits = isFree && !isFreed(miniport, adapter, oid.call, context: id)
    if waits && (isEnding || chance(80)) || !isEnding && chance(30) {
      answer.status = owe(miniport.session, .oid(adapter: adapter, oid: oid.handle, oid.call))
      return answer
    }
    answer.status = status()
    answer.oid = result()
    if oid.call.oid == OID_NIC_SWITCH_ALLOCATE_VF, isEnding || chance(90),
      var function = try? VFParameters(image: oid.call.input)
    {
      // The lowest that is free.
      let taken = host.simulator.store.capabilities[Index(adapter)].functions
      function.function = FunctionID(
        rawValue: UInt16(truncatingIfNeeded: (~taken).trailingZeroBitCount))
      function.requestorID = 0x100 + UInt32(function.function.rawValue)
      answer.oid = OIDResult(information: function.image())
    }
    return answer
  }

  /// Stops DMA and frees the queue's memory; false while lists of it are out.
  private func isFreed(
    _ miniport: Driver, _ adapter: Handle, _ call: OIDCall, context: UInt64 = 0
  ) -> Bool {
    guard let parameters = try? ReceiveQueueFreeParameters(image: call.input) else { return true }
    let id = parameters.queueID
    guard let queue = queues(of: adapter).first(where: { $0.queueID == id }) else { return true }
    if queue.dmaStopped == 0, isEnding || chance(95) {
      stopDMA(miniport, adapter, id, context: context)
    }
    guard host.simulator.store.queues[queueIndex(adapter, id), \.indicated] == 0 else {
      return false
    }
    for block in blocks where block.adapter == adapter && block.queue == id {
      guard isEnding || chance(95),
        let index = blocks.firstIndex(where: { $0.allocation == block.allocation })
      else { continue }
      free(at: index, context: context)
    }
    return true
  }

  private func queueIndex(_ adapter: Handle, _ id: UInt32) -> Index<QueueRecord> {
    host.simulator.queue(adapter: Index(adapter), id: id) ?? 0
  }

  private func result() -> OIDResult {
    guard !isEnding, chance(15) else { return OIDResult() }
    let bytes = (0..<dice(40)).map { _ in UInt8(truncatingIfNeeded: random.next()) }
    return OIDResult(
      bytesRead: UInt32(dice(30)),
      bytesWritten: chance(85) ? nil : UInt32(truncatingIfNeeded: random.next()),
      bytesNeeded: UInt32(dice(9)), supportedRevision: 1, information: bytes)
  }

  private func status() -> Status {
    guard !isEnding, chance(15) else { return .success }
    return pick([
      .failure, .notSupported, .requestAborted, .notAccepted, .invalidLength, .resources,
    ]) ?? .failure
  }

  // MARK: Completions

  /// Completes something that is owed, or something that is not.
  func complete() {
    last = "complete"
    let waiting = owed.keys.sorted().filter { owed[$0]?.isEmpty == false }
    guard let session = pick(waiting), let driver = driver(session) else { return }
    let index = dice(owed[session]?.count ?? 1)
    guard let what = owed[session]?[index] else { return }
    complete(driver, what, context: context(driver))
    // Now and then a second time.
    if chance(4) { complete(driver, what, context: 0) }
  }

  /// Completes what a driver owes; an OID request that is not done yet stays owed.
  func complete(_ driver: Driver, _ what: Owed, context: UInt64) {
    let session = driver.session
    let status: Status = isEnding || chance(85) ? .success : self.status()
    let request: Request
    switch what {
    case .oid(let adapter, let oid, let call):
      if call.oid == OID_RECEIVE_FILTER_FREE_QUEUE, !isFreed(driver, adapter, call),
        isEnding || chance(95)
      {
        return
      }
      // PENDING ends nothing.
      let end = isEnding || chance(97) ? self.status() : .pending
      request = .completeOIDRequest(adapter: adapter, oid: oid, end, result())
    case .pause(let adapter): request = .pauseComplete(adapter)
    case .restart(let adapter): request = .restartComplete(adapter, status)
    case .bind(let handle): request = .completeBind(bindContext: handle, status)
    case .unbind(let handle): request = .completeUnbind(binding: handle, .success)
    case .event(let handle): request = .completeNetPnPEvent(binding: handle, status)
    }
    let result = host.ask(session, request, context: context)
    guard let result else {
      return host.problem("\(request) waits; \(host.refusals.last.map(\.sentence) ?? "")")
    }
    // What was refused for its caller's context or status is owed still.
    let over: [Reason] = [.completionUnexpected, .staleHandle, .oidNotPending]
    let isOver =
      result.failure.status == .success || over.contains(result.failure.reason)
    guard isOver else { return }
    owed[session]?.removeAll { $0.handle == what.handle }
  }
}

extension PathWorld.Owed {
  var handle: Handle {
    switch self {
    case .oid(_, let oid, _): oid
    case .pause(let handle), .restart(let handle), .bind(let handle), .unbind(let handle),
      .event(let handle):
      handle
    }
  }
}
