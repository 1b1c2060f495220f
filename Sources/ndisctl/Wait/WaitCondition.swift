// The conditions of `ndisctl wait`, parsed from the command line.
//
//   blocks=0  adapters>=2  violations<=3  bytes>0    a counter of the daemon
//   vmq0=Running  adapter:vmq0=Running  tester=gone   an object's state
//   event:leak*2  event:violation                     events of a kind, and how many
//
// The name of a counter compared with a number is that counter. Names of objects, with or without a kind
// as prefix, are resolved by the daemon.

import NDISManagementInterface

/// A condition.
struct WaitCondition {
  var condition: SimulatorInterface.Condition

  /// Why a text is not a condition.
  struct Problem: Error {
    var sentence: String
  }

  static let counters = [
    "sessions", "drivers", "adapters", "bindings", "providers", "sections", "blocks", "bytes",
    "openRequests", "openUpcalls", "queues", "vports", "filters", "openOids", "indicatedLists",
    "allocations", "frees", "failedAllocations", "violations",
    "leakedBlocks", "events",
  ]

  /// - Parameter after: for events: only those with a greater sequence number.
  init(_ text: String, after: Int?) throws(Problem) {
    condition = SimulatorInterface.Condition()
    if text.hasPrefix("event:") {
      try readEvent(text.dropFirst("event:".count), after)
      return
    }
    if after != nil {
      throw Problem(sentence: "--after requires a condition event:KIND, not '\(text)'")
    }
    // The longer operator first: `>=` has a `=` in it.
    for sign in ["==", ">=", "<=", "=", ">", "<"] {
      guard let range = WaitCondition.find(sign, in: text) else { continue }
      let name = text[..<range.lowerBound]
      let value = text[range.upperBound...]
      if WaitCondition.counters.contains(String(name)), let number = Int(value) {
        try readCounter(String(name), sign, number)
      } else if WaitCondition.counters.contains(String(name)), let first = value.first,
        first.isASCII, first.isNumber
      {
        // No state starts with a digit.
        throw Problem(
          sentence: "invalid number '\(value)' for \(name); use 0 to \(Int.max)"
        )
      } else {
        try readObject(name, sign, value, text)
      }
      return
    }
    throw Problem(
      sentence:
        "invalid condition '\(text)'; use for example blocks=0, 'adapters>=2', vmq0=Running or event:leak*1"
    )
  }

  /// The first position of an operator. Longer ones are searched first.
  private static func find(_ sign: String, in text: String) -> Range<String.Index>? {
    guard let first = text.firstIndex(where: { "=<>".contains($0) }) else { return nil }
    guard text[first...].hasPrefix(sign) else { return nil }
    return first..<text.index(first, offsetBy: sign.count)
  }

  private mutating func readCounter(
    _ name: String, _ sign: String, _ number: Int
  ) throws(Problem) {
    condition.counter = name
    switch sign {
    case "=", "==": condition.equals = number
    case ">=": condition.atLeast = number
    case "<=": condition.atMost = number
    case ">":
      guard number < Int.max else { throw Problem(sentence: "no value is greater than \(number)") }
      condition.atLeast = number + 1
    default:
      guard number > Int.min else { throw Problem(sentence: "no value is less than \(number)") }
      condition.atMost = number - 1
    }
  }

  private mutating func readObject(
    _ name: Substring, _ sign: String, _ state: Substring, _ text: String
  ) throws(Problem) {
    if sign != "=" && sign != "==" {
      let known = WaitCondition.counters.joined(separator: ", ")
      throw Problem(
        sentence: "'\(text)' does not compare a counter with a number; the counters are \(known)")
    }
    guard !name.isEmpty, !state.isEmpty else {
      throw Problem(sentence: "'\(text)' has no name or no state; use for example vmq0=Running")
    }
    condition.object = String(name)
    condition.state = String(state)
  }

  private mutating func readEvent(_ text: Substring, _ after: Int?) throws(Problem) {
    let parts = text.split(separator: "*", maxSplits: 1, omittingEmptySubsequences: false)
    guard let name = parts.first, !name.isEmpty else {
      throw Problem(sentence: "'event:\(text)' has no kind; use for example event:leak*1")
    }
    condition.event = String(name)
    condition.after = after
    guard parts.count == 2 else {
      condition.times = 1
      return
    }
    guard let times = Int(parts[1]), times > 0 else {
      throw Problem(sentence: "'event:\(text)' has '\(parts[1])' after the *; use 1 or more")
    }
    condition.times = times
  }
}
