// A SOCK_STREAM socket of this machine: bytes in order, with the kernel's word on who the peer is.
// Reading and writing never wait; whoever wants to wait says for what and until when. How sockets
// come to be is in StreamSocketPaths.
//
// Limits: descriptors that a peer sends along are dropped by the kernel.

import CNDISLinux
import Glibc

/// One end of a connection of bytes, or a listener for such connections.
public struct StreamSocket: ~Copyable, Sendable {
  /// The socket, to be watched by a reactor.
  public let descriptor: Descriptor

  /// What became of reading.
  public enum Read: Equatable, Sendable {
    /// So many bytes, at least one.
    case bytes(Int)
    case wouldBlock
    /// The peer will send no more.
    case closed
  }

  /// What became of writing.
  public enum Written: Equatable, Sendable {
    /// So many bytes of what was to be written, perhaps not all.
    case bytes(Int)
    case wouldBlock
    /// The peer is gone.
    case closed
  }

  /// What a connection is waited for.
  public struct Readiness: OptionSet, Sendable {
    public let rawValue: Int32
    public init(rawValue: Int32) { self.rawValue = rawValue }

    public static let readable = Readiness(rawValue: Int32(CLINUX_READABLE))
    public static let writable = Readiness(rawValue: Int32(CLINUX_WRITABLE))
  }

  /// Who is at the other end, as the kernel saw it when the connection was made.
  public typealias Peer = PacketSocket.Peer

  /// Takes over a connected or listening socket.
  public init(adopting descriptor: consuming Descriptor) {
    self.descriptor = descriptor
  }

  /// Appends what is there to read, at most `limit` bytes.
  public func read(
    appendingTo bytes: inout [UInt8], limit: Int = 1 << 16
  ) throws(SystemError) -> Read {
    var chunk: Int64?
    let start = bytes.count
    let room = max(1, limit)
    // Room that is there anyway is used; a buffer that is read into often grows once.
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
      // The peer went without reading what we had sent.
      if error.peerIsGone { return .closed }
      throw error
    }
    guard let chunk else { return .wouldBlock }
    return chunk == 0 ? .closed : .bytes(Int(chunk))
  }

  /// Writes as much as there is room for.
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

  /// Waits until the connection can be read or written, whatever of it is wanted, or has failed,
  /// which counts as both. Nothing when the monotonic clock passes the deadline first.
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
}
