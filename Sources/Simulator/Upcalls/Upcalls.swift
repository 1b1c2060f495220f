// Upcalls: NDIS calling a driver. An upcall has an id that is never reused, a deadline, the upcall it is
// nested in, and the request or block that waits for it. It ends with an answer, with the death of the
// process it was sent to, or by its deadline; then the waiter is notified, once. After the deadline the
// record stays, so that a late answer is recognised. A handler that may return PENDING leaves its upcall
// pended: see PendingUpcalls.swift.

public import NDISDriverInterface
import NDISEvents
import NDIS
import NDISStore

extension Index where Record == UpcallRecord {
  /// The table index, in the low twenty bits of an upcall's id.
  @inline(__always)
  init(upcall id: UInt64) { self.init(UInt32(truncatingIfNeeded: id & 0xFFFFF)) }
}

extension Simulator {
  /// The parameters of a new upcall.
  struct NewUpcall {
    var type: UpcallType
    var object = Handle.null
    var registration = Ref<RegistrationRecord>.none
    var request = Ref<RequestRecord>.none
    var block = Ref<BlockRecord>.none
    var section = Ref<SectionRecord>.none
    var parent: UInt64 = 0
    var providerContext: UInt64 = 0
    var subject = Ref<AnyRecord>.none
    var argument: UInt32 = 0
    /// Deadline in milliseconds; nil = the settings' deadline.
    var limit: UInt64?
  }

  /// The record of an open upcall.
  func openUpcall(_ id: UInt64) -> Index<UpcallRecord>? {
    guard let index = upcallRecord(id), store.upcalls[index, \.state] == .open
    else { return nil }
    return index
  }

  func upcallRecord(_ id: UInt64) -> Index<UpcallRecord>? {
    let index = Index<UpcallRecord>(upcall: id)
    guard id != 0, store.upcalls.contains(index), store.upcalls[index, \.id] == id else {
      return nil
    }
    return index
  }

  /// Sends an upcall to a session's process; nil when the table is full.
  mutating func send(
    _ new: NewUpcall, session: Index<SessionRecord>
  ) -> UInt64? {
    guard let index = makeUpcall(new) else { return nil }
    store.upcallsOfSession.insert(index, in: session) { $0.session = Ref(session) }
    let limit = new.limit ?? settings.upcallDeadline
    if limit > 0 {
      var deadline = turn.now &+ limit
      // An inner deadline expires before its outer one, so that the inner failure can still be answered.
      if let parent = openUpcall(new.parent), store.upcalls[parent, \.deadline] != 0 {
        deadline = min(deadline, max(turn.now, store.upcalls[parent, \.deadline] &- 50))
      }
      store.upcalls.update(index) { $0.deadline = max(1, deadline) }
      scheduler.watchDeadline(of: index)
    }
    let id = store.upcalls[index, \.id]
    turn.emit(.upcall(session: session.raw, id: id))
    return id
  }

  /// Sends an upcall to a hosted provider, which always answers.
  mutating func sendHosted(
    _ new: NewUpcall, provider: UInt32
  ) -> UInt64? {
    guard let index = makeUpcall(new) else { return nil }
    let id = store.upcalls[index, \.id]
    turn.emit(.hostedUpcall(provider: provider, id: id))
    return id
  }

  private mutating func makeUpcall(_ new: NewUpcall) -> Index<UpcallRecord>? {
    guard let index = slabs.upcalls.next else { return nil }
    slabs.upcalls.take(index)
    let now = turn.now
    store.globals.update(0) { $0.upcallSerial &+= 1 }
    let id = store.globals[0].upcallSerial << 20 | UInt64(index)
    let depth = openUpcall(new.parent).map { store.upcalls[$0, \.depth] &+ 1 } ?? 1
    store.upcalls.update(index) {
      $0 = UpcallRecord()
      $0.id = id
      $0.state = .open
      $0.depth = depth
      $0.type = new.type
      $0.registration = new.registration
      $0.request = new.request
      $0.block = new.block
      $0.section = new.section
      $0.parent = new.parent
      $0.startedAt = now
      $0.object = new.object
      $0.providerContext = new.providerContext
      $0.subject = new.subject
      $0.argument = new.argument
    }
    return index
  }

