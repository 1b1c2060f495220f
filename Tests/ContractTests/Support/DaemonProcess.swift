// The real daemon as a process: in a directory of its own, ready when it says so to the service
// manager that this test plays.

import Glibc
import NDISDriverKit

/// A running `ndissimd`.
final class DaemonProcess {
  let child: Child
  let directory: String
  /// Descriptors it had open when it was ready and nobody was connected.
  private(set) var descriptorsAtReady: Int

  var socketPath: String { directory + "/run/driver" }

  init(_ arguments: [String]) throws {
    var template = Array("/tmp/contract-XXXXXX".utf8CString)
    let made = unsafe template.withUnsafeMutableBufferPointer { buffer -> String? in
      guard let base = buffer.baseAddress, let path = unsafe mkdtemp(base) else { return nil }
      return unsafe String(cString: path)
    }
    guard let made else { throw BenchProblem("mkdtemp: errno \(errno)") }
    directory = made
    let manager = try NotifyReceiver(path: directory + "/notify")
    // The machine's configuration is not the test's.
    let own = ["--config", "/dev/null", "--runtime-directory", directory + "/run"]
    child = try Child(
      try Child.program("ndissimd"), own + arguments,
      environment: ["NOTIFY_SOCKET": directory + "/notify"], output: directory + "/log")
    guard manager.waitForReady() else {
      throw BenchProblem("the daemon is not ready: \(child.lines.joined(separator: "\n"))")
    }
    descriptorsAtReady = child.openDescriptors
  }

  /// Counts again, now that there are so many connections: the daemon may have been in the middle
  /// of telling the service manager something, on a descriptor of the moment.
  func recount(connections: Int) {
    descriptorsAtReady = min(descriptorsAtReady, child.openDescriptors - connections)
  }

  deinit {
    for name in ["/run/driver", "/notify", "/log"] { unsafe unlink(directory + name) }
    for index in 0..<16 { unsafe unlink(directory + "/out\(index)") }
    unsafe rmdir(directory + "/run")
    unsafe rmdir(directory)
  }
}

/// The service manager's socket.
private final class NotifyReceiver {
  private let file: Int32

  init(path: String) throws {
    file = socket(AF_UNIX, Int32(SOCK_DGRAM.rawValue | SOCK_CLOEXEC.rawValue), 0)
    var address = sockaddr_un()
    address.sun_family = sa_family_t(AF_UNIX)
    unsafe withUnsafeMutableBytes(of: &address.sun_path) {
      unsafe $0.copyBytes(from: Array(path.utf8))
    }
    let length = socklen_t(MemoryLayout<sockaddr_un>.size)
    let result = unsafe withUnsafePointer(to: &address) {
      unsafe $0.withMemoryRebound(to: sockaddr.self, capacity: 1) { unsafe bind(file, $0, length) }
    }
    guard file >= 0, result == 0 else { throw BenchProblem("bind to \(path): errno \(errno)") }
  }

  deinit { _ = close(file) }

  /// Whether READY=1 comes within ten seconds.
  func waitForReady() -> Bool {
    var bytes = [UInt8](repeating: 0, count: 4096)
    while true {
      var waited = pollfd(fd: file, events: Int16(POLLIN), revents: 0)
      guard unsafe poll(&waited, 1, 10_000) > 0 else { return false }
      let count = unsafe recv(file, &bytes, bytes.count, 0)
      guard count > 0 else { return false }
      if String(decoding: bytes[..<count], as: UTF8.self).contains("READY=1") { return true }
    }
  }
}
