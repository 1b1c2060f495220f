// A daemon for one purpose: `ndissimd` as a child of this process, in a directory of its own (mode 0700), with
// no configuration but the given one, without the journal, and with sockets that no client finds by accident.
// It is ready when it sends READY=1 to the notify socket that is opened here. `ndisctl run` and the
// benchmark use it.
//
// The kernel sends it SIGKILL when the thread that started it ends. The directory is removed by `remove`; it
// is left behind only if this process is killed.

import Glibc
import NDISManagementInterface
package import NDISPlatform

/// Why a private daemon could not be started.
package struct PrivateDaemonFailure: Error, CustomStringConvertible {
  package let description: String
  package init(_ description: String) { self.description = description }
}

/// A private daemon.
package struct PrivateDaemon: ~Copyable {
  /// How it is started.
  package struct Options: Sendable {
    /// The program; nil: see `Programs.daemon`.
    package var program: String?
    /// A configuration file; nil: none.
    package var configuration: String?
    /// Further flags.
    package var flags: [String] = []
    /// The file of its log; nil: a file in its directory.
    package var log: String?
    /// A command that runs the daemon, such as a tracer: its program and arguments.
    package var wrapper: [String] = []
    /// The daemon leads a process group of its own, so that it gets no signals of the terminal.
    package var leadsGroup = false

    package init() {}
  }

  /// The directory of its sockets.
  package let directory: String
  package let child: ChildProcess
  package let program: String
  package let logPath: String
  /// When it was started, in nanoseconds of the monotonic clock.
  package let startTime: UInt64
  private let notify: NotifyListener

  package var driverSocket: String { directory + "/driver" }
  package var managementSocket: String { directory + "/" + ManagementSocket.fileName }

  /// Starts a daemon; it is not ready yet.
  package static func launch(_ options: Options) throws(PrivateDaemonFailure) -> PrivateDaemon {
    let program = try Programs.daemon(options.program)
    let directory = try makeDirectory()
    do throws(PrivateDaemonFailure) {
      return try PrivateDaemon(program, options, in: directory)
    } catch {
      TemporaryDirectory.remove(directory)
      throw error
    }
  }

  private init(
    _ program: String, _ options: Options, in directory: String
  ) throws(PrivateDaemonFailure) {
    let logPath = options.log ?? directory + "/log"
    let log = Descriptor(
      owning: unsafe open(logPath, O_WRONLY | O_CREAT | O_TRUNC | O_APPEND | O_CLOEXEC, 0o600))
    guard log.raw >= 0 else {
      let reason = unsafe String(cString: strerror(errno))
      throw PrivateDaemonFailure("cannot write the daemon's log \(logPath): \(reason)")
    }
    let nothing = Descriptor(owning: unsafe open("/dev/null", O_RDONLY | O_CLOEXEC))
    let notify = try PrivateDaemon.listen(directory + "/notify")
    let command =
      options.wrapper + [
        program, "--runtime-directory", directory, "--config",
        options.configuration ?? "/dev/null",
      ] + options.flags
    var how = ChildProcess.Options(
      program: command[0], arguments: Array(command.dropFirst()),
      environment: PrivateDaemon.environment(notify: directory + "/notify"))
    how.standardInput = nothing.raw
    how.standardOutput = log.raw
    how.standardError = log.raw
    how.leadsGroup = options.leadsGroup
    how.deathSignal = SIGKILL
    let startTime = MonotonicClock.nanoseconds
    do throws(SystemError) { child = try ChildProcess.start(how) } catch {
      throw PrivateDaemonFailure("\(error)")
    }
    self.directory = directory
    self.program = program
    self.logPath = logPath
    self.startTime = startTime
    self.notify = notify
  }

  private static func listen(_ path: String) throws(PrivateDaemonFailure) -> NotifyListener {
    do throws(SocketPathProblem) {
      return try NotifyListener(path: path)
    } catch { throw PrivateDaemonFailure("\(error); set TMPDIR to another directory") }
  }

  /// Readable when the daemon has sent a notification.
  package var notifyDescriptor: Int32 { notify.descriptor }

  /// Reads the notifications; true if READY=1 is among them.
  package func takeReady() -> Bool { notify.takeReady() }

  /// A failure of the daemon, with the end of its log.
  package func failure(_ what: String) -> PrivateDaemonFailure {
    let lines = PrivateDaemon.lastLines(of: logPath, 10)
    return PrivateDaemonFailure(
      lines.isEmpty ? what : "\(what); its log ends with\n  " + lines.joined(separator: "\n  "))
  }

  /// Removes its directory; the daemon has ended.
  package func remove() { TemporaryDirectory.remove(directory) }
}
