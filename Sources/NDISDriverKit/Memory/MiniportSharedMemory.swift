// Memory of NdisMAllocateSharedMemory and NdisMAllocateSharedMemoryAsyncEx, which has no handle: it is freed by its
// addresses. The table of a connection finds the block at an address, also one that has been freed already: NDIS
// is then told which, so that it can say what is wrong.

import NDISPlatform

/// Memory of an adapter, with everything that NdisMFreeSharedMemory wants to know.
@safe public struct MiniportSharedMemory: Sendable {
  /// The block; its `owner` is the adapter.
  public let block: SharedMemoryBlock
  /// `Cached` of the allocation.
  public let isCached: Bool

  /// `VirtualAddress` and `Length`.
  public var virtualAddress: UnsafeMutableRawBufferPointer { unsafe block.virtualAddress }
  /// `VirtualAddress` as a number.
  public var address: UInt64 {
    UInt64(UInt(bitPattern: unsafe block.virtualAddress.baseAddress))
  }
  /// `PhysicalAddress`, simulated.
  public var physicalAddress: UInt64 { block.physicalBase &+ block.firstExtent.offset }
  public var length: UInt32 { UInt32(clamping: block.length) }
  public var adapter: AdapterHandle { AdapterHandle(rawValue: block.owner.rawValue) }
}

/// Where the blocks of a connection are, by the address of their first byte.
final class MiniportBlocks: Sendable {
  private struct Place {
    var allocation: UInt64
    var length: UInt64
    var isFreed = false
  }
  private let table = Monitor<[UInt64: Place]>([:])

  func add(_ memory: MiniportSharedMemory) {
    let allocation = memory.block.allocationHandle.rawValue
    table.withLock {
      $0[memory.address] = Place(
        allocation: allocation, length: UInt64(memory.length))
    }
  }

  /// NDIS has accepted a free of the block at an address.
  func free(at address: UInt64, _ allocation: UInt64) {
    table.withLock { if $0[address]?.allocation == allocation { $0[address]?.isFreed = true } }
  }

  /// The block whose first byte is at an address, or else one that it lies in, best a live one; how far behind its
  /// first byte. Nil where no block has been.
  func find(_ address: UInt64) -> (allocation: UInt64, offset: UInt64)? {
    table.withLock { table in
      if let place = table[address] { return (place.allocation, 0) }
      var found: (base: UInt64, place: Place)?
      for (base, place) in table where base <= address && address - base < place.length {
        if found == nil || found?.place.isFreed == true { found = (base, place) }
      }
      return found.map { ($0.place.allocation, address - $0.base) }
    }
  }
}
