// What a host reads and sets when it adopts a store: the open sessions and how to find their connections,
// upcalls without an answer, and which sections still have their memory.

public import NDISEvents
public import NDIS
import NDISStore

/// A session of an adopted store.
public struct AdoptedSession: Sendable {
  public var index: UInt32
  public var name: Name
  public var pid: Int32
  public var uid: UInt32
  /// Belongs to a hosted driver.
  public var isHosted: Bool
  /// It is ending already, and its client gets no more messages.
  public var isEnding: Bool
  /// Distinguishes it from earlier sessions with the same index.
  public var generation: UInt32
  public var token: UInt64
  public var socket: UInt64
}

/// A section of an adopted store.
public struct AdoptedSection: Sendable {
  public var handle: Handle
  public var inode: UInt64
  public var keeping: SectionKeeping
  public var size: UInt64
  /// The hosted provider that owns it; nil: a process offered it.
  public var hosted: UInt32?
  public var blocks: UInt32
  public var owner: Name
}

extension Simulator {
  /// Resumes the clock: deadlines are extended by the time the daemon was down. Call it once, before anything
  /// else, after an adoption.
  public mutating func resume(now: UInt64) {
    turn.now = now
    let last = store.header.time
    // The clock is from another boot, or no time has been recorded yet.
    let away = last > 0 && last <= now ? now - last : 0
    postponeUpcalls(by: away)
    postponeOIDs(by: away)
    commit()
  }

  /// The seed the store was laid out with.
  public var seed: UInt64 { store.globals[0, \.seed] }

  /// Sessions that have not been freed.
  public var adoptedSessions: [AdoptedSession] {
    var found: [AdoptedSession] = []
    for index in store.sessions.touched
    where store.sessions[index, \.state] != .free {
      let session = store.sessions[index]
      let client = store.clients[index]
      found.append(
        AdoptedSession(
          index: index.raw, name: client.name, pid: client.pid, uid: session.uid,
          isHosted: session.isHosted != 0,
          isEnding: session.state == .ended,
          generation: session.generation, token: client.token,
          socket: client.socket))
    }
    return found
  }

  /// Sections that have not been freed.
  public var adoptedSections: [AdoptedSection] {
    var found: [AdoptedSection] = []
    var next = derived.liveSections.first
    while let index = next {
      next = derived.liveSections.first(after: index)
      let section = store.sections[index]
      let registration = store.registrations[section.registration.index]
      found.append(
        AdoptedSection(
          handle: sectionHandle(index), inode: section.inode,
          keeping: section.keeping,
          size: UInt64(section.pages) << section.pageShift,
          hosted: section.session.isNone && registration.ownerSession.isNone
            && registration.hosted != UInt32.max ? registration.hosted : nil,
          blocks: section.blocks, owner: registration.name))
    }
    return found
  }

  /// Whether a session's client can reconnect after a restart.
  public func canResume(session index: UInt32) -> Bool {
    store.clients[Index(index), \.token] != 0
  }

  /// Distinguishes a session from earlier ones with the same index.
  public func generation(ofSession index: UInt32) -> UInt32 {
    store.sessions[Index(index), \.generation]
  }

  /// The party of a session.
  public func sessionParty(_ index: UInt32) -> Party { party(session: Index(index)) }

  /// What a session's client reads in messages to it.
  public func replyFeatures(session index: UInt32) -> ReplyFeatures {
    ReplyFeatures(rawValue: store.sessions[Index(index), \.replyFeatures])
  }

  /// Whether a session has drivers, on which other sessions may depend.
  public func hasObjects(session index: UInt32) -> Bool {
    !store.sessions[Index(index), \.drivers].isNone
  }

  /// Unanswered upcalls of a session, or of hosted providers, oldest first: open ones, and expired ones whose
  /// late answer is still expected. `undelivered`: only those that the hosted driver has not received yet.
  public func unanswered(session: UInt32?, undelivered: Bool = false) -> [UInt64] {
    var found: [UInt64] = []
    func look(_ index: Index<UpcallRecord>) {
      let upcall = store.upcalls[index]
      guard !undelivered || upcall.delivered == 0 else { return }
      switch upcall.state {
      case .open, .expired: found.append(upcall.id)
      case .free, .pended: break
      }
    }
    if let session {
      for index in store.upcallsOfSession.of(Index(session)) { look(index) }
    } else {
      // Hosted providers answer in the turn of the upcall: there are only a few, and only after an adoption.
      for index in store.upcalls.touched
      where store.upcalls[index, \.session].isNone { look(index) }
    }
    return found.sorted()
  }

  /// The session that a client which has lost its connection resumes.
  public func session(token: UInt64, uid: UInt32) -> UInt32? {
    guard token != 0 else { return nil }
    return store.sessions.indices.first {
      !slabs.sessions.isAvailable($0) && store.clients[$0, \.token] == token
        && store.sessions[$0, \.uid] == uid
        && store.sessions[$0, \.state] != .ended
    }?.raw
  }

  /// The hosted provider an upcall is for.
  public func hostedProvider(ofUpcall id: UInt64) -> UInt32? {
    guard let index = openUpcall(id),
      let registration = store.upcalls[index, \.registration].optional,
      store.registrations[registration, \.ownerSession].isNone
    else { return nil }
    return store.registrations[registration, \.hosted]
  }

  /// The type of an unanswered upcall.
  public func type(ofUpcall id: UInt64) -> UInt16? {
    upcallRecord(id).map { store.upcalls[$0, \.$type.raw] }
  }

  /// Whether a hosted driver has received an upcall.
  public func isDelivered(_ id: UInt64) -> Bool {
    upcallRecord(id).map { store.upcalls[$0, \.delivered] != 0 } ?? false
  }
}
