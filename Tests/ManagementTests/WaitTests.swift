// Waiting and watching: at once when it holds, when it comes to hold, in time or not, and at no cost
// while nothing happens.

import NDISEvents
import NDISManagementInterface
import NDISDriverKit
import Testing
import NDISVarlink

import NDISDaemon
@testable import NDISDriverPlane
@testable import NDISManagementPlane

extension ManagementTests {
  @Suite struct WaitTests {
    typealias API = SimulatorInterface

    private func wait(
      _ bench: PlaneBench, _ condition: API.Condition, _ timeout: Int? = nil
    ) -> PlaneClient {
      let client = bench.client()
      client.send(
        API.WaitFor.name, API.WaitFor.Input(condition: condition, timeoutMs: timeout).json)
      return client
    }

    @Test func whatHoldsIsAnsweredAtOnce() throws {
      let bench = try PlaneBench()
      let conditions = [
        API.Condition(counter: "blocks", equals: 0),
        API.Condition(counter: "providers", atLeast: 1),
        API.Condition(counter: "events", atMost: 100),
        API.Condition(object: "nobody", state: "gone"),
        API.Condition(object: "pool", state: "active"),
        API.Condition(object: "provider:pool", state: "present"),
        API.Condition(event: "providerRegistered"),
        API.Condition(event: "providerRegistered", times: 1, after: 0),
      ]
      for condition in conditions {
        let answers = try wait(bench, condition).finish()
        #expect(answers.first?.error == nil, "\(condition)")
      }
      #expect(bench.service.waiters == 0)
    }

    @Test func whatComesToHoldIsAnsweredThen() throws {
      let bench = try PlaneBench()
      let blocks = wait(bench, API.Condition(counter: "blocks", atLeast: 1))
      let running = wait(bench, API.Condition(object: "net", state: "Running"))
      let gone = wait(bench, API.Condition(object: "session:net", state: "gone"))
      let leak = wait(bench, API.Condition(event: "leak", times: 2))
      let all = [blocks, running, leak]
      for client in all { for _ in 0..<3 { try client.turn() } }
      #expect(try gone.finish().first?.error == nil)
      for client in all { #expect(try client.take().isEmpty) }
      #expect(bench.service.waiters == 3)
      let (connection, adapter) = try bench.miniport("net")
      try running.turn()
      #expect(
        try running.take().first?.parameters["found"] == .string("\"net\" is Running"))
      _ = try connection.allocate(adapter, SharedMemoryParameters(length: 1))
      _ = try connection.allocate(adapter, SharedMemoryParameters(length: 1))
      #expect(try blocks.finish().first?.parameters["found"] == .string("blocks is 2"))
      try leak.turn()
      #expect(try leak.take().isEmpty)
      connection.close()
      let answer = try #require(try leak.finish().first)
      #expect(answer.parameters["found"] == .string("2 of leak"))
      #expect(bench.service.waiters == 0)
      #expect(bench.plane.openCalls == 0)
    }

    @Test func timeRunsOut() throws {
      let bench = try PlaneBench()
      let client = wait(bench, API.Condition(counter: "blocks", equals: 7), 50)
      try client.turn()
      #expect(bench.plane.deadline == bench.time + 50)
      bench.time += 49
      try client.turn()
      #expect(try client.take().isEmpty)
      bench.time += 1
      let answer = try #require(try client.finish().first)
      #expect(answer.error == API.TimedOut.name)
      #expect(answer.parameters["found"] == "blocks is 0")
      let now = wait(bench, API.Condition(counter: "blocks", equals: 7), 0)
      #expect(try now.finish().first?.error == API.TimedOut.name)
    }

    @Test func nobodyIsAskedWhileNothingHappens() throws {
      let bench = try PlaneBench()
      let client = wait(bench, API.Condition(counter: "blocks", equals: 7), 1_000_000)
      let watcher = bench.client()
      watcher.send(API.Monitor.name, [:], more: true)
      for _ in 0..<10 {
        try client.turn()
        try watcher.turn()
      }
      #expect(!bench.plane.hasWork)
      #expect(!client.connection.wantsPump && !watcher.connection.wantsPump)
      bench.time += 1000
      try client.turn()
      #expect(!bench.plane.hasWork)
    }

