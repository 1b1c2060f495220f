// The daemon that is measured: a private one that ends with its value, and a directory for the files of a run.

import Glibc
import NDISPlatform
import NDISPrivateDaemon

/// A directory of this run, removed with the value.
final class RunDirectory {
  let path: String

  init() throws(BenchFailure) {
    let parent = ProcessEnvironment.value("TMPDIR") ?? "/tmp"
    do throws(SystemError) {
      path = try TemporaryDirectory.make(in: parent, prefix: "ndissim-bench-")
    } catch { throw BenchFailure(error) }
  }

  deinit { TemporaryDirectory.remove(path) }
}

/// A running `ndissimd`.
final class BenchDaemon {
  private let daemon: PrivateDaemon
  /// The directory of the log and the counts.
  private let traces: RunDirectory
  /// Nanoseconds from before fork and exec to READY=1.
  let readyAfter: UInt64
  private var isOver = false

  var directory: String { daemon.directory }
  var socketPath: String { daemon.driverSocket }
  /// The counts of a traced daemon that has ended.
  var tracePath: String { daemon.logPath + ".calls" }
  var processID: pid_t { daemon.child.pid }

  /// Starts the program; it inherits the processors of the calling thread. With a `tracer`,
  /// ndissim-floor, its system calls are counted into `tracePath` when it ends.
  init(
    _ program: String, _ arguments: [String] = [], tracer: String? = nil
  ) throws(BenchFailure) {
    let traces = try RunDirectory()
    var options = PrivateDaemon.Options()
    options.program = program
    options.flags = arguments
    options.log = traces.path + "/log"
    if let tracer { options.wrapper = [tracer, "count", traces.path + "/log.calls"] }
    do throws(PrivateDaemonFailure) {
      let daemon = try PrivateDaemon.launch(options)
      do throws(PrivateDaemonFailure) {
        readyAfter = try BenchDaemon.waitUntilReady(daemon)
      } catch {
        BenchDaemon.end(daemon)
        daemon.remove()
        throw error
      }
      self.daemon = daemon
    } catch { throw BenchFailure("\(error)") }
    self.traces = traces
  }

  /// Waits for READY=1 at most ten seconds; returns how long the start took.
  private static func waitUntilReady(
    _ daemon: borrowing PrivateDaemon
  ) throws(PrivateDaemonFailure) -> UInt64 {
    let isReady: Bool
    do throws(SystemError) {
      isReady = try daemon.child.wait(
        milliseconds: 10_000, readable: daemon.notifyDescriptor
      ) { daemon.takeReady() }
    } catch { throw daemon.failure("\(error)") }
    let time = MonotonicClock.nanoseconds &- daemon.startTime
    guard isReady else { throw daemon.failure("the daemon ended before it was ready") }
    return time
  }

  deinit {
    end()
    daemon.remove()
  }

  /// Terminates the daemon and waits for it.
  func end() {
    guard !isOver else { return }
    isOver = true
    BenchDaemon.end(daemon)
  }

  private static func end(_ daemon: borrowing PrivateDaemon) {
    // It fails only on a kernel without pidfd, on which the daemon could not have been started.
    try? daemon.child.end(timeoutMilliseconds: 5_000)
  }
}

extension Bench {
  /// The path of a program of this package.
  static func find(_ name: String) throws(BenchFailure) -> String {
    guard let path = Programs.find(name) else {
      throw BenchFailure("there is no \(name) in the directory of this program; build it there")
    }
    return path
  }
}
