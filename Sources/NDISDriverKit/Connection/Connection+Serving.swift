// Serving: reading the connection only for upcalls and for replies to other threads.

import CNDIS
import NDISDriverProtocol
import NDIS
import NDISPlatform

extension Connection {
  /// Serves upcalls in this thread until `stop()`. Throws when the connection ends before that.
  public func serve() throws(DriverError) {
    try pump { $0.isStopping }
  }

  /// Serves upcalls in this thread until `isDone`, which is evaluated first and after each packet, or until
  /// `stop()`: for a thread that waits for its own handlers. `isDone` must not call this connection.
  public func serve(until isDone: () -> Bool) throws(DriverError) {
    try pump { $0.isStopping || isDone() }
  }

  /// Serves upcalls in a thread of the kit until `stop()` or the end of the connection, whose
  /// reason is then in `closedBecause`. The async calls need this or `serve()`.
  ///
  /// A serving thread is always the reader: blocking calls of other threads are woken with their replies,
  /// which costs a context switch. Programs that only call should not serve.
  public func startServing() throws(DriverError) {
    do throws(SystemError) {
      // The thread ends with the connection or on `stop()`; it is not joined.
      _ = try Thread.start(name: "ndis-upcalls") { [self] in serveToTheEnd() }
    } catch { throw .connection("\(error)", rule: "thread") }
  }

  /// Serves; the reason of the end is in `closedBecause`.
  private func serveToTheEnd() {
    do throws(DriverError) { try serve() } catch {}
  }

  /// Makes `serve()` return in all threads, permanently. Calls still work.
  public func stop() {
    let hasReader = requests.withLock { requests in
      requests.isStopping = true
      return requests.hasReader
    }
    requests.broadcast()
    // Wakes a thread that waits for a packet.
    if hasReader { _ = try? begin(NDISSIM_PING, isIgnored: true) }
  }

  /// Waits until the calling thread has nothing in flight, for tests: PING and its reply.
  public func ping() throws(DriverError) {
    try call(NDISSIM_PING)
  }

  /// Sends raw bytes, for tests of invalid input. A reply to an unknown id is dropped; `skipRequestIDs`
  /// reserves ids. The bytes are not retransmitted after a restart of the daemon.
  public func sendRaw(_ bytes: [UInt8], descriptors: [Int32] = []) throws(DriverError) {
    try sender.withLock { (_) throws(DriverError) in
      try unsafe bytes.withUnsafeBufferPointer { (packet) throws(DriverError) in
        try unsafe transport.send(UnsafeRawBufferPointer(packet), descriptors: descriptors)
      }
    }
  }

  /// Sends a raw packet and waits for the reply to the id in its header; returns the raw reply. The id
  /// `nextRequestID` is then used.
  public func exchangeRaw(
    _ packet: [UInt8], descriptors: [Int32] = []
  ) throws(DriverError) -> [UInt8] {
    guard packet.count >= MessageHeader.size else { throw .misuse("The packet has no header.") }
    let id = packet[16..<24].reversed().reduce(0 as UInt64) { $0 << 8 | UInt64($1) }
    guard id != 0, let slot = requests.withLock({ $0.take(id) }) else {
      throw .misuse("No request slot is free, or the id is 0.")
    }
    let ticket = Ticket(slot: slot, id: id)
    defer { release(ticket) }
    try sender.withLock { (sender) throws(DriverError) in
      try unsafe packet.withUnsafeBufferPointer { (packet) throws(DriverError) in
        try unsafe send(
          UnsafeRawBufferPointer(packet), descriptors: descriptors, for: ticket, &sender)
      }
      if sender.nextID == id { sender.nextID += 1 }
    }
    try pump { $0.slots[slot].isDone }
    return unsafe Array(reply(in: slot, requests.withLock { $0.slots[slot].length }))
  }

  /// The id the next request will have.
  public var nextRequestID: UInt64 { sender.withLock { $0.nextID } }

  /// Skips ids that `sendRaw` has used.
  public func skipRequestIDs(_ count: UInt64) {
    sender.withLock { $0.nextID += count }
  }

  /// Sends a request with any type and body, waits for its reply, and returns its body.
  public func request(
    type: UInt16, body: [UInt8], descriptor: Int32? = nil
  ) throws(DriverError) -> [UInt8] {
    try call(Int(type), descriptor: descriptor ?? -1) { writer in
      unsafe body.withUnsafeBytes { unsafe writer.append(bytes: $0) }
    } read: { reader throws(Failure) in
      var answer: [UInt8] = []
      while reader.remaining > 0 { answer.append(try reader.read(UInt8.self)) }
      return answer
    }
  }
}
