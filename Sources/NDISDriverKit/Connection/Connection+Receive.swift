// Receiving: indicating lists as a miniport, reading and returning them as a protocol driver. At most
// DISPATCH_LEVEL. Indications and returns may be in flight like allocations (`beginIndicate`,
// `beginReturn`, `finish`).

import CNDIS
import NDISDriverProtocol
public import NDIS
import NDISPlatform

/// An indication in flight; finish each exactly once.
public struct IndicationTicket: Sendable {
  let ticket: Ticket
}

/// A return of lists in flight; finish each exactly once.
public struct ReturnTicket: Sendable {
  let ticket: Ticket
}

extension Connection {
  /// NdisMIndicateReceiveNetBufferLists ("nf-ndis-ndismindicatereceivenetbufferlists"). Without `.resources`
  /// NDIS owns the lists until they are returned to `returnNetBufferLists`; with it, until this returns.
  public func indicateReceive(
    _ adapter: AdapterHandle, _ lists: [NetBufferListIndication],
    flags: ReceiveFlags = .sharedMemoryInfoValid, portNumber: UInt32 = 0
  ) throws(DriverError) {
    let ticket = try beginWaiting(NDISSIM_INDICATE_RECEIVE) { writer in
      Connection.write(adapter, lists, flags, portNumber, into: &writer)
    }
    try finish(IndicationTicket(ticket: ticket))
  }

  /// Sends an indication without waiting for its reply; nil if no slot is free.
  public func beginIndicate(
    _ adapter: AdapterHandle, _ lists: [NetBufferListIndication],
    flags: ReceiveFlags = .sharedMemoryInfoValid, portNumber: UInt32 = 0
  ) throws(DriverError) -> IndicationTicket? {
    let ticket = try begin(NDISSIM_INDICATE_RECEIVE) { writer in
      Connection.write(adapter, lists, flags, portNumber, into: &writer)
    }
    return ticket.map { IndicationTicket(ticket: $0) }
  }

  /// Waits for the reply.
  public func finish(_ indication: IndicationTicket) throws(DriverError) {
    try finish(indication.ticket) { reader throws(Failure) in try reader.end() }
  }

  private static func write(
    _ adapter: AdapterHandle, _ lists: [NetBufferListIndication], _ flags: ReceiveFlags,
    _ portNumber: UInt32, into writer: inout MessageWriter
  ) {
    let hasTags = lists.contains { $0.ieee8021Q != .none }
    writer.append(
      ndissim_indicate_receive(
        adapter_handle: adapter.rawValue, port_number: portNumber, flags: flags.rawValue,
        count: UInt32(truncatingIfNeeded: lists.count),
        information: hasTags ? NDISSIM_LIST_INFORMATION_8021Q : 0))
    for list in lists {
      writer.append(
        ndissim_net_buffer_list(
          handle: list.context, filter_id: list.filterID, queue_id: list.queueID,
          buffers: UInt32(truncatingIfNeeded: list.bufferCount)))
      var segment = 0
      for buffer in 0..<list.bufferCount {
        let count = list.segmentCounts[buffer]
        writer.append(
          ndissim_net_buffer(data_length: list.dataLengths[buffer], segments: count))
        for _ in 0..<count {
          let part = list.segments[segment]
          segment += 1
          writer.append(
            NET_BUFFER_SHARED_MEMORY(
              NextSharedMemorySegment: 0, SharedMemoryFlags: 0, Reserved0: 0,
              SharedMemoryHandle: part.sharedMemoryHandle.rawValue,
              SharedMemoryOffset: part.offset, SharedMemoryLength: part.length))
        }
      }
    }
    if hasTags { for list in lists { writer.append(list.ieee8021Q.rawValue) } }
  }

  /// NdisReturnNetBufferLists ("nf-ndis-ndisreturnnetbufferlists"): returns lists to their miniport. Waits
  /// for the reply; in a handler, other handlers may be called meanwhile.
  public func returnNetBufferLists(
    _ binding: BindingHandle, _ lists: [NetBufferListHandle], flags: ReturnFlags = []
  ) throws(DriverError) {
    try call(NDISSIM_RETURN_NET_BUFFER_LISTS) { writer in
      writer.append(binding.rawValue)
      writer.append(flags.rawValue)
      writer.append(UInt32(truncatingIfNeeded: lists.count))
      for list in lists { writer.append(list.rawValue) }
    }
  }

