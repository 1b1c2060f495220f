// How packet sockets come to be: by a path, as a pair, by accepting. A listener replaces the socket
// file of a daemon that died, and nothing else: only a socket that refuses connections is removed.
//
// Limits: two daemons starting at the same moment on one path can both find it stale; to keep them
// apart is the service manager's business. The directory must belong to the daemon, since the path
// is looked at and used in separate calls.

import CLinux
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
    try check(path)
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
    guard try option(SO_TYPE, of: descriptor.raw) == Int32(SOCK_SEQPACKET.rawValue),
      try option(SO_ACCEPTCONN, of: descriptor.raw) == 1
    else { throw SystemError(errno: EPROTOTYPE, operation: "adopting a listening socket") }
    let flags = fcntl(descriptor.raw, F_GETFL)
    guard flags >= 0, fcntl(descriptor.raw, F_SETFL, flags | O_NONBLOCK) == 0 else {
      throw SystemError(errno: errno, operation: "fcntl(F_SETFL)")
    }
    return PacketSocket(adopting: descriptor)
  }

  static func option(_ name: Int32, of descriptor: Int32) throws(SystemError) -> Int32 {
    var value: Int32 = 0
    var size = socklen_t(MemoryLayout<Int32>.size)
    guard unsafe getsockopt(descriptor, SOL_SOCKET, name, &value, &size) == 0 else {
      throw SystemError(errno: errno, operation: "getsockopt")
    }
    return value
  }

  /// Listens on a path, whose file gets exactly the permissions `mode` (those that may write may
  /// connect). The file is not removed when the listener goes.
  public static func listener(
    path: String, mode: UInt32 = 0o600, backlog: Int32 = 128
  ) throws(SocketPathProblem) -> PacketSocket {
    try check(path)
    try removeStale(path)
    do throws(SystemError) {
      let descriptor = try SystemCall.open("socket") { clinux_packet_socket(1) }
      // The file inherits the socket's mode, so there is no moment when it is open to all.
      try SystemCall.run("fchmod") { clinux_change_mode(descriptor.raw, 0o600) }
      try SystemCall.run("bind to \(path)") { unsafe clinux_bind(descriptor.raw, path) }
      try SystemCall.run("listen on \(path)") { clinux_listen(descriptor.raw, backlog) }
      try SystemCall.run("chmod of \(path)") { unsafe clinux_change_path_mode(path, mode) }
      return PacketSocket(adopting: descriptor)
    } catch {
      if error.errno == EADDRINUSE { throw .anotherDaemonListens(path: path) }
      throw .system(error)
    }
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
    while true {
      do throws(SystemError) {
        let raw = try SystemCall.attempt("accept4") { clinux_accept(descriptor.raw) }
        guard let raw else { return nil }
        return PacketSocket(adopting: Descriptor(owning: raw))
      } catch {
        // That one went away while it waited; there may be others behind it.
        if error.errno != ECONNABORTED { throw error }
      }
    }
  }

  static func check(_ path: String) throws(SocketPathProblem) {
    guard !path.isEmpty, !path.utf8.contains(0) else { throw .notAPath(path) }
    let limit = clinux_socket_path_limit()
    guard path.utf8.count <= limit else { throw .pathTooLong(path: path, limit: limit) }
  }

  /// Removes the socket file of a listener that is gone, whatever kind of socket it was.
  static func removeStale(_ path: String) throws(SocketPathProblem) {
    let kind = unsafe clinux_path_is_socket(path)
    if kind == -ENOENT { return }
    guard kind >= 0 else {
      throw .system(SystemError(errno: 0 &- kind, operation: "lstat of \(path)"))
    }
    // Asked first, because connecting to an ordinary file is refused as well.
    guard kind == 1 else { throw .notASocket(path: path) }
    do throws(SystemError) {
      let probe = try SystemCall.open("socket") { clinux_packet_socket(1) }
      var answer: Int32
      repeat { answer = unsafe clinux_connect(probe.raw, path) } while answer == -EINTR
      switch answer {
      case -ENOENT: return
      case -ECONNREFUSED: try SystemCall.run("unlink of \(path)") { unsafe clinux_unlink(path) }
      // A full queue of connections, or a socket of another kind: somebody lives there.
      case 0, -EAGAIN, -EPROTOTYPE: break
      default: throw SystemError(errno: 0 &- answer, operation: "connect to \(path)")
      }
      if answer == -ECONNREFUSED { return }
    } catch { throw .system(error) }
    throw .anotherDaemonListens(path: path)
  }
}
