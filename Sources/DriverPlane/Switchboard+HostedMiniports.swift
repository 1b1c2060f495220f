// Hosted miniports of the switchboard. Each has a session like a driver process: its calls are turns like
// those received in packets, and its upcalls are queued and answered like those of other sessions. It writes
// only to the blocks it has allocated, with pwrite: the daemon maps no section.

import NDISDriverProtocol
import NDISDriverInterface
import NDISEvents
import NDISHostedDrivers
import NDIS
import NDISPlatform
import NDISSimulator

extension SwitchboardState {
  // MARK: Add and remove

  mutating func addMiniport(
    _ settings: VMQSettings, isConfigured: Bool
  ) throws(Failure) -> UInt32 {
    readClock()
    let name = Name(settings.name)
    guard !settings.name.isEmpty, "\(name)" == settings.name else {
      throw Failure(.invalidParameter, .badName)
    }
    guard !miniports.contains(where: { $0.driver.settings.name == settings.name }) else {
      throw Failure(.failure, .nameTaken)
    }
    let session = try simulator.begin(
      name: name, pid: host.process.id, uid: host.process.user, isHosted: true, now: now)
    var miniport = HostedMiniport(session: session, driver: VMQMiniport(settings))
    miniport.place = freePlace
    miniport.isConfigured = isConfigured
    miniports.append(miniport)
    lastRemovedMiniport = nil
    if miniport.place == nil, !persistence.miniportPlaces.isEmpty {
      onEvent(
        .hostedDriverNotRestored(
          simulator.sessionParty(session), problem: "no slot is free for its state in the store"))
    }
    turn(miniports.count - 1) { $0.start() }
    finishWork()
    // Its session may have ended already.
    let failing = index(ofMiniport: session).flatMap { miniports[$0].driver.failure }
    if let failure = lastRemovedMiniport?.failure ?? failing { throw failure }
    return session
  }

  mutating func removeMiniport(_ name: String) throws(Failure) {
    let index = try miniport(named: name)
    readClock()
    turn(index) { $0.stop() }
    finishWork()
  }

  mutating func generate(
    adapter name: String, queue: UInt32, count: UInt32, length: UInt32
  ) throws(Failure) -> (indicated: UInt64, dropped: UInt64) {
    let index = try miniport(named: name)
    readClock()
    let before = miniports[index].driver.counters.first { $0.id == queue }
    let usesVPorts = miniports[index].driver.settings.vports > 0
    let session = miniports[index].session
    try turn(index) { (driver) throws(Failure) in
      try driver.generate(
        queueID: usesVPorts ? 0 : queue, vportID: usesVPorts ? queue : 0, count: count,
        length: length)
    }
    drain()
    let after = self.index(ofMiniport: session).flatMap {
      miniports[$0].driver.counters.first { $0.id == queue }
    }
    guard let before, let after else { return (0, 0) }
    return (after.indicated &- before.indicated, after.dropped &- before.dropped)
  }

  /// Ends all miniports, with an orderly halt first.
  mutating func endMiniports(_ onProgress: () -> Void) {
    for session in miniports.map(\.session) {
      guard let index = index(ofMiniport: session) else { continue }
      turn(index) { $0.stop() }
    }
    drain()
    while simulator.hasWork {
      drain()
      onProgress()
    }
    for miniport in miniports {
      simulator.end(
        session: miniport.session, reason: "the daemon is stopping", now: now)
    }
    drain()
    while simulator.hasWork {
      drain()
      onProgress()
    }
  }

  /// Does pending work of initialization and teardown, up to a limit.
  private mutating func finishWork() {
    drain()
    var rounds = 0
    while simulator.hasWork, rounds < 64 {
      drain()
      rounds += 1
    }
  }

  mutating func forgetMiniport(_ session: UInt32) {
    guard let index = index(ofMiniport: session) else { return }
    lastRemovedMiniport = (session, miniports[index].driver.failure)
    if let place = miniports[index].place { forget(place: place) }
    miniports.remove(at: index)
  }

  private func index(ofMiniport session: UInt32) -> Int? {
    miniports.firstIndex { $0.session == session }
  }

  private func miniport(named name: String) throws(Failure) -> Int {
    guard let index = miniports.firstIndex(where: { $0.driver.settings.name == name }) else {
      throw Failure(.failure, .miniportUnknown)
    }
    return index
  }

  // MARK: Events

  /// Whether a hosted miniport generates frames at a fixed rate.
  var miniportsNeedTime: Bool { miniports.contains { $0.driver.needsTime } }

  /// Generates the frames of hosted miniports with a fixed rate.
  mutating func generateTimedFrames() {
    let now = now
    for index in miniports.indices
    where miniports[index].driver.settings.framesPerSecond > 0 {
      turn(index) { $0.passed(now: now) }
    }
  }

