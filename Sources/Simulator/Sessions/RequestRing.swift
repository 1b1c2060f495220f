// Requests and their results. A request's id selects its slot in the session's ring; when it completes, its
// result is stored there, so that a repeated request is answered from the ring and not executed again. A
// request that is still open when the ring wraps (a removal whose MiniportHaltEx frees a thousand blocks)
// moves to a slot behind the ring. A request that cannot complete in its own turn leaves a record until it
// can.

public import NDISDriverInterface
import NDISEvents
public import NDIS
import NDISStore

extension Store {
  /// The slot of a request in its session's ring.
  func ringSlot(_ session: Index<SessionRecord>, _ id: UInt64) -> Index<ResultRecord> {
    let place = UInt32(truncatingIfNeeded: id % UInt64(Store.resultRing))
    return Index(session.raw * Store.resultsPerSession + place)
  }

  /// The ring of a session, and the slots behind it.
  func slots(_ session: Index<SessionRecord>) -> Range<Index<ResultRecord>> {
    let first = Index<ResultRecord>(session.raw * Store.resultsPerSession)
    return first..<first.advanced(by: Int(Store.resultsPerSession))
  }

  func lateSlots(_ session: Index<SessionRecord>) -> Range<Index<ResultRecord>> {
    slots(session).lowerBound.advanced(by: Int(Store.resultRing))..<slots(session).upperBound
  }
}

extension Simulator {
  /// Executes a call, or starts it.
  public mutating func perform(
    _ call: Call, _ request: Request, now: UInt64
  ) {
    turn.now = now
    if admit(call) {
      do throws(Failure) {
        try checkContext(call)
        try checkIRQL(call, request)
        try dispatch(call, request)
      } catch {
        finish(call.sessionIndex, call.requestID, error)
      }
    }
    commit()
  }

  /// Assigns a new call its slot in the ring of results; false when the call is a repeated one or is refused.
  private mutating func admit(_ call: Call) -> Bool {
    let next = store.sessions[call.sessionIndex, \.nextRequestID]
    let slot = store.ringSlot(call.sessionIndex, call.requestID)
    func refuse(_ failure: Failure) -> Bool {
      turn.emit(
        .refuse(session: call.session, requestID: call.requestID, type: call.type, failure))
      return false
    }
    if call.requestID == next, next != 0 {
      if isUnanswered(slot), !moveBehindRing(slot, of: call.sessionIndex) {
        let limit = UInt64(Store.resultRing)
        return refuse(Failure(.resources, .tooManyOutstanding, limit, limit))
      }
      store.sessions.update(call.sessionIndex) { $0.nextRequestID &+= 1 }
      store.results.update(slot) {
        $0 = ResultRecord()
        $0.id = call.requestID
        $0.type = call.type
        $0.state = .open
      }
      return true
    }
    guard call.requestID < next, call.requestID != 0 else {
      return refuse(Failure(.invalidParameter, .requestIDOutOfOrder, call.requestID, next))
    }
    guard let place = resultSlot(call.sessionIndex, call.requestID),
      store.results[place, \.type] == call.type
    else { return refuse(Failure(.invalidParameter, .resultForgotten, call.requestID)) }
    // An open request is answered when it completes.
    if store.results[place, \.state].isAnswered {
      turn.emit(.reply(session: call.session, requestID: call.requestID))
    }
    return false
  }

  /// The slot of a request's result; nil when it has been overwritten.
  func resultSlot(_ session: Index<SessionRecord>, _ id: UInt64) -> Index<ResultRecord>? {
    let slot = store.ringSlot(session, id)
    if store.results[slot, \.id] == id { return slot }
    return store.lateSlots(session).first { store.results[$0, \.id] == id }
  }

  /// Frees the slot of a new request by moving the unanswered request in it behind the ring, to the slot with
  /// the oldest answered result. False when the whole ring, or every slot behind it, is unanswered.
  private mutating func moveBehindRing(
    _ slot: Index<ResultRecord>, of session: Index<SessionRecord>
  ) -> Bool {
    let ring = store.slots(session).lowerBound..<store.lateSlots(session).lowerBound
    guard ring.contains(where: { !isUnanswered($0) }) else { return false }
    let free = store.lateSlots(session).filter { !isUnanswered($0) }
    guard let place = free.min(by: { store.results[$0, \.id] < store.results[$1, \.id] }) else {
      return false
    }
    let record = store.results[slot]
    store.results.update(place) { $0 = record }
    return true
  }

  /// Whether the client has not received a result: the request is open, or its reply deferred.
  private func isUnanswered(_ slot: Index<ResultRecord>) -> Bool {
    let state = store.results[slot, \.state]
    return state == .open || state == .held
  }

  /// The reply to a completed request is deferred: its result must not be overwritten before the reply is
  /// released.
  public mutating func deferReply(session: UInt32, requestID: UInt64) {
    guard let slot = resultSlot(Index(session), requestID),
      store.results[slot, \.state] == .answered
    else {
      return
    }
    store.results.update(slot) { $0.state = .held }
    commit()
  }

  /// Releases a deferred reply.
  public mutating func releaseReply(session: UInt32, requestID: UInt64) {
    guard let slot = resultSlot(Index(session), requestID), store.results[slot, \.state] == .held
    else {
      return
    }
    store.results.update(slot) { $0.state = .answered }
    commit()
  }

