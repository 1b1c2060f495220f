// The upcall of MiniportSharedMemoryAllocateComplete.

package import NDISDriverInterface
import CNDIS
import NDIS

extension Encoding {
  /// UPCALL_SHARED_MEMORY_ALLOCATE_COMPLETE; without a block the allocation has failed.
  package static func upcall(
    _ id: UInt64, _ upcall: UpcallDetails, _ block: CompletedAllocation?, withDescriptor: Bool,
    into buffer: UnsafeMutableRawBufferPointer
  ) -> Int {
    var writer = unsafe MessageWriter(
      MessageHeader(
        type: upcall.type, flags: NDISSIM_FLAG_UPCALL, requestID: id, context: upcall.parent,
        irql: upcall.irql.rawValue, descriptors: withDescriptor ? 1 : 0), into: buffer)
    writer.append(
      ndissim_upcall_shared_memory_allocate_complete(
        adapter_handle: upcall.object.rawValue, adapter_context: upcall.context,
        handler: upcall.handler, context: upcall.providerContext,
        allocation_handle: block?.handle.rawValue ?? 0,
        section: block?.details.section.rawValue ?? 0,
        section_size: block?.details.sectionSize ?? 0,
        physical_base: block?.details.physicalBase ?? 0, offset: block?.offset ?? 0,
        length: upcall.argument, cached: block?.isCached == true ? 1 : 0, reserved0: (0, 0, 0)))
    return writer.finish()
  }
}
