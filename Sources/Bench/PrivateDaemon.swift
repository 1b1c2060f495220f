// A daemon that nobody else knows of, in a directory of its own. It is ready when it says so: this
// program plays the service manager and listens on NOTIFY_SOCKET.

import Glibc
import Platform

/// A directory of this run's own, gone with the value.
final class TemporaryDirectory {
  let path: String

  init() throws(BenchFailure) {
    let parent = unsafe getenv("TMPDIR").map { unsafe String(cString: $0) } ?? "/tmp"
    var template = Array("\(parent)/ndissim-bench-XXXXXX".utf8CString)
    let made = unsafe template.withUnsafeMutableBufferPointer { buffer -> String? in
      guard let base = buffer.baseAddress, let path = unsafe mkdtemp(base) else { return nil }
      return unsafe String(cString: path)
    }
    guard let made else {
      throw BenchFailure(SystemError(errno: errno, operation: "mkdtemp in \(parent)"))
    }
    path = made
  }

  deinit {
    for directory in [path + "/run", path] {
      for file in Files.names(in: directory) { unsafe unlink(directory + "/" + file) }
      unsafe rmdir(directory)
    }
  }
}

/// A running `ndissimd`.
final class PrivateDaemon {
  private let temporary: TemporaryDirectory
  /// Nanoseconds from before fork and exec to READY=1.
  let readyAfter: UInt64
  private let process: ChildProcess

  var directory: String { temporary.path }
  var socketPath: String { directory + "/run/driver" }
  /// The counts of a traced daemon that has ended.
  var tracePath: String { directory + "/calls" }
  var processID: pid_t { process.processID }

  /// Starts the program with `arguments`; it inherits the calling thread's processors. With a
  /// `tracer`, ndissim-floor, its system calls are counted into `tracePath` when it ends.
  init(
    _ program: String, _ arguments: [String] = [], tracer: String? = nil
  ) throws(BenchFailure) {
    temporary = try TemporaryDirectory()
    let directory = temporary.path
    var command =
      [program, "--config", "/dev/null", "--runtime-directory", directory + "/run"] + arguments
    if let tracer { command = [tracer, "count", directory + "/calls"] + command }
    do throws(BenchFailure) {
      let manager = try NotifyReceiver(path: directory + "/notify")
      let begin = MonotonicClock.nanoseconds
      process = try ChildProcess(
        command[0], Array(command.dropFirst()),
        changes: [
          "NOTIFY_SOCKET": directory + "/notify", "LISTEN_PID": "", "LISTEN_FDS": "",
          "LISTEN_FDNAMES": "", "WATCHDOG_USEC": "", "WATCHDOG_PID": "",
        ], log: directory + "/log")
      try manager.waitForReady(process)
      readyAfter = MonotonicClock.nanoseconds &- begin
    } catch {
      let said = Files.text(directory + "/log").split(separator: "\n").suffix(3)
      throw BenchFailure(
        error.description + (said.isEmpty ? "" : "; it said: \(said.joined(separator: " / "))"))
    }
  }

  deinit { end() }

  /// Ends the daemon and waits for it.
  func end() { process.end() }
}

/// The service manager's socket.
private final class NotifyReceiver {
  private let file: Descriptor

  init(path: String) throws(BenchFailure) {
    let raw = socket(AF_UNIX, Int32(SOCK_DGRAM.rawValue | SOCK_CLOEXEC.rawValue), 0)
    var address = sockaddr_un()
    address.sun_family = sa_family_t(AF_UNIX)
    let bytes = Array(path.utf8)
    guard raw >= 0, bytes.count < MemoryLayout.size(ofValue: address.sun_path) else {
      throw BenchFailure("no socket can be made at \(path)")
    }
    file = Descriptor(owning: raw)
    unsafe withUnsafeMutableBytes(of: &address.sun_path) { unsafe $0.copyBytes(from: bytes) }
    let length = socklen_t(MemoryLayout<sockaddr_un>.size)
    let result = unsafe withUnsafePointer(to: &address) {
      unsafe $0.withMemoryRebound(to: sockaddr.self, capacity: 1) { unsafe bind(raw, $0, length) }
    }
    guard result == 0 else {
      throw BenchFailure(SystemError(errno: errno, operation: "bind to \(path)"))
    }
  }

  /// Waits for READY=1, ten seconds at most.
  func waitForReady(_ process: ChildProcess) throws(BenchFailure) {
    var bytes = [UInt8](repeating: 0, count: 4096)
    for _ in 0..<1_000 {
      var waited = pollfd(fd: file.raw, events: Int16(POLLIN), revents: 0)
      guard unsafe poll(&waited, 1, 10) > 0 else {
        if process.hasEnded { throw BenchFailure("the daemon ended before it was ready") }
        continue
      }
      let count = unsafe recv(file.raw, &bytes, bytes.count, 0)
      guard count > 0 else { continue }
      if String(decoding: bytes[..<count], as: UTF8.self).contains("READY=1") { return }
    }
    throw BenchFailure("the daemon was not ready within ten seconds")
  }
}
