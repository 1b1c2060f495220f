// The daemon's end of a connection, driven by the test packet by packet. Packets are sent before the kit reads
// them, so that a whole sequence runs in one thread.

import CNDIS
import NDISDriverProtocol
import Glibc
import NDIS
import NDISDriverKit
import NDISPlatform

/// A packet that the kit sent.
struct Packet: Equatable {
  var bytes: [UInt8]
  var device: UInt64 = 0
  var inode: UInt64 = 0
  var hasDescriptor = false

  var header: MessageHeader? {
    unsafe bytes.withUnsafeBytes { try? unsafe MessageHeader(packet: $0) }
  }
  var type: Int { header.map { Int($0.type) } ?? -1 }
  var id: UInt64 { header?.requestID ?? 0 }
  var body: [UInt8] { Array(bytes.dropFirst(MessageHeader.size)) }

  /// A number of the body.
  func number(at offset: Int) -> UInt64 {
    body.dropFirst(offset).prefix(8).reversed().reduce(0) { $0 << 8 | UInt64($1) }
  }
}

final class ScriptedPeer: @unchecked Sendable {
  // Unchecked: a test uses it from one thread at a time.
  static let token: UInt64 = 0x7777
  static let type: UInt16 = 99

  private let socket: PacketSocket
  private var buffer = [UInt8](repeating: 0, count: 65536)

  init(_ socket: consuming PacketSocket) { self.socket = socket }

  /// A connection whose HELLO was answered, and its other end.
  static func connect(
    features: UInt64 = UInt64(NDISSIM_FEATURE_RESUME), token: UInt64 = ScriptedPeer.token,
    resumes: Bool = true
  ) throws -> (ScriptedPeer, Connection) {
    let pair = try PacketSocket.pair()
    let peer = ScriptedPeer(pair.first)
    peer.sendHello(instance: 1, features: features, token: token)
    let connection = try Connection(
      transport: SocketTransport(adopting: pair.second), name: "t", resumes: resumes)
    return (peer, connection)
  }

  func close() { try? socket.shutdown() }

  /// The reply of HELLO.
  func sendHello(
    instance: UInt8, features: UInt64 = UInt64(NDISSIM_FEATURE_RESUME),
    token: UInt64 = ScriptedPeer.token
  ) {
    var reply = ndissim_hello_reply()
    reply.version = 1
    reply.page_size = 4096
    reply.features = features
    reply.session_token = token
    reply.instance.0 = instance
    self.reply(1, type: NDISSIM_HELLO) { $0.append(reply) }
  }

  func reply(
    _ id: UInt64, type: Int = NDISSIM_FREE_SHARED_MEMORY,
    _ body: (inout MessageWriter) -> Void = { _ in }
  ) {
    send(
      MessageHeader(type: UInt16(type), flags: NDISSIM_FLAG_REPLY, requestID: id), body)
  }

  func refuse(_ id: UInt64, type: Int, _ reason: Reason) {
    let header = MessageHeader(
      type: UInt16(type), flags: NDISSIM_FLAG_REPLY, requestID: id, status: .failure)
    send(header) { $0.append(Failure(.failure, reason, 0, 0), bugCheck: nil) }
  }

  func resumed(_ instance: UInt8) {
    var body = ndissim_resumed()
    body.instance.0 = instance
    send(
      MessageHeader(
        type: UInt16(NDISSIM_RESUMED), flags: NDISSIM_FLAG_NOTIFICATION, requestID: 0)
    ) { $0.append(body) }
  }

  func goodbye() {
    let header = MessageHeader(
      type: UInt16(NDISSIM_GOODBYE), flags: NDISSIM_FLAG_NOTIFICATION, requestID: 0,
      status: .failure)
    send(header) { $0.append(Failure(.failure, .daemonStopping, 0, 0), bugCheck: nil) }
  }