  /// Sets the generation of the block that an upcall is about.
  func set(blockGeneration generation: UInt32, upcall index: Index<UpcallRecord>) {
    store.upcalls.update(index) { $0.blockGeneration = generation }
  }

  mutating func close(upcall index: Index<UpcallRecord>) {
    if let session = store.upcalls[index, \.session].optional {
      store.upcallsOfSession.remove(index, from: session)
    }
    if store.upcalls[index, \.deadline] != 0 { scheduler.forgetDeadline(of: index) }
    if slabs.upcalls.isFull { wakeAll() }
    slabs.upcalls.release(index)
  }

  /// The chain of open upcalls a call is nested in: `body` gets each of them, innermost first.
  func chain(of context: UInt64, _ body: (UpcallRecord) -> Bool) -> UInt64? {
    var id = context
    var steps = 0
    while let index = openUpcall(id), steps < 64 {
      let upcall = store.upcalls[index]
      if body(upcall) { return id }
      id = upcall.parent
      steps += 1
    }
    return nil
  }

  /// Nesting depth of a call, in upcalls.
  func depth(of context: UInt64) -> UInt32 {
    openUpcall(context).map { UInt32(store.upcalls[$0, \.depth]) } ?? 0
  }

  // MARK: Answers

  /// An answer to an upcall, from a process or from a hosted provider (`session` nil).
  public mutating func answer(
    _ id: UInt64, session: UInt32?, answer: ProviderAnswer, now: UInt64
  ) {
    turn.now = now
    if let index = upcallRecord(id), store.upcalls[index, \.session].optional?.raw == session,
      store.upcalls[index, \.state] != .pended
    {
      if let type = answer.type, type != store.upcalls[index, \.$type.raw] {
        // The contents belong to another type of upcall: they are ignored, and no memory in them is freed.
        var other = answer
        let expected = UInt64(store.upcalls[index, \.$type.raw])
        other.status = .failure
        other.namesBlock = false
        other.malformed = Failure(.failure, .malformedMessage, UInt64(type), expected)
        accept(index, other)
      } else {
        accept(index, answer)
      }
    } else {
      let session = session.map { Index<SessionRecord>($0) }
      let party = session.map { self.party(session: $0) } ?? Party()
      violate(
        Failure(.invalidParameter, .unexpectedAnswer, id), routine: "answer", bugCheck: nil,
        party: party, session: session)
    }
    commit()
  }

  private mutating func accept(
    _ index: Index<UpcallRecord>, _ answer: ProviderAnswer
  ) {
    if store.upcalls[index, \.state] == .expired {
      resolveLate(index, answer)
    } else {
      resolve(index, .answered(answer))
    }
  }

  /// How an upcall ended.
  enum UpcallOutcome {
    case answered(ProviderAnswer)
    case died
    case expired

    /// Handles an answer of PENDING; checked first, because few upcalls are answered so.
    @inline(__always)
    var isPending: Bool {
      if case .answered(let answer) = self { answer.status == .pending } else { false }
    }
  }

  mutating func resolve(_ index: Index<UpcallRecord>, _ outcome: UpcallOutcome) {
    let upcall = store.upcalls[index]
    if outcome.isPending, Simulator.mayPend(upcall.type), pends(index, upcall, outcome) { return }
    if case .expired = outcome, upcall.state == .open {
      // The record stays for a late answer; nothing waits for it any more.
      store.upcalls.update(index) {
        $0.state = .expired
        $0.request = .none
        $0.block = .none
        $0.subject = .none
      }
      if let registration = upcall.registration.optional {
        markStuck(registration: registration, upcall: upcall.id)
      }
      if let session = upcall.session.optional { forgetOldExpired(session) }
    } else {
      close(upcall: index)
    }
    tell(upcall, outcome)
  }

