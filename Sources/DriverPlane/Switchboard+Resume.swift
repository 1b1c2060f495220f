// Session resume after a daemon restart, on the stored connection or on a new one. What a client sent before
// it answered RESUMED is ignored, and nothing else is sent to it until then: it repeats every outstanding
// request, so each gets one reply.

import NDISDriverInterface
import NDISDriverProtocol
import NDISEvents
import NDIS
import NDISPlatform
import NDISSimulator

extension SwitchboardState {
  /// How long a session waits for its client to reconnect while the client's process exists.
  static let gracePeriod: UInt64 = 600_000

  /// Adopts a connection that outlived an earlier process; false if it belongs to no session.
  mutating func adopt(_ connection: DriverConnection, socket inode: UInt64) -> Bool {
    guard inode != 0,
      let session = simulator.adoptedSessions.first(where: {
        $0.socket == inode && !$0.isEnding && $0.uid == connection.uid && $0.token != 0
      }), connections[session.index] == nil
    else { return false }
    connection.session = session.index
    connection.name = "\(session.name)"
    persistence.restored(connection)
    connections[session.index] = connection
    unsafe send(Encoding.resumed(instance, into: buffer), to: connection)
    connection.awaitsResume = true
    connection.wasResumed = true
    return true
  }

  /// Makes sessions without a connection wait for their clients, and ends those whose client cannot
  /// reconnect.
  mutating func beginResumeGracePeriod() {
    readClock()
    for session in simulator.adoptedSessions where !session.isHosted && !session.isEnding {
      guard connections[session.index] == nil else { continue }
      if session.token == 0 {
        simulator.end(
          session: session.index,
          reason: "the simulator restarted, and this client cannot resume", now: now)
      } else {
        simulator.note(session: session.index, socket: 0)
        pendingResumes[session.index] = now &+ SwitchboardState.gracePeriod
      }
    }
    drain()
  }

  /// Ends the sessions whose clients did not reconnect in time or no longer exist.
  mutating func endExpiredResumes() {
    guard now >= nextGraceCheck else { return }
    nextGraceCheck = now &+ 1_000
    for (session, until) in pendingResumes
    where until <= now || isOverdue(until) && !isAlive(simulator.sessionParty(session).pid) {
      pendingResumes[session] = nil
      let waited = (now &+ SwitchboardState.gracePeriod &- until) / 1000
      let failure = Failure(.failure, .sessionNotResumed, waited)
      simulator.end(session: session, reason: failure.sentence, now: now)
    }
  }

  /// RESUME: the client's messages are handled from here on. Earlier ones are ignored.
  mutating func resume(
    _ connection: DriverConnection, _ header: MessageHeader, _ packet: UnsafeRawBufferPointer
  ) {
    guard connection.awaitsResume, let session = connection.session,
      header.isResume, let named = unsafe Decoding.resume(packet), named == instance
    else { return }
    connection.awaitsResume = false
    connection.replayBudget = Int(NDIS.Limits.maximumOutstanding)
    onEvent(.sessionResumed(simulator.sessionParty(session), reconnected: false))
    callAgain(session)
  }

  /// HELLO with a token.
  mutating func reconnect(
    _ connection: DriverConnection, _ header: MessageHeader, _ hello: Hello
  ) throws(Failure) {
    let token = hello.token
    guard let session = simulator.session(token: token, uid: connection.uid),
      pendingResumes[session] != nil, connections[session] == nil
    else { throw Failure(.failure, .sessionUnknown) }
    pendingResumes[session] = nil
    connection.session = session
    let party = simulator.sessionParty(session)
    connection.name = "\(party.driver)"
    connection.replayBudget = Int(NDIS.Limits.maximumOutstanding)
    connection.wasResumed = true
    connections[session] = connection
    // What was granted stays granted: upcalls of this session may have been sent before.
    let features = SessionFeatures(simulator.replyFeatures(session: session))
      .union(.resume).union(hello.features.intersection(.miniportMemory))
    send(
      helloReply(header, features: features, token: token), to: connection)
    onEvent(.sessionResumed(party, reconnected: true))
    persistence.store(connection, session, &simulator)
    callAgain(session)
  }

  /// Repeats upcalls that have no answer: the client knows which of them it has handled.
  private mutating func callAgain(_ session: UInt32) {
    for id in simulator.unanswered(session: session) {
      if simulator.upcall(id) != nil {
        call(session, id)
      } else if let connection = connections[session],
        let type = simulator.type(ofUpcall: id)
      {
        // Its deadline has passed and its subject was removed; only a late answer may have been lost.
        unsafe send(
          Encoding.upcall(id, withoutSubject: type, into: buffer), to: connection)
      }
    }
  }

  /// A process that has ended may have passed its connection to a child, which then reconnects within a short
  /// time.
  private func isOverdue(_ until: UInt64) -> Bool {
    now &+ SwitchboardState.gracePeriod &- until >= 5_000
  }

  /// Whether a process may still reconnect. Processes in other PID namespaces cannot be checked: the session
  /// waits.
  private func isAlive(_ pid: Int32) -> Bool {
    pid <= 0 || host.exists(pid)
  }

  func freshToken() throws(Failure) -> UInt64 {
    do throws(SystemError) {
      let bits = try host.randomBits()
      return bits == 0 ? 1 : bits
    } catch { throw Failure(.resources, .memoryUnavailable, UInt64(clamping: error.errno)) }
  }
}
