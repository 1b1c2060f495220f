// Floods, on made-up time.

import NDISEvents
import NDIS
import NDISServiceManager
import Testing

extension ServiceManagerTests {
  @Suite struct RepeatsTests {
    private let second: UInt64 = 1_000_000_000

    private func violation(_ driver: String = "netvsc", _ reason: Reason = .doubleFree) -> Event {
      var violation = Samples.violation
      violation.party.driver = Name(driver)
      violation.failure.reason = reason
      return .violation(violation)
    }

    private func leak(_ queueID: UInt32) -> Event {
      var leak = Samples.leak
      leak.queueID = queueID
      return .leak(leak)
    }

    /// The counts that summaries give.
    private func counts(_ events: [Event]) -> [UInt64] {
      events.map { if case .repeated(let repetition) = $0 { repetition.count } else { 0 } }
    }

    @Test func theFirstOnesAreWrittenAndTheOthersCounted() {
      var repeats = Repeats()
      for number in 0..<100_000 {
        let written = repeats.take(violation(), at: 7 * second)
        #expect(written == (number < Repeats.limit ? [violation()] : []))
      }
      #expect(repeats.deadline == 7 * second + Repeats.window)
      #expect(repeats.summaries(at: 7 * second + Repeats.window - 1) == [])
      let party = Samples.party
      #expect(
        repeats.summaries(at: 7 * second + Repeats.window) == [
          .repeated(
            Repetition(
              kind: violation().kind,
              subject: RepetitionSubject(
                kind: violation().kind, party: party, rule: "doubleFree"),
              count: 100_000 - 16, bytes: 0, milliseconds: 10_000))
        ])
      #expect(repeats.deadline == nil)
      #expect(repeats.summaries(at: .max) == [])
    }

    @Test func aFloodThatGoesOnIsWrittenAnewInEachWindow() {
      var repeats = Repeats()
      var written: [Event] = []
      for number in 0..<3000 {
        written += repeats.take(violation(), at: UInt64(number) * second / 100)
      }
      written += repeats.finish(at: 30 * second)
      #expect(written.count == 3 * 17)
      #expect(counts(written).reduce(0, +) == 3000 - 3 * 16)
    }

    @Test func sixteenInAnyTenSecondsAreNoFlood() {
      var repeats = Repeats()
      for number in 0..<1000 {
        #expect(repeats.take(violation(), at: UInt64(number) * second) == [violation()])
        #expect(repeats.deadline == nil)
      }
      #expect(repeats.finish(at: 1000 * second) == [])
    }

    @Test func anEventAfterTheWindowIsPrecededByTheSummary() {
      var repeats = Repeats()
      for _ in 0..<18 { _ = repeats.take(violation(), at: 0) }
      let written = repeats.take(violation(), at: 60 * second)
      #expect(counts(written) == [2, 0] && written.last == violation())
      #expect(repeats.deadline == nil)
    }

    @Test func driversRulesAndQueuesAreCountedApart() {
      var repeats = Repeats()
      let all = [
        violation(), violation("other"), violation("netvsc", .leak), leak(1), leak(2),
        .invalidProviderAnswer(Samples.violation),
      ]
      var written = 0
      for event in all {
        for _ in 0..<20 { written += repeats.take(event, at: second).count }
      }
      #expect(written == all.count * 16)
      let summaries = repeats.finish(at: 2 * second)
      #expect(counts(summaries) == [4, 4, 4, 4, 4, 4])
      guard case .repeated(let leaks) = summaries[3] else { return #expect(Bool(false)) }
      #expect(leaks.bytes == 4 * 4096 && leaks.subject?.queueID == 1)
      #expect(leaks.milliseconds == 1000)
    }

    @Test func sessionsRefusedOneAfterAnotherAreTheSame() {
      var repeats = Repeats()
      var written = 0
      for session in 0..<100 {
        var party = Samples.party
        party.session = UInt32(session)
        let event = Event.sessionRefused(party, Samples.failure)
        written += repeats.take(event, at: 0).count
      }
      #expect(written == 16)
    }

    @Test func lifeCycleIsNeverLeftOut() {
      var repeats = Repeats()
      let floods: Set = [
        "sessionRefused", "violation", "advice", "leak", "invalidProviderAnswer", "shortage",
        "listsAwaited",
      ]
      for event in Samples.all where !floods.contains(event.kind.name) {
        for _ in 0..<50 { #expect(repeats.take(event, at: 0) == [event]) }
      }
      #expect(repeats.finish(at: 0) == [])
    }

    @Test func namesThatChangeEachTimeDoNotHelp() {
      var repeats = Repeats(capacity: 8)
      var written: [Event] = []
      for number in 0..<1000 { written += repeats.take(violation("driver\(number)"), at: 0) }
      #expect(written.count == 8 + 16)
      let summaries = repeats.finish(at: 0)
      #expect(counts(summaries) == [1000 - 24])
      #expect(summaries[0].sentence.contains("of several clients"))
    }
  }
}
