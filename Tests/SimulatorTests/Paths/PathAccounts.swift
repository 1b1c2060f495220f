// The books of the generated test of the receive path, kept apart from the simulator's: which OID requests
// were accepted and told, which lists a miniport has out, which state every object was in.

import NDISDriverInterface
import NDIS

@testable import NDISSimulator
import NDISStore

struct PathAccounts {
  /// Told as events.
  var violations: UInt64 = 0
  /// Accepted OID requests of a session, and how often each was told.
  private var oids: [UInt32: [Handle: Int]] = [:]
  /// Lists out, by the miniport's number: whose, and whether only lent for the call.
  private var lists: [UInt64: (adapter: Handle, isLent: Bool)] = [:]
  private var adapters: [Handle: AdapterState] = [:]
  private var queues: [UInt64: QueueState] = [:]
  private var vports: [UInt64: VPortState] = [:]

  // MARK: OID requests

  /// Nil when all is well.
  mutating func accept(_ oid: Handle, of session: UInt32) -> String? {
    guard oids[session]?[oid] == nil else { return "\(oid) was given out twice" }
    oids[session, default: [:]][oid] = 0
    return nil
  }

  mutating func tell(_ oid: OIDDetails?, of session: UInt32) -> String? {
    guard let oid else { return "a completion without details" }
    guard let count = oids[session]?[oid.handle] else {
      return "\(oid.handle) was told, and never accepted"
    }
    oids[session]?[oid.handle] = count + 1
    if count > 0 { return "\(oid.handle) was told twice" }
    return oid.failure.status == .pending ? "told PENDING" : nil
  }

  /// Requests whose end was not told, of sessions that live.
  var untold: [Handle] {
    oids.keys.sorted().flatMap { session in
      (oids[session] ?? [:]).filter { $0.value == 0 }.map(\.key)
    }
  }

  // MARK: Lists

  mutating func indicate(_ contexts: [UInt64], _ adapter: Handle, resources: Bool) {
    for context in contexts { lists[context] = (adapter, resources) }
  }

  /// False when one of them has come back already.
  mutating func refuse(_ contexts: [UInt64]) -> Bool {
    contexts.allSatisfy { lists.removeValue(forKey: $0) != nil }
  }

  mutating func comeBack(_ contexts: [UInt64]) -> String? {
    for context in contexts {
      guard let list = lists.removeValue(forKey: context) else {
        return "list \(context) came back twice, or was never indicated"
      }
      if list.isLent { return "list \(context) was lent, and came back" }
    }
    return nil
  }

  /// Lists that are out.
  var out: [UInt64] { lists.filter { !$0.value.isLent }.map(\.key) }

  // MARK: Ends

  mutating func ended(_ adapter: Handle) {
    lists = lists.filter { $0.value.adapter != adapter }
  }

  mutating func died(_ session: UInt32) { oids[session] = nil }

  // MARK: States

  /// What moved in a way no row of its table allows.
  mutating func moved(_ simulator: borrowing Simulator) -> [String] {
    let store = simulator.store
    var wrong: [String] = []
    if simulator.statistics(session: nil).violations < violations {
      wrong.append("violations are not counted")
    }
    var nowAdapters: [Handle: AdapterState] = [:]
    for index in store.adapters.indices where store.adapters[index].life != .free {
      guard let state = store.adapters[index].storedState.validated else {
        wrong.append("adapter \(index) is in state \(store.adapters[index].storedState.raw)")
        continue
      }
      let handle = simulator.adapterHandle(index)
      let before = adapters[handle] ?? .halted
      nowAdapters[handle] = state
      if before != state,
        !AdapterState.table.rows.contains(where: { $0.from == before && $0.to == state })
      {
        wrong.append("adapter \(index) went from \(before.name) to \(state.name)")
      }
    }
    adapters = nowAdapters
    var nowQueues: [UInt64: QueueState] = [:]
    for index in store.queues.indices where !store.queues[index].adapter.isNone {
      let record = store.queues[index]
      let key = UInt64(index) << 32 | UInt64(record.generation)
      guard let state = record.storedState.validated else {
        wrong.append("queue \(index) is in state \(record.storedState.raw)")
        continue
      }
      let before = queues[key] ?? .undefined
      nowQueues[key] = state
      if before != state,
        !QueueState.table.rows.contains(where: { $0.from == before && $0.to == state })
      {
        wrong.append("queue \(index) went from \(before.name) to \(state.name)")
      }
    }
    queues = nowQueues
    var nowVPorts: [UInt64: VPortState] = [:]
    for index in store.vports.indices where !store.vports[index].adapter.isNone {
      let record = store.vports[index]
      let key = UInt64(index) << 32 | UInt64(record.generation)
      guard let state = record.storedState.validated else {
        wrong.append("VPort \(index) is in state \(record.storedState.raw)")
        continue
      }
      let before = vports[key] ?? .deleted
      nowVPorts[key] = state
      if before != state,
        !VPortState.table.rows.contains(where: { $0.from == before && $0.to == state })
      {
        wrong.append("VPort \(index) went from \(before.name) to \(state.name)")
      }
    }
    vports = nowVPorts
    return wrong
  }
}
