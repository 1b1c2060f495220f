// Hosted miniports that come, receive frames and go, as management sees it.

import NDISDriverInterface
import NDISEvents
import NDISHostedDrivers
import NDISManagementInterface
import NDIS
import NDISDriverKit
import NDISPlatform
import NDISSimulator
import Testing
import NDISVarlink

@testable import NDISDriverPlane
@testable import NDISManagementPlane

extension ManagementTests {
  @Suite struct MiniportTests {
    typealias API = SimulatorInterface
    typealias Hosted = API.HostedMiniport

    private func add(_ bench: PlaneBench, _ miniport: Hosted) throws {
      let added = try bench.call(API.AddMiniport.self, .init(miniport: miniport))
      #expect(added.state == "Running" && added.handle != nil)
    }

    private func rule(_ body: () throws -> Void) -> JSON? {
      let error = #expect(throws: PlaneError.self) { try body() }
      #expect(error?.name == API.Refused.name)
      return error?.parameters["rule"]
    }

    @Test func oneThatIsAddedRunsAndIsListedAsItIsSetUp() throws {
      let bench = try PlaneBench()
      try add(bench, Hosted(name: "plain"))
      try add(
        bench,
        Hosted(
          name: "vports", queues: 3, vports: 2, queueMemory: 65536, ndisVersion: "6.80",
          frameLength: 64, framesPerSecond: 10, pends: "always"))
      let adapters = try bench.adapters()
      #expect(adapters.map(\.name) == ["plain", "vports"])
      #expect(adapters.allSatisfy { $0.state == "Running" && $0.driverName == "vmq" })
      #expect(
        adapters.map(\.hosted) == [
          Hosted(
            name: "plain", queues: 8, vports: 0, queueMemory: 262144, ndisVersion: "6.30",
            frameLength: 1514, framesPerSecond: 0, pends: "queues"),
          Hosted(
            name: "vports", vports: 2, queueMemory: 65536, ndisVersion: "6.80", frameLength: 64,
            framesPerSecond: 10, pends: "always"),
        ])
      let described = try bench.call(API.Describe.self, .init(object: "vports")).object
      #expect(described.adapter?.hosted == adapters.last?.hosted)

