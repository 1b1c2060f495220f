// NdisMAllocateSharedMemory and NdisMAllocateSharedMemoryAsyncEx against their pages, and
// MiniportSharedMemoryAllocateComplete.

import NDISDriverInterface
import CNDIS
import NDISEvents
import NDIS
import Testing

@testable import NDISSimulator
import NDISStore

@Suite struct MiniportAllocationTests {
  // MARK: NdisMAllocateSharedMemory

  @Test("NdisMAllocateSharedMemory: one physical range of NDIS's own, whatever providers there are")
  func ofNDIS() throws {
    let bed = try MiniportMemoryBed()
    let provider = Driver(bed.host, "provider", provides: true)
    _ = provider.protocolDriver(bed.host)
    let result = try #require(bed.ask(bed.allocate(3 * 4096 + 1)))
    #expect(result.failure.status == .success)
    // NDIS_SHARED_MEM_HANDLE_HAL_ALLOCATED.
    #expect(result.value2 == 0)
    #expect(provider.allocations.isEmpty)
    let found = bed.host.simulator.allocation(result.value)
    let details = try #require(found)
    #expect(details.extentCount == 1 && details.length == 3 * 4096 + 1)
    let snapshot = bed.host.simulator.blockSnapshot(result.value.index)
    #expect(snapshot.routine == .miniport && snapshot.contiguous)
    #expect(snapshot.owner == bed.adapter && snapshot.providerName == Name("hal"))
    #expect(snapshot.tag == 0x2041 && snapshot.site == Site("init.c:7"))
    bed.run()
    #expect(bed.ask(bed.free(try bed.parameters(result.value)))?.failure.status == .success)
    #expect(bed.blocks == 0)
    #expect(bed.reasons == [])
    bed.life.finish()
  }

  @Test("NdisMAllocateSharedMemory can be called only from MiniportInitializeEx")
  func onlyInInitialize() throws {
    let bed = try MiniportMemoryBed()
    bed.run()
    let late = bed.ask(bed.allocate())
    #expect(late?.failure.status == .failure && late?.failure.reason == .allocatedLate)
    #expect(bed.reasons == [.allocatedLate])
    #expect(bed.life.violations.first?.bugCheck == nil)
    #expect(bed.life.violations.first?.routine == "NdisMAllocateSharedMemory")
    #expect(bed.life.violations.first?.origin.site == Site("init.c:7"))
    #expect(bed.blocks == 0)
    bed.life.finish()
  }

  @Test(
    "a miniport driver must have already called NdisMRegisterScatterGatherDma before NdisMAllocateSharedMemory"
  )
  func behindDMA() throws {
    let bed = try MiniportMemoryBed(registersDMA: false)
    #expect(bed.ask(bed.allocate())?.failure.reason == .dmaNotRegistered)
    bed.registerDMA()
    let block = try bed.block()
    #expect(bed.ask(.deregisterScatterGatherDMA(bed.dma))?.failure.status == .success)
    #expect(bed.ask(bed.allocate())?.failure.reason == .dmaNotRegistered)
    #expect(bed.reasons == [.dmaNotRegistered, .dmaNotRegistered])
    #expect(bed.life.violations.allSatisfy { $0.bugCheck == nil })
    #expect(bed.ask(bed.free(try bed.parameters(block)))?.failure.status == .success)
    bed.run()
    bed.life.finish()
  }

  @Test(
    "NDIS_BUGCHECK_ALLOCATE_SHARED_MEM_HIGH_IRQL: NdisMAllocateSharedMemory at a raised IRQL",
    arguments: [IRQL.apc, .dispatch, .high])
  func highIRQL(irql: IRQL) throws {
    let bed = try MiniportMemoryBed()
    let result = bed.ask(bed.allocate(8192), irql: irql)
    #expect(result?.failure.reason == .wrongIRQL)
    let check = BugCheck(
      code: 0x7C, 0x01, bed.adapter.rawValue, 8192, UInt64(irql.rawValue), isExtension: false)
    #expect(result?.bugCheck == check)
    #expect(bed.life.violations.map(\.bugCheck) == [check])
    #expect(bed.blocks == 0)
    bed.run()
    bed.life.finish()
  }

