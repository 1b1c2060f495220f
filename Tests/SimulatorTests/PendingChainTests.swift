// Who waits for whom: chains of requests, OID requests, handlers and lists.

import NDISDriverInterface
import CNDIS
import NDISEvents
import NDIS
import Testing

@testable import NDISSimulator
import NDISStore

@Suite struct PendingChainTests {
  /// All chains: of what nothing else waits in.
  private func chains(_ host: TestHost) -> [[String]] {
    var inner: Set<UInt64> = []
    var awaited: Set<UInt32> = []
    var found: [[PendingStep]] = []
    for isSecond in [false, true] {
      for kind in [ListedKind.upcall, .request, .oid] {
        var cursor = ListingCursor()
        var budget = Int.max
        while let index = host.simulator.next(kind, &cursor, budget: &budget) {
          switch kind {
          case .upcall where !isSecond:
            let causes = host.simulator.pendingCauses(upcall: index)
            inner.insert(causes.handler)
            if let request = causes.request { awaited.insert(request) }
          case .request where !isSecond: inner.insert(host.simulator.pendingCause(request: index))
          case .oid where !isSecond: inner.insert(host.simulator.pendingCause(oid: index))
          case .upcall:
            if inner.contains(host.simulator.upcallID(index)) { continue }
            if let chain = host.simulator.pendingChain(upcall: index) { found.append(chain) }
          case .request:
            if awaited.contains(index) { continue }
            found.append(host.simulator.pendingChain(request: index))
          default:
            if let chain = host.simulator.pendingChain(oid: index) { found.append(chain) }
          }
        }
      }
    }
    return found.map { chain in
      chain.map { "\($0.depth) \($0.kind) \($0.name) \($0.party.driver) \($0.state)" }
    }
  }

  @Test("an OID request waits for MiniportOidRequest; the next one waits in the queue")
  func oid() throws {
    let bed = try QueueBed()
    #expect(chains(bed.host) == [])
    bed.holds = OID_GEN_STATISTICS
    bed.issue(.query, OID_GEN_STATISTICS)
    bed.issue(.query, OID_GEN_STATISTICS)
    bed.host.now += 500
    #expect(
      chains(bed.host) == [
        [
          "0 oid OID_GEN_STATISTICS prot sent", "1 handler MiniportOidRequest mp running",
        ],
        ["0 oid OID_GEN_STATISTICS prot queued"],
      ])
    bed.answerHeld(.pending)
    let first = try #require(chains(bed.host).first)
    #expect(first.last == "1 handler MiniportOidRequest mp pended")
    var cursor = ListingCursor()
    var budget = Int.max
    let index = bed.host.simulator.next(.upcall, &cursor, budget: &budget) ?? 0
    let chain = bed.host.simulator.pendingChain(upcall: index) ?? []
    #expect(chain.map(\.since) == [bed.host.now - 500, bed.host.now - 500])
    #expect(chain.last?.deadline == bed.host.now - 500 + 12_000)
    #expect(chain.last?.party.adapter == Name("eth0"))
    #expect(chain.first?.party.binding == bed.binding)
  }

  @Test("a request inside a handler waits for another handler: one chain from the first request")
  func nested() throws {
    let host = try TestHost()
    let miniport = Driver(host, "mp")
    _ = miniport.adapter(host, miniport.miniport(host), "eth0")
    let binder = Driver(host, "binder", provides: true)
    let prot = binder.protocolDriver(host)
    var bind: UInt64?
    binder.override = { host, id, details in
      switch Int(details.type) {
      case NDISSIM_UPCALL_BIND_ADAPTER_EX:
        bind = id
        return true
      case NDISSIM_UPCALL_ALLOCATE_SHARED_MEMORY: return true
      default: return false
      }
    }
    host.call(binder.session, .bindAdapter(prot, Name("eth0")))
    let inside = try #require(bind)
    host.call(binder.session, Sample.allocate(prot), context: inside)
    #expect(
      chains(host) == [
        [
          "0 request BIND_ADAPTER prot open", "1 handler ProtocolBindAdapterEx prot running",
          "2 request NdisAllocateSharedMemory prot open",
          "3 handler NetAllocateSharedMemory prot running",
        ]
      ])
  }

  @Test("a pause waits for MiniportPause, and that for the holder of the lists")
  func pause() throws {
    let path = try ReceivePath()
    let receiver = Receiver(path.host, "up")
    _ = path.indicate([try path.list(nil)], flags: 0)
    path.miniport.override = { _, _, details in Int(details.type) == NDISSIM_UPCALL_PAUSE }
    path.host.call(path.miniport.session, .changeAdapter(path.adapter, .pause([])))
    #expect(
      chains(path.host) == [
        [
          "0 request CHANGE_ADAPTER mp open", "1 adapter eth0 mp Pausing",
          "2 handler MiniportPause mp running", "3 lists NdisReturnNetBufferLists prot held",
        ]
      ])
    _ = receiver
  }
}