    @Test func aConditionSaysOneThing() throws {
      let bench = try PlaneBench()
      let wrong: [(API.Condition, String)] = [
        (API.Condition(), "condition"),
        (API.Condition(counter: "blocks", equals: 1, object: "x", state: "gone"), "condition"),
        (API.Condition(counter: "blobs", equals: 1), "condition.counter"),
        (API.Condition(counter: "blocks"), "condition.equals"),
        (API.Condition(counter: "blocks", equals: 1, atMost: 2), "condition.atMost"),
        (API.Condition(object: "x"), "condition.state"),
        (API.Condition(object: "x", state: "happy"), "condition.state"),
        (API.Condition(equals: 1, object: "x", state: "gone"), "condition.equals"),
        (API.Condition(event: "birthday"), "condition.event"),
        (API.Condition(event: "leak", times: 0), "condition.times"),
        (API.Condition(event: "leak", after: -1), "condition.after"),
      ]
      for (condition, parameter) in wrong {
        let answer = try #require(try wait(bench, condition).finish().first)
        #expect(answer.error == VarlinkService.InvalidParameter.name, "\(condition)")
        #expect(answer.parameters["parameter"] == .string(parameter), "\(condition)")
      }
      let answer = try wait(bench, API.Condition(counter: "blocks", equals: 1), -1).finish().first
      #expect(answer?.parameters["parameter"] == "timeoutMs")
      #expect(bench.service.waiters == 0)
    }

    @Test func placesAreBoundedAndGivenBack() throws {
      let bench = try PlaneBench()
      var clients: [PlaneClient] = []
      for _ in 0..<WaitSlots.limitPerUser {
        let client = wait(bench, API.Condition(counter: "blocks", equals: 7))
        try client.turn()
        clients.append(client)
      }
      #expect(bench.service.waiters == WaitSlots.limitPerUser)
      let refused = try wait(bench, API.Condition(counter: "blocks", equals: 7)).finish().first
      #expect(refused?.error == API.TooManyWaiting.name)
      // Another user is not concerned.
      let other = bench.client(uid: 77)
      other.send(API.Monitor.name, [:], more: true)
      for _ in 0..<2 { try other.turn() }
      #expect(try other.take().count == 1)
      other.connection.close()
      // Those who go give their places back.
      clients.removeAll()
      #expect(bench.service.waiters == 0)
      #expect(bench.plane.openCalls == 0)
    }

    @Test func aMonitorTellsTheStateAndThenEveryEvent() throws {
      let bench = try PlaneBench()
      let client = bench.client()
      client.send(
        API.Monitor.name, API.Monitor.Input(kinds: ["sessionOpened", "sessionClosed"]).json,
        more: true)
      for _ in 0..<2 { try client.turn() }
      let first = try #require(try client.take().first)
      #expect(first.continues)
      let output = try API.Monitor.Output(json: .object(first.parameters))
      #expect(output.status?.counters.providers == 1 && output.event == nil)
      let connection = try bench.connect("guest")
      connection.close()
      var kinds: [String] = []
      for _ in 0..<10 {
        try client.turn()
        kinds += try client.take().compactMap {
          try API.Monitor.Output(json: .object($0.parameters)).event?.kind
        }
      }
      #expect(kinds == ["sessionOpened", "sessionClosed"])
      for wrong: JSON in [["kinds": ["nothing"]], ["priority": "loud"]] {
        let answer = try bench.client().call(API.Monitor.name, wrong, more: true).first
        #expect(answer?.error == VarlinkService.InvalidParameter.name)
      }
    }

    @Test func aMonitorThatIsNotReadLosesEventsAndIsToldHowMany() throws {
      let bench = try PlaneBench(events: 100)
      let client = bench.client()
      client.send(API.Monitor.name, [:], more: true)
      for _ in 0..<2 { try client.turn() }
      for round in 0..<2000 {
        bench.recorder.record(.entriesDropped(UInt64(round)))
        if round % 4 == 0 { try client.turn() }
      }
      for _ in 0..<2000 { try client.turn() }
      // It has not read: what waits for it is bounded.
      #expect(client.connection.pendingOutput <= ManagementSockets.limits.lowWater + 4096)
      var told = 0
      var dropped = 0
      for _ in 0..<2000 {
        for answer in try client.take() {
          let output = try API.Monitor.Output(json: .object(answer.parameters))
          if output.event != nil { told += 1 }
          dropped += output.dropped ?? 0
        }
        try client.turn()
      }
      #expect(dropped > 0)
      #expect(told + dropped == 2000)
    }
  }
}
