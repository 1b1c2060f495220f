// A SEQPACKET socket of this machine: whole messages, in order, with descriptors and with the
// kernel's word on who the peer is. This file has the connection: sending and receiving. How sockets
// come to be is in PacketSocketPaths.
//
// Limits: a message of no bytes and no descriptors cannot be told from the end of the connection
// and is taken as the end. A message longer than the buffer is cut, and said to be; its descriptors
// arrive all the same. Descriptors the process has no room for (EMFILE) are dropped by the kernel,
// and the message says so.

import CNDISLinux
import Glibc

/// One end of a connection of messages, or a listener for such connections.
public struct PacketSocket: ~Copyable, Sendable {
  /// The socket, to be watched by a reactor.
  public let descriptor: Descriptor

  /// What became of a message.
  public enum Sent: Equatable, Sendable {
    case sent
    /// The peer reads too slowly: nothing was sent. Watch for writing and send again.
    case wouldBlock
  }

  /// What came.
  public enum Received: Equatable, Sendable {
    /// A message of `length` bytes as it was sent; of these the buffer has no more than it can hold,
    /// and `truncated` says that it has not all. `controlTruncated`: descriptors were dropped.
    case message(length: Int, truncated: Bool, descriptorCount: Int, controlTruncated: Bool)
    case wouldBlock
    case closed
  }

  /// Who is at the other end, as the kernel saw it when the connection was made.
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

  /// Takes over a connected or listening socket, for example one the service manager passed.
  public init(adopting descriptor: consuming Descriptor) {
    self.descriptor = descriptor
  }

  /// Sends one message made of two parts, which the receiver sees as one. All of it is sent or
  /// nothing. `descriptors` stay the caller's.
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

  /// The path it is bound to; nil when it has none.
  public var localPath: String? {
    var path = [CChar](repeating: 0, count: 256)
    let count = unsafe path.withUnsafeMutableBufferPointer { room in
      unsafe clinux_socket_path(descriptor.raw, room.baseAddress, room.count)
    }
    guard count > 0 else { return nil }
    return String(decoding: path.prefix(Int(count)).map { UInt8(bitPattern: $0) }, as: UTF8.self)
  }

  /// Packets that one call of `send(packets:lengths:)` takes at most.
  public static let mostPackets = Int(CLINUX_MAX_PACKETS)

  /// Sends packets that stand one behind the other, in one system call and without waiting; how many the
  /// socket took.
  public func send(
    packets: UnsafeRawBufferPointer, lengths: UnsafeBufferPointer<UInt32>
  ) throws(SystemError) -> Int {
    let sent = try SystemCall.attempt("sendmmsg") {
      unsafe clinux_send_many(
        descriptor.raw, packets.baseAddress, lengths.baseAddress, lengths.count)
    }
    return Int(sent ?? 0)
  }

  /// Receives one message. What `descriptors` still held from the message before is closed first.
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
      // The peer went without reading what we had sent.
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

  /// Who is at the other end of a connection; for a listener, this process.
  public func peerCredentials() throws(SystemError) -> Peer {
    var process: Int32 = 0
    var user: UInt32 = 0
    var group: UInt32 = 0
    try SystemCall.run("getsockopt(SO_PEERCRED)") {
      unsafe clinux_peer(descriptor.raw, &process, &user, &group)
    }
    return Peer(processID: process, userID: user, groupID: group)
  }

  /// Ends the connection in both directions; both ends see it closed. The descriptor stays.
  public func shutdown() throws(SystemError) {
    do throws(SystemError) {
      try SystemCall.run("shutdown") { clinux_shutdown(descriptor.raw) }
    } catch {
      if !error.peerIsGone { throw error }
    }
  }

  /// Sets how many bytes may wait in each direction. The kernel doubles the numbers and cuts them
  /// to net.core.wmem_max and rmem_max.
  public func setBuffers(sendBytes: Int32, receiveBytes: Int32) throws(SystemError) {
    try SystemCall.run("setsockopt(SO_SNDBUF, SO_RCVBUF)") {
      clinux_set_buffers(descriptor.raw, sendBytes, receiveBytes)
    }
  }
}
