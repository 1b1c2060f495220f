// The service manager's end of sd_notify: a nonblocking datagram socket. Only READY=1 is evaluated.

import CNDISLinux
import Glibc

/// Receives the notifications of a service.
public struct NotifyListener: ~Copyable {
  private let socket: Descriptor

  /// Readable when a notification is pending.
  public var descriptor: Int32 { socket.raw }

  /// Listens on a path in a directory that other users cannot enter.
  public init(path: String) throws(SocketPathProblem) {
    try LocalSocket.check(path)
    do throws(SystemError) {
      socket = try NotifyListener.bound(to: path)
    } catch { throw .system(error) }
  }

  private static func bound(to path: String) throws(SystemError) -> Descriptor {
    let kind = Int32(SOCK_DGRAM.rawValue | SOCK_CLOEXEC.rawValue | SOCK_NONBLOCK.rawValue)
    let socket = Descriptor(owning: Glibc.socket(AF_UNIX, kind, 0))
    guard socket.raw >= 0 else { throw SystemError(errno: errno, operation: "socket") }
    let raw = socket.raw
    try SystemCall.run("bind to \(path)") { unsafe clinux_bind(raw, path) }
    return socket
  }

  /// Receives the pending notifications; true when the service is ready.
  public func takeReady() -> Bool {
    var bytes = [UInt8](repeating: 0, count: 4096)
    var isReady = false
    while true {
      let count = unsafe recv(socket.raw, &bytes, bytes.count, 0)
      guard count > 0 else { return isReady }
      let lines = bytes[..<count].split(separator: UInt8(ascii: "\n"))
      if lines.contains(where: { $0.elementsEqual("READY=1".utf8) }) { isReady = true }
    }
  }
}
