// WaitFor and Monitor. Neither polls: both continue when counters or events have changed, a wait also at its
// deadline.
//
// Limits: a state that lasts less than a turn of the reactor is missed; its event is not.

import NDISDriverInterface
import NDISDriverPlane
import NDISEvents
import NDISManagementInterface
import NDIS
import NDISSimulator
import NDISVarlink

/// Waits until a condition holds.
final class WaitAnswer: ManagementAnswer {
  private enum Wanted {
    case counter(String, matches: (Int) -> Bool)
    case object(String, state: String)
    case event(String, times: UInt64, after: UInt64)
  }

  private let wanted: Wanted
  private let end: UInt64?
  /// The objects most recently found for the text; checked first.
  private var known: [(object: FoundObject, identity: String)] = []
  private var searched: ObjectStamp?

  override var deadline: UInt64? { end }

  override var looksAtCounters: Bool {
    if case .event = wanted { false } else { true }
  }

  /// Throws InvalidParameter for a condition without criterion or with more than one.
  init(
    _ condition: Interface.Condition, timeoutMs: Int?, _ service: ManagementService
  ) throws(ManagementFailure) {
    wanted = try WaitAnswer.wanted(condition)
    if let timeoutMs {
      guard timeoutMs >= 0 else { throw .invalid("timeoutMs") }
      let (end, overflow) = service.now.addingReportingOverflow(UInt64(timeoutMs))
      self.end = overflow ? nil : end
    } else {
      end = nil
    }
  }

  private static func wanted(_ condition: Interface.Condition) throws(ManagementFailure) -> Wanted {
    let kinds = [condition.counter, condition.object, condition.event].count { $0 != nil }
    guard kinds == 1 else { throw .invalid("condition") }
    let bounds = [condition.equals, condition.atLeast, condition.atMost].count { $0 != nil }
    if let counter = condition.counter {
      guard Interface.Counters(Statistics(), events: 0)[counter] != nil else {
        throw .invalid("condition.counter")
      }
      guard bounds == 1 else {
        throw .invalid(bounds == 0 ? "condition.equals" : "condition.atMost")
      }
      try absent(condition.state, "state")
      try absent(condition.times, "times")
      try absent(condition.after, "after")
      let (equals, least, most) = (condition.equals, condition.atLeast, condition.atMost)
      return .counter(counter) { value in
        equals.map { value == $0 } ?? least.map { value >= $0 } ?? most.map { value <= $0 } ?? false
      }
    }
    try absent(condition.equals, "equals")
    try absent(condition.atLeast, "atLeast")
    try absent(condition.atMost, "atMost")
    if let object = condition.object {
      guard !object.isEmpty else { throw .invalid("condition.object") }
      guard let state = condition.state, states.contains(state) else {
        throw .invalid("condition.state")
      }
      try absent(condition.times, "times")
      try absent(condition.after, "after")
      return .object(object, state: state)
    }
    try absent(condition.state, "state")
    guard let event = condition.event, Event.kinds.contains(where: { $0.name == event }) else {
      throw .invalid("condition.event")
    }
    let times = condition.times ?? 1
    let after = condition.after ?? 0
    guard times > 0 else { throw .invalid("condition.times") }
    guard after >= 0 else { throw .invalid("condition.after") }
    return .event(event, times: UInt64(times), after: UInt64(after))
  }

  private static func absent<Value>(
    _ value: Value?, _ name: String
  ) throws(ManagementFailure) {
    guard value == nil else { throw .invalid("condition.\(name)") }
  }

  /// All state names of all kinds.
  private static let states: Set<String> = Set(
    [.adapter, .queue, .vport, .filter, .oid].flatMap { ManagementService.states(of: $0) } + [
      "gone", "present", "open", "resetting", "ended", "registering", "registered", "ending",
      "opening", "closing", "active", "superseded", "dead", "stuck", "live",
    ])

  override func step(_ service: ManagementService, budget: inout Int) -> ManagementStep {
    let (holds, found) = look(service, &budget)
    if holds {
      return .last(
        Interface.WaitFor.Output(
          found: found, sequence: Int(clamping: service.recorder.log.newest)
        ).json)
    }
    if let end, service.now >= end {
      let held = known.first.map { service.holding($0.object, budget: &budget) } ?? ""
      return .fail(Interface.TimedOut(found: found + held))
    }
    return .suspend
  }

