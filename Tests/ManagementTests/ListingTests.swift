// Listings: everything is listed once, in slices of bounded work.

import NDISEvents
import NDISManagementInterface
import NDIS
import NDISDriverKit
import NDISSimulator
import Testing
import NDISVarlink

@testable import NDISDriverPlane
@testable import NDISManagementPlane

extension ManagementTests {
  @Suite struct ListingTests {
    typealias API = SimulatorInterface

    @Test func everyObjectIsListedWithWhatItHas() throws {
      let bench = try PlaneBench()
      let (connection, adapter) = try bench.miniport("netvsc")
      let block = try connection.allocate(
        adapter, parameters(5000, "RxQ1", "rx.c:12"))
      bench.time += 40

      let sessions = try bench.list(API.ListSessions.self, .init()).flatMap(\.sessions)
      let session = try #require(sessions.first)
      #expect(sessions.count == 1)
      #expect(session.name == "netvsc" && session.state == "open")
      #expect(session.drivers == 1 && session.blocks == 1 && session.bytes == 5000)
      let drivers = try bench.list(API.ListDrivers.self, .init()).flatMap(\.drivers)
      let driver = try #require(drivers.first)
      #expect(driver.kind == "miniport" && driver.state == "registered" && driver.children == 1)
      #expect(driver.ndisVersion == "6.30" && driver.blocks == 0)
      let adapters = try bench.list(API.ListAdapters.self, .init()).flatMap(\.adapters)
      let found = try #require(adapters.first)
      #expect(found.handle == "\(Handle(rawValue: adapter.rawValue))")
      #expect(found.state == "Running" && found.blocks == 1 && found.driver == driver.handle)
      let sections = try bench.list(API.ListSections.self, .init()).flatMap(\.sections)
      let section = try #require(sections.first)
      #expect(section.domain == found.handle && section.domainName == "netvsc")
      #expect(section.blocks == 1 && section.bytes == 8192 && section.providerName == "pool")
      let blocks = try bench.blocks(extents: true)
      let told = try #require(blocks.first)
      #expect(told.handle == "\(Handle(rawValue: block.allocationHandle.rawValue))")
      #expect(told.state == "live" && told.length == 5000 && told.ageMs == 40)
      #expect(told.tag == "RxQ1" && told.site == "rx.c:12")
      #expect(told.owner == found.handle && told.driverName == "netvsc")
      #expect(told.adapterName == "netvsc" && told.session == session.session)
      #expect(told.section == section.handle && told.node == nil)
      #expect(told.extents == [API.Extent(offset: told.offset ?? -1, length: 5000)])
      #expect(try bench.providers().map(\.blocks) == [1])
      #expect(try bench.list(API.ListBindings.self, .init()).flatMap(\.bindings).isEmpty)
      try connection.free(block)
      #expect(try bench.blocks().isEmpty)
      connection.close()
    }

    @Test func aListIsCalledWithMore() throws {
      let bench = try PlaneBench()
      for method in [API.ListSessions.name, API.ListBlocks.name, API.Monitor.name] {
        let answers = try bench.client().call(method)
        #expect(answers.map(\.error) == ["org.varlink.service.ExpectedMore"])
      }
    }

    @Test func manyBlocksAreListedInSlicesAndEachOnce() throws {
      let bench = try PlaneBench()
      let (connection, adapter) = try bench.miniport()
      var blocks: [SharedMemoryBlock] = []
      for _ in 0..<3000 {
        blocks.append(try connection.allocate(adapter, SharedMemoryParameters(length: 4096)))
      }
      let client = bench.client()
      client.send(API.ListBlocks.name, [:], more: true)
      var handles: [String] = []
      var slices = 0
      while true {
        // Between two slices drivers have their turn.
        if slices == 10 { for block in blocks[2900...] { try connection.free(block) } }
        try client.turn()
        let answers = try client.take()
        #expect(answers.count <= 1)
        guard let answer = answers.first else { continue }
        slices += 1
        let part = try API.ListBlocks.Output(json: .object(answer.parameters)).blocks
        #expect(part.count <= ManagementAnswer.itemsPerReply)
        handles += part.map(\.handle)
        if !answer.continues { break }
      }
      #expect(slices >= 2900 / ManagementAnswer.itemsPerReply)
      #expect(Set(handles).count == handles.count)
      let kept = Set(blocks[..<2900].map { "\(Handle(rawValue: $0.allocationHandle.rawValue))" })
      #expect(kept.isSubset(of: Set(handles)))
      connection.close()
    }

