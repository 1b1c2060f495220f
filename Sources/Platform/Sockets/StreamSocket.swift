// An AF_UNIX SOCK_STREAM socket with the peer's credentials. Reads and writes never block; waiting is a
// separate call with a deadline. Sockets are created in StreamSocketPaths.
//
// Limits: the kernel drops descriptors that a peer sends.

import CNDISLinux
import Glibc

/// One end of a stream connection, or a listener.
public struct StreamSocket: ~Copyable, Sendable {
  /// The socket, to be watched by a reactor.
  public let descriptor: Descriptor

  /// The result of reading.
  public enum Read: Equatable, Sendable {
    /// Number of bytes, at least one.
    case bytes(Int)
    case wouldBlock
    /// The peer has shut down its sending side.
    case closed
  }

  /// The result of writing.
  public enum Written: Equatable, Sendable {
    /// Number of bytes written, possibly not all.
    case bytes(Int)
    case wouldBlock
    /// The peer has closed the connection.
    case closed
  }

  /// The condition to wait for.
  public struct Readiness: OptionSet, Sendable {
    public let rawValue: Int32
    public init(rawValue: Int32) { self.rawValue = rawValue }

    public static let readable = Readiness(rawValue: Int32(CLINUX_READABLE))
    public static let writable = Readiness(rawValue: Int32(CLINUX_WRITABLE))
  }

  /// The peer's credentials at the time of the connection.
  public typealias Peer = PacketSocket.Peer

  /// Takes ownership of a connected or listening socket.
  public init(adopting descriptor: consuming Descriptor) {
    self.descriptor = descriptor
  }

  /// Appends the available bytes, at most `limit`.
  public func read(
    appendingTo bytes: inout [UInt8], limit: Int = 1 << 16
  ) throws(SystemError) -> Read {
    var chunk: Int64?
    let start = bytes.count
    let room = max(1, limit)
    // Uses spare capacity; a buffer that is read into frequently grows once.
    bytes.append(contentsOf: repeatElement(0, count: room))
    defer { bytes.removeLast(room - max(0, Int(chunk ?? 0))) }
    do throws(SystemError) {
      chunk = try SystemCall.attempt("recv") {
        unsafe bytes.withUnsafeMutableBytes { storage in
          unsafe clinux_stream_read(
            descriptor.raw, storage.baseAddress.map { unsafe $0 + start }, room)
        }
      }
    } catch {
      // The peer closed without reading what we had sent.
      if error.peerIsGone { return .closed }
      throw error
    }
    guard let chunk else { return .wouldBlock }
    return chunk == 0 ? .closed : .bytes(Int(chunk))
  }

  /// Writes as much as the socket buffer can take.
  public func write(_ bytes: ArraySlice<UInt8>) throws(SystemError) -> Written {
    var count: Int64?
    do throws(SystemError) {
      count = try SystemCall.attempt("send") {
        unsafe bytes.withUnsafeBytes {
          unsafe clinux_stream_write(descriptor.raw, $0.baseAddress, $0.count)
        }
      }
    } catch {
      if error.peerIsGone { return .closed }
      throw error
    }
    guard let count else { return .wouldBlock }
    return .bytes(Int(count))
  }

  /// Waits until the requested direction is ready; a failed connection counts as ready for both. Returns
  /// nothing if the deadline of the monotonic clock passes first.
  public func wait(
    for wanted: Readiness, until deadline: UInt64? = nil
  ) throws(SystemError) -> Readiness {
    while true {
      var milliseconds: Int32 = -1
      if let deadline {
        let now = MonotonicClock.nanoseconds
        // Rounded up, so that the last wait does not spin.
        let left = deadline > now ? (deadline - now - 1) / 1_000_000 + 1 : 0
        milliseconds = Int32(clamping: left)
      }
      let answer = clinux_wait_both(
        descriptor.raw, wanted.contains(.readable) ? 1 : 0, wanted.contains(.writable) ? 1 : 0,
        milliseconds)
      if answer == -EINTR { continue }
      guard answer >= 0 else { throw SystemError(errno: 0 &- answer, operation: "poll") }
      if answer == 0, milliseconds == .max { continue }
      return Readiness(rawValue: answer)
    }
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
}
