// What is done to adapters from outside, whosever they are: when it is answered, what is refused, and that
// nobody is held up by a driver that takes its time.

import NDISEvents
import NDISManagementInterface
import NDIS
import NDISDriverKit
import NDISPlatform
import Testing
import NDISVarlink

@testable import NDISDriverPlane
@testable import NDISManagementPlane

extension ManagementTests {
  @Suite struct AdapterTests {
    typealias API = SimulatorInterface
    typealias Change = API.ChangeAdapter.Input

    private func refusal(
      _ bench: PlaneBench, _ input: Change
    ) throws -> (rule: JSON?, message: JSON?) {
      let error = #expect(throws: PlaneError.self) {
        try bench.call(API.ChangeAdapter.self, input)
      }
      #expect(error?.name == API.Refused.name, "\(input.change)")
      return (error?.parameters["rule"], error?.parameters["message"])
    }

    @Test("a change is answered with the state it leads to", arguments: ["hosted", "a process's"])
    func walk(_ whose: String) throws {
      let bench = try PlaneBench()
      let isHosted = whose == "hosted"
      let plane = isHosted ? nil : try QueuePlane(bench, isServing: true)
      if isHosted {
        _ = try bench.call(API.AddMiniport.self, .init(miniport: .init(name: "vmq0")))
      }
      for _ in 0..<2 {
        let paused = try bench.call(
          API.ChangeAdapter.self,
          Change(adapter: "vmq0", change: .pause, reasons: ["LOW_POWER", "ATTACH_FILTER"]))
        #expect(paused.state == "Paused")
        #expect(try bench.adapters().map(\.held) == [true])
        #expect(paused.handle == (try bench.adapters().first?.handle))
        #expect(
          try refusal(bench, Change(adapter: "vmq0", change: .pause)).rule == "wrongState")
        let restarted = try bench.call(
          API.ChangeAdapter.self, Change(adapter: paused.handle ?? "", change: .restart))
        #expect(restarted.state == "Running")
        let again = try refusal(bench, Change(adapter: "vmq0", change: .restart))
        #expect(again.rule == "wrongState")
        #expect(again.message?.text.contains("The adapter is Running:") == true)
      }
      let gone = try bench.call(
        API.ChangeAdapter.self, Change(adapter: "adapter:vmq0", change: .surpriseRemove))
      #expect(gone.state == "gone")
      #expect(try bench.adapters().isEmpty)
      let nobody = #expect(throws: PlaneError.self) {
        try bench.call(API.ChangeAdapter.self, Change(adapter: "vmq0", change: .halt))
      }
      #expect(nobody?.name == API.NoSuchObject.name)
      plane?.close()
      // The process's miniport does not deregister its DMA.
      let rules = try bench.call(API.ListViolations.self, .init()).violations.map(\.rule)
      #expect(rules == (isHosted ? [] : ["dmaStillRegistered"]))
    }

    @Test func afterAShutdownOnlyItsDriversEndTakesItAway() throws {
      let bench = try PlaneBench()
      let (connection, _) = try bench.servingMiniport()
      let shut = try bench.call(
        API.ChangeAdapter.self,
        Change(adapter: "mini", change: .shutdown, action: "NdisShutdownBugCheck"))
      #expect(shut.state == "Shutdown")
      for change in [API.ChangeAdapter.Input.Change.pause, .restart, .shutdown, .halt] {
        #expect(try refusal(bench, Change(adapter: "mini", change: change)).rule == "wrongState")
      }
      connection.close()
      #expect(try bench.adapters().isEmpty)
    }

    @Test func aHaltTakesEveryAction() throws {
      let bench = try PlaneBench()
      for action in HaltAction.allCases {
        for name in ["\(action)", String("\(action)".dropFirst("NdisHalt".count))] {
          let (connection, driver) = try bench.servingMiniport()
          let done = try bench.call(
            API.ChangeAdapter.self, Change(adapter: "mini", change: .halt, action: name))
          #expect(done.state == "gone")
          #expect(driver.haltActions.withLock { $0 } == [action])
          connection.close()
        }
      }
    }

    @Test func whatBelongsToAnotherChangeIsInvalid() throws {
      let bench = try PlaneBench()
      let (connection, _) = try bench.servingMiniport()
      let wrong: [(Change, String)] = [
        (Change(adapter: "mini", change: .restart, reasons: []), "reasons"),
        (Change(adapter: "mini", change: .pause, reasons: ["NDIS_PAUSE_LOW_POWER"]), "reasons"),
        (Change(adapter: "mini", change: .pause, action: "DeviceDisabled"), "action"),
        (Change(adapter: "mini", change: .surpriseRemove, action: "PowerOff"), "action"),
        (Change(adapter: "mini", change: .shutdown, action: "DeviceDisabled"), "action"),
        (Change(adapter: "mini", change: .halt, action: ""), "action"),
        (Change(adapter: "mini", change: .halt, timeoutMs: -1), "timeoutMs"),
      ]
      for (input, parameter) in wrong {
        let error = #expect(throws: PlaneError.self) {
          try bench.call(API.ChangeAdapter.self, input)
        }
        #expect(error?.name == VarlinkService.InvalidParameter.name, "\(input)")
        #expect(error?.parameters["parameter"] == .string(parameter), "\(input)")
      }
      let unknown = try bench.client().call(
        API.ChangeAdapter.name, ["adapter": "mini", "change": "explode"])
      #expect(unknown.first?.error == VarlinkService.InvalidParameter.name)
      #expect(try bench.adapters().map(\.state) == ["Running"])
      connection.close()
    }

    // MARK: Waiting

    @Test func aDriverThatTakesItsTimeIsWaitedFor() throws {
      let bench = try PlaneBench()
      let (connection, driver) = try bench.servingMiniport(pends: true)
      let client = bench.client()
      client.send(API.ChangeAdapter.name, Change(adapter: "mini", change: .pause).json)
      try bench.until("MiniportPause has returned", client) { driver.isPending }
      #expect(try client.take().isEmpty && bench.service.waiters == 1)
      // Meanwhile others are served, and see that it is pausing.
      #expect(try bench.adapters().map(\.state) == ["Pausing"])
      try driver.complete(connection)
      #expect(try client.finish().map(\.parameters["state"]) == ["Paused"])
      #expect(bench.service.waiters == 0)
      connection.close()
    }

    @Test func aTimeLimitEndsTheWaitAndNotTheChange() throws {
      let bench = try PlaneBench()
      let (connection, driver) = try bench.servingMiniport(pends: true)
      let client = bench.client()
      client.send(
        API.ChangeAdapter.name, Change(adapter: "mini", change: .pause, timeoutMs: 50).json)
      try bench.until("MiniportPause has returned", client) { driver.isPending }
      bench.time += 49
      try client.turn()
      #expect(try client.take().isEmpty)
      bench.time += 1
      let answer = try #require(try client.finish().first)
      #expect(answer.error == API.TimedOut.name)
      #expect(answer.parameters["found"] == "\"mini\" is Pausing")
      try driver.complete(connection)
      #expect(try bench.adapters().map(\.state) == ["Paused"])
      connection.close()
    }

    @Test func zeroDoesNotWaitAtAll() throws {
      let bench = try PlaneBench()
      let (connection, driver) = try bench.servingMiniport(pends: true)
      let begun = try bench.call(
        API.ChangeAdapter.self, Change(adapter: "mini", change: .pause, timeoutMs: 0))
      #expect(["Running", "Pausing"].contains(begun.state))
      let client = bench.client()
      client.send(
        API.WaitFor.name,
        API.WaitFor.Input(condition: .init(object: "mini", state: "Paused")).json)
      try bench.until("MiniportPause has returned", client) { driver.isPending }
      try driver.complete(connection)
      #expect(try client.finish().first?.error == nil)
      connection.close()
    }

    @Test func aClientThatGoesStopsNoChange() throws {
      let bench = try PlaneBench()
      let (connection, driver) = try bench.servingMiniport(pends: true)
      let client = bench.client()
      client.send(API.ChangeAdapter.name, Change(adapter: "mini", change: .pause).json)
      try bench.until("MiniportPause has returned", client) { driver.isPending }
      client.connection.close()
      #expect(bench.service.waiters == 0)
      try driver.complete(connection)
      #expect(try bench.adapters().map(\.state) == ["Paused"])
      connection.close()
    }

    @Test func whereNobodyMoreMayWaitNothingIsChanged() throws {
      let bench = try PlaneBench()
      let (connection, _) = try bench.servingMiniport()
      let waiting = try (0..<WaitSlots.limitPerUser).map { _ in
        let client = bench.client()
        client.send(
          API.WaitFor.name,
          API.WaitFor.Input(condition: .init(object: "adapter:mini", state: "gone")).json)
        try client.turn()
        return client
      }
      let calls: [(String, JSON)] = [
        (API.ChangeAdapter.name, Change(adapter: "mini", change: .pause).json),
        (API.AddMiniport.name, API.AddMiniport.Input(miniport: .init(name: "x")).json),
      ]
      for (method, parameters) in calls {
        let answer = try bench.client().call(method, parameters).first
        #expect(answer?.error == API.TooManyWaiting.name, "\(method)")
      }
      #expect(try bench.adapters().map(\.state) == ["Running"])
      let begun = try bench.call(
        API.ChangeAdapter.self, Change(adapter: "mini", change: .halt, timeoutMs: 0))
      #expect(begun.handle != nil)
      for client in waiting { #expect(try client.finish().first?.error == nil) }
      connection.close()
    }

    @Test func aRestartThatFailsIsAnError() throws {
      let bench = try PlaneBench()
      let (connection, driver) = try bench.servingMiniport()
      _ = try bench.call(API.ChangeAdapter.self, Change(adapter: "mini", change: .pause))
      driver.restartStatus.withLock { $0 = .resources }
      #expect(
        try refusal(bench, Change(adapter: "mini", change: .restart)).rule == "restartFailed")
      #expect(try bench.adapters().map(\.state) == ["Paused"])
      driver.restartStatus.withLock { $0 = .success }
      let done = try bench.call(
        API.ChangeAdapter.self, Change(adapter: "mini", change: .restart))
      #expect(done.state == "Running")
      connection.close()
    }

    @Test func anAdapterThatGoesWhileItIsPausedIsAnError() throws {
      let bench = try PlaneBench()
      let (connection, driver) = try bench.servingMiniport(pends: true)
      let client = bench.client()
      client.send(API.ChangeAdapter.name, Change(adapter: "mini", change: .pause).json)
      try bench.until("MiniportPause has returned", client) { driver.isPending }
      connection.close()
      let answer = try #require(try client.finish().first)
      #expect(answer.error == API.Refused.name && answer.parameters["rule"] == "ownerEnded")
    }
  }
}

