// A child process of a measurement, with pipes to its standard input and output; it shares standard error. It
// inherits the affinity of the calling thread, and is killed when that thread ends. The child is terminated
// with the value, by SIGTERM first.

import Glibc
import NDISPlatform

/// A running program with a pipe to it and one from it.
final class PipedProcess {
  private let child: ChildProcess
  private var input: Descriptor?
  private let output: Descriptor
  private var buffered: [UInt8] = []
  private var isOver = false

  var processID: pid_t { child.pid }

  /// Starts a program with this process's environment, overridden by `changes`; an empty value removes a
  /// variable. Its standard error is appended to the file `log`, if given.
  init(
    _ path: String, _ arguments: [String], changes: [String: String] = [:], log: String? = nil
  ) throws(BenchFailure) {
    do throws(SystemError) {
      let input = try Pipe()
      let output = try Pipe()
      let errors = Descriptor(
        owning: log.map { unsafe open($0, O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC, 0o600) } ?? -1)
      var how = ChildProcess.Options(
        program: path, arguments: arguments,
        environment: ProcessEnvironment.entries { changes[String($0)] == nil }
          + changes.filter { !$0.value.isEmpty }.map { "\($0.key)=\($0.value)" })
      how.standardInput = input.reading.raw
      how.standardOutput = output.writing.raw
      if errors.raw >= 0 { how.standardError = errors.raw }
      how.deathSignal = SIGKILL
      child = try ChildProcess.start(how)
      self.input = input.takeWriteEnd()
      self.output = output.takeReadEnd()
    } catch { throw BenchFailure(error) }
  }

  deinit { end() }

  /// Sends SIGTERM, and SIGKILL after five seconds; then reaps the child.
  func end() {
    guard !isOver else { return }
    isOver = true
    // It fails only on a kernel without pidfd, where no child could have been started.
    try? child.end(timeoutMilliseconds: 5_000)
  }

  /// Writes a line to the program's input.
  func send(line: String) throws(BenchFailure) {
    let bytes = Array((line + "\n").utf8)
    guard let file = inputFile else { throw BenchFailure("process \(processID)'s input is closed") }
    let count = unsafe bytes.withUnsafeBytes { unsafe write(file, $0.baseAddress, $0.count) }
    guard count == bytes.count else { throw BenchFailure("process \(processID) takes no input") }
  }

  /// Closes the program's input.
  func closeInput() { input = nil }

  private var inputFile: Int32? {
    switch input {
    case .some(let descriptor): descriptor.raw
    case .none: nil
    }
  }

  /// Waits for the program to exit with status 0.
  func waitForSuccess(_ what: String) throws(BenchFailure) {
    let change: ChildProcess.Change?
    do throws(SystemError) { change = try child.waitForEnd() } catch { throw BenchFailure(error) }
    isOver = true
    guard change == .exited(status: 0) else {
      throw BenchFailure("\(what) \(change.map { "\($0)" } ?? "has not ended")")
    }
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

  /// Reads a number of 64-bit integers.
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
}
