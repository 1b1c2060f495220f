// A daemon that nobody else knows of, in a directory of its own. It is ready when it says so: this
// program plays the service manager and listens on NOTIFY_SOCKET.

import Glibc
import NDISPlatform

/// A directory of this run's own, gone with the value.
final class RunDirectory {
  let path: String

  init() throws(BenchFailure) {
    let parent = unsafe getenv("TMPDIR").map { unsafe String(cString: $0) } ?? "/tmp"
    do throws(SystemError) {
      path = try TemporaryDirectory.make(in: parent, prefix: "ndissim-bench-")
    } catch { throw BenchFailure(error) }
  }

  deinit { TemporaryDirectory.remove(path) }
}

/// A running `ndissimd`.
final class PrivateDaemon {
  private let temporary: RunDirectory
  /// Nanoseconds from before fork and exec to READY=1.
  let readyAfter: UInt64
  private let process: PipedProcess

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
    temporary = try RunDirectory()
    let directory = temporary.path
    var command =
      [program, "--config", "/dev/null", "--runtime-directory", directory + "/run"] + arguments
    if let tracer { command = [tracer, "count", directory + "/calls"] + command }
    do throws(BenchFailure) {
      let manager = try PrivateDaemon.listen(directory + "/notify")
      let begin = MonotonicClock.nanoseconds
      process = try PipedProcess(
        command[0], Array(command.dropFirst()),
        changes: [
          "NOTIFY_SOCKET": directory + "/notify", "LISTEN_PID": "", "LISTEN_FDS": "",
          "LISTEN_FDNAMES": "", "WATCHDOG_USEC": "", "WATCHDOG_PID": "",
        ], log: directory + "/log")
      let isReady = try process.wait(seconds: 10, readable: manager.descriptor) {
        manager.takeReady()
      }
      guard isReady else { throw BenchFailure("the daemon ended before it was ready") }
      readyAfter = MonotonicClock.nanoseconds &- begin
    } catch {
      let said = Files.text(directory + "/log").split(separator: "\n").suffix(3)
      throw BenchFailure(
        error.description + (said.isEmpty ? "" : "; it said: \(said.joined(separator: " / "))"))
    }
  }

  private static func listen(_ path: String) throws(BenchFailure) -> NotifyListener {
    do throws(SocketPathProblem) {
      return try NotifyListener(path: path)
    } catch { throw BenchFailure("\(error)") }
  }

  deinit { end() }

  /// Ends the daemon and waits for it.
  func end() { process.end() }
}
