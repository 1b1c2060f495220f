// Reasons: numbers that stay, rules that are names, sentences for people.

import NDIS
import Testing

@Suite struct ReasonTests {
  @Test("numbers and rule names are unique")
  func unique() {
    let all = Reason.allCases
    #expect(Set(all.map(\.rawValue)).count == all.count)
    #expect(Set(all.map(\.rule)).count == all.count)
    for reason in all { #expect(Reason(rawValue: reason.rawValue) == reason) }
  }

  @Test("every sentence is one, with whatever numbers", arguments: Reason.allCases)
  func sentences(reason: Reason) {
    for (a, b) in [(0, 0), (1, 2), (UInt64.max, UInt64.max), (0x8000_0000_0000_0000, 255)]
      as [(UInt64, UInt64)]
    {
      let sentence = reason.sentence(a, b)
      #expect(!sentence.contains("\\("))
      #expect(!sentence.contains("Optional"))
      #expect(!sentence.hasPrefix("The call failed for reason"), "it has a sentence of its own")
      #expect(!sentence.contains("\n"))
      #expect(sentence.hasSuffix("."))
      #expect(sentence.count > 15)
      #expect(sentence.first?.isLowercase == false)
    }
  }

  @Test("sentences carry their numbers")
  func numbers() {
    #expect(Reason.quotaBytes.sentence(12345, 678).contains("12345"))
    #expect(Reason.quotaBytes.sentence(12345, 678).contains("678"))
    #expect(
      Reason.wrongIRQL.sentence(2, 0)
        == "Called at DISPATCH_LEVEL; the routine allows at most PASSIVE_LEVEL.")
    #expect(Reason.wrongKindOfHandle.sentence(8 << 58 | 1).contains("AllocationHandle"))
    #expect(Reason.wrongKindOfHandle.sentence(1).contains("number that is no handle"))
    for problem in WrongDescriptor.allCases {
      #expect(!Reason.wrongDescriptor.sentence(problem.rawValue).contains("unknown problem"))
    }
    #expect(Failure(.failure, .doubleFree, 16).sentence == Reason.doubleFree.sentence(16))
  }

  @Test("numbers that are spoken outside stay what they are")
  func fixedNumbers() {
    let fixed: [(Reason, UInt16)] = [
      (.none, 0), (.malformedMessage, 1), (.nullHandle, 20), (.wrongIRQL, 27), (.headerType, 40),
      (.dmaNotRegistered, 70), (.doubleFree, 75), (.leak, 76), (.quotaBytes, 90),
      (.providerRefused, 110), (.providerOverlap, 120), (.unexpectedAnswer, 131),
    ]
    for (reason, number) in fixed { #expect(reason.rawValue == number) }
  }

  @Test("a failure keeps its reason's number, and a number that is no reason says nothing")
  func stored() {
    for reason in Reason.allCases {
      let failure = Failure(.failure, reason)
      #expect(failure.number == reason.rawValue && failure.reason == reason)
    }
    var failure = Failure(.failure, .leak)
    failure.number = 65_535
    #expect(failure.reason == .none)
    failure.reason = .doubleFree
    #expect(failure.number == 75)
  }
}
