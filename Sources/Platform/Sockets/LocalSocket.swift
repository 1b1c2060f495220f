// The common parts of packet and stream sockets: paths, listeners, pairs, accept. A listener replaces only a
// stale socket file: a path that is not a socket, or on which a process listens, is an error.

import CNDISLinux
import Glibc

/// Creates descriptors of AF_UNIX sockets of either type.
enum LocalSocket {
  /// Checks that an inherited descriptor is a listening AF_UNIX socket of `type`, and makes it nonblocking.
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

  /// A listener on a path; `make` creates its nonblocking socket.
  static func listen(
    path: String, mode: UInt32, backlog: Int32, _ make: () -> Int32
  ) throws(SocketPathProblem) -> Descriptor {
    try check(path)
    try removeStale(path)
    do throws(SystemError) {
      let descriptor = try SystemCall.open("socket", make)
      // The file inherits the socket's mode, so it is never accessible to others, not even briefly.
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

  /// Accepts the next connection of a nonblocking listener; nil if there is none.
  static func accept(_ listener: Int32) throws(SystemError) -> Descriptor? {
    while true {
      do throws(SystemError) {
        let raw = try SystemCall.attempt("accept4") { clinux_accept(listener) }
        guard let raw else { return nil }
        return Descriptor(owning: raw)
      } catch {
        // The client disconnected while queued; more may follow.
        if error.errno != ECONNABORTED { throw error }
      }
    }
  }

  static func check(_ path: String) throws(SocketPathProblem) {
    guard !path.isEmpty, !path.utf8.contains(0) else { throw .notAPath(path) }
    let limit = clinux_socket_path_limit()
    guard path.utf8.count <= limit else { throw .pathTooLong(path: path, limit: limit) }
  }

  /// Removes a stale socket file, of either socket type.
  static func removeStale(_ path: String) throws(SocketPathProblem) {
    let kind = unsafe clinux_path_is_socket(path)
    if kind == -ENOENT { return }
    guard kind >= 0 else {
      throw .system(SystemError(errno: 0 &- kind, operation: "lstat of \(path)"))
    }
    // Checked first, because connecting to a regular file is refused as well.
    guard kind == 1 else { throw .notASocket(path: path) }
    do throws(SystemError) {
      let probe = try SystemCall.open("socket") { clinux_packet_socket(1) }
      var answer: Int32
      repeat { answer = unsafe clinux_connect(probe.raw, path) } while answer == -EINTR
      switch answer {
      case -ENOENT: return
      case -ECONNREFUSED: try SystemCall.run("unlink of \(path)") { unsafe clinux_unlink(path) }
      // A full backlog, or a socket of another type: a process is listening.
      case 0, -EAGAIN, -EPROTOTYPE: break
      default: throw SystemError(errno: 0 &- answer, operation: "connect to \(path)")
      }
      if answer == -ECONNREFUSED { return }
    } catch { throw .system(error) }
    throw .anotherDaemonListens(path: path)
  }
}

extension Descriptor {
  /// Whether this is a listening socket; the descriptor is borrowed.
  public static func isListening(_ raw: Int32) -> Bool {
    var answer: Int32 = 0
    var length = socklen_t(MemoryLayout<Int32>.size)
    return unsafe getsockopt(raw, SOL_SOCKET, SO_ACCEPTCONN, &answer, &length) == 0 && answer != 0
  }
}
