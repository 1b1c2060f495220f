// Upcalls for received lists: to overlying drivers with the locations of the data, to the miniport with its
// contexts. They are written during iteration, without allocation.
//
// They fit in a packet: 48 bytes of header and 40 before the lists, 256 lists of 16 bytes with a buffer of 8
// each, 1,600 parts of 32 bytes and 256 tags of 4 are 58,456 of 65,536 bytes (Limits.maximumLists, maximumParts); 48 and 32 bytes with 4,096 contexts of 8 (Limits.maximumReturned) are 32,848. The dispatcher
// refuses an indication with more parts, and splits a return.

package import NDISDriverInterface
import CNDIS
import NDIS

extension Encoding {
  /// UPCALL_RECEIVE_NET_BUFFER_LISTS with `count` lists, over which `forEachPiece` iterates in order.
  package static func upcall(
    _ id: UInt64, _ upcall: UpcallDetails, port: UInt32, flags: UInt32, count: UInt32,
    hasTags: Bool = false, into buffer: UnsafeMutableRawBufferPointer,
    forEachPiece: (_ body: (ReceivedPiece) -> Void) -> Void
  ) -> Int {
    var writer = unsafe begin(id, upcall, buffer)
    appendHead(upcall, to: &writer)
    writer.append(port)
    writer.append(flags)
    writer.append(count)
    writer.append(hasTags ? NDISSIM_LIST_INFORMATION_8021Q : 0)
    // The position of the buffer's part count, which is known after iterating over the parts.
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
      case .tag(let tag): writer.append(tag.rawValue)
      }
    }
    return writer.finish()
  }

  /// UPCALL_RETURN_NET_BUFFER_LISTS.
  ///
  /// `forEachNumber` iterates over the miniport's contexts of the lists in order.
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
