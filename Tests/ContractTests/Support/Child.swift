// A program of this package as another process: its output goes to a file, where it can be read at
// any time without anybody waiting for anybody.

import Glibc
import NDISDriverKit
import NDISPlatform

/// What a test could not do.
struct BenchProblem: Error, CustomStringConvertible {
  let description: String
  init(_ description: String) { self.description = description }
}

/// A child process.
final class Child: Sendable {
  let pid: pid_t
  private let output: String
  private let status = Monitor<Int32?>(nil)

  /// Starts a program; both its outputs are appended to the file `output`.
  init(
    _ path: String, _ arguments: [String], environment: [String: String], output: String
  ) throws {
    self.output = output
    var inherited: [String: String] = [:]
    for name in ["PATH", "HOME", "LD_LIBRARY_PATH", "TMPDIR"] {
      if let value = unsafe getenv(name) { inherited[name] = unsafe String(cString: value) }
    }
    let all = inherited.merging(environment) { $1 }
    var actions = unsafe posix_spawn_file_actions_t()
    unsafe posix_spawn_file_actions_init(&actions)
    defer { unsafe posix_spawn_file_actions_destroy(&actions) }
    unsafe posix_spawn_file_actions_addopen(&actions, 0, "/dev/null", O_RDONLY, 0)
    unsafe posix_spawn_file_actions_addopen(
      &actions, 1, output, O_WRONLY | O_CREAT | O_APPEND, 0o600)
    unsafe posix_spawn_file_actions_adddup2(&actions, 1, 2)
    var started = pid_t()
    let problem = unsafe Child.withCStrings([path] + arguments) { arguments in
      unsafe Child.withCStrings(all.map { "\($0)=\($1)" }) { environment in
        guard let arguments = unsafe arguments, let environment = unsafe environment else {
          return EINVAL
        }
        return unsafe posix_spawn(&started, path, &actions, nil, arguments, environment)
      }
    }
    guard problem == 0 else { throw BenchProblem("posix_spawn of \(path): errno \(problem)") }
    pid = started
  }

  deinit {
    // A child that a failed test left behind.
    guard status.withLock({ $0 }) == nil else { return }
    _ = kill(pid, SIGKILL)
    var raw: Int32 = 0
    unsafe waitpid(pid, &raw, 0)
  }

  /// The lines written so far.
  var lines: [String] {
    readFile(output).split(separator: "\n").map { String($0) }
  }

  func send(_ signal: Int32) { _ = kill(pid, signal) }

  /// Waits for the end: the exit status, or 128 and the signal.
  @discardableResult
  func wait() -> Int32 {
    status.withLock { status in
      if let status { return status }
      var raw: Int32 = 0
      while unsafe waitpid(pid, &raw, 0) < 0, errno == EINTR {}
      let result = raw & 0x7F == 0 ? (raw >> 8) & 0xFF : 128 + (raw & 0x7F)
      status = result
      return result
    }
  }

  /// Descriptors the process has open, -1 when it is gone.
  var openDescriptors: Int {
    guard let directory = unsafe opendir("/proc/\(pid)/fd") else { return -1 }
    defer { unsafe closedir(directory) }
    var count = 0
    while unsafe readdir(directory) != nil { count += 1 }
    return count
  }

  /// A program in the directory of the running one, or in one above.
  static func program(_ name: String) throws -> String {
    var own = [CChar](repeating: 0, count: 4096)
    let length = unsafe readlink("/proc/self/exe", &own, own.count)
    let bytes = own.prefix(max(length, 0)).map { UInt8(bitPattern: $0) }
    var parts = String(decoding: bytes, as: UTF8.self).split(separator: "/")
    while !parts.isEmpty {
      parts.removeLast()
      let path = "/" + (parts + [Substring(name)]).joined(separator: "/")
      if unsafe access(path, X_OK) == 0 { return path }
    }
    throw BenchProblem("\(name) is not beside this program; build it first")
  }

  private static func withCStrings<Result>(
    _ strings: [String], _ body: (UnsafeMutablePointer<UnsafeMutablePointer<CChar>?>?) -> Result
  ) -> Result {
    var pointers: [UnsafeMutablePointer<CChar>?] = unsafe strings.map { unsafe strdup($0) } + [nil]
    defer { unsafe pointers.forEach { unsafe free($0) } }
    return unsafe pointers.withUnsafeMutableBufferPointer { unsafe body($0.baseAddress) }
  }
}

/// The text of a file, empty when there is none.
func readFile(_ path: String) -> String {
  let file = unsafe open(path, O_RDONLY | O_CLOEXEC)
  guard file >= 0 else { return "" }
  defer { _ = close(file) }
  var bytes: [UInt8] = []
  var buffer = [UInt8](repeating: 0, count: 65536)
  while true {
    let count = unsafe read(file, &buffer, buffer.count)
    guard count > 0 else { return String(decoding: bytes, as: UTF8.self) }
    bytes += buffer[..<count]
  }
}
