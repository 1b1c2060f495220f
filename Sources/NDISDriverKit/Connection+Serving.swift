// Serving: reading the connection for nothing but upcalls and other threads' replies.

import CNDIS
import DriverProtocol
import NDIS
import Platform

extension Connection {
  /// Serves upcalls in this thread until `stop()`. Throws when the connection ends before that.
  public func serve() throws(DriverError) {
    try pump { $0.isStopping }
  }

  /// Serves upcalls in a thread of the kit until `stop()` or the end of the connection, whose reason
  /// is then in `closedBecause`. The async calls need this or `serve()`.
  ///
  /// A thread that serves keeps reading: blocking calls of other threads are handed their replies,
  /// which costs a switch of threads. Programs that only call should not serve.
  public func startServing() throws(DriverError) {
    do throws(SystemError) {
      // The thread ends with the connection's end or `stop()`; nobody waits for it.
      _ = try Thread.start(name: "ndis-upcalls") { [self] in try? serve() }
    } catch { throw .connection("\(error)", rule: "thread") }
  }

  /// Makes `serve()` return, in all threads and for good. Calls go on working.
  public func stop() {
    let isReading = requests.withLock { requests in
      requests.isStopping = true
      return requests.isReading
    }
    requests.broadcast()
    // A thread that waits for a packet gets one.
    if isReading { _ = try? begin(NDISSIM_PING, isIgnored: true) { _ in } }
  }

  /// Waits until the calling thread has nothing in flight, for tests: PING and its answer.
  public func ping() throws(DriverError) {
    try call(NDISSIM_PING)
  }

  /// Sends bytes as they are, for tests of what NDIS makes of them. A reply to an id the kit did not
  /// give out is dropped; ids are counted on by `skipRequestIDs`.
  public func sendRaw(_ bytes: [UInt8], descriptors: [Int32] = []) throws(DriverError) {
    try sender.withLock { (_) throws(DriverError) in
      try unsafe bytes.withUnsafeBytes { (packet) throws(DriverError) in
        try unsafe transport.send(packet, descriptors: descriptors)
      }
    }
  }

  /// The id the next request will have.
  public var nextRequestID: UInt64 { sender.withLock { $0.nextID } }

  /// Counts ids on that `sendRaw` has used.
  public func skipRequestIDs(_ count: UInt64) {
    sender.withLock { $0.nextID += count }
  }

  /// Sends a request with any type and body and waits for its reply; its body is the answer.
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
