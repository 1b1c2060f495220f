// Decodes NdisMAllocateSharedMemory, NdisMAllocateSharedMemoryAsyncEx and NdisMFreeSharedMemory.

import CNDIS
import NDIS
import NDISDriverInterface

extension Decoding {
  static func miniportMemory(_ type: Int, _ body: inout BodyReader) throws(Failure) -> Request {
    if type == NDISSIM_M_FREE_SHARED_MEMORY { return try miniportFree(&body) }
    let handle = try handle(&body)
    let context = try body.read(UInt64.self)
    let length = try body.read(UInt32.self)
    let isCached = try boolean(&body)
    let tag = try body.read(UInt32.self)
    try zero(UInt64(try body.read(UInt32.self)))
    let allocation = MiniportAllocation(
      length: length, isCached: isCached, tag: tag, site: try body.readSite())
    if type == NDISSIM_M_ALLOCATE_SHARED_MEMORY_ASYNC_EX {
      return .allocateMiniportAsync(dma: handle, allocation, context: context)
    }
    try zero(context)
    return .allocateMiniport(adapter: handle, allocation)
  }

  private static func miniportFree(_ body: inout BodyReader) throws(Failure) -> Request {
    let adapter = try handle(&body)
    let allocation = try handle(&body)
    let address = try body.read(UInt64.self)
    let offset = try body.read(UInt64.self)
    let physical = try body.read(UInt64.self)
    let length = try body.read(UInt32.self)
    return .freeMiniport(
      adapter: adapter,
      MiniportFree(
        allocation: allocation, virtualAddress: address, offset: offset, physicalAddress: physical,
        length: length, isCached: try boolean(&body)))
  }

  /// A BOOLEAN, for which every value but 0 is TRUE, and the three reserved bytes behind it.
  private static func boolean(_ body: inout BodyReader) throws(Failure) -> Bool {
    let word = try body.read(UInt32.self)
    try zero(UInt64(word >> 8))
    return word != 0
  }
}
