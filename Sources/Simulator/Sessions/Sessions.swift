// Sessions: one per connection that has sent HELLO. A session ends when its connection closes, or is reset;
// everything it owns is then torn down step by step, each step a turn of bounded work, so that a departing
// client with a million blocks does not stall the others.

import NDISDriverInterface
import NDISEvents
public import NDIS
import NDISStore

extension Simulator {
  /// Begins a session. The host checked the peer's credentials. A hosted driver's session is like any other,
  /// but every user may bind to its adapters, and every session may change them. With a `token` its client
  /// can reconnect after a restart.
  public mutating func begin(
    name: Name, pid: Int32, uid: UInt32, isHosted: Bool = false, firstRequestID: UInt64 = 1,
    token: UInt64 = 0, replyFeatures: ReplyFeatures = [], now: UInt64
  ) throws(Failure) -> UInt32 {
    turn.now = now
    try checkQuota(sessionsOf: uid)
    let number = store.globals[0].sessionNumber &+ 1
    let index = try slabs.sessions.allocateOrRefuse {
      $0.state = .open
      $0.isHosted = isHosted ? 1 : 0
      $0.replyFeatures = replyFeatures.rawValue
      $0.uid = uid
      $0.nextRequestID = max(1, firstRequestID)
    }
    store.clients.update(index) {
      $0 = SessionClientRecord()
      $0.name = name
      $0.pid = pid
      $0.number = UInt32(truncatingIfNeeded: number)
      $0.token = token
    }
    store.globals.update(0) { $0.sessionNumber = number }
    charge(sessionOf: uid)
    for result in store.slots(index) {
      if store.results[result, \.id] != 0 { store.results.update(result) { $0 = ResultRecord() } }
    }
    turn.emit(.event(.sessionOpened(party(session: index))))
    commit()
    return index.raw
  }

  /// The connection has closed.
  public mutating func end(
    session index: UInt32, reason: String, now: UInt64
  ) {
    let index = Index<SessionRecord>(index)
    turn.now = now
    guard store.sessions[index, \.state] != .free,
      store.sessions[index, \.state] != .ended
    else { return }
    turn.emit(.event(.sessionClosed(party(session: index), reason: reason)))
    store.sessions.update(index) { $0.state = .ended }
    scheduler.wake(index)
    wakeAll(ofDead: index)
    commit()
  }

  mutating func reset(_ call: Call) throws(Failure) {
    guard call.context == 0 else {
      throw Failure(.failure, .circularWait, call.context, call.context)
    }
    guard store.sessions[call.sessionIndex, \.state] == .open else {
      throw Failure(.failure, .objectEnding)
    }
    let request = try open(call, object: .null)
    store.sessions.update(call.sessionIndex) {
      $0.state = .resetting
      $0.resetRequest = Ref(request)
    }
    scheduler.wake(call.sessionIndex)
  }

  mutating func step(session index: Index<SessionRecord>) -> Bool {
    let session = store.sessions[index]
    let dead = session.state == .ended
    // The end of a driver wakes its session, which may be an open one.
    guard dead || session.state == .resetting else { return false }
    if dead {
      // Requests that wait for this process are notified of its end; its upcalls need no answer.
      if let upcall = session.upcalls.optional {
        if store.upcalls[upcall, \.state] == .expired {
          let registration = store.upcalls[upcall, \.registration]
          close(upcall: upcall)
          if let registration = registration.optional {
            updateStuck(registration: registration)
            releaseIfDone(registration: registration)
          }
        } else {
          resolve(upcall, .died)
        }
        return true
      }
      if let request = session.requests.optional {
        store.requestsOfSession.remove(request, from: index)
        store.requests.update(request) { $0.session = .none }
        return true
      }
    }
    for driver in store.driversOfSession.of(index)
    where store.drivers[driver, \.state] != .ending {
      end(driver: driver)
      return true
    }
    guard session.drivers.isNone else { return false }
    if session.state == .resetting {
      store.sessions.update(index) {
        $0.state = .open
        $0.resetRequest = .none
      }
      scheduler.rest(index)
      complete(session.resetRequest)
      return true
    }
    guard dead else { return false }
    // Registrations that hold other drivers' blocks lose their process now.
    if let registration = registrationOfDead(session: index) {
      orphan(registration: registration)
      return true
    }
    // The process exited before its reset finished.
    complete(session.resetRequest)
    var paid = derived.liveSections.first
    while let section = paid {
      paid = derived.liveSections.first(after: section)
      if store.sections[section, \.payer] == Ref(index) { endCharge(section: section) }
    }
    refund(sessionOf: session.uid)
    slabs.sessions.release(index)
    scheduler.rest(index)
    turn.emit(.sessionGone(index.raw))
    return true
  }

  /// Records how to find a session's connection after a restart; 0: not at all.
  public mutating func note(session index: UInt32, socket inode: UInt64) {
    let index = Index<SessionRecord>(index)
    guard store.clients[index, \.socket] != inode else { return }
    store.clients.update(index) { $0.socket = inode }
    commit()
  }

  func countViolation(session index: Index<SessionRecord>) {
    store.clients.update(index) { $0.violations &+= 1 }
  }

  /// Counts a block that its owner leaked.
  func countLeak(session index: Index<SessionRecord>) {
    store.clients.update(index) { $0.leaked &+= 1 }
  }
}
