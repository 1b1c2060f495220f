// The end of a provider's registration: replaced, with its driver, or with its process; and its outstanding answers
// and blocks until its record is released.

import NDISEvents
import NDIS
import NDISStore

extension Simulator {
  /// Ends a registration: it gets no new request. Its blocks stay valid; they are freed through it while its
  /// process lives (A21), directly when it is dead.
  mutating func end(
    registration index: Index<RegistrationRecord>, _ state: RegistrationState
  ) {
    let record = store.registrations[index]
    guard record.state == .active || state == .dead else { return }
    derived.activeRegistrations.remove(index)
    store.registrations.update(index) {
      $0.state = state
    }
    if state != .superseded {
      turn.emit(
        .event(
          .providerEnded(
            party(registration: index), record.owner, blocks: UInt64(record.blockCount),
            died: state == .dead)))
    }
    // Names are read through driver and adapter, whose records may be reused.
    store.registrations.update(index) {
      $0.driver = .none
      $0.adapter = .none
    }
    releaseIfDone(registration: index)
  }

  /// An expired upcall of a registration has ended: updates whether another answer is overdue.
  mutating func updateStuck(registration index: Index<RegistrationRecord>) {
    var owed: UInt64 = 0
    if let session = store.registrations[index, \.ownerSession].optional {
      var next = store.sessions[session, \.upcalls]
      while let upcall = next.optional, owed == 0 {
        let record = store.upcalls[upcall]
        if record.state == .expired, record.registration == Ref(index) {
          owed = record.id
        }
        next = record.next
      }
    }
    store.registrations.update(index) { $0.stuckUpcall = owed }
  }

  /// Frees the record of a registration that has ended, has no blocks or calls, and owes no answer.
  mutating func releaseIfDone(
    registration index: Index<RegistrationRecord>
  ) {
    let state = store.registrations.read(index) { $0.state }
    guard state != .free, state != .active else { return }
    let record = store.registrations[index]
    guard record.blockCount == 0, record.freesInFlight == 0, record.allocationsInFlight == 0,
      record.stuckUpcall == 0
    else { return }
    if let section = record.sections.optional {
      guard store.sections[section, \.blocks] == 0 else { return }
      release(section: section)
      releaseIfDone(registration: index)
      return
    }
    slabs.registrations.release(index)
  }

  // MARK: Dead providers

  /// A registration that still refers to the session after its drivers have ended.
  func registrationOfDead(session: Index<SessionRecord>) -> Index<RegistrationRecord>? {
    for index in store.registrations.indices
    where store.registrations[index, \.state] != .free
      && store.registrations[index, \.ownerSession] == Ref(session)
    {
      return index
    }
    return nil
  }

  /// Its blocks outlive their provider's process, and are reclaimed directly when freed.
  mutating func orphan(
    registration index: Index<RegistrationRecord>
  ) {
    for section in store.sectionsOfProvider.of(index) {
      endCharge(section: section)
      store.sections.update(section) { $0.session = .none }
    }
    store.registrations.update(index) {
      $0.state = .dead
      $0.ownerSession = .none
      $0.stuckUpcall = 0
      $0.hosted = UInt32.max
    }
    releaseIfDone(registration: index)
  }

  /// An answer of the provider is overdue: it gets no new upcall until that answer has arrived.
  mutating func markStuck(registration index: Index<RegistrationRecord>, upcall: UInt64) {
    store.registrations.update(index) { $0.stuckUpcall = upcall }
    turn.emit(
      .event(
        .providerStuck(
          party(registration: index), store.registrations[index].owner, upcall: upcall)))
  }
}