    @Test func aStepLooksAtNoMoreThanItsBudget() throws {
      let bench = try PlaneBench()
      let (connection, adapter) = try bench.miniport()
      for _ in 0..<5000 {
        _ = try connection.allocate(adapter, SharedMemoryParameters(length: 4096))
      }
      // One record costs one: with this budget a step can have read a hundred.
      let summary = SummaryAnswer(by: .usage, BlockQuery())
      var steps = 0
      while true {
        var budget = 100
        steps += 1
        let step = try bench.exclusively { () -> Bool in
          if case .yield = summary.step(bench.service, budget: &budget) { true } else { false }
        }
        #expect(budget >= -2)
        if !step { break }
      }
      // A block is read and counted.
      #expect(steps >= 5000 * 2 / 102)
      var counts = OwnerCounts()
      steps = 0
      while !counts.isDone {
        var budget = 100
        steps += 1
        try bench.exclusively { counts.step(bench.service, budget: &budget) }
        #expect(budget >= -1)
      }
      #expect(steps >= 5000 / 101)
      #expect(counts[Handle(rawValue: adapter.rawValue)] == 5000)
      connection.close()
    }

    @Test func neverUsedCapacityIsSkipped() throws {
      let bench = try PlaneBench { $0.capacities.blocks = 4_194_304 }
      var cursor = ListingCursor()
      var budget = 1_100
      let found = try bench.exclusively {
        bench.switchboard.simulator.next(.block, &cursor, budget: &budget)
      }
      #expect(found == nil && cursor.isAtEnd)
    }

    @Test func filtersMeanWhatTheySay() throws {
      let bench = try PlaneBench()
      let (first, one) = try bench.miniport("one")
      let (second, two) = try bench.miniport("two")
      for length: UInt32 in [100, 200, 300] {
        var wanted = parameters(length, "AAAA", "a.c:1")
        wanted.rawUsage = 4
        _ = try first.allocate(one, wanted)
      }
      bench.time += 1000
      _ = try second.allocate(two, SharedMemoryParameters(length: 4000, tag: "BBBB"))
      func count(_ change: (inout API.BlockFilter) -> Void) throws -> Int {
        var filter = API.BlockFilter()
        change(&filter)
        return try bench.blocks(filter).count
      }
      #expect(try count { _ in } == 4)
      #expect(try count { $0.owner = "one" } == 3)
      #expect(try count { $0.owner = "driver:two" } == 1)
      #expect(try count { $0.owner = "session:one" } == 3)
      #expect(try count { $0.owner = "\(Handle(rawValue: two.rawValue))" } == 1)
      #expect(try count { $0.provider = "pool" } == 4)
      #expect(try count { $0.tag = "AAAA" } == 3)
      #expect(try count { $0.tag = "0x41414141" } == 3)
      #expect(try count { $0.site = "a.c:1" } == 3)
      #expect(try count { $0.usage = "NdisSharedMemoryUsageReceive" } == 3)
      #expect(try count { $0.usage = "Receive" } == 3)
      #expect(try count { $0.minimumLength = 250 } == 2)
      #expect(try count { $0.minimumAgeMs = 500 } == 3)
      #expect(try count { $0.minimumAgeMs = .max } == 0)
      #expect(try count { $0.queueId = 0 } == 4)
      #expect(try count { $0.queueId = 1 } == 0)
      #expect(try count { ($0.owner, $0.minimumLength) = ("one", 150) } == 2)
      #expect(try count { $0.section = try? bench.blocks().first?.section } > 0)
      for wrong: (inout API.BlockFilter) -> Void in [
        { $0.tag = "too long" }, { $0.usage = "Nothing" }, { $0.minimumAgeMs = -1 },
        { $0.queueId = -1 }, { $0.session = 1 << 40 }, { $0.minimumLength = -1 },
      ] {
        var filter = API.BlockFilter()
        wrong(&filter)
        let error = #expect(throws: PlaneError.self) { try bench.blocks(filter) }
        #expect(error?.name == VarlinkService.InvalidParameter.name)
      }
      let error = #expect(throws: PlaneError.self) { try bench.blocks(.init(owner: "nobody")) }
      #expect(error?.name == API.NoSuchObject.name)
      first.close()
      second.close()
    }

