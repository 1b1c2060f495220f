// How stream sockets come to be: by a path, as a pair, by accepting. The rules for paths are those
// of packet sockets (LocalSocket): a listener replaces the socket file of a daemon that died,
// and nothing else.

import CNDISLinux
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
    try LocalSocket.check(path)
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
    try LocalSocket.checkListener(
      descriptor.raw, type: Int32(SOCK_STREAM.rawValue),
      operation: "adopting a listening stream socket")
    return StreamSocket(adopting: descriptor)
  }

  /// Listens on a path, whose file gets exactly the permissions `mode` (those that may write may
  /// connect). The file is not removed when the listener goes.
  public static func listener(
    path: String, mode: UInt32 = 0o600, backlog: Int32 = 128
  ) throws(SocketPathProblem) -> StreamSocket {
    StreamSocket(
      adopting: try LocalSocket.listen(path: path, mode: mode, backlog: backlog) {
        clinux_stream_socket(1)
      })
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
    guard let descriptor = try LocalSocket.accept(descriptor.raw) else { return nil }
    return StreamSocket(adopting: descriptor)
  }
}
