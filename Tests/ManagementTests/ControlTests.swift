// What may be changed, by whom, and what comes of it.

import NDISEvents
import NDISHostedDrivers
import NDISManagementInterface
import NDIS
import NDISDriverKit
import NDISSimulator
import Testing
import NDISVarlink

@testable import NDISDriverPlane
@testable import NDISManagementPlane

extension ManagementTests {
  @Suite struct ControlTests {
    typealias API = SimulatorInterface

    @Test func changingIsForRootAndTheDaemonsOwnUser() throws {
      let bench = try PlaneBench()
      let calls: [(String, JSON)] = [
        (API.AddProvider.name, ["provider": ["name": "x", "capacity": 4096]]),
        (API.RemoveProvider.name, ["name": "pool"]),
        (API.AddMiniport.name, ["miniport": ["name": "x"]]),
        (API.ChangeAdapter.name, ["adapter": "x", "change": "pause"]),
        (API.Generate.name, ["adapter": "x"]), (API.RemoveMiniport.name, ["name": "x"]),
        (API.Expect.name, ["code": "leak", "times": 1]), (API.ForgetExpectations.name, [:]),
        (API.Reload.name, [:]), (ServiceInterface.Reload.name, [:]),
        (ServiceInterface.SetLogLevel.name, ["level": 3]),
      ]
      for (method, parameters) in calls {
        let answer = try bench.client(uid: 12345).call(method, parameters).first
        #expect(answer?.error == VarlinkService.PermissionDenied.name, "\(method)")
        let allowed = try bench.client(uid: 0).call(method, parameters).first
        #expect(allowed?.error != VarlinkService.PermissionDenied.name, "\(method)")
      }
      // Reading is for all.
      let answer = try bench.client(uid: 12345).call(API.GetStatus.name).first
      #expect(answer?.error == nil)
      #expect(try bench.client(uid: 12345).call(ServiceInterface.Ping.name).first?.error == nil)
    }

    @Test func aProviderThatIsAddedServesAsTheNewest() throws {
      let bench = try PlaneBench()
      let (connection, adapter) = try bench.miniport()
      let added = try bench.call(
        API.AddProvider.self, .init(provider: .init(name: "big", capacity: 1 << 20)))
      #expect(added.provider.state == "active" && added.provider.hosted?.capacity == 1 << 20)
      let block = try connection.allocate(adapter, SharedMemoryParameters(length: 4096))
      #expect(try bench.blocks().map(\.providerName) == ["big"])
      #expect(try bench.providers().last?.freeBytes == (1 << 20) - 4096)

      // Removed (A21): asked no more, its block still freed through it, gone with the last.
      let removed = try bench.call(API.RemoveProvider.self, .init(name: "big"))
      #expect(removed.provider.state == "ended" && removed.provider.blocks == 1)
      let other = try connection.allocate(adapter, SharedMemoryParameters(length: 4096))
      #expect(try bench.providers().map(\.state) == ["active", "ended"])
      #expect(try bench.blocks().map(\.providerName) == ["big", "pool"])
      let error = #expect(throws: PlaneError.self) {
        try bench.call(API.RemoveProvider.self, .init(name: "big"))
      }
      #expect(error?.name == API.NoSuchObject.name)
      // The name is free again while the old one goes; the two are not mixed up.
      let again = try bench.call(
        API.AddProvider.self, .init(provider: .init(name: "big", capacity: 1 << 21)))
      #expect(again.provider.handle != added.provider.handle)
      try connection.free(block)
      #expect(try bench.providers().map(\.hosted?.capacity) == [256 << 20, 1 << 21])
      try connection.free(other)
      connection.close()
    }

    @Test func comingAndGoingLeavesNothingBehind() throws {
      let bench = try PlaneBench()
      let (connection, adapter) = try bench.miniport()
      for _ in 0..<200 {
        _ = try bench.call(
          API.AddProvider.self, .init(provider: .init(name: "guest", capacity: 1 << 20)))
        let block = try connection.allocate(adapter, SharedMemoryParameters(length: 4096))
        _ = try bench.call(API.RemoveProvider.self, .init(name: "guest"))
        try connection.free(block)
      }
      #expect(bench.switchboard.pools.count == 2)
      #expect(bench.switchboard.heldSections == 0)
      #expect(try bench.providers().count == 1)
      connection.close()
    }

