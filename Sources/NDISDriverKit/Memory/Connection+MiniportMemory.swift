// NdisMAllocateSharedMemory, NdisMAllocateSharedMemoryAsyncEx and NdisMFreeSharedMemory: the older routines of
// miniports. On Windows the first and the last return nothing; here they throw what a NULL address, or a bug check,
// would have meant.

import CNDIS
import NDISDriverProtocol
import NDIS
import NDISPlatform

extension Connection {
  /// NdisMAllocateSharedMemory ("nf-ndis-ndismallocatesharedmemory"): in `initializeEx` only, after
  /// `registerScatterGatherDMA`, at PASSIVE_LEVEL.
  ///
  /// - Throws: where Windows returns NULL.
  public func mAllocateSharedMemory(
    _ adapter: AdapterHandle, length: UInt32, isCached: Bool = false, tag: PoolTag = "kit ",
    file: StaticString = #fileID, line: UInt = #line
  ) throws(DriverError) -> MiniportSharedMemory {
    let site = Site(file: file, line: line)
    let answer = try call(NDISSIM_M_ALLOCATE_SHARED_MEMORY) { writer in
      Connection.write(adapter.rawValue, 0, length, isCached, tag, site, into: &writer)
    } read: { reader throws(Failure) in
      try AllocationAnswer(&reader)
    }
    return try miniportMemory(
      answer, of: adapter.rawValue, length: length, isCached: isCached, site: site)
  }

  /// NdisMAllocateSharedMemoryAsyncEx ("nf-ndis-ndismallocatesharedmemoryasyncex"): at most DISPATCH_LEVEL. NDIS has
  /// accepted the request when this returns (PENDING); `sharedMemoryAllocateComplete` gets the memory and `context`.
  ///
  /// - Throws: FAILURE, if NDIS refuses the call.
  public func mAllocateSharedMemoryAsyncEx(
    _ dma: DMAHandle, length: UInt32, isCached: Bool = false, context: UInt64,
    tag: PoolTag = "kit ",
    file: StaticString = #fileID, line: UInt = #line
  ) throws(DriverError) {
    try call(NDISSIM_M_ALLOCATE_SHARED_MEMORY_ASYNC_EX) { writer in
      Connection.write(
        dma.rawValue, context, length, isCached, tag, Site(file: file, line: line), into: &writer)
    }
  }

  /// NdisMFreeSharedMemory ("nf-ndis-ndismfreesharedmemory"): at most DISPATCH_LEVEL, not in `shutdownEx`. The
  /// parameters are exactly those of the allocation; anything else causes a bug check on Windows, and throws here.
  public func mFreeSharedMemory(
    _ adapter: AdapterHandle, length: UInt32, isCached: Bool,
    virtualAddress: UInt64, physicalAddress: UInt64
  ) throws(DriverError) {
    let found = miniportBlocks.find(virtualAddress)
    var guarded = found.flatMap { $0.offset == 0 ? freedGuard?.free($0.allocation) : nil }
    defer { freedGuard?.keep(guarded) }
    try call(NDISSIM_M_FREE_SHARED_MEMORY) { writer in
      writer.append(adapter.rawValue)
      writer.append(found?.allocation ?? 0)
      writer.append(virtualAddress)
      writer.append(found?.offset ?? 0)
      writer.append(physicalAddress)
      writer.append(length)
      writer.append(UInt32(isCached ? 1 : 0))
    }
    guarded = nil
    if let found { miniportBlocks.free(at: virtualAddress, found.allocation) }
  }

  /// NdisMFreeSharedMemory with the parameters of the allocation.
  public func mFreeSharedMemory(_ memory: MiniportSharedMemory) throws(DriverError) {
    try mFreeSharedMemory(
      memory.adapter, length: memory.length, isCached: memory.isCached,
      virtualAddress: memory.address, physicalAddress: memory.physicalAddress)
  }

  /// Body of `ndissim_m_allocate`.
  private static func write(
    _ handle: UInt64, _ context: UInt64, _ length: UInt32, _ isCached: Bool, _ tag: PoolTag,
    _ site: Site, into writer: inout MessageWriter
  ) {
    writer.append(handle)
    writer.append(context)
    writer.append(length)
    writer.append(UInt32(isCached ? 1 : 0))
    writer.append(tag.rawValue)
    writer.append(UInt32(0))
    writer.append(site)
  }

  // MARK: Mapping

  /// Maps the block and enters it in the table. One that cannot be mapped is freed.
  private func miniportMemory(
    _ answer: AllocationAnswer, of adapter: UInt64, length: UInt32, isCached: Bool, site: Site
  ) throws(DriverError) -> MiniportSharedMemory {
    let problem: DriverError
    do throws(DriverError) {
      let block = try map(answer, owner: adapter, length: length)
      let memory = MiniportSharedMemory(block: block, isCached: isCached)
      miniportBlocks.add(memory)
      freedGuard?.add(block, site: site)
      return memory
    } catch { problem = error }
    try? call(NDISSIM_M_FREE_SHARED_MEMORY) { writer in
      writer.append(adapter)
      writer.append(answer.head.allocation_handle)
      writer.append(UInt64(0))
      writer.append(UInt64(0))
      writer.append(answer.head.physical_base &+ answer.first.offset)
      writer.append(length)
      writer.append(UInt32(isCached ? 1 : 0))
    }
    throw problem
  }

  /// MiniportSharedMemoryAllocateComplete.
  func completeAllocation(
    _ raw: ndissim_upcall_shared_memory_allocate_complete, _ driver: any MiniportDriver
  ) {
    var memory: MiniportSharedMemory?
    if raw.allocation_handle != 0 {
      let head = ndissim_allocate_reply(
        allocation_handle: raw.allocation_handle, shared_memory_handle: 0, section: raw.section,
        section_size: raw.section_size, physical_base: raw.physical_base, extent_count: 1,
        reserved: 0)
      let answer = AllocationAnswer(
        head: head, first: Extent(offset: raw.offset, length: raw.length))
      memory = try? miniportMemory(
        answer, of: raw.adapter_handle, length: raw.length, isCached: raw.cached != 0, site: Site())
    }
    driver.sharedMemoryAllocateComplete(
      AdapterHandle(rawValue: raw.adapter_handle), context: raw.adapter_context, memory,
      length: raw.length, allocationContext: raw.context, on: self)
  }
}
