// How packet sockets come to be: by a path, as a pair, by accepting. A listener replaces the socket
// file of a daemon that died, and nothing else: only a socket that refuses connections is removed.
//
// Limits: two daemons starting at the same moment on one path can both find it stale; to keep them
// apart is the service manager's business. The directory must belong to the daemon, since the path
// is looked at and used in separate calls.

import CNDISLinux
import Glibc

/// Why a socket could not be had by its path.
public enum SocketPathProblem: Error, Equatable, Sendable {
  case pathTooLong(path: String, limit: Int)
  /// Empty, or with a NUL inside, which the kernel would take as its end.
  case notAPath(String)
  case anotherDaemonListens(path: String)
  /// Something that is not a socket is in the way; it is left alone.
  case notASocket(path: String)
  case system(SystemError)
}

extension SocketPathProblem: CustomStringConvertible {
  public var description: String {
    switch self {
    case .pathTooLong(let path, let limit):
      "the socket path \(path) has \(path.utf8.count) bytes, more than the \(limit) Linux allows"
    case .notAPath(let path): "\"\(path)\" is not a socket path"
    case .anotherDaemonListens(let path): "another daemon is listening on \(path)"
    case .notASocket(let path): "\(path) exists and is not a socket"
    case .system(let error): error.description
    }
  }
}

extension PacketSocket {
  /// Both ends of a connection. Frozen, so that other modules may take it apart.
  @frozen
  public struct Pair: ~Copyable, Sendable {
    public let first: PacketSocket
    public let second: PacketSocket
  }

  /// Connects to a listener. The socket is blocking; each call says whether it waits.
  public static func connect(path: String) throws(SocketPathProblem) -> PacketSocket {
    try LocalSocket.check(path)
    do throws(SystemError) {
      let descriptor = try SystemCall.open("socket") { clinux_packet_socket(0) }
      try SystemCall.run("connect to \(path)") { unsafe clinux_connect(descriptor.raw, path) }
      return PacketSocket(adopting: descriptor)
    } catch { throw .system(error) }
  }

  /// Takes over a listener that somebody else made, the service manager for instance. It must be a
  /// listening SEQPACKET socket; it is made nonblocking, which an inherited one is not.
  public static func listener(
    adopting descriptor: consuming Descriptor
  ) throws(SystemError) -> PacketSocket {
    try LocalSocket.checkListener(
      descriptor.raw, type: Int32(SOCK_SEQPACKET.rawValue),
      operation: "adopting a listening socket")
    return PacketSocket(adopting: descriptor)
  }

  /// Listens on a path, whose file gets exactly the permissions `mode` (those that may write may
  /// connect). The file is not removed when the listener goes.
  public static func listener(
    path: String, mode: UInt32 = 0o600, backlog: Int32 = 128
  ) throws(SocketPathProblem) -> PacketSocket {
    PacketSocket(
      adopting: try LocalSocket.listen(path: path, mode: mode, backlog: backlog) {
        clinux_packet_socket(1)
      })
  }

  /// Two ends of one connection, both blocking.
  public static func pair() throws(SystemError) -> Pair {
    var raw: (Int32, Int32) = (-1, -1)
    try SystemCall.run("socketpair") {
      unsafe withUnsafeMutableBytes(of: &raw) { bytes in
        unsafe clinux_packet_pair(bytes.assumingMemoryBound(to: Int32.self).baseAddress)
      }
    }
    return Pair(
      first: PacketSocket(adopting: Descriptor(owning: raw.0)),
      second: PacketSocket(adopting: Descriptor(owning: raw.1)))
  }

  /// The next connection that is waiting, non-blocking; nil when there is none. When the process
  /// has no descriptor left (`isOutOfDescriptors`) the connection goes on waiting: see `Spare`.
  public func accept() throws(SystemError) -> PacketSocket? {
    guard let descriptor = try LocalSocket.accept(descriptor.raw) else { return nil }
    return PacketSocket(adopting: descriptor)
  }
}
