// A directory for one test, and a program run in it to its end.

import Glibc

struct FolderProblem: Error, CustomStringConvertible {
  let description: String
  init(_ description: String) { self.description = "\(description): errno \(errno)" }
}

/// A temporary directory that goes with its object.
final class Folder: Sendable {
  let path: String

  init() throws {
    var template = Array("/tmp/configuration-XXXXXX".utf8CString)
    let made = unsafe template.withUnsafeMutableBufferPointer { buffer -> String? in
      guard let base = buffer.baseAddress, let path = unsafe mkdtemp(base) else { return nil }
      return unsafe String(cString: path)
    }
    guard let made else { throw FolderProblem("mkdtemp") }
    path = made
  }

  deinit { Folder.remove(path) }

  /// Writes a file, and makes the directories above it.
  func write(_ name: String, _ text: String) throws {
    makeParents(name)
    let file = unsafe open(path + "/" + name, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0o600)
    guard file >= 0 else { throw FolderProblem("open \(name)") }
    defer { _ = close(file) }
    let bytes = Array(text.utf8)
    guard unsafe Glibc.write(file, bytes, bytes.count) == bytes.count else {
      throw FolderProblem("write \(name)")
    }
  }

  func link(_ name: String, to target: String) throws {
    makeParents(name)
    guard unsafe symlink(target, path + "/" + name) == 0 else { throw FolderProblem("symlink") }
  }

  func pipe(_ name: String) throws {
    guard unsafe mkfifo(path + "/" + name, 0o600) == 0 else { throw FolderProblem("mkfifo") }
  }

  private func makeParents(_ name: String) {
    var directory = path
    for part in name.split(separator: "/").dropLast() {
      directory += "/\(part)"
      _ = unsafe mkdir(directory, 0o700)
    }
  }

  private static func remove(_ path: String) {
    guard let stream = unsafe opendir(path) else { return }
    var names: [String] = []
    while let entry = unsafe readdir(stream) {
      let name = unsafe withUnsafePointer(to: &entry.pointee.d_name) {
        unsafe $0.withMemoryRebound(to: CChar.self, capacity: 256) { unsafe String(cString: $0) }
      }
      if name != ".", name != ".." { names.append("\(path)/\(name)") }
    }
    unsafe closedir(stream)
    for name in names where unsafe unlink(name) != 0 { remove(name) }
    _ = unsafe rmdir(path)
  }
}

/// What a program said and how it ended.
struct Outcome {
  /// The exit status, or 128 and the signal.
  var status: Int32
  var output: String
  var errors: String
}

extension Folder {
  /// Runs a program of this package to its end.
  func run(
    _ program: String, _ arguments: [String], environment: [String: String] = [:]
  ) throws -> Outcome {
    let executable = try Folder.executable(program)
    let (output, errors) = (path + "/stdout", path + "/stderr")
    var actions = unsafe posix_spawn_file_actions_t()
    unsafe posix_spawn_file_actions_init(&actions)
    defer { unsafe posix_spawn_file_actions_destroy(&actions) }
    unsafe posix_spawn_file_actions_addopen(&actions, 0, "/dev/null", O_RDONLY, 0)
    let writing = O_WRONLY | O_CREAT | O_TRUNC
    unsafe posix_spawn_file_actions_addopen(&actions, 1, output, writing, 0o600)
    unsafe posix_spawn_file_actions_addopen(&actions, 2, errors, writing, 0o600)
    var all = environment
    for name in ["PATH", "LD_LIBRARY_PATH"] {
      if let value = unsafe getenv(name) { all[name] = unsafe String(cString: value) }
    }
    var pid = pid_t()
    var argv = unsafe ([executable] + arguments).map { unsafe strdup($0) } + [nil]
    var envp = unsafe all.map { unsafe strdup("\($0)=\($1)") } + [nil]
    defer { unsafe (argv + envp).forEach { unsafe free($0) } }
    guard unsafe posix_spawn(&pid, executable, &actions, nil, &argv, &envp) == 0 else {
      throw FolderProblem("posix_spawn \(executable)")
    }
    var raw: Int32 = 0
    while unsafe waitpid(pid, &raw, 0) < 0, errno == EINTR {}
    return Outcome(
      status: raw & 0x7F == 0 ? (raw >> 8) & 0xFF : 128 + (raw & 0x7F),
      output: try Folder.text(of: output), errors: try Folder.text(of: errors))
  }

  /// The text of a file.
  static func text(of path: String) throws -> String {
    let file = unsafe open(path, O_RDONLY | O_CLOEXEC)
    guard file >= 0 else { throw FolderProblem("open \(path)") }
    defer { _ = close(file) }
    var bytes: [UInt8] = []
    var buffer = [UInt8](repeating: 0, count: 65_536)
    while true {
      let count = unsafe read(file, &buffer, buffer.count)
      guard count > 0 else { return String(decoding: bytes, as: UTF8.self) }
      bytes += buffer[..<count]
    }
  }

  /// A program in the directory of the running one, or in one above.
  private static func executable(_ name: String) throws -> String {
    var own = [CChar](repeating: 0, count: 4096)
    let length = unsafe readlink("/proc/self/exe", &own, own.count)
    let bytes = own.prefix(max(length, 0)).map { UInt8(bitPattern: $0) }
    var parts = String(decoding: bytes, as: UTF8.self).split(separator: "/")
    while !parts.isEmpty {
      parts.removeLast()
      let path = "/" + (parts + [Substring(name)]).joined(separator: "/")
      if unsafe access(path, X_OK) == 0 { return path }
    }
    throw FolderProblem("\(name) is not beside this program; build it first")
  }
}
