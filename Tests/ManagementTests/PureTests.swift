// The types that need no daemon: the ring of events, the counts of violations, histograms.

import NDISEvents
import NDIS
import NDISSimulator
import Testing

@testable import NDISDriverPlane
@testable import NDISManagementPlane

extension ManagementTests {
  @Suite struct PureTests {
    @Test func theRingKeepsTheNewestAndCountsWhatIsMissed() {
      var log = EventLog(capacity: 3)
      #expect(log.newest == 0 && log[1] == nil && log.missed(after: 0) == 0)
      for count in 1...5 { log.append(.entriesDropped(UInt64(count)), at: UInt64(count) * 10) }
      #expect(log.newest == 5)
      #expect(log.oldest == 3)
      #expect(log[2] == nil && log[6] == nil)
      for sequence in UInt64(3)...5 {
        #expect(log[sequence]?.sequence == sequence)
        #expect(log[sequence]?.realtime == sequence * 10)
        #expect(log[sequence]?.event == .entriesDropped(sequence))
      }
      #expect(log.missed(after: 0) == 2)
      #expect(log.missed(after: 1) == 1)
      #expect(log.missed(after: 2) == 0)
      #expect(log.totals == ["entriesDropped": 5])
      #expect(log.count(of: "entriesDropped", after: 0) == 3)
      #expect(log.count(of: "entriesDropped", after: 4) == 1)
      #expect(log.count(of: "leak", after: 0) == 0)
    }

    private func violation(_ reason: Reason, _ check: BugCheck?) -> Violation {
      Violation(
        failure: Failure(.failure, reason), routine: "NdisFreeSharedMemory", bugCheck: check,
        irql: .passive, handle: .null, party: Party())
    }

    @Test func violationsLiesAndLeaksAreCountedByTheirCode() throws {
      var book = ViolationBook()
      let check = BugCheck(code: 0x7C, 0x03, isExtension: true)
      book.record(.violation(violation(.doubleFree, check)))
      book.record(.violation(violation(.staleHandle, check)))
      book.record(.invalidProviderAnswer(violation(.providerLength, nil)))
      book.record(
        .leak(
          LeakedBlock(
            party: Party(), handle: .null, queueID: 0, usage: .other, length: 1, age: 2,
            origin: AllocationOrigin())))
      book.record(.stopped)
      #expect(book.lines().map(\.code) == ["0x7C/0x03", "leak", "providerLength"])
      #expect(book.lines().map(\.count) == [2, 1, 1])
      let first = try #require(book.lines().first)
      #expect(first.rule == "staleHandle" && first.message.contains("NdisFreeSharedMemory"))
    }

    @Test func violationsAreCountedByDriverAdapterAndCallSite() throws {
      var book = ViolationBook()
      func add(_ driver: String, _ adapter: String, _ site: String, uid: UInt32 = 1) {
        var one = violation(.doubleFree, nil)
        one.party = Party(driver: Name(driver), adapter: Name(adapter), pid: 7, uid: uid)
        one.origin = AllocationOrigin(site: Site(site))
        book.record(.violation(one))
      }
      add("a", "a0", "x.c:1")
      add("b", "b0", "y.c:1")
      add("b", "b0", "y.c:1")
      add("b", "b1", "y.c:2")
      let all = try #require(book.lines().first)
      #expect(all.count == 4 && all.sources.map(\.count) == [2, 1, 1])
      #expect(all.sources.first?.source.origin.site == Site("y.c:1"))
      let ofB = try #require(book.lines(.init(driver: "b")).first)
      #expect(ofB.count == 3 && ofB.message.contains("b1"))
      let ofB1 = try #require(book.lines(.init(driver: "b", adapter: "b1")).first)
      #expect(ofB1.count == 1 && ofB1.sources.count == 1)
      #expect(book.lines(.init(driver: "a", adapter: "b0")).isEmpty)
      // One user cannot take another's lines, and nothing is lost.
      for number in 0..<200 { add("flood\(number)", "", "", uid: 2) }
      let flooded = try #require(book.lines().first)
      #expect(flooded.count == 204)
      #expect(flooded.sources.count == 3 + ViolationSources.limit + 1)
      #expect(flooded.sources.first?.count == UInt64(200 - ViolationSources.limit))
      #expect(book.lines(.init(driver: "a")).first?.count == 1)
    }

    @Test func adviceIsCountedButNoViolation() throws {
      var book = ViolationBook()
      book.record(.advice(violation(.requestsLeft, nil)))
      let line = try #require(book.lines().first)
      #expect(line.isAdvice && line.code == "requestsLeft" && line.count == 1)
      #expect(book.counters.isEmpty)
    }

