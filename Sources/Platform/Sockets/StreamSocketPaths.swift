// Creates stream sockets: by path, as a pair, by accept. The rules for paths are those of LocalSocket: a
// listener replaces only a stale socket file.

import CNDISLinux
import Glibc

extension StreamSocket {
  /// Both ends of a connection. Frozen, so that other modules can consume its parts.
  @frozen
  public struct Pair: ~Copyable, Sendable {
    public let first: StreamSocket
    public let second: StreamSocket
  }

  /// Connects to a listener.
  ///
  /// - Parameter timeoutMilliseconds: how long to wait for a listener whose backlog is full; nil: no timeout.
  ///   It then throws a system error EAGAIN.
  public static func connect(
    path: String, timeoutMilliseconds: Int32? = nil
  ) throws(SocketPathProblem) -> StreamSocket {
    try LocalSocket.check(path)
    do throws(SystemError) {
      let descriptor = try SystemCall.open("socket") { clinux_stream_socket(0) }
      if let timeoutMilliseconds {
        try SystemCall.run("setsockopt(SO_SNDTIMEO)") {
          // Zero would disable the timeout.
          clinux_set_connect_timeout(descriptor.raw, max(1, timeoutMilliseconds))
        }
      }
      try SystemCall.run("connect to \(path)") { unsafe clinux_connect(descriptor.raw, path) }
      return StreamSocket(adopting: descriptor)
    } catch { throw .system(error) }
  }

  /// Takes ownership of a listener created elsewhere, for instance by the service manager. It must be a
  /// listening stream socket; it is made nonblocking, which an inherited one is not.
  public static func listener(
    adopting descriptor: consuming Descriptor
  ) throws(SystemError) -> StreamSocket {
    try LocalSocket.checkListener(
      descriptor.raw, type: Int32(SOCK_STREAM.rawValue),
      operation: "adopting a listening stream socket")
    return StreamSocket(adopting: descriptor)
  }

  /// Listens on a path. The file gets exactly the permissions `mode`; write permission allows connecting. The
  /// file is not removed with the listener.
  public static func listener(
    path: String, mode: UInt32 = 0o600, backlog: Int32 = 128
  ) throws(SocketPathProblem) -> StreamSocket {
    StreamSocket(
      adopting: try LocalSocket.listen(path: path, mode: mode, backlog: backlog) {
        clinux_stream_socket(1)
      })
  }

  /// Creates both ends of a connection.
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

  /// Accepts the next pending connection, nonblocking; nil if there is none. If the process has no free
  /// descriptor (EMFILE or ENFILE), the connection stays pending: see `Spare`.
  public func accept() throws(SystemError) -> StreamSocket? {
    guard let descriptor = try LocalSocket.accept(descriptor.raw) else { return nil }
    return StreamSocket(adopting: descriptor)
  }
}
