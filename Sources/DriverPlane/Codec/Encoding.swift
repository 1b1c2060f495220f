// From results to packets. Everything is written into one buffer of the switchboard's; a block of the most
// extents a block may have fits it. Upcalls are in the files beside this one.

import CNDIS
import NDISDriverProtocol
import NDIS
import NDISSimulator

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

  /// A success: no body, one handle, or a handle and a number. An accepted OID request's is PENDING, with
  /// the request's handle.
  static func reply(
    _ id: UInt64, _ result: RequestResult, into buffer: UnsafeMutableRawBufferPointer
  ) -> Int {
    var writer = unsafe MessageWriter(
      MessageHeader(
        type: result.type, flags: NDISSIM_FLAG_REPLY, requestID: id,
        status: result.failure.status), into: buffer)
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

  /// The notification that a process may read a section from now on; its descriptor goes with it. Size 0
  /// and no descriptor: it could not be opened.
  static func sectionView(
    _ handle: Handle, size: UInt64, into buffer: UnsafeMutableRawBufferPointer
  ) -> Int {
    var writer = unsafe MessageWriter(
      MessageHeader(
        type: UInt16(NDISSIM_SECTION_VIEW), flags: NDISSIM_FLAG_NOTIFICATION, requestID: 0,
        descriptors: size > 0 ? 1 : 0), into: buffer)
    writer.append(ndissim_section_view(section: handle.rawValue, size: size))
    return writer.finish()
  }
}