    @Test func theSameChecksAsInTheConfiguration() throws {
      let bench = try PlaneBench()
      typealias Hosted = API.HostedProvider
      let wrong: [(Hosted, String)] = [
        (Hosted(name: "", capacity: 4096), "badName"),
        (Hosted(name: "a\nb", capacity: 4096), "badName"),
        (Hosted(name: String(repeating: "n", count: 32), capacity: 4096), "badName"),
        (Hosted(name: "pool", capacity: 4096), "nameTaken"),
        (Hosted(name: "x", capacity: 0), "capacity"),
        (Hosted(name: "x", capacity: 4097), "capacity"),
        (Hosted(name: "x", capacity: -4096), "capacity"),
        (Hosted(name: "x", capacity: .max), "capacity"),
        (Hosted(name: "x", capacity: 8 << 30 + 4096), "capacity"),
        (Hosted(name: "x", capacity: 4096, nodes: 0), "nodes"),
        (Hosted(name: "x", capacity: 4096, nodes: 65), "nodes"),
        (Hosted(name: "x", capacity: 4096, pageSize: 8192), "pageSize"),
        (Hosted(name: "x", capacity: 4096, fill: "ones"), "fill"),
        (Hosted(name: "x", capacity: 2 << 30, fill: "zero"), "fill"),
        (Hosted(name: "x", capacity: 2 << 20, pageSize: 2 << 20, fill: "zero"), "fill"),
        (Hosted(name: "x", capacity: 4096, fragmentSeed: -1), "fragmentSeed"),
      ]
      for (provider, rule) in wrong {
        let error = #expect(throws: PlaneError.self) {
          try bench.call(API.AddProvider.self, .init(provider: provider))
        }
        #expect(error?.name == API.Refused.name)
        #expect(error?.parameters["rule"] == .string(rule), "\(provider)")
      }
      #expect(try bench.providers().count == 1)
    }

    @Test func expectationsStandBesideWhatHappened() throws {
      let bench = try PlaneBench()
      _ = try bench.call(API.Expect.self, .init(code: "leak", times: 2))
      let (connection, adapter) = try bench.miniport()
      for _ in 0..<3 { _ = try connection.allocate(adapter, SharedMemoryParameters(length: 1)) }
      let block = try connection.allocate(adapter, SharedMemoryParameters(length: 1))
      try connection.free(block)
      _ = try? connection.free(block)
      connection.close()
      let lines = try bench.call(API.ListViolations.self, .init()).violations
      let leak = try #require(lines.first { $0.code == "leak" })
      #expect(leak.count == 3 && leak.expected == 2 && leak.message.contains("did not free"))
      let status = try bench.call(API.GetStatus.self, .init()).status
      let broken = lines.filter { $0.code != "leak" }.reduce(0) { $0 + $1.count }
      #expect(broken == status.counters.violations)
      #expect(leak.count == status.counters.leakedBlocks)
      _ = try bench.call(API.ForgetExpectations.self, .init())
      #expect(
        try bench.call(API.ListViolations.self, .init()).violations.allSatisfy {
          $0.expected == nil
        })
      for (code, times) in [("nonsense", 1), ("leak", -1)] {
        let error = #expect(throws: PlaneError.self) {
          try bench.call(API.Expect.self, .init(code: code, times: times))
        }
        #expect(error?.name == VarlinkService.InvalidParameter.name)
      }
    }

    @Test func theLogLevelIsASyslogLevel() throws {
      let bench = try PlaneBench()
      var set: [UInt8] = []
      bench.service.host.setMinimumPriority = { set.append($0.rawValue) }
      for level in 0...7 {
        _ = try bench.call(ServiceInterface.SetLogLevel.self, .init(level: level))
      }
      #expect(set == [3, 3, 3, 3, 4, 5, 6, 7])
      for level in [-1, 8, .max] {
        let error = #expect(throws: PlaneError.self) {
          try bench.call(ServiceInterface.SetLogLevel.self, .init(level: level))
        }
        #expect(error?.parameters["parameter"] == "level")
      }
    }

    @Test("behaviour 16, seen from outside: levels, and within a level the newest")
    func precedence() throws {
      let bench = try PlaneBench(pools: [
        PoolSettings(name: "hal", level: .hal), PoolSettings(name: "old", level: .pool),
        PoolSettings(name: "new", level: .pool),
      ])
      let (connection, adapter) = try bench.miniport()
      func server() throws -> String {
        let block = try connection.allocate(adapter, SharedMemoryParameters(length: 1))
        let name = try #require(try bench.blocks().first).providerName
        try connection.free(block)
        return name
      }
      #expect(try bench.providers().map(\.level) == ["hal", "pool", "pool"])
      #expect(try server() == "new")
      _ = try bench.call(API.RemoveProvider.self, .init(name: "new"))
      #expect(try server() == "old")
      _ = try bench.call(API.RemoveProvider.self, .init(name: "old"))
      #expect(try server() == "hal")
      connection.close()
    }

    @Test func unknownMethodsAndParametersAreNamed() throws {
      let bench = try PlaneBench()
      let calls: [(String, JSON, String)] = [
        ("org.ndissim.Simulator.Explode", [:], VarlinkService.MethodNotFound.name),
        ("org.ndissim.Nothing.GetStatus", [:], VarlinkService.InterfaceNotFound.name),
        ("nothing", [:], VarlinkService.InterfaceNotFound.name),
        (API.GetStatus.name, ["x": 1], VarlinkService.InvalidParameter.name),
        (API.Describe.name, [:], VarlinkService.InvalidParameter.name),
        (API.Describe.name, ["object": 5], VarlinkService.InvalidParameter.name),
        (API.SummarizeBlocks.name, ["by": "colour"], VarlinkService.InvalidParameter.name),
      ]
      for (method, parameters, error) in calls {
        #expect(try bench.client().call(method, parameters).first?.error == error, "\(method)")
      }
    }
  }
}
