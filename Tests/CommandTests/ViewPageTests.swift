// The pages of `status`, `show` and `top`, from constructed replies.

import NDISDrawing
import NDISManagementInterface
import Testing
import NDISVarlink

@testable import ndisctl

@Suite struct ViewPageTests {
  private func counters(
    _ set: (inout SimulatorInterface.Counters) -> Void = { _ in }
  ) -> SimulatorInterface.Counters {
    var counters = SimulatorInterface.Counters(
      sessions: 1, drivers: 1, adapters: 2, bindings: 0, providers: 2, sections: 1, blocks: 1500,
      bytes: 96 << 20, openRequests: 1, openUpcalls: 0, queues: 0, vports: 0, filters: 0,
      openOids: 0, indicatedLists: 0, allocations: 2000, frees: 500,
      failedAllocations: 3, violations: 0, leakedBlocks: 0, events: 20)
    set(&counters)
    return counters
  }

  private func status(
    _ counters: SimulatorInterface.Counters, latencies: [SimulatorInterface.Latency] = []
  ) -> SimulatorInterface.Status {
    SimulatorInterface.Status(
      version: "1.2", pid: 42, uid: 0, state: "running", ndisVersion: "6.89", seed: 7,
      uptimeMs: 252_000, pageSize: 4096, driverSocket: "/run/ndissim/driver", counters: counters,
      latencies: latencies, droppedEntries: 0)
  }

  private func provider(_ name: String, bytes: Int) -> SimulatorInterface.Provider {
    SimulatorInterface.Provider(
      handle: "0x3400000000000000", name: name, level: "pool", state: "active", sections: 1,
      blocks: bytes / 65_536, bytes: bytes, openUpcalls: 0,
      hosted: SimulatorInterface.HostedProvider(name: name, capacity: 256 << 20))
  }

  private func latency(_ buckets: [Int], maximum: Int) -> SimulatorInterface.Latency {
    SimulatorInterface.Latency(
      what: "request", count: buckets.reduce(0, +), sumUs: 0, maximumUs: maximum, buckets: buckets)
  }