  private func look(_ service: ManagementService, _ budget: inout Int) -> (Bool, String) {
    switch wanted {
    case .counter(let name, let matches):
      let value = service.counters[name] ?? 0
      budget -= 1
      return (matches(value), "\(name) is \(value)")
    case .event(let kind, let times, let after):
      let log = service.recorder.log
      // Without `after` the totals are exact; otherwise only events in the ring can be counted.
      let count = after == 0 ? log.totals[kind] ?? 0 : log.count(of: kind, after: after)
      budget -= after == 0 ? 1 : 64
      return (
        count >= times,
        "\(count) of \(kind)" + (after == 0 ? "" : " after event \(after)")
      )
    case .object(let text, let state): return lookAtObject(text, state, service, &budget)
    }
  }

  private func lookAtObject(
    _ text: String, _ wanted: String, _ service: ManagementService, _ budget: inout Int
  ) -> (Bool, String) {
    // A known object is read by its index. A search by name scans whole tables and is repeated only when
    // objects have been added or removed.
    let stamp = service.objectStamp
    if searched != stamp {
      searched = stamp
      known = service.objects(text).map { ($0, service.identity(of: $0)) }
      budget -= 512
    }
    budget -= 4 * known.count
    let states = known.compactMap { (object, identity) -> String? in
      guard service.switchboard.simulator.isUsed(object.kind, object.index),
        service.identity(of: object) == identity
      else { return nil }
      return service.state(of: object)
    }
    let found = states.isEmpty ? "\(quoted(text)) is gone" : "\(quoted(text)) is \(states[0])"
    switch wanted {
    case "gone": return (states.isEmpty, found)
    case "present": return (!states.isEmpty, found)
    default:
      return (
        states.contains(wanted), states.contains(wanted) ? "\(quoted(text)) is \(wanted)" : found
      )
    }
  }
}

/// The counters that change whenever a name may refer to another object.
struct ObjectStamp: Equatable {
  var events: UInt64
  var sessions: UInt64
  var drivers: UInt64
  var adapters: UInt64
  var bindings: UInt64
  var registrations: UInt64
  var queues: UInt64
  var vports: UInt64
  var filters: UInt64
  var openOIDs: UInt64
}

/// Replies with the current state, then with each event.
final class MonitorAnswer: ManagementAnswer {
  private let kinds: Set<String>?
  private let priority: Priority
  private var isFirst = true
  /// The sequence number of the newest event that was sent, filtered out or missed.
  private var last: UInt64 = 0

  /// Throws InvalidParameter for an unknown kind or priority.
  init(kinds: [String]?, priority: String?) throws(ManagementFailure) {
    if let kinds {
      guard kinds.allSatisfy({ kind in Event.kinds.contains { $0.name == kind } }) else {
        throw .invalid("kinds")
      }
      self.kinds = Set(kinds)
    } else {
      self.kinds = nil
    }
    if let priority {
      guard let known = Priority(name: priority) else { throw .invalid("priority") }
      self.priority = known
    } else {
      self.priority = .debug
    }
  }

  override var looksAtCounters: Bool { false }

  override func step(_ service: ManagementService, budget: inout Int) -> ManagementStep {
    typealias Output = Interface.Monitor.Output
    if isFirst {
      isFirst = false
      last = service.recorder.log.newest
      budget -= ManagementAnswer.stepBudget / 2
      return .reply(Output(status: service.status()).json)
    }
    let missed = service.recorder.log.missed(after: last)
    if missed > 0 {
      last &+= missed
      budget -= ManagementAnswer.replyCost
      return .reply(Output(dropped: Int(clamping: missed)).json)
    }
    while budget > 0, let entry = service.recorder.log[last &+ 1] {
      last = entry.sequence
      budget -= 1
      guard kinds?.contains(entry.event.kind.name) ?? true, entry.event.kind.priority <= priority
      else { continue }
      budget -= ManagementAnswer.replyCost
      return .reply(Output(event: Interface.Event(entry)).json)
    }
    return last < service.recorder.log.newest ? .yield : .suspend
  }
}
