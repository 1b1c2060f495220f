// The sentences of reasons about NdisMAllocateSharedMemory, NdisMAllocateSharedMemoryAsyncEx and
// NdisMFreeSharedMemory; a part of `sentence(_:_:)`.

extension Reason {
  func miniportMemorySentence(_ a: UInt64, _ b: UInt64) -> String {
    switch self {
    case .allocatedLate:
      "NdisMAllocateSharedMemory can be called only from MiniportInitializeEx of adapter \(hex(a)); later NdisMAllocateSharedMemoryAsyncEx allocates."
    case .allocateCompleteMissing:
      "SharedMemAllocateCompleteHandler was NULL in NdisMRegisterScatterGatherDma (handle \(hex(a))); without MiniportSharedMemoryAllocateComplete nobody receives the memory."
    case .otherFreeRoutine:
      b == 0
        ? "AllocationHandle \(hex(a)) is memory of NdisMAllocateSharedMemory; free it with NdisMFreeSharedMemory."
        : "AllocationHandle \(hex(a)) is memory of NdisAllocateSharedMemory; free it with NdisFreeSharedMemory."
    case .freeUnknownAddress:
      "VirtualAddress \(hex(a)) is not in memory that this adapter allocated with NdisMAllocateSharedMemory or NdisMAllocateSharedMemoryAsyncEx."
    case .freeSubrange:
      "VirtualAddress is \(a) bytes behind the base of AllocationHandle \(hex(b)); a subrange cannot be freed."
    case .freeLength: "Length is \(a); the memory was allocated with Length \(b)."
    case .freeCached:
      "Cached is \(a == 0 ? "FALSE" : "TRUE"); the memory was allocated with \(b == 0 ? "FALSE" : "TRUE")."
    case .freePhysicalAddress: "PhysicalAddress is \(hex(a)); that of the memory is \(hex(b))."
    default: "The call failed for reason \(rawValue)."
    }
  }
}