  /// The handler of an expired call waits for others: when it answers late, that is not its fault.
  func excuse(upcall id: UInt64) {
    guard let index = upcallRecord(id), store.upcalls[index, \.state] == .expired else { return }
    store.upcalls.update(index) { $0.excused = 1 }
  }

  /// Notifies the waiter of an upcall's end.
  mutating func tell(_ upcall: UpcallRecord, _ outcome: UpcallOutcome) {
    switch upcall.type {
    case .allocateSharedMemory: providerAllocated(upcall, outcome)
    case .freeSharedMemory: providerFreed(upcall, outcome)
    case .setOptions: optionsSet(upcall, outcome)
    case .bindAdapterEx, .unbindAdapterEx,
      .netPnPEvent:
      bindingAnswered(upcall, outcome)
    case .oidRequest: oidAnswered(upcall, outcome)
    case .oidRequestComplete, .cancelOIDRequest:
      oidCallReturned(upcall, outcome)
    case .receiveNetBufferLists, .returnNetBufferLists:
      receiveCallReturned(upcall, outcome)
    case .statusEx: statusReturned(upcall, outcome)
    case .sharedMemoryAllocateComplete: allocateCompleteReturned(upcall, outcome)
    default: adapterAnswered(upcall, outcome)
    }
  }

  /// Limits the expired upcalls kept for late answers: of those that block nothing (a session's own
  /// handlers', its ended providers'), the last 64 are kept, and never more than an eighth of the table.
  private mutating func forgetOldExpired(_ session: Index<SessionRecord>) {
    let most = max(1, min(64, store.upcalls.capacity / 8))
    var kept: UInt32 = 0
    for index in store.upcallsOfSession.of(session) {
      let record = store.upcalls[index]
      guard record.state == .expired else { continue }
      if let registration = record.registration.optional,
        store.registrations[registration, \.state] == .active
      {
        continue
      }
      kept += 1
      guard kept > most else { continue }
      close(upcall: index)
      if let registration = record.registration.optional {
        updateStuck(registration: registration)
        releaseIfDone(registration: registration)
      }
    }
  }

  private mutating func resolveLate(
    _ index: Index<UpcallRecord>, _ answer: ProviderAnswer
  ) {
    let upcall = store.upcalls[index]
    close(upcall: index)
    if upcall.excused != 0 { return }
    if let registration = upcall.registration.optional {
      updateStuck(registration: registration)
      violate(
        Failure(.failure, .lateAnswer, upcall.id), routine: "upcall answer", bugCheck: nil,
        handle: store.registrations[registration].owner,
        party: party(registration: registration), session: upcall.session.optional,
        isInvalidAnswer: true)
      if upcall.type == .allocateSharedMemory, answer.status == .success {
        returnToProvider(answer, registration: registration)
      }
      releaseIfDone(registration: registration)
    } else if let session = upcall.session.optional {
      violate(
        Failure(.failure, .lateAnswer, upcall.id), routine: "upcall answer", bugCheck: nil,
        handle: upcall.object, party: party(of: upcall.object, session: session), session: session)
    }
  }

  // MARK: After a restart

  /// Marks an upcall as received by a hosted driver; part of the transaction in which the driver's state
  /// changes.
  public mutating func note(delivered id: UInt64) {
    guard let index = upcallRecord(id) else { return }
    store.upcalls.update(index) { $0.delivered = 1 }
    commit()
  }

  /// Extends deadlines by the time the daemon was down.
  func postponeUpcalls(by milliseconds: UInt64) {
    for index in store.upcalls.touched where store.upcalls[index, \.deadline] != 0 {
      store.upcalls.update(index) { $0.deadline &+= milliseconds }
    }
  }
}
