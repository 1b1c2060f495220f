// The golden messages of NdisMAllocateSharedMemory and what belongs to it; behind all others, so that their ids stay.

import CNDIS
import NDISDriverProtocol
import NDIS

extension GoldenList {
  mutating func addMiniportMemory() {
    call(
      "m_allocate_shared_memory", NDISSIM_M_ALLOCATE_SHARED_MEMORY, context: 0x101,
      replyDescriptors: 1
    ) {
      $0.append(Example.adapter)
      $0.append(UInt64(0))
      $0.append(UInt32(6144))
      $0.append(UInt32(1))
      $0.append(Example.tag)
      $0.append(UInt32(0))
      $0.append(Site("Golden/Queue.swift:42"))
    } reply: {
      $0.append(Example.allocation)
      $0.append(UInt64(0))
      $0.append(Example.section)
      $0.append(UInt64(0x10_0000))
      $0.append(UInt64(0x1_0000_0000))
      $0.append(UInt32(1))
      $0.append(UInt32(0))
      $0.append(Extent(offset: 0x3000, length: 6144))
    }
    call(
      "m_allocate_shared_memory_async_ex", NDISSIM_M_ALLOCATE_SHARED_MEMORY_ASYNC_EX,
      replyStatus: .pending
    ) {
      $0.append(Example.dma)
      $0.append(Example.requestContext)
      $0.append(UInt32(6144))
      $0.append(UInt32(1))
      $0.append(Example.tag)
      $0.append(UInt32(0))
      $0.append(Site("Golden/Queue.swift:42"))
    }
    call("m_free_shared_memory", NDISSIM_M_FREE_SHARED_MEMORY) {
      $0.append(Example.adapter)
      $0.append(Example.allocation)
      $0.append(UInt64(0x7F00_0000_3000))
      $0.append(UInt64(0))
      $0.append(UInt64(0x1_0000_3000))
      $0.append(UInt32(6144))
      $0.append(UInt32(1))
    }
    upcall("shared_memory_allocate_complete", NDISSIM_UPCALL_SHARED_MEMORY_ALLOCATE_COMPLETE) {
      $0.append(Example.adapter)
      $0.append(Example.adapterContext)
      $0.append(UInt64(52))
      $0.append(Example.requestContext)
      $0.append(Example.allocation)
      $0.append(Example.section)
      $0.append(UInt64(0x10_0000))
      $0.append(UInt64(0x1_0000_0000))
      $0.append(UInt64(0x3000))
      $0.append(UInt32(6144))
      $0.append(UInt32(1))
    }
  }
}
