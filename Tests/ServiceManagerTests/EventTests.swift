// Every event says what happened, to people and to machines.

import NDISEvents
import NDIS
import Testing

extension ServiceManagerTests {
  @Suite struct EventTests {
    @Test func everyKindHasASample() {
      #expect(
        Samples.all.map(\.kind) == Event.kinds,
        """
        Event.kinds (Event+Identity.swift) has one row for each case, in the order of the enum, and \
        Samples.all one event for each row, with every field it can have.
        """)
    }

    @Test func messageIDsAreUniqueAnd128Bits() {
      #expect(Set(Event.kinds.map(\.messageID)).count == Event.kinds.count)
      #expect(Set(Event.kinds.map(\.name)).count == Event.kinds.count)
      for kind in Event.kinds {
        #expect(kind.messageID.utf8.count == 32)
        #expect(kind.messageID.allSatisfy { "0123456789abcdef".contains($0) })
      }
    }

    @Test(arguments: Samples.all) func sentencesAreWhole(event: Event) {
      for sentence in [event.sentence, nameless(event).sentence] {
        #expect(sentence.hasSuffix(".") && !sentence.hasSuffix(".."))
        #expect(sentence.first?.isUppercase == true || sentence.first?.isNumber == true)
        for trace in ["Optional", "nil", "\\(", "@", "  ", " ,", " .", "()", "\n", "Party"] {
          #expect(!sentence.contains(trace), "\(sentence)")
        }
      }
    }

    @Test func sentencesNameTheParty() {
      for event in Samples.all where event.fields.contains(where: { $0.name == "NDIS_DRIVER" }) {
        #expect(event.sentence.contains("netvsc"), "\(event.sentence)")
      }
    }

    @Test(arguments: Samples.all) func fieldsAreClean(event: Event) {
      for field in event.fields + nameless(event).fields {
        #expect(!field.value.isEmpty)
        #expect(field.name.hasPrefix("NDIS"))
        #expect(field.name.allSatisfy { $0.isASCII && ($0.isUppercase || $0 == "_") })
        #expect(field.value.unicodeScalars.allSatisfy { $0.value >= 0x20 && $0.value != 0x7F })
      }
    }

    @Test func violationFields() {
      let fields = dictionary(.invalidProviderAnswer(Samples.violation))
      #expect(
        fields == [
          "NDIS_DRIVER": "netvsc", "NDIS_ADAPTER": "eth7", "NDIS_PROVIDER": "netvsc",
          "NDISSIM_SESSION": "4", "NDISSIM_CLIENT_PID": "321", "NDISSIM_CLIENT_UID": "0",
          "NDIS_HANDLE": "\(Samples.handle)", "NDIS_STATUS": "NDIS_STATUS_FAILURE",
          "NDIS_RULE": "doubleFree", "NDIS_IRQL": "DISPATCH_LEVEL",
          "NDIS_ROUTINE": "NdisFreeSharedMemory", "NDIS_BUGCHECK": "0x7C/0x01",
          "NDIS_BUGCHECK_PARAMETERS": "0x1, 0x2, 0x3, 0x4", "NDIS_BUGCHECK_EXTENSION": "yes",
          "NDIS_BINDING": "\(Samples.party.binding)", "NDIS_TAG": "Tag1", "NDIS_SITE": "rx.c:12",
        ])
      #expect(dictionary(.violation(Samples.violation))["NDIS_PROVIDER"] == nil)
    }

    @Test func leakFields() {
      var leak = Samples.leak
      let fields = dictionary(.leak(leak))
      #expect(fields["NDIS_QUEUE_ID"] == "3")
      #expect(fields["NDIS_USAGE"] == "NdisSharedMemoryUsageReceive")
      #expect(fields["NDIS_LENGTH"] == "4096")
      #expect(fields["NDIS_AGE_MS"] == "12")
      #expect(fields["NDIS_TAG"] == "Tag1")
      #expect(fields["NDIS_SITE"] == "rx.c:12")
      leak.origin.tag = 0x0A00_0041
      #expect(dictionary(.leak(leak))["NDIS_TAG"] == "0x0A000041")
      leak.origin.tag = 0
      #expect(dictionary(.leak(leak))["NDIS_TAG"] == nil)
    }

    @Test func foreignTextStaysOnItsLine() {
      let party = Party(driver: Name("a\nb\u{1B}[31m"))
      let event = Event.sessionClosed(party, reason: "x\r\u{2028}\u{202E}é.")
      #expect(event.sentence == "Session 0 of driver a b [31m was closed: x   é.")
      #expect(
        dictionary(event) == ["NDIS_DRIVER": "a b [31m", "NDISSIM_REASON": "x   é."])
    }

    private func dictionary(_ event: Event) -> [String: String] {
      Dictionary(event.fields.map { ($0.name, $0.value) }) { first, _ in
        Issue.record("a field twice")
        return first
      }
    }

    /// The same event about nobody known.
    private func nameless(_ event: Event) -> Event {
      switch event {
      case .violation(var violation):
        violation.party = Party()
        violation.origin = AllocationOrigin()
        violation.handle = .null
        violation.bugCheck = nil
        return .violation(violation)
      case .leak(var leak):
        leak.party = Party()
        leak.origin = AllocationOrigin()
        return .leak(leak)
      case .sessionRefused(_, let failure): return .sessionRefused(Party(), failure)
      case .sessionOpened: return .sessionOpened(Party(pid: 5))
      case .adapterState(_, _, let from, let to):
        return .adapterState(Party(), .null, from: from, to: to)
      case .bindingOpened: return .bindingOpened(Party(), .null)
      case .providerRegistered: return .providerRegistered(Party(), .null, context: 0)
      case .shortage(_, let failure, _): return .shortage(Party(), failure, AllocationOrigin())
      case .repeated(var repetition):
        repetition.subject = nil
        repetition.count = 1
        repetition.bytes = 0
        repetition.milliseconds = 20
        return .repeated(repetition)
      default: return event
      }
    }
  }
}