      let removed = try bench.call(API.RemoveMiniport.self, .init(name: "plain"))
      #expect(removed.state == "gone" && removed.handle == adapters.first?.handle)
      #expect(try bench.adapters().map(\.name) == ["vports"])
      let error = #expect(throws: PlaneError.self) {
        try bench.call(API.RemoveMiniport.self, .init(name: "plain"))
      }
      #expect(error?.name == API.NoSuchObject.name)
    }

    @Test func comingAndGoingLeavesNothingBehind() throws {
      let bench = try PlaneBench()
      let before = bench.switchboard.statistics
      for round in 0..<100 {
        try add(bench, Hosted(name: "guest"))
        // However it goes: a hosted miniport goes with its adapter.
        switch round % 4 {
        case 0: _ = try bench.call(API.RemoveMiniport.self, .init(name: "guest"))
        case 1:
          _ = try bench.call(
            API.ChangeAdapter.self, .init(adapter: "guest", change: .surpriseRemove))
        case 2: _ = try bench.call(API.ChangeAdapter.self, .init(adapter: "guest", change: .halt))
        default:
          _ = try bench.call(
            API.ChangeAdapter.self, .init(adapter: "guest", change: .shutdown))
          _ = try bench.call(API.RemoveMiniport.self, .init(name: "guest"))
        }
      }
      let after = bench.switchboard.statistics
      #expect(after.sessions == before.sessions && after.drivers == before.drivers)
      #expect(after.adapters == 0 && after.blocks == 0 && after.sections == 0)
      #expect(after.violations == 0 && after.leakedBlocks == 0)
      #expect(bench.switchboard.miniports.isEmpty && bench.service.waiters == 0)
    }

    @Test func theSameChecksAsInTheConfiguration() throws {
      let bench = try PlaneBench()
      let (connection, _) = try bench.miniport("taken")
      try add(bench, Hosted(name: "mine"))
      let wrong: [(Hosted, String)] = [
        (Hosted(name: ""), "badName"), (Hosted(name: "a\nb"), "badName"),
        (Hosted(name: String(repeating: "n", count: 32)), "badName"),
        (Hosted(name: "mine"), "nameTaken"), (Hosted(name: "taken"), "nameTaken"),
        (Hosted(name: "x", queues: 0), "queues"), (Hosted(name: "x", queues: 64), "queues"),
        (Hosted(name: "x", queues: -1), "queues"), (Hosted(name: "x", queues: .max), "queues"),
        (Hosted(name: "x", vports: 64), "vports"),
        (Hosted(name: "x", vports: 1, ndisVersion: "6.20"), "vports"),
        (Hosted(name: "x", queueMemory: 4095), "queueMemory"),
        (Hosted(name: "x", queueMemory: 16 << 20 + 1), "queueMemory"),
        (Hosted(name: "x", queueMemory: 8 * 1536 - 1), "queueMemory"),
        (Hosted(name: "x", ndisVersion: "6.25"), "ndisVersion"),
        (Hosted(name: "x", ndisVersion: "6.89"), "ndisVersion"),
        (Hosted(name: "x", frameLength: 63), "frameLength"),
        (Hosted(name: "x", frameLength: 9015), "frameLength"),
        (Hosted(name: "x", framesPerSecond: 1_000_001), "framesPerSecond"),
        (Hosted(name: "x", pends: "sometimes"), "pends"),
      ]
      for (miniport, expected) in wrong {
        let rule = rule { _ = try bench.call(API.AddMiniport.self, .init(miniport: miniport)) }
        #expect(rule == .string(expected), "\(miniport)")
      }
      #expect(try bench.adapters().map(\.name).sorted() == ["mine", "taken"])
      #expect(bench.switchboard.miniports.count == 1)
      #expect(bench.switchboard.statistics.sessions == 2)
      let error = #expect(throws: PlaneError.self) {
        try bench.call(API.RemoveMiniport.self, .init(name: "taken"))
      }
      #expect(error?.name == API.NoSuchObject.name)
      #expect(error?.parameters["message"]?.text.contains("belongs to a process") == true)
      connection.close()
    }

    @Test func thereIsAnEndToHowMany() throws {
      let bench = try PlaneBench {
        $0.capacities.sessions = 128
        $0.capacities.drivers = 128
        $0.capacities.adapters = 128
        $0.capacities.sections = 128
      }
      for number in 0..<ManagementService.maximumMiniports {
        try add(bench, Hosted(name: "m\(number)", queueMemory: 8 * 1536))
      }
      let rule = rule {
        _ = try bench.call(API.AddMiniport.self, .init(miniport: .init(name: "more")))
      }
      #expect(rule == "tooManyMiniports")
      _ = try bench.call(API.RemoveMiniport.self, .init(name: "m7"))
      try add(bench, Hosted(name: "more"))
    }

    @Test func oneThatWaitsForAProvidersMemoryIsWaitedFor() throws {
      let bench = try PlaneBench()
      let provider = WithholdingProvider()
      let connection = try bench.connect("provider", isServing: true)
      _ = try connection.registerProtocolDriver(provider, name: "provider")
      let client = bench.client()
      client.send(
        API.AddMiniport.name, API.AddMiniport.Input(miniport: .init(name: "late")).json)
      try bench.until("the provider is asked", client) { provider.isAsked }
      #expect(try client.take().isEmpty && bench.service.waiters == 1)
      #expect(try bench.adapters().map(\.state) == ["Initializing"])
      // It gets none, however little it asks for, and MiniportInitializeEx fails.
      provider.refuse()
      let answer = try #require(try client.finish().first)
      #expect(answer.error == API.Refused.name)
      #expect(answer.parameters["rule"] == "handlerFailed")
      #expect(try bench.adapters().isEmpty && bench.service.waiters == 0)
      connection.close()
    }

    // MARK: Frames

    @Test func framesAreCountedAsTheyAreIndicated() throws {
      let bench = try PlaneBench()
      try add(bench, Hosted(name: "vmq0", queueMemory: 8 * 1536))
      let overlying = try bench.connect("over", isServing: true)
      let driver = try overlying.registerProtocolDriver(KeepingDriver(), name: "over")
      let binding = try overlying.bindAdapter(driver, adapterName: "vmq0")
      let queue = try overlying.allocateQueue(
        binding, ReceiveQueueParameters(queueName: "q", vmName: "vm", revision: 1)
      ).queueID
      let early = rule {
        _ = try bench.call(API.Generate.self, .init(adapter: "vmq0", queueId: Int(queue)))
      }
      #expect(early == "queueState")
      _ = try overlying.completeQueueAllocation(binding, queues: [queue])
      let filter = try overlying.setFilter(
        binding,
        ReceiveFilterParameters(
          queueID: queue, fields: [.destinationAddress([2, 0, 0, 0, 0, 1])], revision: 1))
      // Its memory holds eight frames, and none comes back.
      let first = try bench.call(
        API.Generate.self, .init(adapter: "vmq0", queueId: Int(queue), count: 5, length: 64))
      #expect(first == .init(indicated: 5, dropped: 0))
      let rest = try bench.call(
        API.Generate.self, .init(adapter: "vmq0", queueId: Int(queue), count: 1024))
      #expect(rest == .init(indicated: 3, dropped: 1021))
      let counters = try bench.call(API.GetStatus.self, .init()).status.counters
      #expect(counters.indicatedLists == 8)
      let running = try bench.call(
        API.WaitFor.self,
        .init(condition: .init(object: "vmq0/\(queue)", state: "Running"), timeoutMs: 0))
      #expect(running.found == "\"vmq0/\(queue)\" is Running")
      _ = filter
      overlying.close()
    }

    @Test func framesOfADefaultQueueThatNobodyTakesComeBackAtOnce() throws {
      let bench = try PlaneBench { $0.capacities.lists = 256 }
      try add(bench, Hosted(name: "vmq0"))
      for length in [64, 1514] {
        let frames = try bench.call(
          API.Generate.self, .init(adapter: "vmq0", count: 1024, length: length))
        #expect(frames == .init(indicated: 1024, dropped: 0))
      }
      #expect(try bench.call(API.Generate.self, .init(adapter: "vmq0")).indicated == 1)
    }

    @Test func whatCannotReceiveIsRefused() throws {
      let bench = try PlaneBench()
      let (connection, _) = try bench.miniport("process")
      try add(bench, Hosted(name: "queues"))
      try add(bench, Hosted(name: "vports", vports: 1))
      typealias Input = API.Generate.Input
      let refused: [(Input, String)] = [
        (Input(adapter: "process"), "notHosted"),
        (Input(adapter: "queues", queueId: 1), "queueUnknown"),
        (Input(adapter: "queues", vportId: 0), "vportUnknown"),
        (Input(adapter: "vports", queueId: 0), "queueUnknown"),
        (Input(adapter: "vports", vportId: 1), "vportUnknown"),
        (Input(adapter: "queues", length: 63), "frameLength"),
        (Input(adapter: "queues", length: 1515), "frameLength"),
      ]
      for (input, expected) in refused {
        let rule = rule { _ = try bench.call(API.Generate.self, input) }
        #expect(rule == .string(expected), "\(input)")
      }
      let invalid: [(Input, String)] = [
        (Input(adapter: "queues", count: 0), "count"),
        (Input(adapter: "queues", count: 1025), "count"),
        (Input(adapter: "queues", length: 0), "length"),
        (Input(adapter: "queues", length: -1), "length"),
        (Input(adapter: "queues", queueId: -1), "queueId"),
        (Input(adapter: "vports", vportId: 1 << 32), "vportId"),
      ]
      for (input, parameter) in invalid {
        let error = #expect(throws: PlaneError.self) {
          try bench.call(API.Generate.self, input)
        }
        #expect(error?.parameters["parameter"] == .string(parameter), "\(input)")
      }
      _ = try bench.call(API.ChangeAdapter.self, .init(adapter: "queues", change: .pause))
      let paused = rule { _ = try bench.call(API.Generate.self, .init(adapter: "queues")) }
      #expect(paused == "queueState")
      connection.close()
    }
  }
}

