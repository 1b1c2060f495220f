// The service manager's end of sd_notify: a datagram socket in the private directory, read without
// waiting. All that is wanted of it is READY=1.

import Glibc
import Platform

/// Hears what a service says to its manager.
struct NotifyListener: ~Copyable {
  private let socket: Descriptor

  /// Readable when something was said.
  var descriptor: Int32 { socket.raw }

  /// Listens on a path whose directory nobody else may enter.
  init(path: String) throws(PrivateDaemonFailure) {
    let kind = Int32(SOCK_DGRAM.rawValue | SOCK_CLOEXEC.rawValue | SOCK_NONBLOCK.rawValue)
    socket = Descriptor(owning: Glibc.socket(AF_UNIX, kind, 0))
    var address = sockaddr_un()
    address.sun_family = sa_family_t(AF_UNIX)
    let bytes = Array(path.utf8)
    guard bytes.count < MemoryLayout.size(ofValue: address.sun_path) else {
      throw PrivateDaemonFailure("\(path) is too long for a socket; set TMPDIR to a shorter one")
    }
    unsafe withUnsafeMutableBytes(of: &address.sun_path) { unsafe $0.copyBytes(from: bytes) }
    let length = socklen_t(MemoryLayout<sockaddr_un>.size)
    let raw = socket.raw
    let result = unsafe withUnsafePointer(to: &address) {
      unsafe $0.withMemoryRebound(to: sockaddr.self, capacity: 1) { unsafe bind(raw, $0, length) }
    }
    guard raw >= 0, result == 0 else {
      throw PrivateDaemonFailure("cannot listen on \(path): \(errnoText())")
    }
  }

  /// Takes what was said; true when the service is ready.
  func takeReady() -> Bool {
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
