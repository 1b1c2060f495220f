// Replies to requests. Allocates nothing: every message is written into the caller's buffer, which is large
// enough for a block with the maximum number of extents.

package import NDISDriverInterface
import CNDIS
package import NDIS

/// Encodes the daemon's messages. Each function returns the length of the message in bytes; 0: it does not
/// fit.
package enum Encoding {
  /// A failure: the reason, its parameters and its sentence.
  package static func failure(
    _ id: UInt64, _ type: UInt16, _ failure: Failure, bugCheck: BugCheck?,
    marksExtension: Bool = false,
    into buffer: UnsafeMutableRawBufferPointer
  ) -> Int {
    var writer = unsafe MessageWriter(
      MessageHeader(
        type: type, flags: NDISSIM_FLAG_REPLY, requestID: id, status: failure.status),
      into: buffer)
    writer.append(failure, bugCheck: bugCheck, marksExtension: marksExtension)
    return writer.finish()
  }

  /// A success: no body, one handle, or a handle and a number. The reply to an accepted OID request is
  /// PENDING, with the request's handle.
  package static func reply(
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

  /// An allocation: its handles, its section and its extents. `forEachExtent` iterates over them in order.
  package static func allocation(
    _ id: UInt64, _ result: RequestResult, _ details: AllocationDetails, withDescriptor: Bool,
    into buffer: UnsafeMutableRawBufferPointer,
    forEachExtent: (_ body: (Extent) -> Void) -> Void
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
    forEachExtent { writer.append($0) }
    return writer.finish()
  }

  /// NDIS_BIND_PARAMETERS and the capabilities behind it.
  package static func bindParameters(
    _ id: UInt64, _ image: [UInt8], receiveFilter: [UInt8], nicSwitch: [UInt8],
    into buffer: UnsafeMutableRawBufferPointer
  ) -> Int {
    var writer = unsafe MessageWriter(
      MessageHeader(
        type: UInt16(NDISSIM_GET_BIND_PARAMETERS), flags: NDISSIM_FLAG_REPLY, requestID: id),
      into: buffer)
    writer.append(
      ndissim_bind_parameters_reply(
        image_length: UInt32(truncatingIfNeeded: image.count),
        receive_filter_length: UInt32(truncatingIfNeeded: receiveFilter.count),
        nic_switch_length: UInt32(truncatingIfNeeded: nicSwitch.count), reserved: 0))
    for part in [image, receiveFilter, nicSwitch] {
      unsafe part.withUnsafeBytes { unsafe writer.append(bytes: $0) }
    }
    return writer.finish()
  }

  /// Counters.
  package static func statistics(
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
}