    @Test func aDeclarationByTheRulesNameMatchesWhatHasABugCheck() {
      let check = BugCheck(code: 0x7C, 0x03, isExtension: true)
      var book = ViolationBook()
      book.record(.violation(violation(.doubleFree, check)))
      book.record(.violation(violation(.staleHandle, check)))
      // Declared afterwards, as a test does that has broken something.
      let taken = book.expect("doubleFree", times: 1)
      #expect(taken)
      #expect(book.lines().map(\.code) == ["0x7C/0x03", "doubleFree"])
      #expect(book.lines().map(\.count) == [1, 1])
      #expect(book.lines().map(\.expected) == [nil, 1])
      #expect(book.lines().map(\.rule) == ["staleHandle", "doubleFree"])
      book.record(.violation(violation(.doubleFree, check)))
      #expect(book.lines().map(\.count) == [1, 2])
      #expect(book.counters.map(\.code) == ["0x7C/0x03"] && book.counters.map(\.count) == [3])
      book.forgetExpectations()
      #expect(book.lines().map(\.code) == ["0x7C/0x03"])
      #expect(book.lines().map(\.count) == [3])
      // The newest one's rule.
      #expect(book.lines().map(\.rule) == ["doubleFree"])
    }

    @Test func expectationsAddUpAndCanBeForgotten() {
      var book = ViolationBook()
      let first = book.expect("leak", times: 2)
      #expect(first)
      let second = book.expect("leak", times: 1)
      #expect(second)
      #expect(book.lines().map(\.expected) == [3])
      let third = book.expect("leak", times: .max)
      #expect(third)
      #expect(book.lines().map(\.expected) == [.max])
      book.record(.invalidProviderAnswer(violation(.providerLength, nil)))
      book.forgetExpectations()
      #expect(book.lines().map(\.code) == ["providerLength"])
      for number in 0..<ViolationBook.limit {
        let taken = book.expect("0x7C/0x\(number)", times: 1)
        #expect(taken)
      }
      let tooMany = book.expect("doubleFree", times: 1)
      let known = book.expect("0x7C/0x0", times: 1)
      #expect(!tooMany && known)
    }

    @Test(arguments: ["leak", "doubleFree", "0x7C/0x01", "0xC4/0xFA"])
    func codesThatCanOccur(code: String) { #expect(ViolationBook.isCode(code)) }

    @Test(arguments: ["", "leaks", "0x7C", "7C/01", "0x/0x", "0x7C/0x01/0x02", "0xZZ/0x01", "/"])
    func codesThatCannotOccur(code: String) { #expect(!ViolationBook.isCode(code)) }

    @Test func bucketsArePowersOfTwoOfMicroseconds() {
      var histogram = Histogram()
      for nanoseconds: UInt64 in [0, 1, 1000, 1001, 2000, 4000, 4001, .max] {
        histogram.add(nanoseconds: nanoseconds)
      }
      #expect(histogram.buckets[0] == 3)  // up to 1 us
      #expect(histogram.buckets[1] == 2)  // up to 2 us
      #expect(histogram.buckets[2] == 1)  // up to 4 us
      #expect(histogram.buckets[3] == 1)
      #expect(histogram.buckets[Histogram.size - 1] == 1)
      #expect(histogram.count == 8)
      #expect(histogram.buckets.reduce(0, +) == 8)
    }

    @Test func oneRequestInSixteenIsTimedWhateverTheirOrder() {
      let timed = (1...160_000 as ClosedRange<UInt64>).filter { LatencyBook.isTimed($0) }
      #expect((9_500...10_500).contains(timed.count))
      // Calls of two kinds that alternate are both met.
      let odd = timed.count { $0 % 2 == 1 }
      #expect((4_500...5_500).contains(odd))
    }

    @Test func namesBeyondTheLimitShareAHistogram() {
      var all: [String: Histogram] = [:]
      var one = Histogram()
      one.add(nanoseconds: 5)
      for index in 0..<(LatencyBook.nameLimit + 5) {
        LatencyBook.fold(one, of: "driver\(index)", into: &all)
      }
      #expect(all.count == LatencyBook.nameLimit + 1)
      #expect(all[LatencyBook.others]?.count == 5)
    }

    @Test func tagsAreReadAsTheyAreWritten() {
      for tag: UInt32 in [0x3167_6154, 0x2020_2041, 0x0A00_0041] {
        #expect(NDISManagementPlane.tag(text: tagText(tag)) == tag)
      }
      #expect(NDISManagementPlane.tag(text: "") == nil)
      #expect(NDISManagementPlane.tag(text: "too long") == nil)
    }
  }
}
