// Violation counts: the count and the newest sentence of each code, and the count that a test run has
// declared as expected. Violations, invalid answers of providers and leaks are each counted once, when their
// event occurs.
//
// There is one line for each code: the bug check with which Windows would have stopped, such as `0x7C/0x03`,
// else the rule's name; `leak` for blocks that were not freed. A declaration may also name a rule that has a
// bug check: its violations then have their own line, including earlier ones, and are not counted under the
// bug check. The number of codes that clients may declare is limited.

import NDISEvents
import NDIS

/// Counted and expected violations.
struct ViolationBook {
  struct Line {
    var code: String
    /// The newest violation's rule; empty if there is none.
    var rule = ""
    var count: UInt64 = 0
    var expected: UInt64?
    /// The newest violation's sentence.
    var message = ""
    /// A "should" of a page: no violation.
    var isAdvice = false
    var sources: [ViolationSources.Line] = []
  }

  /// Selects violations by who committed them.
  struct Filter {
    var driver: String?
    var adapter: String?
    var isEmpty: Bool { driver == nil && adapter == nil }

    func matches(_ party: Party) -> Bool {
      (driver.map { "\(party.driver)" == $0 } ?? true)
        && (adapter.map { "\(party.adapter)" == $0 } ?? true)
    }
  }

  /// The code under which violations are counted, and the rule.
  private struct Kind: Hashable {
    var code: String
    var rule: String
    var isAdvice = false
  }

  private struct Count {
    var count: UInt64 = 0
    /// The position of the newest one in the order of all counted.
    var newest: UInt64 = 0
    var message = ""
    var sources = ViolationSources()
  }

  /// Maximum number of declared codes.
  static let limit = 256
  private var counts: [Kind: Count] = [:]
  private var expected: [String: UInt64] = [:]
  private var counted: UInt64 = 0

  /// Counted and declared violations, in the order of the codes. With a filter the counts are those of the
  /// drivers and adapters it selects, and codes without any are left out.
  func lines(_ filter: Filter = Filter()) -> [Line] {
    lines(declared: expected).compactMap { line in
      guard !filter.isEmpty else { return line }
      var line = line
      line.sources = line.sources.filter { filter.matches($0.source.party) }
      guard let newest = line.sources.first else { return nil }
      line.count = line.sources.reduce(0) { $0 &+ $1.count }
      if !line.sources.contains(where: { $0.message == line.message }) {
        line.message = newest.message
      }
      return line
    }
  }

  /// Counted violations without declarations: for metrics, which must not decrease.
  var counters: [Line] { lines(declared: [:]).filter { !$0.isAdvice } }

  private func lines(declared expected: [String: UInt64]) -> [Line] {
    var byCode: [String: Line] = [:]
    var sources: [String: ViolationSources] = [:]
    for (code, times) in expected { byCode[code] = Line(code: code, expected: times) }
    // In the order of occurrence, so that the newest rule and sentence remain.
    for (kind, count) in counts.sorted(by: { $0.value.newest < $1.value.newest }) {
      let code = expected[kind.rule] == nil ? kind.code : kind.rule
      var line = byCode[code] ?? Line(code: code)
      line.count &+= count.count
      line.rule = kind.rule
      line.message = count.message
      line.isAdvice = kind.isAdvice
      byCode[code] = line
      sources[code, default: ViolationSources()].add(count.sources)
    }
    for (code, all) in sources { byCode[code]?.sources = all.sorted }
    return byCode.values.sorted { $0.code < $1.code }
  }

  /// Counts an event, if it is a violation.
  mutating func record(_ event: Event) {
    switch event {
    case .violation(let violation), .invalidProviderAnswer(let violation):
      let rule = violation.failure.reason.rule
      count(
        Kind(code: violation.bugCheck?.name ?? rule, rule: rule), event, violation.party,
        violation.origin)
    case .advice(let violation):
      let rule = violation.failure.reason.rule
      count(
        Kind(code: rule, rule: rule, isAdvice: true), event, violation.party, violation.origin)
    case .leak(let block):
      count(Kind(code: "leak", rule: "leak"), event, block.party, block.origin)
    default: break
    }
  }

  private mutating func count(
    _ kind: Kind, _ event: Event, _ party: Party, _ origin: AllocationOrigin
  ) {
    counted &+= 1
    let message = event.sentence
    counts[kind, default: Count()].count &+= 1
    counts[kind]?.newest = counted
    counts[kind]?.message = message
    counts[kind]?.sources.count(
      ViolationSources.Source(party: party, origin: origin), message)
  }

  /// Whether a code is valid: a rule's name, `leak`, or a bug check such as `0x7C/0x03`.
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

  /// Adds to the expected count of a code; false if too many codes have been declared.
  mutating func expect(_ code: String, times: UInt64) -> Bool {
    guard expected.count < ViolationBook.limit || expected[code] != nil else { return false }
    let (sum, overflow) = (expected[code] ?? 0).addingReportingOverflow(times)
    expected[code] = overflow ? UInt64.max : sum
    return true
  }

  /// Removes all declarations.
  mutating func forgetExpectations() { expected = [:] }
}