  @Test func `The page of the daemon's status`() {
    let page = StatusPage(
      status: status(counters(), latencies: [latency([0, 10, 80, 9, 1], maximum: 90)]),
      providers: [provider("pool", bytes: 96 << 20)], socket: "/run/ndissim/x")
    #expect(
      page.lines(on: TerminalCapabilities()).joined(separator: "\n") == """
        ● ndissimd 1.2 - shared-memory provider model of NDIS 6.89
                    State: running for 4min 12s
                      PID: 42 (uid 0)
            Driver socket: /run/ndissim/driver
        Management socket: /run/ndissim/x
                 Settings: seed 7, page size 4 KiB, no deadline
                  Objects: 1 session, 1 driver, 2 adapters, 0 bindings, 2 providers
                   Memory: 1 500 blocks, 96 MiB in 1 section
                    Calls: 2 000 allocations, 3 failed, 500 frees
              Outstanding: 1 request, 0 upcalls, 0 OID requests, 0 indicated lists
               Violations: 0, 0 leaked blocks
                  Latency: request: p50 4us  p99 8us  max 90us  (n=100)
                Providers: pool  pool  active    1 536 blocks, 96 MiB of 256 MiB
        """)
  }

  @Test func `Problems are coloured, and dropped entries reported`() {
    var broken = status(counters { $0.violations = 2 })
    broken.droppedEntries = 5
    let lines = StatusPage(status: broken, providers: [], socket: "x").lines(
      on: TerminalCapabilities(colors: true))
    #expect(lines.contains { $0.contains("\u{1B}[1;31m2, 0 leaked blocks\u{1B}[0m") })
    #expect(lines.contains { $0.contains("\u{1B}[1;31m5 entries dropped\u{1B}[0m") })
    let many = (0...StatusPage.providers).map { provider("p\($0)", bytes: 0) }
    let page = StatusPage(status: status(counters()), providers: many, socket: "x")
    #expect(page.lines(on: TerminalCapabilities()).last?.contains("ndisctl list providers") == true)
    #expect(page.lines(on: TerminalCapabilities()).filter { $0.contains("active") }.count == 16)
  }

  @Test func `The page of an object and its references`() {
    let adapter = SimulatorInterface.Adapter(
      handle: "0x1000000000000000", name: "vmq0", driver: "0x0400000000000000", driverName: "vmq",
      state: "Running", attributesSet: true, dmaRegistered: false, bindings: 0, blocks: 12,
      queues: 3, vports: 0, filters: 2, openOids: 1, indicated: 4, held: false, removed: false)
    let page = ShowPage(
      object: SimulatorInterface.Object(
        kind: "adapter", adapter: adapter,
        references: [.init(relation: "driver", handle: "0x0400000000000000", name: "vmq")]))
    #expect(
      page.lines(on: TerminalCapabilities()).joined(separator: "\n") == """
        ADAPTER vmq0
                    Handle: 0x1000000000000000
                     State: Running
                    Driver: vmq  0x0400000000000000
                Attributes: set
        Scatter-gather DMA: not registered
                  Bindings: 0
                    Blocks: 12
                    Queues: the default queue and 3
                   Filters: 2
               Outstanding: 1 OID request
                 Indicated: 4 lists

        REFERENCES
          driver  0x0400000000000000  vmq
        """)
    func event(_ fields: [String: String]) -> SimulatorInterface.Event {
      SimulatorInterface.Event(
        sequence: 1, realtimeUs: 0, kind: "k", messageId: "", priority: "info", message: "",
        fields: fields)
    }
    #expect(page.concerns(event(["NDIS_ADAPTER": "vmq0"])))
    #expect(page.concerns(event(["NDIS_OWNER": "0x1000000000000000"])))
    #expect(!page.concerns(event(["NDIS_ADAPTER": "vmq1", "NDIS_DRIVER": "vmq0"])))
  }

  @Test func `Every kind of object has a page`() throws {
    let block = SimulatorInterface.Block(
      handle: "0x20", state: "live", provider: "0x34", providerName: "pool", length: 8192,
      extentCount: 2, extents: [.init(offset: 0, length: 4096), .init(offset: 8192, length: 4096)],
      contiguous: false, queueId: 3, usage: "NdisSharedMemoryUsageOther", ageMs: 10,
      indicated: 0)
    let lines = ShowPage(
      object: SimulatorInterface.Object(kind: "block", block: block, references: [])
    ).lines(on: TerminalCapabilities())
    #expect(lines.contains("         Extents: 0x0 + 0x1000"))
    #expect(lines.contains("                  0x2000 + 0x1000"))
    #expect(lines.contains("          Length: 8 KiB (8 192)"))
    let unknown = SimulatorInterface.Object(kind: "galaxy", references: [])
    #expect(ShowPage(object: unknown).lines(on: TerminalCapabilities())[1].contains("'galaxy'"))
  }

  private func topPage() -> TopPage {
    func sample(_ time: UInt64, _ allocations: Int, _ buckets: [Int]) -> TopSample {
      TopSample(
        status: status(
          counters { $0.allocations = allocations }, latencies: [latency(buckets, maximum: 900)]),
        providers: [provider("pool", bytes: 64 << 20), provider("tight", bytes: 0)],
        byDriver: [
          .init(key: "vmq", blocks: 1000, bytes: 72 << 20, oldestMs: 1),
          .init(key: "", blocks: 500, bytes: 24 << 20, oldestMs: 1),
        ],
        byQueue: [.init(key: "0", blocks: 1500, bytes: 96 << 20, oldestMs: 1)], time: time,
        summaryMs: 0, summaryTime: time)
    }
    let first = sample(1000, 2000, [5, 5, 5, 0])
    let second = sample(3000, 26_000, [5, 5, 105, 0])
    let rates = TopRates(from: first, to: second)
    var history = TopHistory()
    history.add(TopRates(from: first, to: first), first)
    history.add(rates, second)
    return TopPage(sample: second, rates: rates, history: history)
  }

  @Test func `The page of top`() {
    #expect(
      topPage().lines(on: TerminalCapabilities(width: 80, height: 24)).joined(separator: "\n")
        == """
        ndissimd 1.2  pid 42  running 4min 12s  1 session, 1 driver, 2 adapters, 2 prov…

        Allocations: 12k/s, 0/s freed, 0/s failed                   █
             Blocks: 1 500, 96 MiB in 1 section                    ██
        Outstanding: 1 request, 0 upcalls; 0/s events
         Violations: 0, 0 leaked blocks
            request: p50 4us  p99 4us  (n=100)    █

        DRIVER                BLOCKS       BYTES
        vmq                    1 000      72 MiB  ███████████████
        (none)                   500      24 MiB  █████

        PROVIDER              BLOCKS       BYTES
        pool                   1 024      64 MiB  █████
        tight                      0         0 B

        QUEUE                 BLOCKS       BYTES
        queue 0                1 500      96 MiB  ████████████████████

        """)
  }

  @Test(arguments: [(10, 20), (24, 80), (12, 119), (12, 120), (50, 200)])
  func `The page of top fits its terminal`(height: Int, width: Int) {
    let lines = topPage().lines(on: TerminalCapabilities(width: width, height: height))
    // A frame is truncated at the last line; the head is always complete if it fits.
    #expect(lines.allSatisfy { TerminalText.width($0) <= width }, "\(lines)")
    if height >= 12 { #expect(lines.contains { $0.contains("DRIVER") }) }
    let sideBySide = lines.contains { $0.contains("DRIVER") && $0.contains("QUEUE") }
    #expect(sideBySide == (width >= 120))
  }

  @Test func `Percentiles are upper bounds of the interval`() {
    let first = latency([0, 0, 0, 100, 0], maximum: 8)
    #expect(LatencyFigures(first).median?.edge == 8)
    // One in a hundred is slow: that is the hundredth.
    let slow = latency([99, 0, 0, 1, 0], maximum: 7)
    #expect(LatencyFigures(slow).ninetyNinth?.edge == 1)
    let slower = latency([98, 0, 0, 2, 0], maximum: 7)
    #expect(LatencyFigures(slower).ninetyNinth?.edge == 7)
    // The last bucket has no edge.
    let open = LatencyFigures(latency([0, 0, 5], maximum: 900))
    #expect(open.median?.edge == nil && open.median?.above == 2)
    #expect(open.text == "p50 >2us  p99 >2us")
    // Only the new ones count.
    let later = LatencyFigures(latency([0, 50, 0, 100, 0], maximum: 8), since: first)
    #expect(later.count == 50 && later.median?.edge == 2)
    #expect(LatencyFigures(first, since: first).median == nil)
    #expect(LatencyFigures(first, since: first).text == "p50 -  p99 -")
    #expect(LatencyFigures(latency([], maximum: 0)).count == 0)
  }

  @Test func `The line of an event is truncated only on request`() {
    let event = SimulatorInterface.Event(
      sequence: 1, realtimeUs: 1_700_000_000_123_456, kind: "violation", messageId: "",
      priority: "warning", message: "A rule was broken by a driver.", fields: [:])
    let whole = event.line(on: TerminalCapabilities(width: 30))
    #expect(whole.hasSuffix(" warning violation          A rule was broken by a driver."))
    for width in [1, 10, 30, 71, 72, 100] {
      let line = event.line(on: TerminalCapabilities(width: width), isCut: true)
      #expect(TerminalText.width(line) <= width, "\(width): \(line)")
    }
    #expect(
      event.line(on: TerminalCapabilities(width: 40), isCut: true).hasSuffix(
        ".123 warning A rule was …"))
    #expect(
      event.line(on: TerminalCapabilities(width: 78), isCut: true).hasSuffix(
        "warning violation          A rule was broken by a driver."))
  }
}
