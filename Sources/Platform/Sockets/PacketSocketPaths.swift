// Creates packet sockets: by path, as a pair, by accept. A listener replaces only a stale socket file: one on
// which connections are refused.
//
// Limits: two daemons that start at the same time on one path can both consider it stale; the service manager
// must prevent that. The directory must belong to the daemon, since the path is checked and used in separate
// calls.

import CNDISLinux
import Glibc

/// Why a socket could not be created on its path.
public enum SocketPathProblem: Error, Equatable, Sendable {
  case pathTooLong(path: String, limit: Int)
  /// Empty, or with a NUL inside, where the kernel would end it.
  case notAPath(String)
  case anotherDaemonListens(path: String)
  /// The path exists and is not a socket; it is left unchanged.
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
  /// Both ends of a connection. Frozen, so that other modules can consume its parts.
  @frozen
  public struct Pair: ~Copyable, Sendable {
    public let first: PacketSocket
    public let second: PacketSocket
  }

  /// Connects to a listener. The socket is blocking; each call decides whether it blocks.
  public static func connect(path: String) throws(SocketPathProblem) -> PacketSocket {
    try LocalSocket.check(path)
    do throws(SystemError) {
      let descriptor = try SystemCall.open("socket") { clinux_packet_socket(0) }
      try SystemCall.run("connect to \(path)") { unsafe clinux_connect(descriptor.raw, path) }
      return PacketSocket(adopting: descriptor)
    } catch { throw .system(error) }
  }

  /// Takes ownership of a listener created elsewhere, for instance by the service manager. It must be a
  /// listening SEQPACKET socket; it is made nonblocking, which an inherited one is not.
  public static func listener(
    adopting descriptor: consuming Descriptor
  ) throws(SystemError) -> PacketSocket {
    try LocalSocket.checkListener(
      descriptor.raw, type: Int32(SOCK_SEQPACKET.rawValue),
      operation: "adopting a listening socket")
    return PacketSocket(adopting: descriptor)
  }

  /// Listens on a path. The file gets exactly the permissions `mode`; write permission allows connecting. The
  /// file is not removed with the listener.
  public static func listener(
    path: String, mode: UInt32 = 0o600, backlog: Int32 = 128
  ) throws(SocketPathProblem) -> PacketSocket {
    PacketSocket(
      adopting: try LocalSocket.listen(path: path, mode: mode, backlog: backlog) {
        clinux_packet_socket(1)
      })
  }

  /// Creates both ends of a connection, blocking.
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

  /// Accepts the next pending connection, nonblocking; nil if there is none. If the process has no free
  /// descriptor (EMFILE or ENFILE), the connection stays pending: see `Spare`.
  public func accept() throws(SystemError) -> PacketSocket? {
    guard let descriptor = try LocalSocket.accept(descriptor.raw) else { return nil }
    return PacketSocket(adopting: descriptor)
  }
}
