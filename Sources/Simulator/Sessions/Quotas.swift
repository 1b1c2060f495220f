// Quotas: how much a session and its user may hold. Every quota is checked here and nowhere else, and what
// sessions hold is charged and refunded here; a provider's bytes are counted with its blocks (BlockOwnership.swift). The sessions' records are authoritative; per-user totals are derived from them.

import NDIS
import NDISStore

extension Simulator {
  // MARK: Sessions

  func checkQuota(sessionsOf user: UInt32) throws(Failure) {
    let sessions = derived.users[user]?.sessions ?? 0
    guard sessions < settings.quotas.userSessions else {
      throw Failure(
        .resources, .quotaSessions, UInt64(sessions), UInt64(settings.quotas.userSessions))
    }
  }

  mutating func charge(sessionOf user: UInt32) {
    derived.users[user, default: UserUsage()].sessions += 1
  }

  mutating func refund(sessionOf user: UInt32) {
    derived.users[user, default: UserUsage()].sessions &-= 1
    if derived.users[user]?.sessions == 0 { derived.users[user] = nil }
  }

  // MARK: Drivers, adapters, bindings and filter modules

  func checkQuota(objectsOf session: Index<SessionRecord>) throws(Failure) {
    let objects = derived.users[store.sessions[session, \.uid]]?.objects ?? 0
    guard objects < settings.quotas.userObjects else {
      throw Failure(
        .resources, .quotaObjects, UInt64(objects), UInt64(settings.quotas.userObjects))
    }
  }

  mutating func charge(objectOf driver: Index<DriverRecord>) {
    let session = store.drivers[driver, \.session].index
    store.sessions.update(session) { $0.objects &+= 1 }
    derived.users[store.sessions[session, \.uid], default: UserUsage()].objects &+= 1
  }

  mutating func refund(objectOf driver: Index<DriverRecord>) {
    let session = store.drivers[driver, \.session].index
    store.sessions.update(session) { $0.objects &-= 1 }
    derived.users[store.sessions[session, \.uid], default: UserUsage()].objects &-= 1
  }

  // MARK: Sections

  func checkQuota(sectionsOf index: Index<SessionRecord>) throws(Failure) {
    let session = store.sessions[index]
    let quotas = settings.quotas
    guard session.sections < quotas.sessionSections else {
      throw Failure(
        .resources, .quotaSections, UInt64(session.sections), UInt64(quotas.sessionSections))
    }
    let user = derived.users[session.uid] ?? UserUsage()
    guard user.sections < quotas.userSections else {
      throw Failure(.resources, .quotaSections, UInt64(user.sections), UInt64(quotas.userSections))
    }
  }

  mutating func charge(sectionOf session: Index<SessionRecord>) {
    store.sessions.update(session) { $0.sections &+= 1 }
    derived.users[store.sessions[session, \.uid], default: UserUsage()].sections &+= 1
  }

  mutating func refund(sectionOf session: Index<SessionRecord>) {
    store.sessions.update(session) { $0.sections &-= 1 }
    derived.users[store.sessions[session, \.uid], default: UserUsage()].sections &-= 1
  }

  // MARK: Blocks

  /// Whether a block of `length` bytes may be allocated for a session.
  func checkQuota(blocksOf session: Index<SessionRecord>, length: UInt32) throws(Failure) {
    let quotas = settings.quotas
    let record = store.sessions[session]
    guard record.blocks < quotas.sessionBlocks else {
      throw Failure(
        .resources, .quotaBlocks, UInt64(record.blocks), UInt64(quotas.sessionBlocks))
    }
    guard record.bytes + UInt64(length) <= quotas.sessionBytes else {
      throw Failure(
        .resources, .quotaBytes, record.bytes + UInt64(length), quotas.sessionBytes)
    }
    let user = derived.users[record.uid] ?? UserUsage()
    guard user.blocks < quotas.userBlocks else {
      throw Failure(.resources, .quotaBlocks, UInt64(user.blocks), UInt64(quotas.userBlocks))
    }
    guard user.bytes + UInt64(length) <= quotas.userBytes else {
      throw Failure(.resources, .quotaBytes, user.bytes + UInt64(length), quotas.userBytes)
    }
  }

  /// Whether a provider may hold `length` bytes more.
  func checkQuota(
    bytesOf registration: Index<RegistrationRecord>, length: UInt32
  ) throws(Failure) {
    let bytes = store.registrations[registration, \.bytes] + UInt64(length)
    guard bytes <= settings.quotas.providerBytes else {
      throw Failure(.resources, .quotaBytes, bytes, settings.quotas.providerBytes)
    }
  }

  /// Counts a block for a session, its user and the whole simulator.
  mutating func charge(blockOf session: Index<SessionRecord>, length: UInt32) {
    store.sessions.update(session) {
      $0.blocks &+= 1
      $0.bytes &+= UInt64(length)
    }
    store.globals.update(0) {
      $0.blocks &+= 1
      $0.bytes &+= UInt64(length)
    }
    func charge(_ usage: inout UserUsage) {
      usage.blocks &+= 1
      usage.bytes &+= UInt64(length)
    }
    charge(&derived.users[store.sessions[session, \.uid], default: UserUsage()])
  }

  mutating func refund(blockOf session: Index<SessionRecord>, length: UInt32) {
    store.sessions.update(session) {
      $0.blocks &-= 1
      $0.bytes &-= UInt64(length)
    }
    store.globals.update(0) {
      $0.blocks &-= 1
      $0.bytes &-= UInt64(length)
    }
    func refund(_ usage: inout UserUsage) {
      usage.blocks &-= 1
      usage.bytes &-= UInt64(length)
    }
    refund(&derived.users[store.sessions[session, \.uid], default: UserUsage()])
  }

  // MARK: OID requests

  func checkQuota(oidsOf session: Index<SessionRecord>) throws(Failure) {
    let open = store.sessions[session, \.oids]
    guard open < settings.quotas.sessionOIDs else {
      throw Failure(
        .resources, .tooManyOutstanding, UInt64(open), UInt64(settings.quotas.sessionOIDs))
    }
  }

  mutating func charge(oidOf session: Index<SessionRecord>) {
    store.sessions.update(session) { $0.oids &+= 1 }
  }

  mutating func refund(oidOf session: Index<SessionRecord>) {
    store.sessions.update(session) { $0.oids &-= 1 }
  }
}
