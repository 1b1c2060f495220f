// The transport of packets between the kit and NDIS: a socket, or in tests a scripted daemon. At most one
// thread is in `receive` and at most one in `send` at a time.

package import NDISPlatform

/// A connection of whole packets.
public protocol Transport: AnyObject, Sendable {
  /// Sends one packet with its descriptors, which remain the caller's. Blocks while the peer is slow.
  func send(_ packet: UnsafeRawBufferPointer, descriptors: [Int32]) throws(DriverError)

  /// Waits for one packet. Returns its length, 0 at the end of the connection, and its descriptor, -1 for
  /// none; the caller owns the descriptor.
  func receive(
    into buffer: UnsafeMutableRawBufferPointer
  ) throws(DriverError) -> (length: Int, descriptor: Int32)

  /// Closes the connection; a waiting `receive` returns 0, and so does every later one.
  func close()

  /// Reconnects after the end of the connection, without waiting. No thread is in `send` or `receive`;
  /// `close` may be called at the same time. Returns false if this transport cannot reconnect, and throws
  /// if the attempt failed.
  func reconnect() throws(DriverError) -> Bool

  /// Waits until a packet or the end of the connection can be received; false after the deadline, in
  /// nanoseconds of the monotonic clock. Required of transports that reconnect.
  func waitToReceive(until deadline: UInt64) throws(DriverError) -> Bool
}

extension Transport {
  public func reconnect() throws(DriverError) -> Bool { false }

  public func waitToReceive(until deadline: UInt64) throws(DriverError) -> Bool { true }
}

/// The daemon's SOCK_SEQPACKET socket.
public final class SocketTransport: Transport, @unchecked Sendable {
  // Unchecked: `received` is touched only by the one thread in `receive`.
  private let socket: PacketSocket
  private let path: String?
  private var received = ReceivedDescriptors(capacity: 4)

  /// Connects to a socket, by default to the one `SocketPath.find` finds.
  public init(path: String? = nil) throws(DriverError) {
    guard let path = path ?? SocketPath.find() else {
      throw .connection(
        "No daemon was found; searched " + SocketPath.candidates.joined(separator: ", "),
        rule: "noDaemon")
    }
    self.path = path
    do throws(SocketPathProblem) {
      socket = try PacketSocket.connect(path: path)
    } catch { throw .connection("\(error)", rule: "connect") }
  }

  /// Adopts a connected socket. Without a path it cannot reconnect.
  package init(adopting socket: consuming PacketSocket, path: String? = nil) {
    self.socket = socket
    self.path = path
  }

  public func send(_ packet: UnsafeRawBufferPointer, descriptors: [Int32]) throws(DriverError) {
    do throws(SystemError) {
      if descriptors.isEmpty {
        _ = try unsafe socket.send(header: packet, blocking: true)
      } else {
        _ = try unsafe descriptors.withUnsafeBufferPointer { (numbers) throws(SystemError) in
          try unsafe socket.send(header: packet, descriptors: numbers, blocking: true)
        }
      }
    } catch {
      throw error.peerIsGone ? .closed : .connection("\(error)")
    }
  }

  public func receive(
    into buffer: UnsafeMutableRawBufferPointer
  ) throws(DriverError) -> (length: Int, descriptor: Int32) {
    let packet: PacketSocket.Received
    do throws(SystemError) {
      packet = try unsafe socket.receive(into: buffer, descriptors: &received, blocking: true)
    } catch {
      throw .connection("\(error)")
    }
    guard case .message(let length, let truncated, let count, let controlTruncated) = packet else {
      return (0, -1)
    }
    guard !truncated, !controlTruncated else {
      throw .connection(
        "A packet was cut: it is too long, or this process has no descriptor left.",
        rule: "truncated")
    }
    return (length, count > 0 ? received.take(0)?.release() ?? -1 : -1)
  }

  public func close() {
    // A socket that cannot be shut down is not connected.
    _ = try? socket.shutdown()
  }

  public func reconnect() throws(DriverError) -> Bool {
    guard let path else { return false }
    let other: PacketSocket
    do throws(SocketPathProblem) {
      other = try PacketSocket.connectAtOnce(path: path)
    } catch { throw .connection("\(error)", rule: "connect") }
    do throws(SystemError) {
      try socket.replace(with: other)
    } catch { throw .connection("\(error)", rule: "connect") }
    return true
  }

  public func waitToReceive(until deadline: UInt64) throws(DriverError) -> Bool {
    do throws(SystemError) {
      return try socket.waitToReceive(until: deadline)
    } catch { throw .connection("\(error)") }
  }
}