  /// Calls a handler of a hosted miniport.
  mutating func callMiniport(_ session: UInt32, _ id: UInt64, _ details: UpcallDetails) {
    guard let index = index(ofMiniport: session), !simulator.isDelivered(id) else { return }
    var upcall = DriverUpcall(
      id: id, type: details.type, object: details.object, argument: details.argument)
    switch details.body {
    case .oid: upcall.oid = simulator.oid(ofUpcall: id)
    case .returnedLists:
      var returned: [UInt64] = []
      simulator.forEachReturned(ofUpcall: id) { returned.append($0) }
      upcall.returned = returned
    case .details, .status, .receivedLists, .completedAllocation: break
    }
    turn(index, delivers: id) { $0.called(upcall) }
  }

  /// Delivers the result of a hosted miniport's call, or its refusal.
  mutating func replyToMiniport(_ session: UInt32, _ id: UInt64, refused: Failure? = nil) {
    guard let index = index(ofMiniport: session), let open = miniports[index].calls[id] else {
      return
    }
    var reply = DriverReply(
      tag: open.tag, failure: refused ?? Failure(.failure, .resultForgotten, id))
    if refused == nil, let result = simulator.result(session: session, requestID: id) {
      reply.failure = result.failure
      reply.value = result.value
      reply.value2 = result.value2
      if open.freed != .null { miniports[index].memory.forget(open.freed) }
      if reply.isSuccess, let details = simulator.allocation(result.value) {
        var extents: [Extent] = []
        simulator.forEachExtent(of: result.value) { extents.append($0) }
        miniports[index].memory.learn(
          result.value, section: details.section, extents: extents, length: details.length)
      }
    }
    turn(index, ends: id) { $0.replied(reply) }
  }

  // MARK: Steps

  /// Handles an event of a miniport: the change of its state and the NDIS turns that result are one
  /// transaction.
  mutating func turn(
    _ index: Int, delivers upcall: UInt64 = 0, ends call: UInt64 = 0,
    _ event: (inout VMQMiniport) throws(Failure) -> [DriverStep]
  ) throws(Failure) {
    let steps = try event(&miniports[index].driver)
    persistence.beginTransaction(&simulator)
    miniports[index].calls[call] = nil
    miniports[index].waiting += steps
    proceed(index)
    persistence.delivered(upcall: upcall, &simulator)
    remember(miniport: index)
    persistence.commitTransaction(&simulator)
  }

  /// The same, for events that cannot fail.
  mutating func turn(
    _ index: Int, delivers upcall: UInt64 = 0, ends call: UInt64 = 0,
    _ event: (inout VMQMiniport) -> [DriverStep]
  ) {
    do throws(Failure) {
      try turn(index, delivers: upcall, ends: call) { (driver) throws(Failure) in event(&driver) }
    } catch {}
  }

  /// Carries out deferred steps of a miniport, up to the limit of outstanding calls.
  private mutating func proceed(_ index: Int) {
    let session = miniports[index].session
    var next = 0
    while next < miniports[index].waiting.count {
      let step = miniports[index].waiting[next]
      switch step {
      case .call(let call):
        guard miniports[index].calls.count < HostedMiniport.maximumCalls else {
          miniports[index].waiting.removeFirst(next)
          return
        }
        perform(call, of: index)
      case .answer(let id, let answer):
        simulator.answer(id, session: session, answer: answer, now: now)
      case .end:
        simulator.end(
          session: session, reason: "the hosted miniport ended", now: now)
      }
      next += 1
    }
    miniports[index].waiting.removeAll(keepingCapacity: true)
  }

  private mutating func perform(_ made: DriverCall, of index: Int) {
    for write in made.writes {
      if let failure = carryOut(write, miniports[index].memory) {
        let reply = DriverReply(tag: made.tag, failure: failure)
        miniports[index].waiting += miniports[index].driver.replied(reply)
        return
      }
    }
    let session = miniports[index].session
    let id = simulator.nextRequestID(session: session)
    var open = HostedMiniport.OpenCall(tag: made.tag)
    if case .free(_, let allocation) = made.request { open.freed = allocation }
    miniports[index].calls[id] = open
    let call = Call(
      session: session, requestID: id, type: made.request.messageType, context: made.context,
      irql: .passive)
    simulator.perform(call, made.request, now: now)
  }

  /// Returns nil on success.
  private func carryOut(_ write: MemoryWrite, _ memory: HostedMemory) -> Failure? {
    do throws(Failure) {
      for piece in try memory.pieces(of: write) {
        guard let memory = memories[piece.section] else {
          return Failure(.failure, .staleHandle, piece.section.rawValue)
        }
        let problem = unsafe write.bytes.withUnsafeBytes { bytes in
          unsafe memory.write(
            UnsafeRawBufferPointer(rebasing: bytes[piece.bytes]), at: piece.offset)
        }
        // A section with huge pages cannot be written with pwrite; the frames are dropped.
        guard problem == 0 else {
          return Failure(.resources, .memoryUnavailable, UInt64(UInt32(bitPattern: problem)))
        }
      }
      return nil
    } catch { return error }
  }
}
