// Resuming after a restart of the daemon, see docs/protocol.md. The new daemon knows which requests the
// previous one has executed; requests in flight are lost. So every outstanding request is retransmitted, in
// the order of ids, which prevent a second execution. All of that happens in the reader, which holds the
// sender: a thread that starts a request meanwhile waits, and its request follows.
//
// It does not read while it sends. A restarted daemon reads everything until RESUME; its replies after that
// are at most 64 and the outstanding upcalls.

import CNDIS
import NDISDriverProtocol
import Glibc
import NDIS
import NDISPlatform

extension Connection {
  /// RESUMED: the connection survived a restart, and a new daemon continues it.
  func resumed(_ resumed: ndissim_resumed) throws(DriverError) {
    guard isResumable else { return }
    let instance = unsafe withUnsafeBytes(of: resumed.instance) { unsafe Array($0) }
    let header = MessageHeader(
      type: UInt16(NDISSIM_RESUME), flags: NDISSIM_FLAG_NOTIFICATION, requestID: 0)
    try sender.withLock { (sender) throws(DriverError) in
      countResumption(instance)
      do throws(DriverError) {
        let packet = try unsafe make(header, in: sender.buffer) { $0.append(resumed) }
        try unsafe transport.send(packet, descriptors: [])
        try resend(sender)
      } catch {
        // That daemon is lost, too; the end of the connection is read next.
        guard error == .closed else { throw error }
      }
    }
  }

  /// Counts a resumption. The caller holds the sender.
  func countResumption(_ instance: [UInt8]) {
    requests.withLock { requests in
      requests.upcalls.resume()
      requests.instance = instance
      requests.reconnectDeadline = nil
    }
  }

  /// Retransmits every outstanding request. The caller holds the sender and is the reader, so no reply is
  /// processed meanwhile.
  func resend(_ sender: borrowing Sender) throws(DriverError) {
    guard let queue = sender.retransmits else { return }
    let open = requests.withLock { requests in
      requests.slots.indices.filter { requests.slots[$0].id != 0 && !requests.slots[$0].isDone }
        .map { Ticket(slot: $0, id: requests.slots[$0].id) }
    }
    for ticket in open.sorted(by: { $0.id < $1.id }) {
      // A request without a packet is about to be sent for the first time.
      guard let packet = unsafe queue.packet(id: ticket.id, slot: ticket.slot) else { continue }
      let descriptor = Descriptor(owning: duplicate(of: ticket))
      try unsafe transport.send(
        packet, descriptors: descriptor.raw >= 0 ? [descriptor.raw] : [])
    }
  }

  /// Stores a duplicate of a request's descriptor until the reply arrives.
  func keep(_ descriptor: Int32, of ticket: Ticket) throws(DriverError) {
    let copy = fcntl(descriptor, F_DUPFD_CLOEXEC, 3)
    guard copy >= 0 else {
      let problem = SystemError(errno: errno, operation: "fcntl(F_DUPFD_CLOEXEC)")
      throw .connection(
        "The descriptor could not be duplicated for a restart of the daemon: \(problem)")
    }
    requests.withLock { $0.slots[ticket.slot].descriptor = copy }
  }

  /// Another duplicate of a request's descriptor, -1 = none. The end of the connection may close the slot's at
  /// any moment.
  private func duplicate(of ticket: Ticket) -> Int32 {
    requests.withLock { requests in
      let slot = requests.slots[ticket.slot]
      guard slot.id == ticket.id, slot.descriptor >= 0 else { return -1 }
      return fcntl(slot.descriptor, F_DUPFD_CLOEXEC, 3)
    }
  }

  /// Retransmits a cached answer that was lost with a daemon.
  func resendAnswer(_ upcall: UInt64, epoch: UInt64) {
    // If it cannot be sent, the connection has ended, which the reader will notice.
    try? sender.withLock { (sender) throws(DriverError) in
      guard let place = requests.withLock({ $0.upcalls.resendAnswer(upcall, epoch: epoch) }) else {
        return
      }
      try unsafe sender.replays?.withPacket(place: place) { (packet) throws(DriverError) in
        try unsafe transport.send(packet, descriptors: [])
      }
    }
  }
}
