// Going on after a restart of the daemon, see docs/protocol.md. The new daemon knows what the one before
// had carried out; what was on its way to it is lost. So every request that has no answer is sent once
// more, in the order of ids, and ids keep it from being carried out twice. All of that happens in the
// thread that has the reading, with the sender to itself: who begins a request meanwhile waits, and its
// request comes behind.
//
// It does not read while it sends. A restarted daemon reads whatever it is sent until RESUME, and what it
// answers behind that are 64 replies and the upcalls that are open.

import CNDIS
import NDISDriverProtocol
import Glibc
import NDIS
import NDISPlatform

extension Connection {
  /// RESUMED: the connection has outlived a daemon, and another one speaks.
  func resumed(_ said: ndissim_resumed) throws(DriverError) {
    guard isResumable else { return }
    let instance = unsafe withUnsafeBytes(of: said.instance) { unsafe Array($0) }
    let header = MessageHeader(
      type: UInt16(NDISSIM_RESUME), flags: NDISSIM_FLAG_NOTIFICATION, requestID: 0)
    try sender.withLock { (sender) throws(DriverError) in
      countResumption(instance)
      do throws(DriverError) {
        let packet = try unsafe make(header, in: sender.buffer) { $0.append(said) }
        try unsafe transport.send(packet, descriptors: [])
        try resend(sender)
      } catch {
        // That daemon has gone too; its end is what is read next.
        guard error == .closed else { throw error }
      }
    }
  }

  /// Counts a resumption. The caller has the sender.
  func countResumption(_ instance: [UInt8]) {
    requests.withLock { requests in
      requests.turns.resume()
      requests.instance = instance
      requests.backBefore = nil
    }
  }

  /// Sends every request that has no answer once more. The caller has the sender, and the reading: so no
  /// request becomes answered meanwhile.
  func resend(_ sender: borrowing Sender) throws(DriverError) {
    guard let kept = sender.kept else { return }
    let open = requests.withLock { requests in
      requests.slots.indices.filter { requests.slots[$0].id != 0 && !requests.slots[$0].isDone }
        .map { Ticket(slot: $0, id: requests.slots[$0].id) }
    }
    for ticket in open.sorted(by: { $0.id < $1.id }) {
      // One without a packet is about to be sent for the first time.
      guard let packet = unsafe kept.packet(id: ticket.id, slot: ticket.slot) else { continue }
      let descriptor = Descriptor(owning: duplicate(of: ticket))
      try unsafe transport.send(
        packet, descriptors: descriptor.raw >= 0 ? [descriptor.raw] : [])
    }
  }

  /// Keeps a duplicate of a request's descriptor until the request is answered.
  func keep(_ descriptor: Int32, of ticket: Ticket) throws(DriverError) {
    let copy = fcntl(descriptor, F_DUPFD_CLOEXEC, 3)
    guard copy >= 0 else {
      let problem = SystemError(errno: errno, operation: "fcntl(F_DUPFD_CLOEXEC)")
      throw .connection("The descriptor could not be kept for a restart of the daemon: \(problem)")
    }
    requests.withLock { $0.slots[ticket.slot].descriptor = copy }
  }

  /// One more of a request's descriptor, -1 = it has none. The end of the connection may close the slot's
  /// at any moment.
  private func duplicate(of ticket: Ticket) -> Int32 {
    requests.withLock { requests in
      let slot = requests.slots[ticket.slot]
      guard slot.id == ticket.id, slot.descriptor >= 0 else { return -1 }
      return fcntl(slot.descriptor, F_DUPFD_CLOEXEC, 3)
    }
  }

  /// Sends a remembered answer again, for it was lost with a daemon.
  func answerAgain(_ upcall: UInt64, epoch: UInt64) {
    // When it cannot be sent the connection has ended, and the reading thread will learn it.
    try? sender.withLock { (sender) throws(DriverError) in
      guard let place = requests.withLock({ $0.turns.answerAgain(upcall, epoch: epoch) }) else {
        return
      }
      try unsafe sender.answers?.withPacket(place: place) { (packet) throws(DriverError) in
        try unsafe transport.send(packet, descriptors: [])
      }
    }
  }
}
