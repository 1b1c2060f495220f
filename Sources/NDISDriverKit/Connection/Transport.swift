// What carries packets between the kit and NDIS. In earnest it is a socket; a test may put a
// scripted daemon in its place. The kit never has more than one thread in `receive`, and never more
// than one in `send`; one may be in each.

package import NDISPlatform

/// A connection of whole packets.
public protocol Transport: AnyObject, Sendable {
  /// Sends one packet with its descriptors, which stay the caller's. Waits while the peer is slow.
  func send(_ packet: UnsafeRawBufferPointer, descriptors: [Int32]) throws(DriverError)

  /// Waits for one packet. Answers its bytes, 0 at the end of the connection, and the descriptor
  /// that came with it, -1 for none; the descriptor is the caller's.
  func receive(
    into buffer: UnsafeMutableRawBufferPointer
  ) throws(DriverError) -> (length: Int, descriptor: Int32)

  /// Ends the connection; a waiting `receive` answers 0, and so does every later one.
  func close()

  /// Connects again after the connection has ended, without waiting. Nobody is in `send` or `receive`;
  /// `close` may be called at the same time. Answers false when this transport cannot do it, and throws
  /// when it could not be done now.
  func reconnect() throws(DriverError) -> Bool

  /// Waits until there is something to receive, the end of the connection too; false when the monotonic
  /// clock passes the deadline first, in nanoseconds. A transport that reconnects must have it.
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

  /// Takes over a connected socket. Without a path it cannot connect again.
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
    // A socket that cannot be shut down has no connection.
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
