// The command line of `ndisctl adapter`, and the page of a hosted adapter.

import ArgumentParser
import NDISDrawing
import NDISManagementInterface
import NDIS
import Testing

@testable import ndisctl

@Suite struct AdapterCommandTests {
  private func refusal(_ arguments: [String]) -> String {
    do {
      _ = try Ndisctl.parseAsRoot(["adapter"] + arguments)
      return ""
    } catch { return Ndisctl.message(for: error) }
  }

  @Test(arguments: HaltAction.allCases)
  func `An action of NDIS is named with or without its prefix`(action: HaltAction) {
    let name = "\(action)"
    let short = String(name.dropFirst("NdisHalt".count))
    for text in [name, short, name.lowercased(), short.uppercased()] {
      #expect(ActionName<HaltAction>(argument: text)?.action == action, "\(text)")
    }
    #expect(ActionName<ShutdownAction>(argument: short) == nil)
    #expect(ActionName<HaltAction>.allValueStrings.contains(short))
  }

  @Test func `Settings are key=value`() throws {
    let settings = try KeyValue.all(in: ["name=vmq1,queues=4", "queue-memory=64K"])
    #expect(settings.map(\.key) == ["name", "queues", "queue-memory"])
    #expect(try settings[1].number == 4 && settings[2].size("bytes") == 65536)
    for wrong in ["name", "name=", "=x,y", "name=x,queues"] {
      #expect(throws: ValidationError.self) { try KeyValue.all(in: [wrong]) }
    }
  }

  @Test func `A timeout is given, absent, or --no-wait`() throws {
    func wait(_ arguments: [String]) throws -> Int? { try ChangeWait.parse(arguments).milliseconds }
    #expect(try wait([]) == nil)
    #expect(try wait(["--no-wait"]) == 0)
    #expect(try wait(["--timeout", "1.5s"]) == 1500)
    // --no-wait is the flag for not waiting.
    #expect(try wait(["--timeout", "0"]) == 1)
    #expect(
      refusal(["halt", "vmq0", "--no-wait", "--timeout", "1s"]).contains("mutually exclusive"))
  }

  @Test(arguments: [
    (["add", "queues=2"], "add name=NAME"),
    (["add", "name=x,colour=red"], "the keys are name, queues, vports, queue-memory"),
    (["add", "name=x,queue-memory=lots"], "use bytes, such as 64K"),
    (["pause", "vmq0", "--reason", "BOREDOM"], "use NDIS_INTERNAL, LOW_POWER"),
    (["generate", "vmq0", "--queue", "1", "--vport", "1"], "mutually exclusive"),
    (["generate", "vmq0", "--count", "0"], "use 1 or more"),
    (["generate", "vmq0", "--length", "63"], "use 64 to 9014"),
    (["generate", "vmq0", "--vport", "4294967296"], "use 0 or more"),
  ])
  func `An error names the valid input`(arguments: [String], words: String) {
    #expect(refusal(arguments).contains(words), "\(refusal(arguments))")
  }

  @Test func `The page of a hosted adapter shows its configuration`() {
    var adapter = SimulatorInterface.Adapter(
      handle: "0x1", name: "vmq0", driver: "0x2", driverName: "vmq", state: "Running",
      attributesSet: true, dmaRegistered: true, bindings: 0, blocks: 1, queues: 0, vports: 0,
      filters: 0, openOids: 0, indicated: 0, held: false, removed: false)
    func page() -> [String] {
      let object = SimulatorInterface.Object(kind: "adapter", adapter: adapter, references: [])
      return ShowPage(object: object).lines(on: TerminalCapabilities())
        .map { $0.trimmingPrefix { $0 == " " } }.map(String.init)
    }
    #expect(!page().contains { $0.hasPrefix("Hosted") })
    adapter.hosted = SimulatorInterface.HostedMiniport(
      name: "vmq0", vports: 2, queueMemory: 65536, ndisVersion: "6.40", frameLength: 1514,
      framesPerSecond: 1000, pends: "always")
    let lines = page()
    for line in [
      "Hosted: NDIS 6.40", "Maximum VPorts: 2", "Memory per queue: 64 KiB", "Frame rate: 1 000/s",
      "Returns PENDING: always",
    ] {
      #expect(lines.contains(line), "\(lines)")
    }
    #expect(!lines.contains { $0.hasPrefix("Maximum queues") })
  }
}