  @Test("if NdisMAllocateSharedMemory cannot satisfy its caller, a smaller allocation may succeed")
  func smaller() throws {
    let bed = try MiniportMemoryBed()
    let tooMuch = bed.ask(bed.allocate(65 * 4096))
    #expect(tooMuch?.failure.status == .resources && tooMuch?.value == .null)
    #expect(bed.ask(bed.allocate(0))?.failure.reason == .length)
    let other = Request.allocateMiniport(
      adapter: bed.dma, MiniportAllocation(length: 1, isCached: false))
    #expect(bed.ask(other)?.failure.reason == .wrongKindOfHandle)
    let block = try bed.block(64 * 4096)
    #expect(bed.reasons == [])
    #expect(bed.ask(bed.free(try bed.parameters(block)))?.failure.status == .success)
    bed.run()
    bed.life.finish()
  }

  @Test("A79: without the HAL, NdisMAllocateSharedMemory allocates nothing")
  func withoutHAL() throws {
    let bed = try MiniportMemoryBed()
    let now = bed.host.now
    bed.host.turn { (simulator) -> Bool in
      (try? simulator.endHosted(provider: 1, now: now)) != nil
    }
    #expect(bed.ask(bed.allocate())?.failure.reason == .noProvider)
    #expect(bed.ask(bed.allocateAsync())?.failure.reason == .noProvider)
    #expect(bed.reasons == [])
    bed.run()
    bed.life.finish()
  }

  @Test("memory that MiniportHaltEx does not release is a leak of the adapter's")
  func leak() throws {
    let bed = try MiniportMemoryBed()
    _ = try bed.block()
    bed.run()
    #expect(bed.ask(.removeAdapter(bed.adapter))?.failure.status == .success)
    #expect(bed.life.leaks == 1)
    bed.life.finish()
  }

  // MARK: NdisMAllocateSharedMemoryAsyncEx