/// Keeps what it receives.
private final class KeepingDriver: ProtocolDriver {
  func receiveNetBufferLists(_ indication: ReceiveIndication, on connection: Connection) {}
}

/// A provider that answers its first request when the test has it do so, and refuses it.
private final class WithholdingProvider: ProtocolDriver, SharedMemoryProvider {
  private let asked = Monitor<(connection: Connection, upcall: UInt64)?>(nil)
  private let isOpen = Monitor<Bool>(false)

  var isAsked: Bool { asked.withLock { $0 != nil } }

  func setOptions(
    _ driver: ProtocolDriverHandle, on connection: Connection
  ) throws(DriverError) -> Status {
    try connection.setOptionalHandlers(driver, provider: self, providerContext: 1)
    return .success
  }

  func allocateSharedMemory(_ request: ProviderRequest) -> NDISDriverKit.ProviderAnswer {
    if isOpen.withLock({ $0 }) { return .refused(.resources) }
    asked.withLock { $0 = (request.connection, request.upcall) }
    return .suppressed
  }

  func freeSharedMemory(_ block: ProviderBlock) {}

  func refuse() {
    isOpen.withLock { $0 = true }
    guard let (connection, upcall) = asked.withLock({ $0 }) else { return }
    connection.answer(upcall, with: .refused(.resources))
  }
}
