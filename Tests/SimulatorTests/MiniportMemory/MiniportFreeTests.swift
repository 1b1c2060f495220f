// NdisMFreeSharedMemory against its page, and against the rule NdisMFreeSharedMemory of the verifier.

import NDISDriverInterface
import CNDIS
import NDISEvents
import NDIS
import Testing

@testable import NDISSimulator
import NDISStore

@Suite struct MiniportFreeTests {
  @Test("the parameters passed to NdisMFreeSharedMemory must match exactly those of the allocation")
  func exactly() throws {
    let bed = try MiniportMemoryBed()
    let block = try bed.block(6000, cached: true)
    bed.run()
    let other = bed.life.miniport.adapter(bed.host, bed.life.driver, "eth1")
    let right = try bed.parameters(block, cached: true)
    var wrong = [right, right, right, right, right]
    wrong[0].length = 8192
    wrong[1].isCached = false
    wrong[2].physicalAddress += 4096
    wrong[3].offset = 4096
    wrong[4].allocation = .null
    let reasons: [Reason] = [
      .freeLength, .freeCached, .freePhysicalAddress, .freeSubrange, .freeUnknownAddress,
      .freeWithOtherHandle,
    ]
    for (index, reason) in reasons.enumerated() {
      let request =
        index < wrong.count ? bed.free(wrong[index]) : bed.free(right, of: other)
      let result = try #require(bed.ask(request))
      #expect(result.failure.status == .failure && result.failure.reason == reason)
      // NDIS_BUGCHECK_FREE_INVALID_SHARED_MEM, which the page has for one of these only.
      #expect(result.bugCheck?.code == 0x7C && result.bugCheck?.parameters.0 == 0x03)
      #expect(result.bugCheck?.parameters.3 == 0x7F00_1000 && result.bugCheck?.isExtension == true)
    }
    #expect(bed.reasons == reasons)
    #expect(bed.life.violations.allSatisfy { $0.routine == "NdisMFreeSharedMemory" })
    #expect(bed.blocks == 1)
    #expect(bed.ask(bed.free(right))?.failure.status == .success)
    #expect(bed.blocks == 0)
    bed.life.finish()
  }

  @Test("NDIS_BUGCHECK_FREE_INVALID_SHARED_MEM: an address that had already been freed")
  func twice() throws {
    let bed = try MiniportMemoryBed()
    let block = try bed.block()
    let parameters = try bed.parameters(block)
    #expect(bed.ask(bed.free(parameters))?.failure.status == .success)
    let again = try #require(bed.ask(bed.free(parameters)))
    #expect(again.failure.status == .failure && again.failure.reason == .doubleFree)
    let check = BugCheck(
      code: 0x7C, 0x03, bed.adapter.rawValue, parameters.physicalAddress, 0x7F00_1000,
      isExtension: false)
    #expect(again.bugCheck == check)
    #expect(bed.life.violations.map(\.bugCheck) == [check] && bed.reasons == [.doubleFree])
    // No number that was ever an AllocationHandle.
    var unknown = parameters
    unknown.allocation = Handle(rawValue: block.rawValue ^ 0xFFFF)
    #expect(bed.ask(bed.free(unknown))?.failure.reason == .staleHandle)
    #expect(bed.ask(bed.free(parameters, of: bed.dma))?.failure.reason == .wrongKindOfHandle)
    bed.run()
    bed.life.finish()
  }

  @Test(
    "NdisMFreeSharedMemory frees memory of NdisMAllocateSharedMemory, and NdisFreeSharedMemory no such"
  )
  func otherRoutine() throws {
    let bed = try MiniportMemoryBed()
    let older = try bed.block()
    bed.run()
    let newer = bed.life.miniport.handle(bed.host, Sample.allocate(bed.adapter))
    let wrong = bed.ask(.free(ndisHandle: bed.adapter, allocation: older))
    #expect(wrong?.failure.status == .failure && wrong?.failure.reason == .otherFreeRoutine)
    let other = bed.ask(bed.free(try bed.parameters(newer)))
    #expect(other?.failure.status == .failure && other?.failure.reason == .otherFreeRoutine)
    #expect(bed.reasons == [.otherFreeRoutine, .otherFreeRoutine])
    #expect(
      bed.life.violations.map(\.routine) == ["NdisFreeSharedMemory", "NdisMFreeSharedMemory"])
    #expect(bed.blocks == 2)
    #expect(bed.ask(bed.free(try bed.parameters(older)))?.failure.status == .success)
    let right = bed.ask(.free(ndisHandle: bed.adapter, allocation: newer))
    #expect(right?.failure.status == .success)
    bed.life.finish()
  }

  @Test("NdisMFreeSharedMemory is called at DISPATCH_LEVEL at most")
  func level() throws {
    let bed = try MiniportMemoryBed()
    let block = try bed.block()
    let free = bed.free(try bed.parameters(block))
    let high = bed.ask(free, irql: .high)
    #expect(high?.failure.reason == .wrongIRQL && high?.bugCheck?.code == 0xC4)
    #expect(bed.blocks == 1)
    #expect(bed.ask(free, irql: .dispatch)?.failure.status == .success)
    bed.run()
    bed.life.finish()
  }

  @Test("NdisMFreeSharedMemory cannot be called from a MiniportShutdownEx function")
  func inShutdown() throws {
    for action in [ShutdownAction.powerOff, .bugCheck] {
      let bed = try MiniportMemoryBed(
        attributeFlags: UInt32(
          NDIS_MINIPORT_ATTRIBUTES_BUS_MASTER
            | NDIS_MINIPORT_ATTRIBUTES_REGISTER_BUGCHECK_CALLBACK))
      let block = try bed.block()
      bed.run()
      bed.life.held = [NDISSIM_UPCALL_SHUTDOWN_EX]
      bed.life.change(.shutdown(action))
      let id = try bed.life.id(of: NDISSIM_UPCALL_SHUTDOWN_EX)
      let free = bed.free(try bed.parameters(block))
      // In the handler, and in another thread meanwhile.
      for context in [id, 0] {
        let inside = bed.host.ask(bed.session, free, context: context)
        #expect(inside?.failure.status == .failure && inside?.failure.reason == .freeInShutdown)
        #expect(inside?.bugCheck == nil)
      }
      #expect(bed.reasons == [.freeInShutdown, .freeInShutdown] && bed.blocks == 1)
      bed.life.answer(NDISSIM_UPCALL_SHUTDOWN_EX)
      // Behind it, as NdisFreeSharedMemory: A43.
      let after = bed.ask(free)
      #expect(after?.failure.status == (action == .powerOff ? .success : .failure))
      #expect(
        bed.life.advice.map(\.failure.reason) == (action == .powerOff ? [.freeInShutdown] : []))
      bed.life.finish()
    }
  }
}
