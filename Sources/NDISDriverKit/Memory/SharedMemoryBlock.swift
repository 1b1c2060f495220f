// A block of shared memory, the result of `NdisAllocateSharedMemory`. The value retains the mapping: its
// address is valid while a copy of the block exists, even after the free (the memory may then belong to
// another owner, as on Windows, but access does not crash).

public import NDIS
import NDISPlatform

/// An element of a scatter-gather list: a simulated physical address and bytes.
public struct ScatterGatherElement: Hashable, Sendable, BitwiseCopyable {
  public var address: UInt64
  public var length: UInt32

  public init(address: UInt64, length: UInt32) {
    self.address = address
    self.length = length
  }
}

/// A block of shared memory ("nf-ndis-ndisallocatesharedmemory").
@safe public struct SharedMemoryBlock: @unchecked Sendable {
  // Unchecked: a pointer into memory that other processes write, too; users synchronise their accesses.

  /// Identifies the block in `NdisFreeSharedMemory`.
  public var allocationHandle: AllocationHandle
  /// Identifies the block between drivers; NULL for HAL memory.
  public var sharedMemoryHandle: SharedMemoryHandle
  /// The `NdisHandle` it was allocated with.
  public var owner: Handle
  /// The requested length in bytes.
  public let length: Int
  /// The section that contains the block.
  public let section: MappedSection
  /// The section's base in the simulated physical address space.
  public let physicalBase: UInt64

  let firstExtent: Extent
  let otherExtents: [Extent]
  /// The section's mapping for one extent, a separate mapping for several.
  let mapping: Mapping
  private let address: UnsafeMutableRawPointer

  init(
    allocationHandle: AllocationHandle, sharedMemoryHandle: SharedMemoryHandle, owner: Handle,
    length: Int, section: MappedSection, physicalBase: UInt64, firstExtent: Extent,
    otherExtents: [Extent], mapping: Mapping, address: UnsafeMutableRawPointer
  ) {
    self.allocationHandle = allocationHandle
    self.sharedMemoryHandle = sharedMemoryHandle
    self.owner = owner
    self.length = length
    self.section = section
    self.physicalBase = physicalBase
    self.firstExtent = firstExtent
    self.otherExtents = otherExtents
    self.mapping = mapping
    unsafe self.address = unsafe address
  }

  /// `VirtualAddress` and `Length`: the block in this process, contiguous regardless of its extents.
  public var virtualAddress: UnsafeMutableRawBufferPointer {
    unsafe UnsafeMutableRawBufferPointer(start: address, count: length)
  }

  /// The parts of the section that make up the block, in order.
  public var extents: [Extent] { [firstExtent] + otherExtents }

  /// `SGListBuffer`: the block in the simulated physical address space.
  public var scatterGatherList: [ScatterGatherElement] {
    extents.map { ScatterGatherElement(address: physicalBase &+ $0.offset, length: $0.length) }
  }

  /// Writes the pattern of the examples: the 64-bit word at index i is i ^ `patternKey`.
  public func writePattern() {
    for index in 0..<length / 8 {
      let word = UInt64(index) ^ SharedMemoryBlock.patternKey
      unsafe virtualAddress.storeBytes(of: word, toByteOffset: index * 8, as: UInt64.self)
    }
  }

  /// Whether the block has the pattern.
  public func hasPattern() -> Bool {
    (0..<length / 8).allSatisfy { index in
      unsafe virtualAddress.load(fromByteOffset: index * 8, as: UInt64.self)
        == UInt64(index) ^ SharedMemoryBlock.patternKey
    }
  }

  /// "SHAREDME" in ASCII.
  public static let patternKey: UInt64 = 0x5348_4152_4544_4D45
}
