// The conditions of `ndisctl wait`.

import NDISManagementInterface
import Testing
import NDISVarlink

@testable import ndisctl

@Suite struct ViewConditionTests {
  private typealias Condition = SimulatorInterface.Condition

  private func condition(_ text: String, after: Int? = nil) throws -> Condition {
    try WaitCondition(text, after: after).condition
  }

  @Test func `A counter is compared with a number`() throws {
    #expect(try condition("blocks=0") == Condition(counter: "blocks", equals: 0))
    #expect(try condition("blocks==7") == Condition(counter: "blocks", equals: 7))
    #expect(try condition("adapters>=2") == Condition(counter: "adapters", atLeast: 2))
    #expect(try condition("adapters>2") == Condition(counter: "adapters", atLeast: 3))
    #expect(try condition("violations<=3") == Condition(counter: "violations", atMost: 3))
    #expect(try condition("violations<3") == Condition(counter: "violations", atMost: 2))
  }

  @Test func `Exactly the counters of the interface can be waited for`() throws {
    let zero = SimulatorInterface.Counters(
      sessions: 0, drivers: 0, adapters: 0, bindings: 0, providers: 0, sections: 0, blocks: 0,
      bytes: 0, openRequests: 0, openUpcalls: 0, queues: 0, vports: 0,
      filters: 0, openOids: 0, indicatedLists: 0, allocations: 0, frees: 0, failedAllocations: 0,
      violations: 0, leakedBlocks: 0, events: 0)
    let members = try JSONObject(json: zero.json)
    #expect(members.members.map(\.name) == WaitCondition.counters)
  }

  @Test func `An object has a state`() throws {
    #expect(try condition("vmq0=Running") == Condition(object: "vmq0", state: "Running"))
    #expect(try condition("tester=gone") == Condition(object: "tester", state: "gone"))
    let kind = try condition("adapter:vmq0=Running")
    #expect(kind == Condition(object: "adapter:vmq0", state: "Running"))
    // An object may have the name of a counter: compared with a word it is the object.
    #expect(try condition("blocks=active") == Condition(object: "blocks", state: "active"))
  }

  @Test func `Events are counted, after a sequence number if it is given`() throws {
    #expect(try condition("event:leak") == Condition(event: "leak", times: 1))
    #expect(
      try condition("event:leak*3", after: 12) == Condition(event: "leak", times: 3, after: 12))
  }

  @Test(arguments: [
    "", "blocks", "=", "=3", "vmq0=", "vmq0>=2", "event:", "event:*1", "event:leak*0",
    "event:leak*x", "event:leak*", "blocks>9223372036854775807", "blocks<-9223372036854775808",
    "blocks=99999999999999999999", "blocks=3x",
  ])
  func `An invalid condition is rejected with a message that names it`(text: String) throws {
    do throws(WaitCondition.Problem) {
      let read = try WaitCondition(text, after: nil)
      Issue.record("it was read as \(read)")
    } catch {
      #expect(error.sentence.count > 20)
    }
  }

  @Test func `--after is for events only`() {
    #expect(throws: WaitCondition.Problem.self) { try WaitCondition("blocks=0", after: 3) }
  }

  @Test(arguments: [
    ("500ms", 500), ("5s", 5000), ("5", 5000), ("1.5s", 1500), ("2min", 120_000), ("2m", 120_000),
    ("1h", 3_600_000), ("1d", 86_400_000), ("0", 0), ("0.0001s", 1),
  ])
  func `Times have units`(text: String, milliseconds: Int) {
    #expect(TimeSpan(argument: text)?.milliseconds == milliseconds)
  }

  @Test(arguments: ["", "s", "-1s", "1x", "1e3", ".5s", "nan", "999999d", "1 s", "٣s"])
  func `What is no time is refused`(text: String) {
    #expect(TimeSpan(argument: text) == nil)
  }

  @Test func `Bytes have units and a limit`() {
    #expect(ByteSize(argument: "4096")?.bytes == 4096)
    #expect(ByteSize(argument: "64K")?.bytes == 65_536)
    #expect(ByteSize(argument: "1T")?.bytes == 1 << 40)
    for text in ["", "K", "-1", "1.5M", "9999999999T", "1KB"] {
      #expect(ByteSize(argument: text) == nil, "\(text)")
    }
  }
}