  /// Replaces the result of a completed request by a failure, because the host cannot deliver the result.
  public mutating func fail(session: UInt32, requestID: UInt64, _ failure: Failure) {
    guard let slot = resultSlot(Index(session), requestID), store.results[slot, \.state].isAnswered
    else {
      return
    }
    store.results.update(slot) {
      $0.state = .answered
      $0.failure = failure
    }
    commit()
  }

  private func checkContext(_ call: Call) throws(Failure) {
    guard call.context != 0 else { return }
    guard let index = openUpcall(call.context),
      store.upcalls[index, \.session] == Ref(call.sessionIndex)
    else { throw Failure(.invalidParameter, .unknownContext, call.context) }
  }

  /// The routine's IRQL rule, from the table of routines.
  private mutating func checkIRQL(
    _ call: Call, _ request: Request
  ) throws(Failure) {
    guard let routine = Routine.of(message: call.type) else { return }
    guard call.irql > routine.maximumIRQL else { return }
    let failure = Failure(
      .failure, .wrongIRQL, UInt64(call.irql.rawValue), UInt64(routine.maximumIRQL.rawValue))
    let subject = request.subject
    var handle = subject
    var origin = AllocationOrigin()
    let check: BugCheck
    switch request {
    case .allocate(let owner, let parameters, let tag, let site):
      // The shape NDIS documents for NdisMAllocateSharedMemory; using it for this routine is an extension.
      origin = AllocationOrigin(tag: tag, site: site)
      check = BugCheck(
        code: BugCheck.ndisDriver, 0x01, owner.rawValue, UInt64(parameters.length),
        UInt64(call.irql.rawValue), isExtension: true)
    case .allocateMiniport(let adapter, let allocation):
      // NDIS_BUGCHECK_ALLOCATE_SHARED_MEM_HIGH_IRQL.
      origin = AllocationOrigin(tag: allocation.tag, site: allocation.site)
      check = BugCheck(
        code: BugCheck.ndisDriver, 0x01, adapter.rawValue, UInt64(allocation.length),
        UInt64(call.irql.rawValue), isExtension: false)
    case .allocateMiniportAsync(_, let allocation, _):
      origin = AllocationOrigin(tag: allocation.tag, site: allocation.site)
      check = BugCheck(
        code: BugCheck.driverVerifier, 0xE5, UInt64(call.irql.rawValue), isExtension: true)
    case .freeMiniport(_, let parameters):
      handle = parameters.allocation
      origin = self.origin(of: parameters.allocation)
      check = BugCheck(
        code: BugCheck.driverVerifier, 0xE5, UInt64(call.irql.rawValue),
        parameters.virtualAddress, isExtension: true)
    case .free(_, let allocation):
      handle = allocation
      origin = self.origin(of: allocation)
      check = BugCheck(
        code: BugCheck.driverVerifier, 0xE5, UInt64(call.irql.rawValue), allocation.rawValue,
        isExtension: true)
    default:
      check = BugCheck(
        code: BugCheck.driverVerifier, 0xE5, UInt64(call.irql.rawValue), isExtension: true)
    }
    violate(
      failure, routine: "\(routine.name)", bugCheck: check, irql: call.irql, handle: handle,
      party: party(of: subject, session: call.sessionIndex), session: call.sessionIndex,
      origin: origin)
    finish(call.sessionIndex, call.requestID, failure, bugCheck: check)
    throw failure
  }

  // MARK: Results

  /// Completes a request with a failure, once.
  mutating func finish(
    _ session: Index<SessionRecord>, _ id: UInt64, _ failure: Failure, bugCheck: BugCheck? = nil
  ) {
    answerResult(session, id, failure, bugCheck, 0, 0)
  }

  /// Completes a request with success and the handles it returns.
  mutating func finish(
    _ session: Index<SessionRecord>, _ id: UInt64, _ value: Handle, _ value2: UInt64
  ) {
    answerResult(
      session, id, Failure(.success, .none), nil, value.rawValue, value2)
  }

  mutating func finish(
    _ session: Index<SessionRecord>, _ id: UInt64, _ value: Handle
  ) {
    finish(session, id, value, 0)
  }

  /// Completes a request with PENDING and the handle under which its completion will be reported.
  mutating func finish(
    _ session: Index<SessionRecord>, _ id: UInt64, pending value: Handle
  ) {
    answerResult(
      session, id, Failure(.pending, .none), nil, value.rawValue, 0)
  }

  mutating func finish(_ session: Index<SessionRecord>, _ id: UInt64) {
    finish(session, id, .null, 0)
  }

  private mutating func answerResult(
    _ session: Index<SessionRecord>, _ id: UInt64, _ failure: Failure, _ bugCheck: BugCheck?,
    _ value: UInt64,
    _ value2: UInt64
  ) {
    guard let slot = resultSlot(session, id), store.results[slot, \.state] == .open else { return }
    defer {
      // The ring will soon wrap; a client that has lost the reply repeats the request.
      if slot < store.lateSlots(session).lowerBound,
        store.sessions[session, \.nextRequestID] &- id > UInt64(Store.resultRing / 2)
      {
        _ = moveBehindRing(slot, of: session)
      }
    }
    store.results.update(slot) {
      $0.state = .answered
      $0.failure = failure
      $0.value = value
      $0.value2 = value2
      if let bugCheck {
        $0.hasBugCheck = bugCheck.isExtension ? 2 : 1
        $0.bugCheckCode = bugCheck.code
        $0.parameters = bugCheck.parameters
      }
    }
    turn.emit(.reply(session: session.raw, requestID: id))
  }
}
