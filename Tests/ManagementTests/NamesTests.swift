// Names, handles and numbers, and what one object looks like.

import NDISManagementInterface
import NDIS
import NDISDriverKit
import Testing
import NDISVarlink

@testable import NDISDriverPlane
@testable import NDISManagementPlane

extension ManagementTests {
  @Suite struct NamesTests {
    typealias API = SimulatorInterface

    private func describe(_ bench: PlaneBench, _ text: String) throws -> API.Object {
      try bench.call(API.Describe.self, .init(object: text)).object
    }

    @Test func aNameMeansTheFirstKindThatHasOne() throws {
      let bench = try PlaneBench()
      let (connection, adapter) = try bench.miniport("net")
      #expect(try describe(bench, "net").kind == "adapter")
      #expect(try describe(bench, "driver:net").driver?.children == 1)
      let session = try describe(bench, "session:net")
      #expect(session.session?.drivers == 1)
      #expect(try describe(bench, "\(session.session?.session ?? -1)").kind == "session")
      #expect(try describe(bench, "pool").provider?.level == "pool")
      let object = try describe(bench, "\(Handle(rawValue: adapter.rawValue))")
      #expect(object.adapter?.name == "net")
      #expect(object.references.map(\.relation) == ["driver"])
      connection.close()
    }

    @Test func aBlockIsDescribedWithItsNeighbours() throws {
      let bench = try PlaneBench()
      let (connection, adapter) = try bench.miniport("net")
      let block = try connection.allocate(adapter, SharedMemoryParameters(length: 100))
      for raw in [block.allocationHandle.rawValue, block.sharedMemoryHandle.rawValue] {
        let object = try describe(bench, "\(Handle(rawValue: raw))")
        #expect(object.block?.extents?.count == 1)
        #expect(
          object.references.map(\.relation) == [
            "owner", "driver", "adapter", "provider", "section",
          ])
        for reference in object.references {
          #expect(try describe(bench, reference.handle).kind != "block")
        }
      }
      try connection.free(block)
      #expect(throws: PlaneError.self) {
        try describe(bench, "\(Handle(rawValue: block.allocationHandle.rawValue))")
      }
      connection.close()
    }

    @Test(
      arguments: [
        "", "nobody", "driver:", "driver:nobody", "provider:", "0x", "0x0", "0xFFFFFFFFFFFFFFFF",
        "0x00000000000000000000001", "999", "session:18446744073709551616", "a\u{0}b",
        String(repeating: "x", count: 5000),
      ])
    func whatMeansNothingIsNoSuchObject(text: String) throws {
      let bench = try PlaneBench()
      let error = #expect(throws: PlaneError.self) { try describe(bench, text) }
      #expect(error?.name == API.NoSuchObject.name)
    }

    @Test func twoDriversOfOneNameNeedAHandle() throws {
      let bench = try PlaneBench()
      let connections = try (0..<2).map { _ in try bench.connect("twin") }
      for connection in connections {
        _ = try connection.registerMiniportDriver(
          PlaneMiniport(), name: "twin", version: NDISVersion(6, 30))
      }
      let error = #expect(throws: PlaneError.self) { try describe(bench, "twin") }
      #expect(error?.name == API.AmbiguousName.name)
      let parameters = try API.AmbiguousName(json: .object(error?.parameters ?? [:]))
      #expect(parameters.handles.count == 2)
      for handle in parameters.handles {
        #expect(try describe(bench, handle).driver?.name == "twin")
      }
      for connection in connections { connection.close() }
    }
  }
}
