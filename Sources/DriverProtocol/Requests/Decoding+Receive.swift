// Decodes indications of received lists and their return. They arrive with every frame: the array of lists is
// the only allocation, made after the count was checked against the body.

import NDISDriverInterface
import CNDIS
import NDIS

extension Decoding {
  static func indication(_ body: inout BodyReader) throws(Failure) -> Request {
    let raw = try body.read(ndissim_indicate_receive.self)
    try zero(UInt64(raw.information & ~NDISSIM_LIST_INFORMATION_8021Q))
    // A list with one buffer takes at least 24 bytes.
    try count(raw.count, atLeast: 24, body)
    var lists: [IndicatedList] = []
    lists.reserveCapacity(Int(raw.count))
    for _ in 0..<raw.count { lists.append(try list(&body)) }
    if raw.information & NDISSIM_LIST_INFORMATION_8021Q != 0 {
      for position in lists.indices {
        lists[position].tag = Ieee8021QInformation(rawValue: try body.read(UInt32.self))
      }
    }
    return .indicateReceive(
      adapter: Handle(rawValue: raw.adapter_handle),
      Indication(port: raw.port_number, flags: raw.flags, lists: lists))
  }

  @inline(__always)
  private static func list(_ body: inout BodyReader) throws(Failure) -> IndicatedList {
    let raw = try body.read(ndissim_net_buffer_list.self)
    let most = Int(NDIS.Limits.maximumBuffers)
    guard raw.buffers >= 1, raw.buffers <= most else {
      throw Failure(.invalidParameter, .netBufferCount, UInt64(raw.buffers), UInt64(most))
    }
    var list = IndicatedList(
      context: raw.handle, queueID: raw.queue_id, filterID: raw.filter_id)
    list.bufferCount = UInt8(truncatingIfNeeded: raw.buffers)
    var used = 0
    for index in 0..<Int(raw.buffers) {
      let buffer = try body.read(ndissim_net_buffer.self)
      guard buffer.segments <= most - used else {
        throw Failure(
          .invalidParameter, .netBufferCount, UInt64(used) + UInt64(buffer.segments),
          UInt64(most))
      }
      list.dataLengths[index] = buffer.data_length
      list.bufferSegments[index] = UInt8(truncatingIfNeeded: buffer.segments)
      for _ in 0..<buffer.segments {
        list.segments[used] = try NetBufferSharedMemory(
          try body.read(NET_BUFFER_SHARED_MEMORY.self))
        used += 1
      }
    }
    list.segmentCount = UInt8(truncatingIfNeeded: used)
    return list
  }

  static func returned(_ body: inout BodyReader) throws(Failure) -> Request {
    let raw = try body.read(ndissim_return.self)
    try count(raw.count, atLeast: 8, body)
    var lists: [Handle] = []
    lists.reserveCapacity(Int(raw.count))
    for _ in 0..<raw.count { lists.append(try handle(&body)) }
    return .returnLists(
      binding: Handle(rawValue: raw.binding_handle), flags: raw.flags, lists: lists)
  }

  /// Fails if the count of lists is out of range, or does not fit in the body at `size` bytes each.
  private static func count(
    _ count: UInt32, atLeast size: Int, _ body: borrowing BodyReader
  ) throws(Failure) {
    let most = NDIS.Limits.maximumLists
    guard count >= 1, count <= most else {
      throw Failure(.invalidParameter, .netBufferListCount, UInt64(count), UInt64(most))
    }
    guard Int(count) * size <= body.remaining else {
      throw Failure(
        .invalidParameter, .malformedMessage, UInt64(body.remaining), UInt64(Int(count) * size))
    }
  }
}
