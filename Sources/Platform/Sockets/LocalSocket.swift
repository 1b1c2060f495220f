// What packet and stream sockets have in common: paths, listeners, pairs, accepting. A listener replaces
// the socket file of a daemon that died, and nothing else: a path that is no socket, or on which somebody
// listens, is a problem.

import CNDISLinux
import Glibc

/// Descriptors of local sockets of either type, by their making.
enum LocalSocket {
  /// Checks that an inherited descriptor is a listening local socket of `type`, and makes it
  /// nonblocking.
  static func checkListener(
    _ descriptor: Int32, type: Int32, operation: String
  ) throws(SystemError) {
    guard
      try option(SO_TYPE, of: descriptor) == type,
      try option(SO_DOMAIN, of: descriptor) == AF_UNIX,
      try option(SO_ACCEPTCONN, of: descriptor) == 1
    else { throw SystemError(errno: EPROTOTYPE, operation: operation) }
    let flags = fcntl(descriptor, F_GETFL)
    guard flags >= 0, fcntl(descriptor, F_SETFL, flags | O_NONBLOCK) == 0 else {
      throw SystemError(errno: errno, operation: "fcntl(F_SETFL)")
    }
  }

  private static func option(_ name: Int32, of descriptor: Int32) throws(SystemError) -> Int32 {
    var value: Int32 = 0
    var size = socklen_t(MemoryLayout<Int32>.size)
    guard unsafe getsockopt(descriptor, SOL_SOCKET, name, &value, &size) == 0 else {
      throw SystemError(errno: errno, operation: "getsockopt")
    }
    return value
  }

  /// A listener on a path; `make` makes its socket, nonblocking.
  static func listen(
    path: String, mode: UInt32, backlog: Int32, _ make: () -> Int32
  ) throws(SocketPathProblem) -> Descriptor {
    try check(path)
    try removeStale(path)
    do throws(SystemError) {
      let descriptor = try SystemCall.open("socket", make)
      // The file inherits the socket's mode, so there is no moment when it is open to all.
      try SystemCall.run("fchmod") { clinux_change_mode(descriptor.raw, 0o600) }
      try SystemCall.run("bind to \(path)") { unsafe clinux_bind(descriptor.raw, path) }
      try SystemCall.run("listen on \(path)") { clinux_listen(descriptor.raw, backlog) }
      try SystemCall.run("chmod of \(path)") { unsafe clinux_change_path_mode(path, mode) }
      return descriptor
    } catch {
      if error.errno == EADDRINUSE { throw .anotherDaemonListens(path: path) }
      throw .system(error)
    }
  }

  /// The next connection of a nonblocking listener; nil when there is none.
  static func accept(_ listener: Int32) throws(SystemError) -> Descriptor? {
    while true {
      do throws(SystemError) {
        let raw = try SystemCall.attempt("accept4") { clinux_accept(listener) }
        guard let raw else { return nil }
        return Descriptor(owning: raw)
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

extension Descriptor {
  /// Whether this is a socket that listens; the descriptor is somebody else's.
  public static func isListening(_ raw: Int32) -> Bool {
    var answer: Int32 = 0
    var length = socklen_t(MemoryLayout<Int32>.size)
    return unsafe getsockopt(raw, SOL_SOCKET, SO_ACCEPTCONN, &answer, &length) == 0 && answer != 0
  }
}
