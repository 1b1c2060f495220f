// Counts of broken rules: how often, the newest one's sentence, and what a test run has declared to
// expect. Violations, invalid answers of providers and leaks all count here, each once, when its event
// happens.
//
// Rules: one line a code. A code is the bug check that Windows would have stopped with, as in
// `0x7C/0x03`, else the name of the rule; `leak` for blocks that were not freed. A declaration may name
// the rule where there is a bug check too: what broke that rule then has a line of its own, whenever it
// was declared, and is no part of the bug check's. Kinds are few by nature, codes a client declares are
// not, so there is a limit to those.

import NDISEvents
import NDIS

/// Counts of violations and what was expected of them.
struct ViolationBook {
  struct Line {
    var code: String
    /// The newest one's rule; empty while there was none.
    var rule = ""
    var count: UInt64 = 0
    var expected: UInt64?
    /// The newest one's sentence.
    var message = ""
  }

  /// What happened, by what it is counted under and the rule that was broken.
  private struct Kind: Hashable {
    var code: String
    var rule: String
  }

  private struct Count {
    var count: UInt64 = 0
    /// The newest one's place among all that were counted.
    var newest: UInt64 = 0
    var message = ""
  }

  /// Codes that may be declared.
  static let limit = 256
  private var counts: [Kind: Count] = [:]
  private var expected: [String: UInt64] = [:]
  private var counted: UInt64 = 0

  /// What was counted and what was declared, in the order of the codes.
  var lines: [Line] { lines(declared: expected) }

  /// Only what was counted, whatever was declared: for counters, which must not go down.
  var counters: [Line] { lines(declared: [:]) }

  private func lines(declared expected: [String: UInt64]) -> [Line] {
    var byCode: [String: Line] = [:]
    for (code, times) in expected { byCode[code] = Line(code: code, expected: times) }
    // The newest one last: its rule and its sentence stay.
    for (kind, count) in counts.sorted(by: { $0.value.newest < $1.value.newest }) {
      let code = expected[kind.rule] == nil ? kind.code : kind.rule
      var line = byCode[code] ?? Line(code: code)
      line.count &+= count.count
      line.rule = kind.rule
      line.message = count.message
      byCode[code] = line
    }
    return byCode.values.sorted { $0.code < $1.code }
  }

  /// Counts an event, if it is a violation.
  mutating func record(_ event: Event) {
    switch event {
    case .violation(let violation), .providerLied(let violation):
      let rule = violation.failure.reason.rule
      count(Kind(code: violation.bugCheck?.name ?? rule, rule: rule), event)
    case .leak: count(Kind(code: "leak", rule: "leak"), event)
    default: break
    }
  }

  private mutating func count(_ kind: Kind, _ event: Event) {
    counted &+= 1
    let before = counts[kind]?.count ?? 0
    counts[kind] = Count(count: before &+ 1, newest: counted, message: event.sentence)
  }

  /// Whether a code can occur: a rule's name, `leak`, or a bug check as in `0x7C/0x03`.
  static func isCode(_ text: String) -> Bool {
    if text == "leak" || rules.contains(text) { return true }
    let parts = text.split(separator: "/", omittingEmptySubsequences: false)
    return parts.count == 2
      && parts.allSatisfy { part in
        part.hasPrefix("0x") && (3...18).contains(part.utf8.count)
          && part.dropFirst(2).allSatisfy { $0.isHexDigit && !$0.isLowercase }
      }
  }

  private static let rules = Set(Reason.allCases.map(\.rule))

  /// Adds to what is expected; false when too many codes have been declared.
  mutating func expect(_ code: String, times: UInt64) -> Bool {
    guard expected.count < ViolationBook.limit || expected[code] != nil else { return false }
    let (sum, overflow) = (expected[code] ?? 0).addingReportingOverflow(times)
    expected[code] = overflow ? UInt64.max : sum
    return true
  }

  /// Takes every declaration back.
  mutating func forgetExpectations() { expected = [:] }
}
