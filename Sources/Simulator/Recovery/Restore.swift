// What a host asks and says when it takes a store over: which sessions were open and by what their
// connections are known, which calls of handlers have no answer yet, which sections' memory is still there.

public import NDISEvents
public import NDIS
import NDISStore

/// A session of an adopted store.
public struct AdoptedSession: Sendable {
  public var index: UInt32
  public var name: Name
  public var pid: Int32
  public var uid: UInt32
  /// A hosted driver's.
  public var isHosted: Bool
  /// It is ending already, and nobody is to be told anything any more.
  public var isEnding: Bool
  /// Tells it from others that had its number.
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
  /// The hosted provider that has it; nil: a process offered it.
  public var hosted: UInt32?
  public var blocks: UInt32
  public var owner: Name
}

extension Simulator {
  /// Goes on with the time: what was due while nobody was there is due as much later. Call it once, before
  /// anything else, after an adoption.
  public mutating func resume(now: UInt64) {
    turn.now = now
    let last = store.header.time
    // Another boot's clock, or none yet.
    let away = last > 0 && last <= now ? now - last : 0
    postponeUpcalls(by: away)
    postponeOIDs(by: away)
    commit()
  }

  /// The seed the store was laid out with.
  public var seed: UInt64 { store.globals[0, \.seed] }

  /// Sessions that are not gone.
  public var adoptedSessions: [AdoptedSession] {
    var found: [AdoptedSession] = []
    for index in store.sessions.touched
    where store.sessions[index, \.state] != .free {
      let session = store.sessions[index]
      found.append(
        AdoptedSession(
          index: index.raw, name: session.name, pid: session.pid, uid: session.uid,
          isHosted: session.isHosted != 0,
          isEnding: session.state == .ended,
          generation: session.generation, token: session.token,
          socket: session.socket))
    }
    return found
  }

  /// Sections that are not gone.
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

  /// Whether a session's client can come back after a restart.
  public func canResume(session index: UInt32) -> Bool {
    store.sessions[Index(index), \.token] != 0
  }

  /// Tells a session from others that had its number.
  public func generation(ofSession index: UInt32) -> UInt32 {
    store.sessions[Index(index), \.generation]
  }

  /// Whose session it is.
  public func sessionParty(_ index: UInt32) -> Party { party(session: Index(index)) }

  /// Whether a session has drivers: something that others depend on.
  public func hasObjects(session index: UInt32) -> Bool {
    !store.sessions[Index(index), \.drivers].isNone
  }

  /// Calls of a session's handlers, or of hosted providers, that have no answer yet, oldest first: open ones,
  /// and those whose deadline has passed and whose late answer is waited for. `undelivered`: only those that
  /// the hosted driver does not have yet.
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
      // Hosted providers answer in the turn they are asked in: a few, and after an adoption only.
      for index in store.upcalls.touched
      where store.upcalls[index, \.session].isNone { look(index) }
    }
    return found.sorted()
  }

  /// The session that a client which has lost its connection goes on with.
  public func session(token: UInt64, uid: UInt32) -> UInt32? {
    guard token != 0 else { return nil }
    return store.sessions.indices.first {
      !slabs.sessions.isAvailable($0) && store.sessions[$0, \.token] == token
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

  /// The type of an upcall that has no answer yet.
  public func type(ofUpcall id: UInt64) -> UInt16? {
    upcallRecord(id).map { store.upcalls[$0, \.$type.raw] }
  }

  /// Whether a hosted driver has a call already.
  public func isDelivered(_ id: UInt64) -> Bool {
    upcallRecord(id).map { store.upcalls[$0, \.delivered] != 0 } ?? false
  }
}
