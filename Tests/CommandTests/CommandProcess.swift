// The real ndisctl as a process, with a temporary directory that must be empty at the end, and an environment
// that identifies its descendants.

import Glibc
import NDISPlatform

@testable import ndisctl

/// Why a test could not run.
struct CommandProblem: Error, CustomStringConvertible {
  let description: String
  init(_ description: String) { self.description = description }
}

/// A running ndisctl.
final class CommandProcess {
  let pid: Int32
  /// For the test's own files; removed with this object.
  let directory: String
  private var ended: Int32?

  /// $TMPDIR of the process.
  var temporary: String { directory + "/tmp" }

  /// Creates a directory for a test.
  static func makeDirectory() throws -> String {
    var template = Array("/tmp/ctl-XXXXXX".utf8CString)
    let made = unsafe template.withUnsafeMutableBufferPointer { buffer -> String? in
      guard let base = buffer.baseAddress, let path = unsafe mkdtemp(base) else { return nil }
      return unsafe String(cString: path)
    }
    guard let made else { throw CommandProblem("mkdtemp: errno \(errno)") }
    guard unsafe mkdir(made + "/tmp", 0o700) == 0 else {
      throw CommandProblem("mkdir: errno \(errno)")
    }
    return made
  }

  /// Starts ndisctl. Arguments may have `@`, which stands for the test's directory.
  init(_ arguments: [String], environment: [String] = []) throws {
    let directory = try CommandProcess.makeDirectory()
    self.directory = directory
    let kept = ["PATH", "HOME", "LD_LIBRARY_PATH", "NDISSIMD"].compactMap { name in
      ProcessEnvironment.value(name).map { "\(name)=\($0)" }
    }
    var how = ChildProcess.Options(
      program: try CommandProcess.program("ndisctl"),
      arguments: arguments.map {
        $0.split(separator: "@", omittingEmptySubsequences: false)
          .joined(separator: directory)
      },
      environment: kept + ["TMPDIR=\(directory)/tmp"] + environment)
    let output = Descriptor(
      owning: unsafe open(directory + "/output", O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC, 0o600))
    let error = Descriptor(
      owning: unsafe open(directory + "/error", O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC, 0o600))
    let input = Descriptor(owning: unsafe open("/dev/null", O_RDONLY | O_CLOEXEC))
    how.standardInput = input.raw
    how.standardOutput = output.raw
    how.standardError = error.raw
    how.leadsGroup = true
    pid = try ChildProcess.start(how).pid
  }

  deinit {
    if ended == nil {
      _ = kill(pid, SIGKILL)
      wait()
    }
    TemporaryDirectory.remove(directory)
  }

  func send(_ signal: Int32) { _ = kill(pid, signal) }

  /// Waits for the end: the exit status, or 128 and the signal.
  @discardableResult
  func wait() -> Int32 {
    if let ended { return ended }
    var raw: Int32 = 0
    while unsafe waitpid(pid, &raw, 0) < 0, errno == EINTR {}
    let status = CommandProcess.status(raw)
    ended = status
    return status
  }

  private static func status(_ raw: Int32) -> Int32 {
    raw & 0x7F == 0 ? (raw >> 8) & 0xFF : 128 + (raw & 0x7F)
  }

  var output: String { CommandProcess.text(directory + "/output") }
  var error: String { CommandProcess.text(directory + "/error") }

  /// Waits until standard output has a text, or the process has ended.
  func waitForOutput(_ text: String) {
    while !output.contains(text), ended == nil {
      var raw: Int32 = 0
      if unsafe waitpid(pid, &raw, WNOHANG) == pid { ended = CommandProcess.status(raw) }
      usleep(2000)
    }
  }

  /// What is left in the temporary directory.
  var leftovers: [String] { CommandProcess.names(in: temporary) }

  /// Running processes with this test's TMPDIR, without ndisctl itself.
  var descendants: [Int32] {
    CommandProcess.names(in: "/proc").compactMap { Int32($0) }.filter { other in
      other != pid
        && CommandProcess.text("/proc/\(other)/environ").split(separator: "\0")
          .contains("TMPDIR=\(temporary)")
    }
  }

  static func names(in path: String) -> [String] {
    guard let folder = unsafe opendir(path) else { return [] }
    defer { unsafe closedir(folder) }
    var names: [String] = []
    while let entry = unsafe readdir(folder) {
      let name = unsafe withUnsafeBytes(of: &entry.pointee.d_name) {
        unsafe String(decoding: $0.prefix { $0 != 0 }, as: UTF8.self)
      }
      if name != ".", name != ".." { names.append(name) }
    }
    return names
  }

  static func text(_ path: String) -> String {
    let file = Descriptor(owning: unsafe open(path, O_RDONLY | O_CLOEXEC))
    guard file.raw >= 0 else { return "" }
    var bytes: [UInt8] = []
    var buffer = [UInt8](repeating: 0, count: 65536)
    while true {
      let count = unsafe read(file.raw, &buffer, buffer.count)
      guard count > 0 else { return String(decoding: bytes, as: UTF8.self) }
      bytes += buffer[..<count]
    }
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
    throw CommandProblem("\(name) is not beside this program; build it first")
  }
}
