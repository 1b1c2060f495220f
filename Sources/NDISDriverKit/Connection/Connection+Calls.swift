// Requests: sent with the IRQL and the upcall of the calling thread; the reply is stored in a slot and
// decoded there. `call` does both; `begin` and `finish` are its halves.

import CNDIS
import NDISDriverProtocol
import NDIS
import NDISPlatform

extension Connection {
  /// Distinguishes connections in a thread's context.
  var identity: UInt { UInt(bitPattern: ObjectIdentifier(self)) }

  /// Sends a request and waits for the reply.
  func call<Result>(
    _ type: Int, descriptor: Int32 = -1, write: (inout MessageWriter) -> Void = { _ in },
    read: (inout BodyReader) throws(Failure) -> Result
  ) throws(DriverError) -> Result {
    let ticket = try beginWaiting(type, descriptor: descriptor, write: write)
    return try finish(ticket, read: read)
  }

  /// The same for a request whose reply has no body.
  func call(
    _ type: Int, descriptor: Int32 = -1, write: (inout MessageWriter) -> Void = { _ in }
  ) throws(DriverError) {
    try call(type, descriptor: descriptor, write: write) { reader throws(Failure) in
      try reader.end()
    }
  }

  /// Sends a request, after waiting for a free slot.
  func beginWaiting(
    _ type: Int, descriptor: Int32 = -1, write: (inout MessageWriter) -> Void
  ) throws(DriverError) -> Ticket {
    while true {
      do throws(DriverError) {
        if let ticket = try begin(type, descriptor: descriptor, write: write) { return ticket }
      } catch {
        guard error == .closed else { throw error }
        // The last packets, perhaps a GOODBYE with its reason, have not been read yet.
        try pump { _ in false }
      }
      try pump { $0.free > 0 }
    }
  }

  /// Sends a request; nil if no slot is free.
  func begin(
    _ type: Int, descriptor: Int32 = -1, isIgnored: Bool = false,
    write: (inout MessageWriter) -> Void = { _ in }
  ) throws(DriverError) -> Ticket? {
    let thread = unsafe ThreadContext.current.pointee
    var header = MessageHeader(
      type: UInt16(truncatingIfNeeded: type), requestID: 0,
      context: thread.owner == identity ? thread.upcall : 0, irql: thread.irql.rawValue,
      descriptors: descriptor >= 0 ? 1 : 0)
    return try sender.withLock { (sender) throws(DriverError) -> Ticket? in
      let id = sender.nextID
      let slot = try requests.withLock { (requests) throws(DriverError) -> Int? in
        guard requests.closed == nil else { throw requests.closed ?? .closed }
        guard let slot = requests.take(id) else { return nil }
        requests.slots[slot].isIgnored = isIgnored
        return slot
      }
      guard let slot else { return nil }
      header.requestID = id
      do throws(DriverError) {
        let packet = try unsafe make(header, in: sender.buffer, write)
        let ticket = Ticket(slot: slot, id: id)
        try unsafe send(
          packet, descriptors: descriptor >= 0 ? [descriptor] : [], for: ticket, &sender)
        sender.nextID += 1
        return ticket
      } catch {
        _ = requests.withLock { $0.release(slot) }
        throw error
      }
    }
  }

  /// Writes a packet to `buffer`. The caller holds the sender.
  func make(
    _ header: MessageHeader, in buffer: UnsafeMutableRawBufferPointer,
    _ write: (inout MessageWriter) -> Void
  ) throws(DriverError) -> UnsafeRawBufferPointer {
    var writer = unsafe MessageWriter(header, into: buffer)
    write(&writer)
    let count = writer.finish()
    guard count > 0 else { throw .misuse("The message is longer than the protocol allows.") }
    return unsafe UnsafeRawBufferPointer(rebasing: buffer[..<count])
  }

  /// Sends a request, and stores it if the session can be resumed. A lost daemon is then no error: the
  /// reader reconnects, and the request is retransmitted.
  func send(
    _ packet: UnsafeRawBufferPointer, descriptors: [Int32], for ticket: Ticket,
    _ sender: inout Sender
  ) throws(DriverError) {
    guard let queue = sender.retransmits else {
      try unsafe transport.send(packet, descriptors: descriptors)
      return
    }
    unsafe queue.keep(packet, id: ticket.id, slot: ticket.slot)
    if let descriptor = descriptors.first { try keep(descriptor, of: ticket) }
    do throws(DriverError) {
      try unsafe transport.send(packet, descriptors: descriptors)
    } catch {
      guard error == .closed else { throw error }
    }
  }

  /// Waits for the reply, decodes it and frees the slot.
  func finish<Result>(
    _ ticket: Ticket, read: (inout BodyReader) throws(Failure) -> Result
  ) throws(DriverError) -> Result {
    let reply: Reply
    do throws(DriverError) {
      reply = try awaitReply(ticket)
    } catch {
      release(ticket)
      throw error
    }
    switch reply {
    case .received(let header, let length):
      defer { resignReader(ticket) }
      return try unsafe Connection.readReply(
        header, UnsafeRawBufferPointer(rebasing: receiveBuffer[..<length]), read: read)
    case .inSlot(let length):
      guard length > 0 else { throw .misuse("The ticket was finished before.") }
      defer { release(ticket) }
      let packet = unsafe self.reply(in: ticket.slot, length)
      let header: MessageHeader
      do throws(Failure) { header = try unsafe MessageHeader(packet: packet) } catch {
        throw .protocolBroken(error)
      }
      return try unsafe Connection.readReply(header, packet, read: read)
    }
  }

  /// The reply that a slot holds.
  func reply(in slot: Int, _ length: Int) -> UnsafeRawBufferPointer {
    let start = slot * Connection.packetSize
    return unsafe UnsafeRawBufferPointer(rebasing: replies[start..<start + length])
  }

  /// Frees a slot, and notifies a waiter.
  func release(_ ticket: Ticket) {
    let (task, wake) = requests.withLock { requests in
      guard requests.slots[ticket.slot].id == ticket.id else {
        return (nil as SleepingTask?, false)
      }
      let task = requests.release(ticket.slot)
      return (task, requests.free == 1 && requests.waiters > 0)
    }
    if wake { requests.broadcast() }
    task?.resume()
  }

  /// Decodes a reply: the result of `read`, or the failure in it.
  static func readReply<Result>(
    _ header: MessageHeader, _ packet: UnsafeRawBufferPointer,
    read: (inout BodyReader) throws(Failure) -> Result
  ) throws(DriverError) -> Result {
    let refusal: DriverError
    do throws(Failure) {
      var reader = unsafe BodyReader(packet: packet)
      // NdisOidRequest and NdisMAllocateSharedMemoryAsyncEx are the routines whose success is PENDING.
      let isAccepted =
        header.status == .pending
        && (Int(header.type) == NDISSIM_OID_REQUEST
          || Int(header.type) == NDISSIM_M_ALLOCATE_SHARED_MEMORY_ASYNC_EX)
      if header.status == .success || isAccepted { return try read(&reader) }
      let routine = Routine.of(message: header.type)?.name.description
      let failure = try reader.readFailure()
      refusal = DriverError(
        status: header.status, rule: "\(failure.rule)", sentence: failure.sentence,
        bugCheck: failure.bugCheck, routine: routine ?? "message \(header.type)")
    } catch { throw .protocolBroken(error) }
    throw refusal
  }
}
