// From results and upcalls to packets. Everything is written into one buffer of the switchboard's; a
// block of the most extents a block may have fits it.

import CNDIS
import DriverProtocol
import NDIS
import Simulator

/// Encodes what the daemon sends. Each function answers the packet's bytes.
enum Encoding {
  static func failure(
    _ id: UInt64, _ type: UInt16, _ failure: Failure, bugCheck: BugCheck?,
    into buffer: UnsafeMutableRawBufferPointer
  ) -> Int {
    var writer = unsafe MessageWriter(
      MessageHeader(
        type: type, flags: NDISSIM_FLAG_REPLY, requestID: id, status: failure.status),
      into: buffer)
    writer.append(failure, bugCheck: bugCheck)
    return writer.finish()
  }

  /// A success: no body, one handle, or a handle and a number.
  static func reply(
    _ id: UInt64, _ result: RequestResult, into buffer: UnsafeMutableRawBufferPointer
  ) -> Int {
    var writer = unsafe MessageWriter(
      MessageHeader(type: result.type, flags: NDISSIM_FLAG_REPLY, requestID: id), into: buffer)
    switch Int(result.type) {
    case NDISSIM_REGISTER_SCATTER_GATHER_DMA:
      writer.append(
        ndissim_register_dma_reply(
          dma_handle: result.value.rawValue,
          scatter_gather_list_size: UInt32(truncatingIfNeeded: result.value2), reserved: 0))
    case NDISSIM_OFFER_SECTION:
      writer.append(
        ndissim_offer_reply(section: result.value.rawValue, physical_base: result.value2))
    default:
      if result.value != .null { writer.append(result.value.rawValue) }
    }
    return writer.finish()
  }

  static func allocation(
    _ id: UInt64, _ result: RequestResult, _ details: AllocationDetails,
    _ simulator: borrowing Simulator, withDescriptor: Bool,
    into buffer: UnsafeMutableRawBufferPointer
  ) -> Int {
    var writer = unsafe MessageWriter(
      MessageHeader(
        type: result.type, flags: NDISSIM_FLAG_REPLY, requestID: id,
        descriptors: withDescriptor ? 1 : 0), into: buffer)
    writer.append(
      ndissim_allocate_reply(
        allocation_handle: result.value.rawValue, shared_memory_handle: result.value2,
        section: details.section.rawValue, section_size: details.sectionSize,
        physical_base: details.physicalBase, extent_count: details.extentCount, reserved: 0))
    simulator.forEachExtent(of: result.value) { writer.append($0) }
    return writer.finish()
  }

  static func statistics(
    _ id: UInt64, _ counters: Statistics, descriptors: UInt64,
    into buffer: UnsafeMutableRawBufferPointer
  ) -> Int {
    var writer = unsafe MessageWriter(
      MessageHeader(
        type: UInt16(NDISSIM_STATISTICS), flags: NDISSIM_FLAG_REPLY, requestID: id), into: buffer)
    writer.append(
      ndissim_statistics(
        sessions: counters.sessions, drivers: counters.drivers, adapters: counters.adapters,
        bindings: counters.bindings, registrations: counters.registrations,
        sections: counters.sections, blocks: counters.blocks, bytes: counters.bytes,
        open_requests: counters.openRequests, open_upcalls: counters.openUpcalls,
        allocations: counters.allocations, frees: counters.frees,
        failed_allocations: counters.failedAllocations, violations: counters.violations,
        leaked_blocks: counters.leakedBlocks, session_blocks: counters.sessionBlocks,
        session_bytes: counters.sessionBytes, session_violations: counters.sessionViolations,
        session_leaked_blocks: counters.sessionLeakedBlocks, descriptors: descriptors))
    return writer.finish()
  }

  static func sectionReleased(
    _ handle: Handle, into buffer: UnsafeMutableRawBufferPointer
  ) -> Int {
    var writer = unsafe MessageWriter(
      MessageHeader(
        type: UInt16(NDISSIM_SECTION_RELEASED), flags: NDISSIM_FLAG_NOTIFICATION, requestID: 0),
      into: buffer)
    writer.append(handle.rawValue)
    return writer.finish()
  }

  static func upcall(
    _ id: UInt64, _ upcall: UpcallDetails, into buffer: UnsafeMutableRawBufferPointer
  ) -> Int {
    var writer = unsafe MessageWriter(
      MessageHeader(
        type: upcall.type, flags: NDISSIM_FLAG_UPCALL, requestID: id, context: upcall.parent),
      into: buffer)
    switch Int(upcall.type) {
    case NDISSIM_UPCALL_SET_OPTIONS:
      writer.append(upcall.object.rawValue)
      writer.append(upcall.context)
      writer.append(upcall.handler)
    case NDISSIM_UPCALL_INITIALIZE_EX:
      writer.append(upcall.object.rawValue)
      writer.append(upcall.context)
      writer.append(upcall.handler)
      writer.append(upcall.name)
    case NDISSIM_UPCALL_HALT_EX, NDISSIM_UPCALL_PAUSE, NDISSIM_UPCALL_RESTART:
      writer.append(upcall.object.rawValue)
      writer.append(upcall.context)
      writer.append(upcall.handler)
      writer.append(UInt64(0))
    case NDISSIM_UPCALL_BIND_ADAPTER_EX:
      writer.append(upcall.context)
      writer.append(upcall.bindContext.rawValue)
      writer.append(upcall.handler)
      writer.append(upcall.name)
    case NDISSIM_UPCALL_UNBIND_ADAPTER_EX:
      writer.append(upcall.object.rawValue)
      writer.append(upcall.context)
      writer.append(upcall.handler)
    case NDISSIM_UPCALL_ALLOCATE_SHARED_MEMORY:
      writer.append(upcall.context)
      writer.append(upcall.handler)
      writer.append(upcall.object.rawValue)
      // A header of 16 bytes, then 24 an element; room for one was checked.
      let room = upcall.parameters.sgListBufferLength.subtractingReportingOverflow(16)
      writer.append(min(NDIS.Limits.maximumExtents, room.overflow ? 0 : room.partialValue / 24))
      writer.append(upcall.tag)
      writer.append(upcall.site)
      append(upcall.parameters, to: &writer)
    default:
      writer.append(upcall.context)
      writer.append(upcall.handler)
      writer.append(upcall.providerContext)
      writer.append(upcall.section.rawValue)
    }
    return writer.finish()
  }

  /// The image of the caller's parameters, as long as its revision.
  private static func append(
    _ parameters: SharedMemoryParameters, to writer: inout MessageWriter
  ) {
    var image = NDIS_SHARED_MEMORY_PARAMETERS()
    image.Header = NDIS_OBJECT_HEADER(
      Type: parameters.header.type, Revision: parameters.header.revision,
      Size: parameters.header.size)
    image.Flags = parameters.flags
    image.QueueId = parameters.queueID
    image.PreferredNode = parameters.preferredNode
    image.Usage = parameters.usage
    image.Length = parameters.length
    image.SGListBufferLength = parameters.sgListBufferLength
    image.VPortId = parameters.vportID
    unsafe withUnsafeBytes(of: &image) { bytes in
      unsafe writer.append(
        bytes: UnsafeRawBufferPointer(rebasing: bytes[..<Int(parameters.header.size)]))
    }
  }
}