  /// Returns every list of an indication without waiting for the reply; nil if no slot is free. A handler
  /// that returns lists this way is not reentered.
  public func beginReturn(
    _ indication: ReceiveIndication, flags: ReturnFlags = []
  ) throws(DriverError) -> ReturnTicket? {
    let ticket = try begin(NDISSIM_RETURN_NET_BUFFER_LISTS) { writer in
      writer.append(indication.binding.rawValue)
      writer.append(flags.rawValue)
      writer.append(UInt32(truncatingIfNeeded: indication.lists.count))
      for list in indication.lists { writer.append(list.handle.rawValue) }
    }
    return ticket.map { ReturnTicket(ticket: $0) }
  }

  /// Waits for the reply.
  public func finish(_ returned: ReturnTicket) throws(DriverError) {
    try finish(returned.ticket) { reader throws(Failure) in try reader.end() }
  }

  /// Returns every list of an indication. As in NDIS there is no result: errors are in the journal. It does
  /// not wait, so a handler that returns its lists is not reentered.
  public func returnNetBufferLists(_ indication: ReceiveIndication) throws(DriverError) {
    let sent = try begin(NDISSIM_RETURN_NET_BUFFER_LISTS, isIgnored: true) { writer in
      writer.append(indication.binding.rawValue)
      writer.append(UInt32(0))
      writer.append(UInt32(truncatingIfNeeded: indication.lists.count))
      for list in indication.lists { writer.append(list.handle.rawValue) }
    }
    // All slots are in use.
    if sent == nil {
      try returnNetBufferLists(indication.binding, indication.lists.map(\.handle))
    }
  }

  /// The view of a section of received frames.
  public func view(of section: SectionHandle) -> SectionView? { views.find(section.rawValue) }

  /// Looks up the mappings of the parts of an indication: this process's view of a section, or the section
  /// itself if it belongs to this process.
  func place(_ indication: inout ReceiveIndication) {
    indication.place { section in
      views.find(section)?.mapping ?? sections.find(section)?.mapping
    }
  }
}

extension ReceiveIndication {
  /// Decodes the body after `ndissim_upcall_receive`. The daemon's counts are validated, too.
  init(_ head: ndissim_upcall_receive, _ reader: inout BodyReader) throws(Failure) {
    self.init(
      binding: BindingHandle(rawValue: head.binding_handle), context: head.binding_context,
      portNumber: head.port_number, flags: ReceiveFlags(rawValue: head.flags))
    // A list takes at least 16 bytes, which bounds the reserved capacity.
    let capacity = min(Int(head.count), reader.remaining / 16)
    lists.reserveCapacity(capacity)
    buffers.reserveCapacity(capacity)
    parts.reserveCapacity(capacity)
    for _ in 0..<head.count {
      let list = try reader.read(ndissim_net_buffer_list.self)
      let firstBuffer = buffers.count
      for _ in 0..<list.buffers {
        let buffer = try reader.read(ndissim_net_buffer.self)
        let firstPart = parts.count
        // What lies behind the frame is not the receiver's.
        var left = buffer.data_length
        for _ in 0..<buffer.segments {
          let part = try reader.read(ndissim_view_segment.self)
          let length = min(left, part.length)
          left -= length
          parts.append(
            Part(
              memory: SharedMemoryHandle(rawValue: part.shared_memory_handle),
              section: SectionHandle(rawValue: part.section), offset: part.offset,
              length: length))
        }
        buffers.append(Buffer(dataLength: buffer.data_length, parts: firstPart..<parts.count))
      }
      lists.append(
        List(
          handle: NetBufferListHandle(rawValue: list.handle), queueID: list.queue_id,
          filterID: list.filter_id, buffers: firstBuffer..<buffers.count))
    }
    if head.information & NDISSIM_LIST_INFORMATION_8021Q != 0 {
      for index in lists.indices {
        lists[index].ieee8021Q = Ieee8021QInformation(rawValue: try reader.read(UInt32.self))
      }
    }
    try reader.end()
  }
}
