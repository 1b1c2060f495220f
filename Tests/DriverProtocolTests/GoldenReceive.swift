// The golden messages of received lists: the first list has two buffers, of two segments and of one; the
// second has one. For the receiver the first segment lies in two parts.

import CNDIS
import NDISDriverProtocol
import NDIS

extension GoldenList {
  private static func list(
    _ writer: inout MessageWriter, _ handle: UInt64, filterID: UInt16, buffers: UInt32
  ) {
    writer.append(
      ndissim_net_buffer_list(handle: handle, filter_id: filterID, queue_id: 2, buffers: buffers))
  }

  private static func buffer(
    _ writer: inout MessageWriter, length: UInt32, segments: UInt32
  ) {
    writer.append(ndissim_net_buffer(data_length: length, segments: segments))
  }

  private static func part(_ writer: inout MessageWriter, offset: UInt64, length: UInt32) {
    writer.append(
      ndissim_view_segment(
        shared_memory_handle: Example.sharedMemory, section: Example.section, offset: offset,
        length: length, reserved: 0))
  }

  mutating func addReceiving() {
    call("indicate_receive", NDISSIM_INDICATE_RECEIVE) {
      $0.append(Example.adapter)
      $0.append(UInt32(0))
      $0.append(NDIS_RECEIVE_FLAGS_SHARED_MEMORY_INFO_VALID | NDIS_RECEIVE_FLAGS_SINGLE_QUEUE)
      $0.append(UInt32(2))
      $0.append(UInt32(0))
      Self.list(&$0, Example.listContext, filterID: 0, buffers: 2)
      Self.buffer(&$0, length: 1514, segments: 2)
      $0.append(GoldenImage.segment(offset: 4000, length: 128))
      $0.append(GoldenImage.segment(offset: 4608, length: 1386))
      Self.buffer(&$0, length: 60, segments: 1)
      $0.append(GoldenImage.segment(offset: 0, length: 60))
      Self.list(&$0, Example.listContext + 1, filterID: 0, buffers: 1)
      Self.buffer(&$0, length: 64, segments: 1)
      $0.append(GoldenImage.segment(offset: 2048, length: 64))
    }
    call("return_net_buffer_lists", NDISSIM_RETURN_NET_BUFFER_LISTS) {
      $0.append(Example.binding)
      $0.append(NDIS_RETURN_FLAGS_DISPATCH_LEVEL)
      $0.append(UInt32(2))
      $0.append(Example.netBufferList)
      $0.append(Example.netBufferList + 1)
    }
    single(
      "section_view.notification",
      MessageHeader(
        type: UInt16(NDISSIM_SECTION_VIEW), flags: NDISSIM_FLAG_NOTIFICATION, requestID: 0,
        descriptors: 1)
    ) {
      $0.append(Example.section)
      $0.append(UInt64(0x10_0000))
    }
    upcall("receive_net_buffer_lists", NDISSIM_UPCALL_RECEIVE_NET_BUFFER_LISTS) {
      $0.append(Example.binding)
      $0.append(Example.bindingContext)
      $0.append(UInt64(29))
      $0.append(UInt32(0))
      $0.append(NDIS_RECEIVE_FLAGS_SHARED_MEMORY_INFO_VALID | NDIS_RECEIVE_FLAGS_SINGLE_QUEUE)
      $0.append(UInt32(2))
      $0.append(UInt32(0))
      Self.list(&$0, Example.netBufferList, filterID: 3, buffers: 2)
      Self.buffer(&$0, length: 1514, segments: 3)
      Self.part(&$0, offset: 0x3FA0, length: 96)
      Self.part(&$0, offset: 0x8000, length: 32)
      Self.part(&$0, offset: 0x8200, length: 1386)
      Self.buffer(&$0, length: 60, segments: 1)
      Self.part(&$0, offset: 0x3000, length: 60)
      Self.list(&$0, Example.netBufferList + 1, filterID: 3, buffers: 1)
      Self.buffer(&$0, length: 64, segments: 1)
      Self.part(&$0, offset: 0x3800, length: 64)
    }
    upcall("return_net_buffer_lists", NDISSIM_UPCALL_RETURN_NET_BUFFER_LISTS) {
      $0.append(Example.adapter)
      $0.append(Example.adapterContext)
      $0.append(UInt64(9))
      $0.append(NDIS_RETURN_FLAGS_DISPATCH_LEVEL)
      $0.append(UInt32(2))
      $0.append(Example.listContext)
      $0.append(Example.listContext + 1)
    }
  }
}
