// A program that is measured or helps to measure, as a child: lines and bytes go in and come out
// through pipes, its errors go to this program's own. It inherits the processors the calling thread is
// confined to. When the value goes the child is ended, by SIGTERM first.

import Glibc
import Platform

/// A running program.
final class ChildProcess {
  let processID: pid_t
  private var input: Descriptor?
  private let output: Descriptor
  private var buffered: [UInt8] = []
  private var isOver = false

  /// Starts a program with this process's environment, `changes` laid over it; an empty value takes a
  /// variable away. Its errors are appended to the file `log`, when there is one.
  init(
    _ path: String, _ arguments: [String], changes: [String: String] = [:], log: String? = nil
  ) throws(BenchFailure) {
    let input = try Pipe()
    let output = try Pipe()
    var actions = unsafe posix_spawn_file_actions_t()
    unsafe posix_spawn_file_actions_init(&actions)
    defer { unsafe posix_spawn_file_actions_destroy(&actions) }
    unsafe posix_spawn_file_actions_adddup2(&actions, input.reading.raw, 0)
    unsafe posix_spawn_file_actions_adddup2(&actions, output.writing.raw, 1)
    if let log {
      unsafe posix_spawn_file_actions_addopen(
        &actions, 2, log, O_WRONLY | O_CREAT | O_APPEND, 0o600)
    }
    // What this program ignores (SIGPIPE, perhaps) or blocks (SIGTERM, in a test runner) its children
    // must not.
    var attributes = posix_spawnattr_t()
    var all = sigset_t()
    unsafe posix_spawnattr_init(&attributes)
    defer { unsafe posix_spawnattr_destroy(&attributes) }
    unsafe sigfillset(&all)
    unsafe posix_spawnattr_setsigdefault(&attributes, &all)
    var none = sigset_t()
    unsafe sigemptyset(&none)
    unsafe posix_spawnattr_setsigmask(&attributes, &none)
    unsafe posix_spawnattr_setflags(
      &attributes, Int16(POSIX_SPAWN_SETSIGDEF | POSIX_SPAWN_SETSIGMASK))
    var started = pid_t()
    let problem = unsafe CStrings.with([path] + arguments) { arguments in
      unsafe CStrings.with(ChildProcess.environment(changes)) { environment in
        guard let arguments = unsafe arguments, let environment = unsafe environment else {
          return EINVAL
        }
        return unsafe posix_spawn(&started, path, &actions, &attributes, arguments, environment)
      }
    }
    guard problem == 0 else {
      throw BenchFailure(SystemError(errno: problem, operation: "start of \(path)"))
    }
    processID = started
    self.input = input.takeWriting()
    self.output = output.takeReading()
  }

  deinit { end() }

  /// SIGTERM, and SIGKILL when it is still there after five seconds; then its status is collected.
  func end() {
    guard !isOver else { return }
    isOver = true
    _ = kill(processID, SIGTERM)
    var status: Int32 = 0
    for attempt in 0..<5_000 {
      if unsafe waitpid(processID, &status, WNOHANG) != 0 { return }
      if attempt == 4_999 { _ = kill(processID, SIGKILL) }
      usleep(1_000)
    }
    while unsafe waitpid(processID, &status, 0) < 0, errno == EINTR {}
  }

  /// Whether it is gone; then its status has been collected.
  var hasEnded: Bool {
    if isOver { return true }
    var status: Int32 = 0
    isOver = unsafe waitpid(processID, &status, WNOHANG) != 0
    return isOver
  }

  /// Writes a line to the program's input.
  func send(line: String) throws(BenchFailure) {
    let bytes = Array((line + "\n").utf8)
    guard let file = inputFile else { throw BenchFailure("process \(processID)'s input is closed") }
    let count = unsafe bytes.withUnsafeBytes { unsafe write(file, $0.baseAddress, $0.count) }
    guard count == bytes.count else { throw BenchFailure("process \(processID) takes no input") }
  }

  /// Ends the program's input.
  func closeInput() { input = nil }

  private var inputFile: Int32? {
    switch input {
    case .some(let descriptor): descriptor.raw
    case .none: nil
    }
  }

  /// Waits for the program's end, which must be a good one.
  func waitForSuccess(_ what: String) throws(BenchFailure) {
    var status: Int32 = 0
    while unsafe waitpid(processID, &status, 0) < 0, errno == EINTR {}
    isOver = true
    guard status == 0 else { throw BenchFailure("\(what) ended with status \(status >> 8)") }
  }

  /// Waits for a line of its output.
  func readLine() throws(BenchFailure) -> String {
    while true {
      if let end = buffered.firstIndex(of: 0x0A) {
        let line = String(decoding: buffered[..<end], as: UTF8.self)
        buffered.removeFirst(end + 1)
        return line
      }
      try fill()
    }
  }

  /// Waits for so many numbers of eight bytes.
  func readNumbers(_ count: Int) throws(BenchFailure) -> [UInt64] {
    while buffered.count < count * 8 { try fill() }
    let numbers = unsafe buffered.withUnsafeBytes { bytes in
      (0..<count).map { unsafe bytes.loadUnaligned(fromByteOffset: $0 * 8, as: UInt64.self) }
    }
    buffered.removeFirst(count * 8)
    return numbers
  }

  private func fill() throws(BenchFailure) {
    var chunk = [UInt8](repeating: 0, count: 65536)
    var count: Int
    repeat {
      count = unsafe read(output.raw, &chunk, chunk.count)
    } while count < 0 && errno == EINTR
    guard count > 0 else { throw BenchFailure("process \(processID) ended unexpectedly") }
    buffered += chunk[..<count]
  }

  private static func environment(_ changes: [String: String]) -> [String] {
    var result: [String] = []
    var next = unsafe environ
    while let entry = unsafe next.pointee {
      let text = unsafe String(cString: entry)
      let name = String(text.prefix { $0 != "=" })
      if changes[name] == nil { result.append(text) }
      unsafe next += 1
    }
    return result + changes.filter { !$0.value.isEmpty }.map { "\($0.key)=\($0.value)" }
  }
}

private struct Pipe: ~Copyable {
  let reading: Descriptor
  let writing: Descriptor

  init() throws(BenchFailure) {
    var ends: [Int32] = [-1, -1]
    // Close-on-exec at once would take pipe2, which Swift does not see; nobody else starts programs.
    guard unsafe pipe(&ends) == 0 else {
      throw BenchFailure(SystemError(errno: errno, operation: "pipe"))
    }
    for end in ends { _ = fcntl(end, F_SETFD, FD_CLOEXEC) }
    reading = Descriptor(owning: ends[0])
    writing = Descriptor(owning: ends[1])
  }

  consuming func takeReading() -> Descriptor { reading }
  consuming func takeWriting() -> Descriptor { writing }
}

/// Arrays of C strings for exec.
enum CStrings {
  static func with<Result>(
    _ strings: [String], _ body: (UnsafeMutablePointer<UnsafeMutablePointer<CChar>?>?) -> Result
  ) -> Result {
    var pointers: [UnsafeMutablePointer<CChar>?] = unsafe strings.map { unsafe strdup($0) } + [nil]
    defer { unsafe pointers.forEach { unsafe free($0) } }
    return unsafe pointers.withUnsafeMutableBufferPointer { unsafe body($0.baseAddress) }
  }
}