  @Test(
    "NdisMAllocateSharedMemoryAsyncEx is PENDING, and MiniportSharedMemoryAllocateComplete gets the memory"
  )
  func asynchronous() throws {
    let bed = try MiniportMemoryBed()
    bed.run()
    let result = bed.ask(bed.allocateAsync(2 * 4096 + 8, context: 0xC0FFEE), irql: .dispatch)
    #expect(result?.failure.status == .pending && result?.value == .null)
    let (details, block) = try #require(bed.completed.first)
    #expect(details.irql == .passive)
    #expect(details.object == bed.adapter && details.context == 0x55)
    #expect(details.handler == MiniportMemoryBed.handler)
    #expect(details.providerContext == 0xC0FFEE && details.argument == 2 * 4096 + 8)
    let handle = try #require(block).handle
    #expect(block?.details.length == 2 * 4096 + 8 && block?.details.extentCount == 1)
    #expect(bed.host.simulator.blockSnapshot(handle.index).routine == .miniportAsync)
    #expect(
      bed.ask(bed.free(try bed.parameters(handle)), irql: .dispatch)?.failure.status == .success)
    #expect(bed.blocks == 0 && bed.reasons == [])
    bed.life.finish()
  }

  @Test(
    "if the attempt to allocate shared memory fails, MiniportSharedMemoryAllocateComplete gets NULL"
  )
  func asynchronousFailure() throws {
    let bed = try MiniportMemoryBed()
    bed.run()
    #expect(bed.ask(bed.allocateAsync(65 * 4096, context: 3))?.failure.status == .pending)
    let (details, block) = try #require(bed.completed.first)
    #expect(block == nil && details.providerContext == 3 && details.argument == 65 * 4096)
    let shortages = bed.host.events.count { if case .shortage = $0 { true } else { false } }
    #expect(shortages == 1)
    #expect(bed.blocks == 0 && bed.reasons == [])
    bed.life.finish()
  }

  @Test("NdisMAllocateSharedMemoryAsyncEx takes the MiniportDmaHandle, and fails with FAILURE only")
  func asynchronousRefusals() throws {
    let bed = try MiniportMemoryBed(handler: 0)
    #expect(bed.ask(bed.allocateAsync())?.failure.reason == .allocateCompleteMissing)
    bed.run()
    let other = try MiniportMemoryBed()
    other.run()
    for (dma, length, reason) in [
      (other.dma, 0, .length), (other.adapter, 1, .wrongKindOfHandle), (.null, 1, .nullHandle),
      (Handle(rawValue: other.dma.rawValue ^ 1 << 30), 1, .staleHandle),
    ] as [(Handle, UInt32, Reason)] {
      let result = other.ask(
        .allocateMiniportAsync(
          dma: dma, MiniportAllocation(length: length, isCached: false), context: 0))
      #expect(result?.failure.status == .failure && result?.failure.reason == reason)
    }
    #expect(other.ask(.deregisterScatterGatherDMA(other.dma))?.failure.status == .success)
    let gone = other.ask(other.allocateAsync())
    #expect(gone?.failure.status == .failure && gone?.failure.reason == .staleHandle)
    #expect(other.completed.isEmpty && other.blocks == 0)
    #expect(bed.reasons == [] && other.reasons == [])
    bed.life.finish()
    other.life.finish()
  }

  @Test(
    "A80: MiniportHaltEx is not called before MiniportSharedMemoryAllocateComplete has returned")
  func haltWaits() throws {
    let bed = try MiniportMemoryBed()
    bed.run()
    bed.life.held = [
      NDISSIM_UPCALL_SHARED_MEMORY_ALLOCATE_COMPLETE, NDISSIM_UPCALL_HALT_EX,
    ]
    #expect(bed.ask(bed.allocateAsync())?.failure.status == .pending)
    bed.host.call(bed.session, .removeAdapter(bed.adapter))
    #expect(bed.life.state == .paused)
    #expect(
      bed.life.waiting.map { Int($0.details.type) } == [
        NDISSIM_UPCALL_SHARED_MEMORY_ALLOCATE_COMPLETE
      ])
    bed.life.answer(NDISSIM_UPCALL_SHARED_MEMORY_ALLOCATE_COMPLETE)
    let halt = try bed.life.id(of: NDISSIM_UPCALL_HALT_EX)
    // NDIS has called MiniportHaltEx: nothing is allocated any more, and everything is freed.
    let late = bed.host.ask(bed.session, bed.allocateAsync(), context: halt)
    #expect(late?.failure.status == .failure && late?.failure.reason == .objectEnding)
    let block = try #require(bed.completed.first?.block).handle
    let free = bed.free(try bed.parameters(block))
    #expect(bed.host.ask(bed.session, free, context: halt)?.failure.status == .success)
    bed.life.answer(NDISSIM_UPCALL_HALT_EX)
    #expect(bed.life.state == nil && bed.life.leaks == 0 && bed.reasons == [])
    bed.life.finish()
  }

  @Test("a failed MiniportInitializeEx, a shutdown and a process that ends wait for no completion")
  func ends() throws {
    for end in 0..<3 {
      let bed = try MiniportMemoryBed()
      if end > 0 { bed.run() }
      bed.life.held.insert(NDISSIM_UPCALL_SHARED_MEMORY_ALLOCATE_COMPLETE)
      #expect(bed.ask(bed.allocateAsync())?.failure.status == .pending)
      #expect(bed.completed.count == 1)
      switch end {
      case 0:
        bed.life.answer(NDISSIM_UPCALL_INITIALIZE_EX, .resources)
        bed.life.answer(NDISSIM_UPCALL_SHARED_MEMORY_ALLOCATE_COMPLETE)
        #expect(bed.life.leaks == 1)
      case 1:
        bed.life.change(.shutdown(.powerOff))
        #expect(bed.life.state == .shutdown)
        bed.life.answer(NDISSIM_UPCALL_SHARED_MEMORY_ALLOCATE_COMPLETE)
      default: bed.host.end(bed.session)
      }
      bed.life.finish()
    }
  }

  @Test(
    "MiniportSharedMemoryAllocateComplete that returns at another IRQL, or not in time, is a violation"
  )
  func completionReturns() throws {
    let bed = try MiniportMemoryBed()
    bed.run()
    bed.life.held = [NDISSIM_UPCALL_SHARED_MEMORY_ALLOCATE_COMPLETE]
    _ = bed.ask(bed.allocateAsync())
    let call = try #require(bed.life.waiting.first)
    var answer = ProviderAnswer(status: .success)
    answer.irql = 2
    bed.host.answer(call.session, call.id, answer)
    #expect(bed.reasons == [.providerIRQL])
    // It is VOID: a status is not read.
    bed.life.held = []
    bed.life.miniport.override = { host, id, details in
      host.answer(bed.session, id, ProviderAnswer(status: .failure))
      return true
    }
    _ = bed.ask(bed.allocateAsync())
    #expect(bed.completed.count == 2 && bed.reasons == [.providerIRQL])
    bed.host.end(bed.session)
    bed.life.finish()
  }
}
