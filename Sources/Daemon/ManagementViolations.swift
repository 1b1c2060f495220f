// The book of broken rules: how often, the newest one's sentence, and what a test run has said it is
// going to break. Violations, lies of providers and leaks all count here, each once, when its event
// happens.
//
// Rules: one line a code. A code is the bug check that Windows would have stopped with, as in
// `0x7C/0x03`, else the name of the rule; `leak` for blocks that were not freed. Kinds are few by
// nature, codes a client declares are not, so there is a limit to those.

import Events
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

  /// Codes that may be declared.
  static let limit = 256
  private var byCode: [String: Line] = [:]

  /// In the order of their codes.
  var lines: [Line] { byCode.values.sorted { $0.code < $1.code } }

  /// Counts what an event tells, if it tells of a violation.
  mutating func record(_ event: Event) {
    switch event {
    case .violation(let violation), .providerLied(let violation):
      let rule = violation.failure.reason.rule
      count(violation.bugCheck?.name ?? rule, rule, event)
    case .leak: count("leak", "leak", event)
    default: break
    }
  }

  private mutating func count(_ code: String, _ rule: String, _ event: Event) {
    var line = byCode[code] ?? Line(code: code)
    line.count &+= 1
    line.rule = rule
    line.message = event.sentence
    byCode[code] = line
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
    let declared = byCode.values.count { $0.expected != nil }
    guard declared < ViolationBook.limit || byCode[code]?.expected != nil else { return false }
    var line = byCode[code] ?? Line(code: code)
    let (sum, overflow) = (line.expected ?? 0).addingReportingOverflow(times)
    line.expected = overflow ? UInt64.max : sum
    byCode[code] = line
    return true
  }

  /// Takes every declaration back.
  mutating func forgetExpectations() {
    for code in Array(byCode.keys) {
      byCode[code]?.expected = nil
      if byCode[code]?.count == 0 { byCode[code] = nil }
    }
  }
}