  /// A call of a provider's free handler; `context` comes to the handler.
  func upcallFree(_ id: UInt64, handler: UInt64, context: UInt64) {
    let header = MessageHeader(
      type: UInt16(NDISSIM_UPCALL_FREE_SHARED_MEMORY), flags: NDISSIM_FLAG_UPCALL, requestID: id)
    send(header) { writer in
      writer.append(UInt64(1))
      writer.append(handler)
      writer.append(context)
      writer.append(UInt64(9))
    }
  }

  func send(
    _ header: MessageHeader, descriptor: Int32 = -1,
    _ body: (inout MessageWriter) -> Void = { _ in }
  ) {
    var out = [UInt8](repeating: 0, count: 65536)
    let count = unsafe out.withUnsafeMutableBytes { bytes in
      var writer = unsafe MessageWriter(header, into: bytes)
      body(&writer)
      return writer.finish()
    }
    let descriptors: [Int32] = descriptor >= 0 ? [descriptor] : []
    _ = unsafe out.withUnsafeBytes { bytes in
      unsafe descriptors.withUnsafeBufferPointer { descriptors in
        try? unsafe socket.send(
          header: UnsafeRawBufferPointer(rebasing: bytes[..<count]), descriptors: descriptors,
          blocking: true)
      }
    }
  }

  /// The next packet; nil at the end or, when not blocking, when there is none.
  func receive(blocking: Bool = false) -> Packet? {
    var descriptors = ReceivedDescriptors()
    let got = unsafe buffer.withUnsafeMutableBytes { bytes in
      try? unsafe socket.receive(into: bytes, descriptors: &descriptors, blocking: blocking)
    }
    guard case .message(let length, _, let count, _)? = got else { return nil }
    var packet = Packet(bytes: Array(buffer[..<length]))
    if count > 0, let file = descriptors.take(0) {
      var status = stat()
      unsafe fstat(file.raw, &status)
      packet.hasDescriptor = true
      packet.device = UInt64(status.st_dev)
      packet.inode = UInt64(status.st_ino)
    }
    return packet
  }

  /// All that the kit has sent so far.
  func receiveAll() -> [Packet] {
    var packets: [Packet] = []
    while let packet = receive() { packets.append(packet) }
    return packets
  }
}

/// A daemon's listening socket, which the test creates and removes.
final class ScriptedListener: @unchecked Sendable {
  let path: String
  private let directory: String
  private let listener: PacketSocket

  init() throws {
    directory = try TemporaryDirectory.make(in: "/tmp", prefix: "ndissim-kit-")
    path = directory + "/driver"
    listener = try PacketSocket.listener(path: path)
  }

  deinit { TemporaryDirectory.remove(directory) }

  /// Waits for the next connection.
  func accept() throws -> ScriptedPeer {
    while true {
      if let socket = try listener.accept() { return ScriptedPeer(socket) }
      _ = try listener.waitToReceive(until: MonotonicClock.nanoseconds + 60_000_000_000)
    }
  }

  /// Stops listening.
  func remove() { _ = unsafe unlink(path) }

  /// A connection whose HELLO was answered, and its other end.
  func connect(
    resumeTimeout: Duration = .seconds(60)
  ) throws -> (ScriptedPeer, Connection) {
    let transport = try SocketTransport(path: path)
    let peer = try accept()
    peer.sendHello(instance: 1)
    let connection = try Connection(
      transport: transport, name: "t", resumeTimeout: resumeTimeout)
    _ = peer.receive()
    return (peer, connection)
  }
}

extension ScriptedPeer {
  /// The reply of an allocation: a page of section 77, whose descriptor comes with it.
  func replyAllocation(_ id: UInt64, _ descriptor: Int32) {
    let header = MessageHeader(
      type: UInt16(NDISSIM_ALLOCATE_SHARED_MEMORY), flags: NDISSIM_FLAG_REPLY, requestID: id,
      descriptors: 1)
    send(header, descriptor: descriptor) { writer in
      writer.append(id)
      writer.append(UInt64(0))
      writer.append(UInt64(77))
      writer.append(UInt64(8192))
      writer.append(UInt64(1 << 40))
      writer.append(UInt32(1))
      writer.append(UInt32(0))
      writer.append(Extent(offset: 0, length: 4096))
    }
  }
}
