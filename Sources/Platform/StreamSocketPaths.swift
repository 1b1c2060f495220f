// How stream sockets come to be: by a path, as a pair, by accepting. The rules for paths are those
// of packet sockets (PacketSocketPaths): a listener replaces the socket file of a daemon that died,
// and nothing else.

import CLinux
import Glibc

extension StreamSocket {
  /// Both ends of a connection. Frozen, so that other modules may take it apart.
  @frozen
  public struct Pair: ~Copyable, Sendable {
    public let first: StreamSocket
    public let second: StreamSocket
  }

  /// Connects to a listener.
  ///
  /// - Parameter timeoutMilliseconds: how long to wait for a listener whose queue is full; nil: for
  ///   ever. The problem is then a system error EAGAIN.
  public static func connect(
    path: String, timeoutMilliseconds: Int32? = nil
  ) throws(SocketPathProblem) -> StreamSocket {
    try PacketSocket.check(path)
    do throws(SystemError) {
      let descriptor = try SystemCall.open("socket") { clinux_stream_socket(0) }
      if let timeoutMilliseconds {
        try SystemCall.run("setsockopt(SO_SNDTIMEO)") {
          // Zero would be for ever.
          clinux_set_connect_timeout(descriptor.raw, max(1, timeoutMilliseconds))
        }
      }
      try SystemCall.run("connect to \(path)") { unsafe clinux_connect(descriptor.raw, path) }
      return StreamSocket(adopting: descriptor)
    } catch { throw .system(error) }
  }

  /// Takes over a listener that somebody else made, the service manager for instance. It must be a
  /// listening stream socket; it is made nonblocking, which an inherited one is not.
  public static func listener(
    adopting descriptor: consuming Descriptor
  ) throws(SystemError) -> StreamSocket {
    guard
      try PacketSocket.option(SO_TYPE, of: descriptor.raw) == Int32(SOCK_STREAM.rawValue),
      try PacketSocket.option(SO_DOMAIN, of: descriptor.raw) == AF_UNIX,
      try PacketSocket.option(SO_ACCEPTCONN, of: descriptor.raw) == 1
    else { throw SystemError(errno: EPROTOTYPE, operation: "adopting a listening stream socket") }
    let flags = fcntl(descriptor.raw, F_GETFL)
    guard flags >= 0, fcntl(descriptor.raw, F_SETFL, flags | O_NONBLOCK) == 0 else {
      throw SystemError(errno: errno, operation: "fcntl(F_SETFL)")
    }
    return StreamSocket(adopting: descriptor)
  }

  /// Listens on a path, whose file gets exactly the permissions `mode` (those that may write may
  /// connect). The file is not removed when the listener goes.
  public static func listener(
    path: String, mode: UInt32 = 0o600, backlog: Int32 = 128
  ) throws(SocketPathProblem) -> StreamSocket {
    try PacketSocket.check(path)
    try PacketSocket.removeStale(path)
    do throws(SystemError) {
      let descriptor = try SystemCall.open("socket") { clinux_stream_socket(1) }
      // The file inherits the socket's mode, so there is no moment when it is open to all.
      try SystemCall.run("fchmod") { clinux_change_mode(descriptor.raw, 0o600) }
      try SystemCall.run("bind to \(path)") { unsafe clinux_bind(descriptor.raw, path) }
      try SystemCall.run("listen on \(path)") { clinux_listen(descriptor.raw, backlog) }
      try SystemCall.run("chmod of \(path)") { unsafe clinux_change_path_mode(path, mode) }
      return StreamSocket(adopting: descriptor)
    } catch {
      if error.errno == EADDRINUSE { throw .anotherDaemonListens(path: path) }
      throw .system(error)
    }
  }

  /// Two ends of one connection.
  public static func pair() throws(SystemError) -> Pair {
    var raw: (Int32, Int32) = (-1, -1)
    try SystemCall.run("socketpair") {
      unsafe withUnsafeMutableBytes(of: &raw) { bytes in
        unsafe clinux_stream_pair(bytes.assumingMemoryBound(to: Int32.self).baseAddress)
      }
    }
    return Pair(
      first: StreamSocket(adopting: Descriptor(owning: raw.0)),
      second: StreamSocket(adopting: Descriptor(owning: raw.1)))
  }

  /// The next connection that is waiting, non-blocking; nil when there is none. When the process
  /// has no descriptor left (`isOutOfDescriptors`) the connection goes on waiting: see `Spare`.
  public func accept() throws(SystemError) -> StreamSocket? {
    while true {
      do throws(SystemError) {
        let raw = try SystemCall.attempt("accept4") { clinux_accept(descriptor.raw) }
        guard let raw else { return nil }
        return StreamSocket(adopting: Descriptor(owning: raw))
      } catch {
        // That one went away while it waited; there may be others behind it.
        if error.errno != ECONNABORTED { throw error }
      }
    }
  }
}
