// A connection's socket with its outbox. A packet is sent immediately, or batched with others at the end of a
// burst of requests: waking a peer for each packet would preempt the daemon every time. Packets that do not
// fit in the socket buffer are queued, with duplicates of their descriptors, in a bounded outbox. A peer
// whose outbox overflows is disconnected: it reads too slowly, and other clients must not be affected. It
// cannot be notified, since it does not read; the reason is logged.

import NDISDriverPlane
import NDISPlatform

/// A peer behind a SEQPACKET socket.
@safe final class SocketPeer: Peer {
  let socket: PacketSocket
  let token: UInt64
  /// Set when the server should close the connection.
  private(set) var isClosing = false {
    didSet { if isClosing, !oldValue { notes.closing.append(token) } }
  }
  private(set) var overflowed = false
  private var outbox: [Waiting] = []
  /// Batched packets, contiguous.
  private var gathered: [UInt8] = []
  private var lengths: [UInt32] = []
  private var sent = 0
  /// How many packets to read in its next turn.
  var readBudget = ReadBudget()
  /// Receives the events of this peer: its outbox has become nonempty, or it is to be closed.
  private let notes: DeferredPeerEvents

  /// Maximum number of queued packets.
  private let outboxLimit: Int

  private struct Waiting {
    var bytes: [UInt8]
    var descriptor: Int32
  }

  init(socket: consuming PacketSocket, token: UInt64, outboxLimit: Int, notes: DeferredPeerEvents) {
    self.outboxLimit = outboxLimit
    self.notes = notes
    self.socket = socket
    self.token = token
  }

  deinit {
    for waiting in outbox[sent...] where waiting.descriptor >= 0 {
      _ = Descriptor(owning: waiting.descriptor)
    }
  }

  var isBlocked: Bool { sent < outbox.count }
  var waiting: Int { outbox.count - sent + lengths.count }
  var descriptor: Int32? { socket.descriptor.raw }

  /// Maximum number of batched bytes.
  private static let maximumBatchBytes = 1 << 16

  func deliver(_ packet: UnsafeRawBufferPointer, descriptor: Int32?) {
    guard !isClosing else { return }
    if notes.isBatching, descriptor == nil, !isBlocked, unsafe gather(packet) { return }
    if !lengths.isEmpty { flushBatch() }
    if !isBlocked, unsafe transmit(packet, descriptor ?? -1) { return }
    guard !isClosing else { return }
    unsafe wait(packet, descriptor: descriptor)
  }

  /// Batches a packet until the end of the burst; false if it must be sent now.
  private func gather(_ packet: UnsafeRawBufferPointer) -> Bool {
    if lengths.count == PacketSocket.mostPackets
      || gathered.count + packet.count > SocketPeer.maximumBatchBytes
    {
      flushBatch()
      guard !isBlocked, !isClosing, packet.count <= SocketPeer.maximumBatchBytes else {
        return false
      }
    }
    if lengths.isEmpty { notes.gathered(self) }
    unsafe gathered.append(contentsOf: packet)
    lengths.append(UInt32(truncatingIfNeeded: packet.count))
    return true
  }

  /// Sends the batched packets; those that do not fit in the socket buffer are queued in the outbox.
  func flushBatch() {
    guard !lengths.isEmpty else { return }
    defer {
      gathered.removeAll(keepingCapacity: true)
      lengths.removeAll(keepingCapacity: true)
    }
    guard !isClosing else { return }
    var taken = 0
    do throws(SystemError) {
      taken = try unsafe gathered.withUnsafeBufferPointer { (bytes) throws(SystemError) in
        try unsafe lengths.withUnsafeBufferPointer { (lengths) throws(SystemError) in
          try unsafe socket.send(packets: UnsafeRawBufferPointer(bytes), lengths: lengths)
        }
      }
    } catch {
      isClosing = true
      return
    }
    guard taken < lengths.count else { return }
    var start = lengths[..<taken].reduce(0) { $0 + Int($1) }
    for length in lengths[taken...] {
      let end = start + Int(length)
      unsafe gathered[start..<end].withUnsafeBytes { unsafe wait($0, descriptor: nil) }
      start = end
    }
  }

  /// Queues a packet in the outbox.
  private func wait(_ packet: UnsafeRawBufferPointer, descriptor: Int32?) {
    guard !isClosing else { return }
    guard outbox.count - sent < outboxLimit else {
      overflowed = true
      isClosing = true
      return
    }
    var copy: Int32 = -1
    if let descriptor {
      let borrowed = Descriptor(owning: descriptor)
      let duplicate = try? borrowed.duplicate()
      _ = borrowed.release()
      guard let duplicate else {
        isClosing = true
        return
      }
      copy = duplicate.release()
    }
    outbox.append(Waiting(bytes: unsafe Array(packet), descriptor: copy))
    notes.blocked.append(token)
  }

  /// Sends a packet; false if the socket buffer is full.
  private func transmit(_ packet: UnsafeRawBufferPointer, _ descriptor: Int32) -> Bool {
    do throws(SystemError) {
      let outcome: PacketSocket.Sent
      if descriptor >= 0 {
        var number = descriptor
        outcome = try unsafe withUnsafePointer(to: &number) { (pointer) throws(SystemError) in
          try unsafe socket.send(
            header: packet, descriptors: UnsafeBufferPointer(start: pointer, count: 1))
        }
      } else {
        outcome = try unsafe socket.send(header: packet)
      }
      return outcome == .sent
    } catch {
      isClosing = true
      return true
    }
  }

  /// The socket has become writable.
  func flush() {
    while sent < outbox.count {
      let waiting = outbox[sent]
      let done = unsafe waiting.bytes.withUnsafeBytes { bytes in
        unsafe transmit(bytes, waiting.descriptor)
      }
      guard done else { return }
      if waiting.descriptor >= 0 { _ = Descriptor(owning: waiting.descriptor) }
      sent += 1
    }
    outbox.removeAll(keepingCapacity: false)
    sent = 0
  }

  func disconnect() {
    flushBatch()
    flush()
    isClosing = true
  }
}