    @Test func summariesAddUp() throws {
      let bench = try PlaneBench()
      let (first, one) = try bench.miniport("one")
      let (second, two) = try bench.miniport("two")
      for index in 0..<20 {
        _ = try first.allocate(
          one, SharedMemoryParameters(length: 100, tag: index % 2 == 0 ? "EVEN" : "ODD "))
      }
      _ = try second.allocate(two, SharedMemoryParameters(length: 9000))
      typealias By = API.SummarizeBlocks.Input.By
      for by in By.allCases {
        let groups = try bench.call(API.SummarizeBlocks.self, .init(by: by)).groups
        #expect(groups.reduce(0) { $0 + $1.blocks } == 21, "\(by)")
        #expect(groups.reduce(0) { $0 + $1.bytes } == 11_000, "\(by)")
      }
      let tags = try bench.call(
        API.SummarizeBlocks.self, .init(by: .tag, filter: .init(owner: "one"))
      ).groups
      #expect(tags.map(\.key) == ["EVEN", "ODD "])
      #expect(tags.map(\.blocks) == [10, 10])
      let drivers = try bench.call(API.SummarizeBlocks.self, .init(by: .driver)).groups
      #expect(drivers.map(\.key) == ["two", "one"])
      first.close()
      second.close()
    }

    @Test func groupsBeyondTheLimitAreTogether() throws {
      let bench = try PlaneBench { $0.capacities.sites = 4096 }
      let (connection, adapter) = try bench.miniport()
      for index in 0..<(SummaryAnswer.limit + 10) {
        _ = try connection.allocate(
          adapter, parameters(10, "TEST", "s.c:\(index)"))
      }
      let groups = try bench.call(API.SummarizeBlocks.self, .init(by: .site)).groups
      #expect(groups.count == SummaryAnswer.limit + 1)
      #expect(groups.last?.key == "(others)")
      #expect(groups.last?.blocks == 10)
      connection.close()
    }

    @Test func theDumpIsAllTheLists() throws {
      let bench = try PlaneBench()
      let (connection, adapter) = try bench.miniport()
      for _ in 0..<100 {
        _ = try connection.allocate(adapter, SharedMemoryParameters(length: 100))
      }
      let pieces = try bench.list(API.DumpState.self, .init())
      #expect(pieces.compactMap(\.status).count == 1)
      #expect(pieces.compactMap(\.blocks).flatMap { $0 } == (try bench.blocks(extents: true)))
      #expect(pieces.compactMap(\.providers).flatMap { $0 } == (try bench.providers()))
      let adapters = try bench.list(API.ListAdapters.self, .init()).flatMap(\.adapters)
      #expect(pieces.compactMap(\.adapters).flatMap { $0 } == adapters)
      #expect(adapters.map(\.blocks) == [100])
      let events = pieces.compactMap(\.events).flatMap { $0 }
      #expect(events.map(\.sequence) == Array(1...Int(bench.recorder.log.newest)))
      connection.close()
    }

    @Test func eventsAreListedInPagesOrInPieces() throws {
      let bench = try PlaneBench()
      for _ in 0..<150 { bench.recorder.record(.stopped) }
      let newest = Int(bench.recorder.log.newest)
      var read: [Int] = []
      while true {
        let page = try bench.call(API.ListEvents.self, .init(after: read.last)).events
        if page.isEmpty { break }
        read += page.map(\.sequence)
      }
      #expect(read == Array(1...newest))
      let pieces = try bench.list(API.ListEvents.self, .init(after: 10)).flatMap(\.events)
      #expect(pieces.map(\.sequence) == Array(11...newest))
    }
  }
}

private func parameters(
  _ length: UInt32, _ tag: PoolTag, _ site: String
) -> NDISDriverKit.SharedMemoryParameters {
  var parameters = NDISDriverKit.SharedMemoryParameters(length: length, tag: tag)
  parameters.site = Site(site)
  return parameters
}
