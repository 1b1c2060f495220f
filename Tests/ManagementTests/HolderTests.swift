// Who holds lists, and who waits for whom, as the management plane tells it.

import CNDIS
import NDIS
import NDISDriverKit
import NDISManagementInterface
import NDISVarlink
import Testing

@testable import NDISManagementPlane

private typealias API = SimulatorInterface

extension ManagementTests {
  @Suite struct HolderTests {
    /// Keeps what it receives.
    final class Keeping: ProtocolDriver {
      func receiveNetBufferLists(_ indication: ReceiveIndication, on connection: Connection) {}
    }

    private func holder(_ bench: PlaneBench, _ name: String) throws -> (Connection, BindingHandle) {
      let connection = try bench.connect(name, isServing: true)
      let driver = try connection.registerProtocolDriver(Keeping(), name: name)
      return (connection, try connection.bindAdapter(driver, adapterName: "vmq0"))
    }

    @Test func listsAreListedByHolderAndSummedInTheAdapter() throws {
      let bench = try PlaneBench()
      _ = try bench.call(API.AddMiniport.self, .init(miniport: .init(name: "vmq0")))
      #expect(try bench.list(API.ListLists.self, .init()).flatMap(\.lists) == [])
      let (first, binding) = try holder(bench, "first")
      let (second, other) = try holder(bench, "second")
      _ = try bench.call(API.Generate.self, .init(adapter: "vmq0", count: 3, length: 100))
      let all = try bench.list(API.ListLists.self, .init()).flatMap(\.lists)
      #expect(all.count == 6)
      #expect(Set(all.map(\.binding)) == ["\(binding)", "\(other)"])
      #expect(all.allSatisfy { $0.adapterName == "vmq0" && $0.queueId == 0 && $0.bytes == 100 })
      #expect(all.allSatisfy { $0.vportId == nil && !$0.lent })
      func count(_ filter: API.ObjectFilter) throws -> Int {
        try bench.list(API.ListLists.self, .init(filter: filter)).flatMap(\.lists).count
      }
      #expect(try count(.init(owner: "driver:first")) == 3)
      #expect(try count(.init(adapter: "vmq0", owner: "\(other)")) == 3)
      #expect(try count(.init(queueId: 1)) == 0)
      #expect(try count(.init(vportId: 0)) == 0)
      #expect(throws: PlaneError.self) { try count(.init(state: "held")) }
      let shown = try bench.call(API.Describe.self, .init(object: "vmq0")).object
      #expect(shown.holders?.map(\.lists) == [3, 3] && shown.holders?.map(\.bytes) == [300, 300])
      #expect(Set(shown.holders?.map(\.driverName) ?? []) == ["first", "second"])
      let held = try bench.call(API.Describe.self, .init(object: "\(binding)")).object
      #expect(held.binding?.indicated == 3 && held.holders?.map(\.driverName) == ["first"])
      let bindings = try bench.list(API.ListBindings.self, .init()).flatMap(\.bindings)
      #expect(bindings.map(\.indicated) == [3, 3])
      first.close()
      second.close()
    }

    @Test func aPauseThatWaitsForListsNamesTheirHolder() throws {
      let bench = try PlaneBench()
      _ = try bench.call(API.AddMiniport.self, .init(miniport: .init(name: "vmq0")))
      let (connection, binding) = try holder(bench, "culprit")
      _ = try bench.call(API.Generate.self, .init(adapter: "vmq0", count: 2))
      _ = try bench.call(
        API.ChangeAdapter.self, .init(adapter: "vmq0", change: .pause, timeoutMs: 0))
      _ = try bench.call(
        API.WaitFor.self, .init(condition: .init(event: "listsAwaited")))
      let error = #expect(throws: PlaneError.self) {
        try bench.call(
          API.WaitFor.self,
          .init(condition: .init(object: "vmq0", state: "Paused"), timeoutMs: 0))
      }
      #expect(
        error?.parameters["found"]
          == .string(
            "\"vmq0\" is Pausing: driver culprit holds 2 of its NET_BUFFER_LISTs (binding \(binding))"
          ))
      let chains = try bench.list(API.ListPending.self, .init()).flatMap(\.chains)
      #expect(
        chains.map { $0.steps.map(\.kind) } == [["adapter", "handler", "lists"]])
      let steps = chains.first?.steps ?? []
      #expect(steps.map(\.depth) == [0, 1, 2])
      #expect(steps.map(\.driverName) == ["vmq", "vmq", "culprit"])
      #expect(steps.map(\.state) == ["Pausing", "pended", "held"])
      #expect(steps.last?.lists == 2 && steps.last?.binding == "\(binding)")
      func count(_ input: API.ListPending.Input) throws -> Int {
        try bench.list(API.ListPending.self, input).flatMap(\.chains).count
      }
      #expect(try count(.init(driver: "culprit", adapter: "vmq0")) == 1)
      #expect(try count(.init(driver: "nobody")) == 0)
      #expect(try count(.init(adapter: "eth9")) == 0)
      connection.close()
      _ = try bench.call(
        API.WaitFor.self, .init(condition: .init(object: "vmq0", state: "Paused")))
      #expect(try count(.init()) == 0)
    }
  }
}
