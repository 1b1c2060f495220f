// The reader (leader/followers): one thread at a time reads the connection. It stores each reply in its
// slot, runs upcalls itself (after resigning, so that another thread can read), and resigns when its own
// reply has arrived. A thread that reads its own reply decodes it in the receive buffer before it resigns:
// nothing is copied, and the lock is taken once for both.

import CNDIS
import NDISDriverProtocol
import NDIS
import NDISPlatform

extension Connection {
  /// The kind of a packet.
  private enum Packet {
    /// The reply that the reader waits for, in the receive buffer. The thread is still the reader.
    case awaited(MessageHeader, length: Int)
    case reply(slotDone: Bool)
    case upcall(Upcall)
    case notification
  }

  /// Where a ticket's reply is.
  enum Reply {
    /// In the ticket's slot; no bytes if the ticket was finished before.
    case inSlot(length: Int)
    /// In the receive buffer, and the calling thread is the reader: see `resignReader`.
    case received(MessageHeader, length: Int)
  }

  /// Reads and serves until the reply to a ticket has arrived.
  func awaitReply(_ ticket: Ticket) throws(DriverError) -> Reply {
    if let (header, length) = try pump({ $0.hasNothingToWait(ticket) }, awaited: ticket.id) {
      return .received(header, length: length)
    }
    return .inSlot(
      length: requests.withLock { requests in
        let slot = requests.slots[ticket.slot]
        return slot.id == ticket.id && slot.isDone ? slot.length : 0
      })
  }

  /// Resigns as the reader after a reply was decoded in the receive buffer, and frees its slot.
  func resignReader(_ ticket: Ticket) {
    let (task, wake) = requests.withLock { requests in
      requests.hasReader = false
      return (requests.release(ticket.slot), requests.waiters > 0)
    }
    if wake { requests.broadcast() }
    task?.resume()
  }

  /// Reads and serves until `isDone`, which is evaluated with the lock held.
  func pump(_ isDone: (inout Requests) -> Bool) throws(DriverError) {
    // No request has the id 0.
    _ = try pump(isDone, awaited: 0)
  }

  /// The same, or until the reply to `awaited` has been read: it is returned, and the calling thread is the
  /// reader.
  private func pump(
    _ isDone: (inout Requests) -> Bool, awaited: UInt64
  ) throws(DriverError) -> (MessageHeader, length: Int)? {
    guard try becomeReader(isDone) else { return nil }
    while true {
      let packet: Packet
      do throws(DriverError) {
        packet = try readPacket(isDone, awaited)
      } catch {
        // After a protocol error nothing more is read.
        transport.close()
        requests.withLock { $0.hasReader = false }
        end(error)
        throw error
      }
      switch packet {
      case .awaited(let header, let length): return (header, length)
      case .reply(true): return nil
      case .reply(false), .notification: break
      case .upcall(let upcall):
        // A thread that waits for the completion of an OID request is notified before another thread
        // becomes the reader: nothing wakes a reader. Upcalls are admitted here, too, before another reader
        // can read a duplicate.
        let (wake, turn, isAwaited) = requests.withLock { requests in
          requests.hasReader = false
          let turn = isResumable ? requests.upcalls.admit(upcall.id) : .call
          return (requests.waiters > 0, turn, turn == .call && requests.takeEnd(upcall))
        }
        if wake { requests.broadcast() }
        switch turn {
        case .call: if isAwaited { acknowledge(upcall) } else { serve(upcall) }
        case .resendAnswer(let epoch): resendAnswer(upcall.id, epoch: epoch)
        case .ignore: break
        }
        guard try becomeReader(isDone) else { return nil }
      }
    }
  }

  /// Waits until the calling thread becomes the reader (true) or need not (false).
  private func becomeReader(_ isDone: (inout Requests) -> Bool) throws(DriverError) -> Bool {
    enum Turn { case mayRead, isDone, isClosed }
    var isCounted = false
    let turn: Turn = requests.wait { requests in
      var turn: Turn?
      if isDone(&requests) {
        turn = .isDone
      } else if requests.closed != nil {
        turn = .isClosed
      } else if !requests.hasReader {
        requests.hasReader = true
        turn = .mayRead
      }
      if (turn == nil) != isCounted {
        isCounted.toggle()
        requests.waiters += isCounted ? 1 : -1
      }
      return turn
    }
    // A connection is never reopened, so the reason is still set.
    if turn == .isClosed { throw requests.withLock { $0.closed } ?? .closed }
    return turn == .mayRead
  }

