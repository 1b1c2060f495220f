// A daemon of a hundred lines at the other end of a socket pair: it answers HELLO, PING, allocations
// and frees from one section, in reverse order when several requests are there, and makes the upcalls
// that a test scripts.

import CNDIS
import NDISDriverProtocol
import Glibc
import NDIS
import NDISDriverKit
import NDISPlatform

final class FakeDaemon: @unchecked Sendable {
  private let socket: PacketSocket
  private let memory: SealedMemory
  private var namedSection = false
  private var nextOffset: UInt64 = 0
  let seen = Monitor<[MessageHeader]>([])
  /// The upcall to make and complete before the reply to a message type.
  var upcalls: [UInt16: UInt16] = [:]
  var scatter = false
  var holdReplies = false
  let answers = Monitor<[MessageHeader]>([])

  struct Made: ~Copyable {}

  init(socket: consuming PacketSocket) throws {
    self.socket = socket
    memory = try SealedMemory(name: "fake", size: 1 << 20)
  }

  static func start(_ configure: (FakeDaemon) -> Void = { _ in }) throws -> (
    FakeDaemon, SocketTransport
  ) {
    let pair = try PacketSocket.pair()
    let daemon = try FakeDaemon(socket: pair.first)
    configure(daemon)
    let transport = SocketTransport(adopting: pair.second)
    _ = try Thread.start(name: "fake-daemon") { daemon.run() }
    return (daemon, transport)
  }

  func close() { try? socket.shutdown() }

  private var buffer = [UInt8](repeating: 0, count: 65536)
  private var held: [(MessageHeader, [UInt8])] = []

  /// Next packet; nil at the end or, when not blocking, when there is none.
  private func receive(blocking: Bool) -> [UInt8]? {
    var descriptors = ReceivedDescriptors()
    let got = unsafe buffer.withUnsafeMutableBytes { b in
      try? unsafe socket.receive(into: b, descriptors: &descriptors, blocking: blocking)
    }
    guard case .message(let length, _, _, _)? = got else { return nil }
    return Array(buffer[..<length])
  }

  func send(
    _ header: MessageHeader, descriptor: Int32 = -1,
    _ body: (inout MessageWriter) -> Void = { _ in }
  ) {
    var out = [UInt8](repeating: 0, count: 65536)
    let count = unsafe out.withUnsafeMutableBytes { b in
      var w = unsafe MessageWriter(header, into: b)
      body(&w)
      return w.finish()
    }
    let ds: [Int32] = descriptor >= 0 ? [descriptor] : []
    _ = unsafe out.withUnsafeBytes { b in
      unsafe ds.withUnsafeBufferPointer { d in
        try? unsafe socket.send(
          header: UnsafeRawBufferPointer(rebasing: b[..<count]), descriptors: d, blocking: true)
      }
    }
  }

  private func run() {
    while true {
      var packet = receive(blocking: held.isEmpty)
      if packet == nil, !held.isEmpty {
        for (h, p) in held.reversed() { reply(h, p) }
        held = []
        packet = receive(blocking: true)
      }
      guard let packet else { return }
      guard let header = FakeDaemon.header(packet) else { continue }
      if header.isUpcall { answers.withLock { $0.append(header) }; answers.broadcast(); continue }
      seen.withLock { $0.append(header) }
      seen.broadcast()
      if holdReplies { held.append((header, packet)) } else { reply(header, packet) }
    }
  }

  /// Makes an upcall without a handler and waits for its answer: a thread is serving.
  func waitUntilServed() {
    send(MessageHeader(type: 200, flags: NDISSIM_FLAG_UPCALL, requestID: 7_777)) { _ in }
    _ = answers.wait { $0.contains { $0.requestID == 7_777 } ? 1 : nil }
  }

  private static func header(_ packet: [UInt8]) -> MessageHeader? {
    unsafe packet.withUnsafeBytes { try? unsafe MessageHeader(packet: $0) }
  }

  private func upcall(_ type: UInt16, _ id: UInt64) {
    send(MessageHeader(type: type, flags: NDISSIM_FLAG_UPCALL, requestID: id)) { w in
      if Int(type) == NDISSIM_UPCALL_SET_OPTIONS {
        w.append(UInt64(0x111)); w.append(UInt64(1)); w.append(UInt64(1 << 8 | 1))
      } else {
        w.append(UInt64(0x222)); w.append(UInt64(1)); w.append(UInt64(1 << 8 | 2));
        w.append(Name("a0"))
      }
    }
  }

  private func reply(_ header: MessageHeader, _ packet: [UInt8]) {
    if let type = upcalls[header.type] {
      let id = 1000 + header.requestID
      upcall(type, id)
      while let p = receive(blocking: true) {
        guard let h = FakeDaemon.header(p) else { continue }
        if h.isUpcall {
          answers.withLock { $0.append(h) }
          if h.requestID == id { break }
          continue
        }
        seen.withLock { $0.append(h) }
        reply(h, p)
      }
    }
    var answer = MessageHeader(
      type: header.type, flags: NDISSIM_FLAG_REPLY, requestID: header.requestID)
    switch Int(header.type) {
    case NDISSIM_HELLO:
      send(answer) { w in
        var r = ndissim_hello_reply()
        r.version = 1; r.page_size = 4096
        w.append(r)
      }
    case NDISSIM_PING, NDISSIM_FREE_SHARED_MEMORY, NDISSIM_SET_MINIPORT_ATTRIBUTES: send(answer)
    case NDISSIM_REGISTER_MINIPORT_DRIVER, NDISSIM_ADD_ADAPTER:
      send(answer) { $0.append(UInt64(0x111)) }
    case NDISSIM_ALLOCATE_SHARED_MEMORY:
      if header.irql != 0 {
        answer.status = .invalidParameter
        send(answer) {
          $0.append(
            Failure(.invalidParameter, .wrongIRQL, 2, 0),
            bugCheck: BugCheck(code: 0x7C, 1, isExtension: false))
        }
        return
      }
      var fd: Int32 = -1
      if !namedSection { namedSection = true; fd = memory.descriptor.raw; answer.descriptors = 1 }
      let offset = nextOffset
      nextOffset = (nextOffset + 4096) % (1 << 19)
      send(answer, descriptor: fd) { w in
        w.append(header.requestID); w.append(UInt64(0)); w.append(UInt64(77));
        w.append(UInt64(1 << 20))
        w.append(UInt64(1 << 40)); w.append(UInt32(scatter ? 2 : 1)); w.append(UInt32(0))
        if scatter {
          w.append(Extent(offset: 8192, length: 4096)); w.append(Extent(offset: 0, length: 4096))
        } else {
          w.append(Extent(offset: offset, length: 8192))
        }
      }
    default:
      answer.status = .notSupported
      send(answer) {
        $0.append(Failure(.notSupported, .unknownMessage, UInt64(header.type)), bugCheck: nil)
      }
    }
  }
}
