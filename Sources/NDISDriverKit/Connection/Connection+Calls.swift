// Asking: a request goes out with the calling thread's IRQL and upcall, its reply comes back into a
// slot and is read there. `call` does all of it; `begin` and `finish` are its halves.

import CNDIS
import NDISDriverProtocol
import NDIS
import NDISPlatform

extension Connection {
  /// Distinguishes connections in a thread's context.
  var identity: UInt { UInt(bitPattern: ObjectIdentifier(self)) }

  /// Asks and waits for the answer.
  func call<Result>(
    _ type: Int, descriptor: Int32 = -1, write: (inout MessageWriter) -> Void = { _ in },
    read: (inout BodyReader) throws(Failure) -> Result
  ) throws(DriverError) -> Result {
    let ticket = try beginWaiting(type, descriptor: descriptor, write: write)
    return try finish(ticket, read: read)
  }

  /// Asks for something whose success has nothing to say.
  func call(
    _ type: Int, descriptor: Int32 = -1, write: (inout MessageWriter) -> Void = { _ in }
  ) throws(DriverError) {
    try call(type, descriptor: descriptor, write: write) { reader throws(Failure) in
      try reader.end()
    }
  }

  /// Asks, after waiting for a free slot if there is none.
  func beginWaiting(
    _ type: Int, descriptor: Int32 = -1, write: (inout MessageWriter) -> Void
  ) throws(DriverError) -> Ticket {
    while true {
      do throws(DriverError) {
        if let ticket = try begin(type, descriptor: descriptor, write: write) { return ticket }
      } catch {
        guard error == .closed else { throw error }
        // What NDIS said last, a GOODBYE with its reason perhaps, has not been read yet.
        try pump { _ in false }
      }
      try pump { $0.free > 0 }
    }
  }

  /// Asks; nil when all slots are taken.
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

  /// Makes a packet in `buffer`. The caller has the sender to itself.
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

  /// Sends a request, and keeps it when the session can be resumed. A daemon that has gone is no error
  /// then: who reads next will find it again, and the request goes out once more.
  func send(
    _ packet: UnsafeRawBufferPointer, descriptors: [Int32], for ticket: Ticket,
    _ sender: inout Sender
  ) throws(DriverError) {
    guard let kept = sender.kept else {
      try unsafe transport.send(packet, descriptors: descriptors)
      return
    }
    unsafe kept.keep(packet, id: ticket.id, slot: ticket.slot)
    if let descriptor = descriptors.first { try keep(descriptor, of: ticket) }
    do throws(DriverError) {
      try unsafe transport.send(packet, descriptors: descriptors)
    } catch {
      guard error == .closed else { throw error }
    }
  }

  /// Waits for the reply, reads it and frees the slot.
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
    case .inHand(let header, let length):
      defer { leaveReading(ticket) }
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

  /// Frees a slot, and tells whoever waits for one.
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

  /// Reads a reply: what `read` makes of its body, or the failure in it.
  static func readReply<Result>(
    _ header: MessageHeader, _ packet: UnsafeRawBufferPointer,
    read: (inout BodyReader) throws(Failure) -> Result
  ) throws(DriverError) -> Result {
    let refusal: DriverError
    do throws(Failure) {
      var reader = unsafe BodyReader(packet: packet)
      // NdisOidRequest is the one routine whose success is PENDING.
      let isAccepted =
        header.status == .pending && Int(header.type) == NDISSIM_OID_REQUEST
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