  /// Receives one packet and dispatches it. The caller is the reader.
  private func readPacket(
    _ isDone: (inout Requests) -> Bool, _ awaited: UInt64
  ) throws(DriverError) -> Packet {
    var (length, raw) = try unsafe transport.receive(into: receiveBuffer)
    // Linux reports the end of the peer before its last packets are received.
    if length == 0, isResumable {
      (length, raw) = try unsafe transport.receive(into: receiveBuffer)
    }
    guard length > 0 else {
      if let closed = requests.withLock({ $0.closed }) { throw closed }
      guard isResumable else { throw .closed }
      return try reconnect(isDone) ? .notification : .reply(slotDone: true)
    }
    let descriptor = raw
    let packet = unsafe UnsafeRawBufferPointer(rebasing: receiveBuffer[..<length])
    let header: MessageHeader
    do throws(Failure) {
      header = try unsafe MessageHeader(packet: packet)
    } catch {
      _ = Descriptor(owning: descriptor)
      throw .protocolBroken(error)
    }
    if header.isReply, !header.isUpcall {
      // Before the reply becomes visible, because another reply may name the section, too.
      unsafe adoptSection(header, packet, descriptor: descriptor)
      if header.requestID == awaited, awaited != 0 { return .awaited(header, length: length) }
      return .reply(slotDone: unsafe deliver(header, packet, isDone))
    }
    if header.isNotification, Int(header.type) == NDISSIM_SECTION_VIEW {
      unsafe adoptView(packet, descriptor: descriptor)
      return .notification
    }
    if header.isUpcall, !header.isReply,
      Int(header.type) == NDISSIM_UPCALL_SHARED_MEMORY_ALLOCATE_COMPLETE
    {
      unsafe adoptCompleted(packet, descriptor: descriptor)
      return .upcall(unsafe Upcall(header, packet))
    }
    // No other packet has a descriptor.
    _ = Descriptor(owning: descriptor)
    if header.isUpcall, !header.isReply { return .upcall(unsafe Upcall(header, packet)) }
    if header.isNotification { try unsafe notice(header, packet) }
    return .notification
  }

  /// A section of frames that are about to be received, before the upcall that names it.
  private func adoptView(_ packet: UnsafeRawBufferPointer, descriptor: Int32) {
    guard descriptor >= 0 else { return }
    let file = Descriptor(owning: descriptor)
    var reader = unsafe BodyReader(packet: packet)
    guard let raw = try? reader.read(ndissim_section_view.self) else { return }
    views.adopt(raw.section, size: raw.size, descriptor: file)
  }

  /// The section of memory that MiniportSharedMemoryAllocateComplete gets, before another thread reads a reply that
  /// names it.
  private func adoptCompleted(_ packet: UnsafeRawBufferPointer, descriptor: Int32) {
    guard descriptor >= 0 else { return }
    var reader = unsafe BodyReader(packet: packet)
    guard let raw = try? reader.read(ndissim_upcall_shared_memory_allocate_complete.self) else {
      _ = Descriptor(owning: descriptor)
      return
    }
    sections.adopt(raw.section, size: raw.section_size, descriptor: descriptor)
  }

  private func adoptSection(
    _ header: MessageHeader, _ packet: UnsafeRawBufferPointer, descriptor: Int32
  ) {
    guard descriptor >= 0 else { return }
    var reader = unsafe BodyReader(packet: packet)
    guard
      header.type == UInt16(NDISSIM_ALLOCATE_SHARED_MEMORY)
        || header.type == UInt16(NDISSIM_M_ALLOCATE_SHARED_MEMORY), header.status == .success,
      let reply = try? reader.read(ndissim_allocate_reply.self)
    else {
      _ = Descriptor(owning: descriptor)
      return
    }
    sections.adopt(reply.section, size: reply.section_size, descriptor: descriptor)
  }

  /// Stores a reply in its slot. Returns whether the reader is done and stops reading.
  private func deliver(
    _ header: MessageHeader, _ packet: UnsafeRawBufferPointer,
    _ isDone: (inout Requests) -> Bool
  ) -> Bool {
    let (done, wake, task) = requests.withLock { requests in
      var task: SleepingTask?
      if let slot = requests.find(header.requestID) {
        if requests.slots[slot].isIgnored {
          task = requests.release(slot)
        } else {
          let start = slot * Connection.packetSize
          unsafe UnsafeMutableRawBufferPointer(
            rebasing: replies[start..<start + packet.count]
          ).copyMemory(from: packet)
          requests.slots[slot].length = packet.count
          requests.slots[slot].isDone = true
          task = requests.slots[slot].continuation
          requests.slots[slot].continuation = nil
        }
      } else {
        requests.strayReplies += 1
      }
      let done = isDone(&requests)
      if done { requests.hasReader = false }
      return (done, requests.waiters > 0, task)
    }
    if wake { requests.broadcast() }
    task?.resume()
    return done
  }

  private func notice(
    _ header: MessageHeader, _ packet: UnsafeRawBufferPointer
  ) throws(DriverError) {
    switch Int(header.type) {
    case NDISSIM_SECTION_RELEASED:
      let handle = try unsafe Connection.body(packet, of: UInt64.self)
      sections.drop(handle)
      views.drop(handle)
      for provider in registry.providers() {
        provider.sectionReleased(SectionHandle(rawValue: handle))
      }
    case NDISSIM_RESUMED: try resumed(try unsafe Connection.body(packet, of: ndissim_resumed.self))
    case NDISSIM_GOODBYE: throw unsafe Connection.goodbye(header, packet)
    default: break
    }
  }

  private static func body<Value: BitwiseCopyable>(
    _ packet: UnsafeRawBufferPointer, of type: Value.Type
  ) throws(DriverError) -> Value {
    var reader = unsafe BodyReader(packet: packet)
    do throws(Failure) { return try reader.read(type) } catch { throw .protocolBroken(error) }
  }

  /// The error of a GOODBYE.
  static func goodbye(_ header: MessageHeader, _ packet: UnsafeRawBufferPointer) -> DriverError {
    var reader = unsafe BodyReader(packet: packet)
    do throws(Failure) {
      let failure = try reader.readFailure()
      return DriverError(
        .connection, status: header.status, rule: "\(failure.rule)",
        sentence: "NDIS closed the session: \(failure.sentence)", bugCheck: failure.bugCheck)
    } catch { return .protocolBroken(error) }
  }
}
