// An AF_UNIX SEQPACKET socket: whole messages, in order, with descriptors and the peer's credentials. This
// file sends and receives; sockets are created in PacketSocketPaths.
//
// Limits: a message without bytes and descriptors cannot be distinguished from the end of the connection and
// is treated as such. A message longer than the buffer is truncated and flagged; its descriptors are received
// nevertheless. If the process has no free descriptors (EMFILE), the kernel drops those of the message, which
// is flagged too.

import CNDISLinux
import Glibc

/// One end of a packet connection, or a listener.
public struct PacketSocket: ~Copyable, Sendable {
  /// The socket, to be watched by a reactor.
  public let descriptor: Descriptor

  /// The result of sending.
  public enum Sent: Equatable, Sendable {
    case sent
    /// The socket buffer is full: nothing was sent. Watch for writing and send again.
    case wouldBlock
  }

  /// The result of receiving.
  public enum Received: Equatable, Sendable {
    /// A message of `length` bytes; the buffer contains as many as fit, and `truncated` is set if that is not
    /// all. `controlTruncated`: descriptors were dropped.
    case message(length: Int, truncated: Bool, descriptorCount: Int, controlTruncated: Bool)
    case wouldBlock
    case closed
  }

  /// The peer's credentials at the time of the connection.
  public struct Peer: Equatable, Sendable {
    public let processID: Int32
    public let userID: UInt32
    public let groupID: UInt32

    public init(processID: Int32, userID: UInt32, groupID: UInt32) {
      self.processID = processID
      self.userID = userID
      self.groupID = groupID
    }
  }

  /// Takes ownership of a connected or listening socket, for example one passed by the service manager.
  public init(adopting descriptor: consuming Descriptor) {
    self.descriptor = descriptor
  }

  /// Sends one message that consists of two parts, all or nothing. The caller keeps `descriptors`.
  public func send(
    header: UnsafeRawBufferPointer,
    body: UnsafeRawBufferPointer = unsafe UnsafeRawBufferPointer(start: nil, count: 0),
    descriptors: UnsafeBufferPointer<Int32> = unsafe UnsafeBufferPointer(start: nil, count: 0),
    blocking: Bool = false
  ) throws(SystemError) -> Sent {
    while true {
      let sent = try SystemCall.attempt("sendmsg") {
        unsafe clinux_send(
          descriptor.raw, header.baseAddress, header.count, body.baseAddress, body.count,
          descriptors.baseAddress, descriptors.count, blocking ? 1 : 0)
      }
      if sent != nil { return .sent }
      guard blocking else { return .wouldBlock }
      // The socket itself is non-blocking.
      try SystemCall.run("poll") { clinux_wait_until(descriptor.raw, 1, -1) }
    }
  }

  /// The path it is bound to; nil if it is unbound.
  public var localPath: String? {
    var path = [CChar](repeating: 0, count: 256)
    let count = unsafe path.withUnsafeMutableBufferPointer { room in
      unsafe clinux_socket_path(descriptor.raw, room.baseAddress, room.count)
    }
    guard count > 0 else { return nil }
    return String(decoding: path.prefix(Int(count)).map { UInt8(bitPattern: $0) }, as: UTF8.self)
  }

  /// Maximum number of packets in one call of `send(packets:lengths:)`.
  public static let mostPackets = Int(CLINUX_MAX_PACKETS)

  /// Sends contiguous packets with one nonblocking system call. Returns the number of packets sent.
  public func send(
    packets: UnsafeRawBufferPointer, lengths: UnsafeBufferPointer<UInt32>
  ) throws(SystemError) -> Int {
    let sent = try SystemCall.attempt("sendmmsg") {
      unsafe clinux_send_many(
        descriptor.raw, packets.baseAddress, lengths.baseAddress, lengths.count)
    }
    return Int(sent ?? 0)
  }

  /// Receives one message. Descriptors left from the previous message are closed first.
  public func receive(
    into buffer: UnsafeMutableRawBufferPointer, descriptors: inout ReceivedDescriptors,
    blocking: Bool = false
  ) throws(SystemError) -> Received {
    while true {
      let received = try unsafe receiveOnce(into: buffer, &descriptors, blocking)
      guard received == .wouldBlock, blocking else { return received }
      try SystemCall.run("poll") { clinux_wait_until(descriptor.raw, 0, -1) }
    }
  }

  private func receiveOnce(
    into buffer: UnsafeMutableRawBufferPointer, _ descriptors: inout ReceivedDescriptors,
    _ blocking: Bool
  ) throws(SystemError) -> Received {
    var length: Int64?
    var flags: Int32 = 0
    do throws(SystemError) {
      try unsafe descriptors.refill { (storage, capacity) throws(SystemError) in
        var count = 0
        length = try SystemCall.attempt("recvmsg") {
          unsafe clinux_receive(
            descriptor.raw, buffer.baseAddress, buffer.count, storage, capacity, &count, &flags,
            blocking ? 1 : 0)
        }
        return count
      }
    } catch {
      // The peer closed without reading what we had sent.
      if error.peerIsGone { return .closed }
      throw error
    }
    guard let length else { return .wouldBlock }
    if length == 0, descriptors.count == 0, flags == 0 { return .closed }
    return .message(
      length: Int(length), truncated: flags & Int32(CLINUX_TRUNCATED) != 0,
      descriptorCount: descriptors.count,
      controlTruncated: flags & Int32(CLINUX_CONTROL_TRUNCATED) != 0)
  }

  /// The peer's credentials; for a listener, this process's.
  public func peerCredentials() throws(SystemError) -> Peer {
    var process: Int32 = 0
    var user: UInt32 = 0
    var group: UInt32 = 0
    try SystemCall.run("getsockopt(SO_PEERCRED)") {
      unsafe clinux_peer(descriptor.raw, &process, &user, &group)
    }
    return Peer(processID: process, userID: user, groupID: group)
  }

  /// Shuts down both directions. The descriptor stays open.
  public func shutdown() throws(SystemError) {
    do throws(SystemError) {
      try SystemCall.run("shutdown") { clinux_shutdown(descriptor.raw) }
    } catch {
      if !error.peerIsGone { throw error }
    }
  }

  /// Sets the buffer size of each direction. The kernel doubles the values and limits them to
  /// net.core.wmem_max and rmem_max.
  public func setBuffers(sendBytes: Int32, receiveBytes: Int32) throws(SystemError) {
    try SystemCall.run("setsockopt(SO_SNDBUF, SO_RCVBUF)") {
      clinux_set_buffers(descriptor.raw, sendBytes, receiveBytes)
    }
  }
}
