// Allocating and freeing shared memory, blocking or with several requests in flight. Both routines
// are PASSIVE_LEVEL; the calling thread's level is sent with the call, and NDIS checks it.
//
// A block of one extent costs no system call beyond the message: its section is mapped already.

import CNDIS
import NDISDriverProtocol
import NDIS
import NDISPlatform

/// An allocation in flight; finish each exactly once.
public struct AllocationTicket: Sendable {
  let ticket: Ticket
  let owner: UInt64
  let length: UInt32
}

/// A free in flight; finish each exactly once.
public struct FreeTicket: Sendable {
  let ticket: Ticket
}

extension Connection {
  /// NdisAllocateSharedMemory ("nf-ndis-ndisallocatesharedmemory").
  ///
  /// - Parameters:
  ///   - ndisHandle: of the miniport driver, adapter, protocol driver or binding that allocates.
  ///   - parameters: lengths are in bytes.
  /// - Throws: `RESOURCES` also if this process cannot map the block, which is then freed.
  public func allocate(
    _ ndisHandle: some NdisHandle, _ parameters: SharedMemoryParameters
  ) throws(DriverError) -> SharedMemoryBlock {
    let owner = ndisHandle.rawValue
    let ticket = try beginWaiting(NDISSIM_ALLOCATE_SHARED_MEMORY) { writer in
      write(parameters, owner: owner, into: &writer)
    }
    freedGuard?.allocating(ticket, site: parameters.site)
    return try finish(AllocationTicket(ticket: ticket, owner: owner, length: parameters.length))
  }

  /// NdisFreeSharedMemory ("nf-ndis-ndisfreesharedmemory"). A wrong handle causes a bug check on Windows;
  /// here it throws a DriverError with the bug check.
  public func free(
    _ ndisHandle: some NdisHandle, _ allocation: AllocationHandle
  ) throws(DriverError) {
    try finish(try beginFreeWaiting(ndisHandle.rawValue, allocation))
  }

  /// NdisFreeSharedMemory with the handle the block was allocated with.
  public func free(_ block: SharedMemoryBlock) throws(DriverError) {
    try free(block.owner, block.allocationHandle)
  }

  /// Sends an allocation without waiting for its reply; up to 64 requests may be in flight. Nil if no slot
  /// is free: finish another request first.
  public func beginAllocate(
    _ ndisHandle: some NdisHandle, _ parameters: SharedMemoryParameters
  ) throws(DriverError) -> AllocationTicket? {
    let owner = ndisHandle.rawValue
    let ticket = try begin(NDISSIM_ALLOCATE_SHARED_MEMORY) { writer in
      write(parameters, owner: owner, into: &writer)
    }
    guard let ticket else { return nil }
    freedGuard?.allocating(ticket, site: parameters.site)
    return AllocationTicket(ticket: ticket, owner: owner, length: parameters.length)
  }

  /// Waits for the reply.
  public func finish(_ allocation: AllocationTicket) throws(DriverError) -> SharedMemoryBlock {
    var made: SharedMemoryBlock?
    defer { freedGuard?.allocated(allocation.ticket, made) }
    let answer = try finish(allocation.ticket) { reader throws(Failure) in
      try AllocationAnswer(&reader)
    }
    let block = try block(answer, of: allocation)
    made = block
    return block
  }

  /// Sends a free without waiting for its reply; nil as with `beginAllocate`.
  public func beginFree(
    _ ndisHandle: some NdisHandle, _ allocation: AllocationHandle
  ) throws(DriverError) -> FreeTicket? {
    let block = freedGuard?.free(allocation.rawValue)
    var sent: Ticket?
    defer { noteFree(of: block, sent) }
    sent = try begin(NDISSIM_FREE_SHARED_MEMORY) { writer in
      writer.append(ndisHandle.rawValue)
      writer.append(allocation.rawValue)
    }
    return sent.map { FreeTicket(ticket: $0) }
  }

  /// Sends the free of a block.
  public func beginFree(_ block: SharedMemoryBlock) throws(DriverError) -> FreeTicket? {
    try beginFree(block.owner, block.allocationHandle)
  }

  /// Waits for the reply.
  public func finish(_ free: FreeTicket) throws(DriverError) {
    var isFreed = false
    defer { freedGuard?.freed(free.ticket, isFreed: isFreed) }
    try finish(free.ticket) { reader throws(Failure) in try reader.end() }
    isFreed = true
  }

  private func beginFreeWaiting(
    _ owner: UInt64, _ allocation: AllocationHandle
  ) throws(DriverError) -> FreeTicket {
    let block = freedGuard?.free(allocation.rawValue)
    var sent: Ticket?
    defer { noteFree(of: block, sent) }
    let ticket = try beginWaiting(NDISSIM_FREE_SHARED_MEMORY) { writer in
      writer.append(owner)
      writer.append(allocation.rawValue)
    }
    sent = ticket
    return FreeTicket(ticket: ticket)
  }

  /// The free of a guarded block has been sent, or nothing was.
  private func noteFree(of block: SharedMemoryBlock?, _ sent: Ticket?) {
    if let sent { freedGuard?.freeing(sent, block) } else { freedGuard?.keep(block) }
  }

  private func write(
    _ parameters: SharedMemoryParameters, owner: UInt64, into writer: inout MessageWriter
  ) {
    writer.append(owner)
    writer.append(parameters.tag.rawValue)
    writer.append(UInt32(0))
    writer.append(parameters.site)
    writer.append(
      image: parameters.image(pageSize: helloLimits.pageSize), size: parameters.imageBytes())
    for _ in 0..<parameters.paddingBytes() { writer.append(UInt8(0)) }
  }
}

/// The reply to an allocation. The first extent is separate: most blocks have no other, and an empty array
/// costs nothing.
struct AllocationAnswer {
  let head: ndissim_allocate_reply
  let first: Extent
  let others: [Extent]

  /// Of a block of one extent.
  init(head: ndissim_allocate_reply, first: Extent) {
    self.head = head
    self.first = first
    others = []
  }

  init(_ reader: inout BodyReader) throws(Failure) {
    head = try reader.read(ndissim_allocate_reply.self)
    guard (1...NDIS.Limits.maximumExtents).contains(head.extent_count) else {
      throw Failure(
        .invalidParameter, .providerExtentCount, UInt64(head.extent_count),
        UInt64(NDIS.Limits.maximumExtents))
    }
    first = try reader.readExtent()
    var others: [Extent] = []
    if head.extent_count > 1 {
      others.reserveCapacity(Int(head.extent_count) - 1)
      for _ in 1..<head.extent_count { others.append(try reader.readExtent()) }
    }
    self.others = others
    try reader.end()
  }
}
