// A miniport in its MiniportInitializeEx, for tests of NdisMAllocateSharedMemory and what belongs to it.

import NDISDriverInterface
import CNDIS
import NDISEvents
import NDIS
import Testing

@testable import NDISSimulator
import NDISStore

final class MiniportMemoryBed {
  static let handler: UInt64 = 0x99
  let life: LifeBed
  /// The upcall of MiniportInitializeEx; 0 when it has returned.
  private(set) var initialize: UInt64 = 0
  private(set) var dma = Handle.null
  /// What MiniportSharedMemoryAllocateComplete got, in order; nil for NULL.
  private(set) var completed: [(details: UpcallDetails, block: CompletedAllocation?)] = []

  var host: TestHost { life.host }
  var session: UInt32 { life.miniport.session }
  let adapter: Handle

  init(
    registersDMA: Bool = true, handler: UInt64 = MiniportMemoryBed.handler,
    attributeFlags: UInt32 = UInt32(NDIS_MINIPORT_ATTRIBUTES_BUS_MASTER)
  ) throws {
    life = try LifeBed(adds: false, binds: false, attributeFlags: attributeFlags)
    life.held = [NDISSIM_UPCALL_INITIALIZE_EX]
    life.host.call(life.miniport.session, .addAdapter(life.driver, Name("eth0")))
    adapter = life.adapter
    initialize = try life.id(of: NDISSIM_UPCALL_INITIALIZE_EX)
    host.onUpcall = { [unowned self] host, session, id, details in
      guard Int(details.type) == NDISSIM_UPCALL_SHARED_MEMORY_ALLOCATE_COMPLETE else { return }
      self.completed.append((details, host.simulator.completedAllocation(ofUpcall: id)))
    }
    _ = ask(
      .setMiniportAttributes(adapter, Sample.attributes, context: 0x55, flags: attributeFlags))
    if registersDMA { registerDMA(handler) }
  }

  func registerDMA(_ handler: UInt64 = MiniportMemoryBed.handler) {
    let request = Request.registerScatterGatherDMA(
      adapter, Sample.dma, completeHandler: handler)
    dma = ask(request)?.value ?? .null
  }

  /// MiniportInitializeEx returns; the adapter runs.
  func run() {
    initialize = 0
    life.answer(NDISSIM_UPCALL_INITIALIZE_EX)
  }

  /// A call in MiniportInitializeEx, or outside of handlers behind it.
  func ask(_ request: Request, irql: IRQL = .passive) -> RequestResult? {
    host.ask(session, request, context: initialize, irql: irql)
  }

  func allocate(_ length: UInt32 = 4096, cached: Bool = false) -> Request {
    .allocateMiniport(
      adapter: adapter,
      MiniportAllocation(length: length, isCached: cached, tag: 0x2041, site: Site("init.c:7")))
  }

  func allocateAsync(_ length: UInt32 = 4096, context: UInt64 = 0xC0) -> Request {
    .allocateMiniportAsync(
      dma: dma, MiniportAllocation(length: length, isCached: false), context: context)
  }

  /// Allocates in MiniportInitializeEx.
  func block(_ length: UInt32 = 4096, cached: Bool = false) throws -> Handle {
    let result = try #require(ask(allocate(length, cached: cached)))
    #expect(result.failure.status == .success)
    return result.value
  }

  /// The parameters that free a block.
  func parameters(_ block: Handle, cached: Bool = false) throws -> MiniportFree {
    let found = host.simulator.allocation(block)
    let details = try #require(found)
    var offset: UInt64 = 0
    host.simulator.forEachExtent(of: block) { offset = $0.offset }
    return MiniportFree(
      allocation: block, virtualAddress: 0x7F00_1000,
      physicalAddress: details.physicalBase + offset, length: details.length, isCached: cached)
  }

  func free(_ parameters: MiniportFree, of other: Handle? = nil) -> Request {
    .freeMiniport(adapter: other ?? adapter, parameters)
  }

  var blocks: UInt64 { host.simulator.statistics(session: nil).blocks }

  /// The reasons of the violations so far.
  var reasons: [Reason] { life.violations.map(\.failure.reason) }
}
