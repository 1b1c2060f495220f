// Upcalls about received lists: to the drivers above with the places of the bytes, to the miniport with
// its numbers. They are written as they are visited, and nothing is allocated.
//
// They fit the packet: 48 bytes of header and 40 before the lists, 256 lists of 16 bytes with 4 buffers
// of 8 each, 1,600 parts of 32 bytes are 63,576 of 65,536 bytes (Limits.maximumLists, maximumBuffers,
// maximumParts); 48 and 32 bytes with 4,096 numbers of 8 (Limits.maximumReturned) are 32,848. The
// dispatcher refuses an indication of more parts and splits a return.

package import NDISDriverInterface
import CNDIS
import NDIS

extension Encoding {
  /// UPCALL_RECEIVE_NET_BUFFER_LISTS of `count` lists, which `forEachPiece` visits in order.
  package static func upcall(
    _ id: UInt64, _ upcall: UpcallDetails, port: UInt32, flags: UInt32, count: UInt32,
    into buffer: UnsafeMutableRawBufferPointer,
    forEachPiece: (_ body: (ReceivedPiece) -> Void) -> Void
  ) -> Int {
    var writer = unsafe begin(id, upcall, buffer)
    appendHead(upcall, to: &writer)
    writer.append(port)
    writer.append(flags)
    writer.append(count)
    writer.append(UInt32(0))
    // Where the number of the buffer's parts is; it is known when they have been visited.
    var place = 0
    var parts: UInt32 = 0
    forEachPiece { piece in
      switch piece {
      case .list(let handle, let filterID, let queueID, let buffers):
        writer.append(
          ndissim_net_buffer_list(
            handle: handle.rawValue, filter_id: filterID, queue_id: queueID, buffers: buffers))
      case .buffer(let dataLength):
        writer.append(ndissim_net_buffer(data_length: dataLength, segments: 0))
        place = writer.position - 4
        parts = 0
      case .part(let memory, let section, let offset, let length):
        writer.append(
          ndissim_view_segment(
            shared_memory_handle: memory.rawValue, section: section.rawValue, offset: offset,
            length: length, reserved: 0))
        parts &+= 1
        writer.replace(parts, at: place)
      }
    }
    return writer.finish()
  }

  /// UPCALL_RETURN_NET_BUFFER_LISTS.
  ///
  /// `forEachNumber` visits the miniport's numbers of the lists in order.
  package static func upcall(
    _ id: UInt64, _ upcall: UpcallDetails, into buffer: UnsafeMutableRawBufferPointer,
    forEachNumber: (_ body: (UInt64) -> Void) -> Void
  ) -> Int {
    var writer = unsafe begin(id, upcall, buffer)
    appendHead(upcall, to: &writer)
    writer.append(upcall.argument)
    let place = writer.position
    writer.append(UInt32(0))
    var count: UInt32 = 0
    forEachNumber { number in
      writer.append(number)
      count &+= 1
    }
    writer.replace(count, at: place)
    return writer.finish()
  }
}
