// The parameters of NdisMAllocateSharedMemory, NdisMAllocateSharedMemoryAsyncEx and NdisMFreeSharedMemory, and what
// MiniportSharedMemoryAllocateComplete gets. Values only.

public import NDIS

/// The parameters of an allocation besides the handle.
public struct MiniportAllocation: Sendable, Hashable {
  public var length: UInt32
  /// Not used on x64; a free has to repeat it.
  public var isCached: Bool
  public var tag: UInt32
  public var site: Site

  public init(length: UInt32, isCached: Bool, tag: UInt32 = 0, site: Site = Site()) {
    self.length = length
    self.isCached = isCached
    self.tag = tag
    self.site = site
  }
}

/// The parameters of a free besides MiniportAdapterHandle. VirtualAddress is the client's: it is translated to the
/// block that it lies in, and the offset in it.
public struct MiniportFree: Sendable, Hashable {
  /// Null: the client knows no block at the address.
  public var allocation: Handle
  public var virtualAddress: UInt64
  /// Of VirtualAddress in the block.
  public var offset: UInt64
  public var physicalAddress: UInt64
  public var length: UInt32
  public var isCached: Bool

  public init(
    allocation: Handle, virtualAddress: UInt64, offset: UInt64 = 0, physicalAddress: UInt64,
    length: UInt32, isCached: Bool
  ) {
    self.allocation = allocation
    self.virtualAddress = virtualAddress
    self.offset = offset
    self.physicalAddress = physicalAddress
    self.length = length
    self.isCached = isCached
  }
}

/// The block that MiniportSharedMemoryAllocateComplete gets.
public struct CompletedAllocation: Sendable {
  public var handle: Handle
  public var details: AllocationDetails
  /// In the section.
  public var offset: UInt64
  public var isCached: Bool

  @inlinable public init(
    handle: Handle, details: AllocationDetails, offset: UInt64, isCached: Bool
  ) {
    self.handle = handle
    self.details = details
    self.offset = offset
    self.isCached = isCached
  }
}
