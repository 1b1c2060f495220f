// Queues, VPorts, filters and OID requests on the management plane: listed, described, waited for.

import CNDIS
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
  @Suite(.timeLimit(.minutes(2))) struct QueueListingTests {
    typealias API = SimulatorInterface

    private func queues(
      _ bench: PlaneBench, _ filter: API.ObjectFilter? = nil
    ) throws -> [API.Queue] {
      try bench.list(API.ListQueues.self, .init(filter: filter)).flatMap(\.queues)
    }

    @Test func aQueueIsListedWithItsParametersAndItsFilter() throws {
      let bench = try PlaneBench()
      let plane = try QueuePlane(bench)
      defer { plane.close() }
      let id = try plane.runningQueue("first")
      let queue = try #require(try queues(bench).first)
      #expect(queue.name == "vmq0/\(id)" && queue.queueId == Int(id) && queue.state == "Running")
      #expect(queue.queueName == "first" && queue.vmName == "guest")
      #expect(queue.adapterName == "vmq0" && queue.driverName == "over-vmq0")
      #expect(queue.owner == "\(Handle(rawValue: plane.binding.rawValue))")
      #expect(queue.flags == ["PER_QUEUE_RECEIVE_INDICATION"] && queue.affinityMask == "0x1")
      #expect(queue.queueType == "NdisReceiveQueueTypeVMQueue" && queue.filters == 1)
      let filters = try bench.list(API.ListFilters.self, .init()).flatMap(\.filters)
      let filter = try #require(filters.first)
      #expect(filters.count == 1 && filter.queueId == Int(id) && filter.state == "set")
      #expect(filter.tests.map(\.field) == ["DestinationAddress", "VlanId"])
      #expect(filter.tests.map(\.value) == ["02-00-00-00-00-01", "7"])
      let adapters = try bench.list(API.ListAdapters.self, .init()).flatMap(\.adapters)
      #expect(adapters.map(\.queues) == [1] && adapters.map(\.filters) == [1])
      let counters = try bench.call(API.GetStatus.self, .init()).status.counters
      #expect(counters.queues == 1 && counters.filters == 1 && counters.openOids == 0)
    }

    @Test func aListIsFilteredByAdapterOwnerNumberAndState() throws {
      let bench = try PlaneBench()
      let one = try QueuePlane(bench, "vmq0")
      let two = try QueuePlane(bench, "vmq1")
      defer {
        one.close()
        two.close()
      }
      let running = try one.runningQueue()
      let allocated = try one.overlying.allocateQueue(
        one.binding, ReceiveQueueParameters(queueName: "", vmName: "")
      ).queueID
      let other = try two.runningQueue()
      func names(_ filter: API.ObjectFilter) throws -> Set<String> {
        Set(try queues(bench, filter).map(\.name))
      }
      #expect(try names(.init(adapter: "vmq0")) == ["vmq0/\(running)", "vmq0/\(allocated)"])
      let handle = "\(Handle(rawValue: two.adapter.rawValue))"
      #expect(try names(.init(adapter: handle)) == ["vmq1/\(other)"])
      #expect(try names(.init(owner: "over-vmq1")) == ["vmq1/\(other)"])
      #expect(try names(.init(adapter: "vmq0", owner: "over-vmq1")).isEmpty)
      #expect(try names(.init(adapter: "vmq0", state: "Running")) == ["vmq0/\(running)"])
      #expect(try names(.init(state: "Allocated")) == ["vmq0/\(allocated)"])
      #expect(try names(.init(adapter: "vmq0", queueId: Int(allocated))) == ["vmq0/\(allocated)"])
      for wrong in [
        API.ObjectFilter(state: "Flying"), API.ObjectFilter(queueId: -1),
        API.ObjectFilter(vportId: 1), API.ObjectFilter(queueId: 1 << 32),
      ] {
        let answers = try bench.client().call(
          API.ListQueues.name, API.ListQueues.Input(filter: wrong).json, more: true)
        #expect(answers.map(\.error) == ["org.varlink.service.InvalidParameter"])
      }
      for nobody in [API.ObjectFilter(adapter: "none"), API.ObjectFilter(owner: "none")] {
        let answers = try bench.client().call(
          API.ListQueues.name, API.ListQueues.Input(filter: nobody).json, more: true)
        #expect(answers.map(\.error) == [API.NoSuchObject.name])
      }
    }

    @Test func aQueueIsDescribedWithItsFilters() throws {
      let bench = try PlaneBench()
      let plane = try QueuePlane(bench)
      defer { plane.close() }
      let id = try plane.runningQueue()
      for text in [
        "vmq0/\(id)", "queue:vmq0/\(id)", "\(Handle(rawValue: plane.adapter.rawValue))/\(id)",
      ] {
        let object = try bench.call(API.Describe.self, .init(object: text)).object
        #expect(object.kind == "queue" && object.queue?.queueId == Int(id), "\(text)")
        #expect(object.filters?.map(\.queueId) == [Int(id)] && object.blocks == [])
        #expect(object.references.map(\.relation) == ["adapter", "binding"])
      }
      let filter = try #require(
        try bench.list(API.ListFilters.self, .init()).flatMap(\.filters).first)
      let object = try bench.call(API.Describe.self, .init(object: filter.name)).object
      #expect(object.kind == "filter" && object.filter == filter)
    }

    @Test func anAdapterIsDescribedWithItsAttributes() throws {
      let bench = try PlaneBench()
      let plane = try QueuePlane(bench)
      defer { plane.close() }
      let object = try bench.call(API.Describe.self, .init(object: "vmq0")).object
      let general = try #require(object.generalAttributes)
      #expect(object.adapter?.macAddress == "02:00:00:00:00:0a")
      #expect(general.currentMacAddress == "02:00:00:00:00:0a" && general.mtuSize == 1500)
      #expect(general.mediaConnectState == "Connected" && general.mediaDuplexState == "Full")
      #expect(general.supportedOids == ["0x00010101", "0x00020106"])
      let sets = try #require(object.capabilities)
      #expect(sets.map(\.kind) == ["hardware", "current"])
      #expect(sets.map(\.numQueues) == [1000, 1000] && sets.map(\.maxNumVPorts) == [64, nil])
      let told = try plane.overlying.bindParameters(plane.binding)
      #expect(told.parameters.attributes.currentAddress == [2, 0, 0, 0, 0, 0xA])
      #expect(told.capabilities.receiveFilter?.numQueues == 1000)
      #expect(told.capabilities.nicSwitch == nil)
      #expect(try plane.overlying.statistics().violations == 0)
    }

    @Test(arguments: [
      "vmq0/99", "vmq0/", "vmq0/-1", "vmq0/1/1", "/1", "vmq0/4294967296", "vmq9/1", "queue:1",
      "vport:vmq0/1", "filter:vmq0/77", "0x1/1", "queue:vmq0/0x1",
    ])
    func whatIsNoQueueIsNotFound(_ text: String) throws {
      let bench = try PlaneBench()
      let plane = try QueuePlane(bench)
      defer { plane.close() }
      _ = try plane.runningQueue()
      let answers = try bench.client().call(API.Describe.name, ["object": .string(text)])
      #expect(answers.map(\.error) == [API.NoSuchObject.name])
    }

    @Test func anAdapterMayHaveASlashInItsName() throws {
      let bench = try PlaneBench()
      let plane = try QueuePlane(bench, "pci/0")
      defer { plane.close() }
      let id = try plane.runningQueue()
      let object = try bench.call(API.Describe.self, .init(object: "pci/0/\(id)")).object
      #expect(object.queue?.adapterName == "pci/0")
      #expect(try bench.call(API.Describe.self, .init(object: "pci/0")).object.kind == "adapter")
    }

    @Test func aVPortIsListedDescribedAndWaitedFor() throws {
      let bench = try PlaneBench()
      let plane = try QueuePlane(bench, "sriov0", hasVPorts: true)
      defer { plane.close() }
      try plane.overlying.createSwitch(plane.binding)
      let made = try plane.overlying.createVPort(plane.binding, VPortParameters(name: "port"))
      let listed = try bench.list(API.ListVPorts.self, .init()).flatMap(\.vports)
      #expect(listed.map(\.name) == ["vport:sriov0/\(made.vportID)"])
      #expect(listed.map(\.state) == ["Deactivated"] && listed.map(\.vportName) == ["port"])
      #expect(listed.map(\.attachedFunction) == ["PF"])
      let name = try #require(listed.first?.name)
      let object = try bench.call(API.Describe.self, .init(object: name)).object
      #expect(object.kind == "vport" && object.vport == listed.first)
      let wait = bench.client()
      wait.send(
        API.WaitFor.name,
        API.WaitFor.Input(condition: .init(object: name, state: "Activated")).json)
      try wait.turn()
      #expect(try wait.take().isEmpty)
      var change = made
      change.flags = .stateChanged
      change.state = .activated
      try plane.overlying.setVPortParameters(plane.binding, change)
      #expect(try wait.finish().map(\.error) == [nil])
      try plane.overlying.deleteVPort(plane.binding, vportID: made.vportID)
      _ = try bench.call(API.WaitFor.self, .init(condition: .init(object: name, state: "gone")))
    }

    @Test func anOIDRequestIsSeenWhileItIsOpen() throws {
      let bench = try PlaneBench()
      let plane = try QueuePlane(bench, pended: OID_RECEIVE_FILTER_ALLOCATE_QUEUE)
      let input = ReceiveQueueParameters(queueName: "slow", vmName: "").image()
      for number in [UInt64(1), 2] {
        _ = try plane.overlying.oidRequest(
          plane.binding,
          OIDRequest(
            .method, OID_RECEIVE_FILTER_ALLOCATE_QUEUE, input: input,
            outputLength: UInt32(input.count), requestID: number), requestContext: number)
      }
      _ = try bench.call(
        API.WaitFor.self, .init(condition: .init(counter: "openOids", equals: 2)))
      let first = try bench.list(API.ListOids.self, .init()).flatMap(\.oids).first
      _ = try bench.call(
        API.WaitFor.self, .init(condition: .init(object: first?.handle, state: "pended")))
      let oids = try bench.list(API.ListOids.self, .init()).flatMap(\.oids)
      #expect(oids.map(\.oid) == Array(repeating: "OID_RECEIVE_FILTER_ALLOCATE_QUEUE", count: 2))
      #expect(Set(oids.map(\.state)) == ["pended", "queued"])
      #expect(oids.map(\.kind).allSatisfy { $0 == "NdisRequestMethod" })
      #expect(Set(oids.map(\.requestId)) == ["0x1", "0x2"])
      let handle = try #require(oids.first?.handle)
      #expect(try bench.call(API.Describe.self, .init(object: handle)).object.oid?.handle == handle)
      let queued = try bench.list(API.ListOids.self, .init(filter: .init(state: "queued")))
      #expect(queued.flatMap(\.oids).count == 1)
      plane.close()
      _ = try bench.call(API.WaitFor.self, .init(condition: .init(object: handle, state: "gone")))
      #expect(try bench.list(API.ListOids.self, .init()).flatMap(\.oids).isEmpty)
    }

    @Test func anOIDRequestThatIsPendedWakesWhoWaitsForThat() throws {
      let bench = try PlaneBench()
      let handler = HeldOIDs()
      let miniport = try bench.connect("mini", isServing: true)
      let driver = try miniport.registerMiniportDriver(
        handler, name: "mini", version: NDISVersion(6, 30))
      _ = try miniport.addAdapter(driver, name: "net")
      let above = try bench.connect("above")
      let protocolDriver = try above.registerProtocolDriver(QueuePlane.Overlying(), name: "above")
      let binding = try above.bindAdapter(protocolDriver, adapterName: "net")
      _ = try above.oidRequest(
        binding, OIDRequest(.query, 0x0001_0106, outputLength: 64), requestContext: 1)
      let oid = try #require(try bench.list(API.ListOids.self, .init()).flatMap(\.oids).first)
      let client = bench.client()
      client.send(
        API.WaitFor.name,
        API.WaitFor.Input(condition: .init(object: oid.handle, state: "pended")).json)
      try client.turn()
      // MiniportOidRequest runs; no call begins or ends from here on.
      #expect(try client.take().isEmpty)
      handler.isReleased.withLock { $0 = true }
      handler.isReleased.broadcast()
      #expect(try client.finish().map(\.error) == [nil])
      miniport.close()
      above.close()
    }

    @Test func aQueuesStatesAreWaitedFor() throws {
      let bench = try PlaneBench()
      let plane = try QueuePlane(bench)
      defer { plane.close() }
      let clients = ["Running", "gone"].map { state in
        let client = bench.client()
        client.send(
          API.WaitFor.name,
          API.WaitFor.Input(condition: .init(object: "vmq0/1", state: state)).json)
        return client
      }
      // It is not there yet, so it is gone.
      #expect(try clients[1].finish().map(\.error) == [nil])
      try clients[0].turn()
      #expect(try clients[0].take().isEmpty)
      let id = try plane.runningQueue()
      #expect(id == 1)
      #expect(try clients[0].finish().map(\.error) == [nil])
      try plane.overlying.clearFilter(plane.binding, queueID: id, filterID: 1)
      _ = try bench.call(
        API.WaitFor.self, .init(condition: .init(object: "vmq0/1", state: "Paused")))
      try plane.overlying.freeQueue(plane.binding, queueID: id)
      _ = try bench.call(
        API.WaitFor.self, .init(condition: .init(counter: "queues", equals: 0)))
    }

    @Test func thousandsOfQueuesAreListedInSlicesAndEachOnce() throws {
      let bench = try PlaneBench { $0.capacities.queues = 4096 }
      let planes = try ["vmq0", "vmq1"].map { try QueuePlane(bench, $0) }
      defer { for plane in planes { plane.close() } }
      for plane in planes {
        for _ in 0..<1000 {
          _ = try plane.overlying.allocateQueue(
            plane.binding, ReceiveQueueParameters(queueName: "q", vmName: ""))
        }
      }
      let client = bench.client()
      client.send(API.ListQueues.name, [:], more: true)
      var names: [String] = []
      while true {
        try client.turn()
        let answers = try client.take()
        #expect(answers.count <= 1)
        guard let answer = answers.first else { continue }
        let part = try API.ListQueues.Output(json: .object(answer.parameters)).queues
        #expect(part.count <= ManagementAnswer.itemsPerReply)
        names += part.map(\.name)
        if !answer.continues { break }
      }
      #expect(names.count == 2000 && Set(names).count == 2000)
      // A filter that nothing passes reads each, and makes no reply in between.
      var listing = Listings.queues(
        try bench.service.wanted(.init(state: "Running"), .queue))
      var steps = 0
      while !listing.isAtEnd {
        var budget = 100
        steps += 1
        try bench.exclusively {
          #expect(listing.next(bench.service, budget: &budget).isEmpty)
        }
        #expect(budget >= -ManagementAnswer.replyCost - 1)
      }
      #expect(steps >= 2000 * (ManagementAnswer.replyCost + 1) / 117)
      let text = try bench.call(API.GetMetrics.self, .init()).text
      #expect(text.contains("ndissim_queues{state=\"Allocated\"} 2000\n"))
      #expect(text.contains("ndissim_queues{state=\"Running\"} 0\n"))
    }

    @Test func theWholeStateHasQueues() throws {
      let bench = try PlaneBench()
      let plane = try QueuePlane(bench)
      defer { plane.close() }
      let id = try plane.runningQueue()
      let pieces = try bench.list(API.DumpState.self, .init())
      #expect(pieces.compactMap(\.queues).flatMap { $0 }.map(\.name) == ["vmq0/\(id)"])
      #expect(pieces.compactMap(\.filters).flatMap { $0 }.count == 1)
    }
  }
}

/// A miniport driver whose MiniportOidRequest answers PENDING when configured to.
private final class HeldOIDs: MiniportDriver {
  let isReleased = Monitor<Bool>(false)

  func oidRequest(
    _ adapter: AdapterHandle, context: UInt64, _ request: OIDRequest, handle: OIDRequestHandle,
    on connection: Connection
  ) throws(DriverError) -> OIDAnswer {
    _ = isReleased.wait { $0 ? true : nil }
    return .pending
  }
}
