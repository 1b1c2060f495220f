// The scheduler: which objects have pending work, and which calls have a deadline. The host calls `step` for
// one bounded unit of work at a time, and `expire` to end calls that are overdue.

import NDISDriverInterface
import NDISStore

/// Objects with pending work and calls with a deadline. Derived from the store; the lowest index is served
/// first, so the order in which they were woken does not matter.
struct Scheduler: ~Copyable {
  private(set) var sessions: RecordSet<SessionRecord>
  private(set) var drivers: RecordSet<DriverRecord>
  private(set) var adapters: RecordSet<AdapterRecord>
  private(set) var bindings: RecordSet<BindingRecord>
  /// Upcalls with a deadline.
  private(set) var timedUpcalls: RecordSet<UpcallRecord>
  /// OID requests with a Timeout.
  private(set) var timedOIDs: RecordSet<OIDRecord>

  /// `fresh`: the store is new, and there is nothing to read.
  init(_ store: Store, _ slabs: borrowing Slabs, fresh: Bool = false) {
    let capacities = store.capacities
    sessions = RecordSet(IndexSet(capacity: capacities.sessions))
    drivers = RecordSet(IndexSet(capacity: capacities.drivers))
    adapters = RecordSet(IndexSet(capacity: capacities.adapters))
    bindings = RecordSet(IndexSet(capacity: capacities.bindings))
    timedUpcalls = RecordSet(IndexSet(capacity: capacities.upcalls))
    timedOIDs = RecordSet(IndexSet(capacity: capacities.oids))
    if !fresh { adopt(slabs) }
  }

  private mutating func adopt(_ slabs: borrowing Slabs) {
    slabs.sessions.forEachUsed { if $1.state != .open { wake($0) } }
    slabs.drivers.forEachUsed { if $1.state == .ending { wake($0) } }
    slabs.adapters.forEachUsed { index, _ in wake(index) }
    slabs.bindings.forEachUsed { index, _ in wake(index) }
    slabs.upcalls.forEachUsed {
      if $1.deadline != 0, $1.state == .open || $1.state == .pended { watchDeadline(of: $0) }
    }
    slabs.oids.forEachUsed { if $1.deadline != 0 { watchDeadline(of: $0) } }
  }

  var isIdle: Bool {
    bindings.isEmpty && adapters.isEmpty && drivers.isEmpty && sessions.isEmpty
  }

  // MARK: Work

  mutating func wake(_ index: Index<SessionRecord>) { sessions.insert(index) }
  mutating func wake(_ index: Index<DriverRecord>) { drivers.insert(index) }
  mutating func wake(_ index: Index<AdapterRecord>) { adapters.insert(index) }
  mutating func wake(_ index: Index<BindingRecord>) { bindings.insert(index) }

  /// The session is idle until it is woken.
  mutating func rest(_ index: Index<SessionRecord>) { sessions.remove(index) }
  mutating func rest(_ index: Index<DriverRecord>) { drivers.remove(index) }
  mutating func rest(_ index: Index<AdapterRecord>) { adapters.remove(index) }
  mutating func rest(_ index: Index<BindingRecord>) { bindings.remove(index) }

  // MARK: Deadlines

  mutating func watchDeadline(of index: Index<UpcallRecord>) { timedUpcalls.insert(index) }
  mutating func watchDeadline(of index: Index<OIDRecord>) { timedOIDs.insert(index) }
  mutating func forgetDeadline(of index: Index<UpcallRecord>) { timedUpcalls.remove(index) }
  mutating func forgetDeadline(of index: Index<OIDRecord>) { timedOIDs.remove(index) }
}

extension Simulator {
  /// Whether `step` has pending work.
  public var hasWork: Bool { !scheduler.isIdle }

  /// Whether a call with a deadline is open.
  public var hasDeadlines: Bool { !scheduler.timedUpcalls.isEmpty || !scheduler.timedOIDs.isEmpty }

  /// Does one bounded unit of work of starting or ending objects; false when no work is pending.
  public mutating func step(now: UInt64) -> Bool {
    turn.now = now
    defer { commit() }
    if let index = scheduler.bindings.first {
      if !step(binding: index) { scheduler.rest(index) }
      return true
    }
    if let index = scheduler.adapters.first {
      if !step(adapter: index) { scheduler.rest(index) }
      return true
    }
    if let index = scheduler.drivers.first {
      let ending = store.drivers[index, \.state] == .ending
      if !ending || !step(driver: index) { scheduler.rest(index) }
      return true
    }
    if let index = scheduler.sessions.first {
      if !step(session: index) { scheduler.rest(index) }
      return true
    }
    return false
  }

  /// Fails upcalls whose deadline has passed, and cancels OID requests whose Timeout has passed.
  public mutating func expire(now: UInt64) {
    turn.now = now
    var upcall = scheduler.timedUpcalls.first
    while let index = upcall {
      upcall = scheduler.timedUpcalls.first(after: index)
      guard store.upcalls[index, \.deadline] <= now else { continue }
      scheduler.forgetDeadline(of: index)
      resolve(index, .expired)
      commit()
    }
    var oid = scheduler.timedOIDs.first
    while let index = oid {
      oid = scheduler.timedOIDs.first(after: index)
      guard store.oids[index, \.deadline] <= now else { continue }
      timedOut(oid: index)
      commit()
    }
  }

  // MARK: Waking others

  /// A provider has freed a block: wakes owners that were waiting for its frees.
  mutating func wakeAll(waitingFor registration: Index<RegistrationRecord>) {
    if store.registrations[registration, \.freesInFlight] == 32 { wakeAll() }
  }

  /// A process has ended: its adapters end without calls, its miniports' open requests are completed, and
  /// adapters it was bound to no longer wait for it.
  mutating func wakeAll(ofDead session: Index<SessionRecord>) {
    for driver in store.driversOfSession.of(session) {
      if store.drivers[driver, \.kind] == .miniport {
        for adapter in store.adaptersOfDriver.of(driver) { scheduler.wake(adapter) }
      } else {
        for binding in store.bindingsOfDriver.of(driver) {
          scheduler.wake(store.bindings[binding, \.adapter].index)
          scheduler.wake(binding)
        }
      }
    }
  }

  /// Wakes everything that waits, to check again whether it can proceed.
  mutating func wakeAll() {
    for index in store.drivers.indices where store.drivers[index, \.state] == .ending {
      scheduler.wake(index)
    }
    for index in store.adapters.indices where store.adapters[index, \.life] != .free {
      scheduler.wake(index)
    }
    for index in store.bindings.indices
    where store.bindings[index, \.closing] != 0 || store.bindings[index, \.ending] != 0 {
      scheduler.wake(index)
    }
  }
}
