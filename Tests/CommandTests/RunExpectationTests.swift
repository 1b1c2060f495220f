// Expectations, and the errors of invalid ones.

import Testing

@testable import ndisctl

@Suite struct RunExpectationTests {
  @Test(arguments: [
    ("0x7C/0x01", "0x7C/0x01", 1), ("0x7C/0x01 once", "0x7C/0x01", 1),
    ("leak times 3", "leak", 3), ("  doubleFree\ttwice ", "doubleFree", 2),
    ("leak times 0", "leak", 0),
  ])
  func `A code and how often is understood`(text: String, code: String, times: Int) throws {
    let expectation = try RunExpectation(text)
    #expect(expectation == RunExpectation(code: code, times: times))
  }

  @Test(arguments: [
    "", "leak times", "leak times many", "leak times -1", "leak times 1000001", "leak 3",
    "leak times 1 2", "naïve", "a;b", String(repeating: "x", count: 65),
  ])
  func `Anything else is refused with a sentence`(text: String) {
    #expect(throws: RunExpectation.Problem.self) { try RunExpectation(text) }
  }

  @Test func `A file has one per line, comments and empty lines`() throws {
    let list = try RunExpectation.list(
      file: "f", text: "# what breaks\n\n0x7C/0x01 times 2  # twice\r\n  leak\n")
    #expect(
      list == [RunExpectation(code: "0x7C/0x01", times: 2), RunExpectation(code: "leak", times: 1)])
  }

  @Test func `An error in a file has its line`() {
    let problem = #expect(throws: RunExpectation.Problem.self) {
      try RunExpectation.list(file: "expected.txt", text: "leak\nleak thrice\n")
    }
    #expect(
      problem?.description.hasPrefix("expected.txt, line 2: invalid expectation 'leak thrice'")
        == true)
  }
}