/// A miniport driver that says how it is halted, and can pend a pause or fail a restart.
final class ChangingMiniport: MiniportDriver {
  let pends: Bool
  let haltActions = Monitor<[HaltAction]>([])
  let restartStatus = Monitor<Status>(.success)
  private let pending = Monitor<AdapterHandle?>(nil)

  init(pends: Bool) { self.pends = pends }

  /// MiniportPause has answered PENDING.
  var isPending: Bool { pending.withLock { $0 != nil } }

  func pause(
    _ adapter: AdapterHandle, context: UInt64, reason: PauseReason, on connection: Connection
  ) throws(DriverError) -> Status {
    guard pends else { return .success }
    pending.withLock { $0 = adapter }
    return .pending
  }

  func complete(_ connection: Connection) throws {
    let adapter = pending.withLock { pending in
      defer { pending = nil }
      return pending
    }
    try connection.pauseComplete(#require(adapter))
  }

  func restart(
    _ adapter: AdapterHandle, context: UInt64, on connection: Connection
  ) throws(DriverError) -> Status { restartStatus.withLock { $0 } }

  func haltEx(
    _ adapter: AdapterHandle, context: UInt64, action: HaltAction, on connection: Connection
  ) throws(DriverError) -> Status {
    haltActions.withLock { $0.append(action) }
    return .success
  }
}

extension PlaneBench {
  func adapters() throws -> [SimulatorInterface.Adapter] {
    try list(SimulatorInterface.ListAdapters.self, .init()).flatMap(\.adapters)
  }

  /// A process with the adapter `mini`, which serves on a thread of its own.
  func servingMiniport(pends: Bool = false) throws -> (Connection, ChangingMiniport) {
    let connection = try connect("mini", isServing: true)
    let driver = ChangingMiniport(pends: pends)
    let handle = try connection.registerMiniportDriver(
      driver, name: "mini", version: NDISVersion(6, 30))
    _ = try connection.addAdapter(handle, name: "mini")
    return (connection, driver)
  }

  /// Gives a client turns until something is so, and one more.
  func until(
    _ what: String, _ client: PlaneClient, _ isSo: () throws -> Bool
  ) throws {
    let end = MonotonicClock.milliseconds + 20_000
    while try !isSo() {
      guard MonotonicClock.milliseconds < end else {
        throw PlaneError(name: "waited in vain: \(what)", parameters: [:])
      }
      try client.turn()
    }
    try client.turn()
  }
}
