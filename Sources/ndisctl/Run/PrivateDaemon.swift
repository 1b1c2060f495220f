// A daemon for one purpose, with nobody else on it: `ndissimd` in a directory of its own (mode 0700),
// started as a child, ready when it says so to the service manager that is played here, gone with
// whoever started it. No configuration but what is handed to it, no journal, no socket that anybody
// finds by chance.
//
// The daemon gets SIGKILL from the kernel when this process dies. Its directory then stays behind:
// nobody is left to remove it. In every other end `remove` takes it away.

import Glibc
import NDISManagementInterface
import NDISPlatform

/// Why no private daemon could be had.
struct PrivateDaemonFailure: Error {
  let sentence: String
  init(_ sentence: String) { self.sentence = sentence }
}

/// A daemon of one's own.
struct PrivateDaemon: ~Copyable {
  /// What it is started with.
  struct Options {
    /// The program; nil is searched, see `findProgram`.
    var program: String?
    /// A configuration file; nil is none at all.
    var configuration: String?
    /// More flags for it.
    var flags: [String] = []
    /// Where its log goes; nil is a file in its directory.
    var log: String?
  }

  /// Both sockets lie here.
  let directory: String
  let child: ChildProcess
  /// Where its log is.
  let logPath: String

  var driverSocket: String { directory + "/driver" }
  var managementSocket: String { directory + "/" + ManagementSocket.fileName }

  /// How long a start may take. It takes some 50 ms; on a machine that swaps, longer.
  static let patience: UInt64 = 30_000_000_000

  /// Starts a daemon and waits until it is ready. Signals that end this process end the waiting.
  static func start(
    _ options: Options, family: ProcessFamily
  ) throws(PrivateDaemonFailure) -> PrivateDaemon {
    let program = try findProgram(options.program)
    let directory = try makeDirectory()
    do throws(PrivateDaemonFailure) {
      return try start(program, options, in: directory, family: family)
    } catch {
      TemporaryDirectory.remove(directory)
      throw error
    }
  }

  private static func start(
    _ program: String, _ options: Options, in directory: String, family: ProcessFamily
  ) throws(PrivateDaemonFailure) -> PrivateDaemon {
    let logPath = options.log ?? directory + "/log"
    let log = Descriptor(
      owning: unsafe open(logPath, O_WRONLY | O_CREAT | O_TRUNC | O_APPEND | O_CLOEXEC, 0o600))
    guard log.raw >= 0 else {
      throw PrivateDaemonFailure("cannot write the daemon's log \(logPath): \(errnoText())")
    }
    let nothing = Descriptor(owning: unsafe open("/dev/null", O_RDONLY | O_CLOEXEC))
    let notify = try listen(directory + "/notify")
    var how = ChildProcess.Options(
      program: program, arguments: ["--runtime-directory", directory],
      environment: environment(notify: directory + "/notify"))
    how.arguments += ["--config", options.configuration ?? "/dev/null"] + options.flags
    how.standardInput = nothing.raw
    how.standardOutput = log.raw
    how.standardError = log.raw
    // A terminal's signals are for the command; the daemon ends after it.
    how.leadsGroup = true
    how.deathSignal = SIGKILL
    let child: ChildProcess
    do throws(SystemError) { child = try ChildProcess.start(how) } catch {
      throw PrivateDaemonFailure("\(error); name another with --ndissimd")
    }
    family.watch(daemon: child)
    let daemon = PrivateDaemon(directory: directory, child: child, logPath: logPath)
    let end = MonotonicClock.nanoseconds &+ patience
    var isReady = false
    let isDecided = family.wait(until: end, watching: notify.descriptor) {
      if notify.takeReady() { isReady = true }
      return isReady || family.daemonEnd != nil || family.askedToEnd != nil
    }
    if isReady { return daemon }
    let what =
      if let change = family.daemonEnd {
        "\(program) \(change) before it was ready"
      } else if let signal = family.askedToEnd {
        "\(SignalQueue.name(signal)) came before it was ready"
      } else if isDecided { "\(program) is not ready" } else {
        "\(program) was not ready after \(patience / 1_000_000_000) s"
      }
    let lines = lastLines(of: logPath, 10)
    family.end(child, patience: 2_000_000_000)
    throw PrivateDaemonFailure(
      lines.isEmpty ? what : "\(what); its log ends with\n  " + lines.joined(separator: "\n  "))
  }

  private static func listen(_ path: String) throws(PrivateDaemonFailure) -> NotifyListener {
    do throws(SocketPathProblem) {
      return try NotifyListener(path: path)
    } catch { throw PrivateDaemonFailure("\(error); set TMPDIR to another directory") }
  }

  /// Removes its directory; the daemon has ended.
  consuming func remove() { TemporaryDirectory.remove(directory) }

  /// The daemon's program: the one that was named, $NDISSIMD, the one beside this program, the one
  /// on the PATH.
  static func findProgram(_ named: String?) throws(PrivateDaemonFailure) -> String {
    if let named = named ?? environmentVariable("NDISSIMD") {
      guard unsafe access(named, X_OK) == 0 else {
        throw PrivateDaemonFailure("\(named) cannot be executed: \(errnoText())")
      }
      return named
    }
    if let beside = ownDirectory().map({ $0 + "/ndissimd" }), unsafe access(beside, X_OK) == 0 {
      return beside
    }
    for folder in (environmentVariable("PATH") ?? "").split(separator: ":") {
      let path = "\(folder)/ndissimd"
      if unsafe access(path, X_OK) == 0 { return path }
    }
    throw PrivateDaemonFailure(
      "there is no ndissimd beside ndisctl or on the PATH; name it with --ndissimd")
  }

  private static func ownDirectory() -> String? {
    var bytes = [CChar](repeating: 0, count: 4096)
    let length = unsafe readlink("/proc/self/exe", &bytes, bytes.count)
    guard length > 0 else { return nil }
    let path = String(decoding: bytes[..<length].map { UInt8(bitPattern: $0) }, as: UTF8.self)
    return path.lastIndex(of: "/").map { String(path[..<$0]) }
  }

  /// A new directory whose socket paths are short enough for Linux.
  private static func makeDirectory() throws(PrivateDaemonFailure) -> String {
    let folders = [environmentVariable("TMPDIR"), environmentVariable("XDG_RUNTIME_DIR"), "/tmp"]
    let prefix = "ndisctl-run-"
    let longest = prefix.utf8.count + 6 + ManagementSocket.fileName.utf8.count + 2
    for folder in folders.compactMap({ $0 }) where folder.utf8.count + longest <= 107 {
      do throws(SystemError) {
        return try TemporaryDirectory.make(in: folder, prefix: prefix)
      } catch {
        throw PrivateDaemonFailure(
          "cannot make a directory: \(error); set TMPDIR to one you may write")
      }
    }
    throw PrivateDaemonFailure("there is no directory for temporary files")
  }

  /// This process's environment without what is meant for this process by a service manager, and
  /// without what would connect the daemon to anything.
  private static func environment(notify: String) -> [String] {
    let foreign = [
      "NOTIFY_SOCKET", "WATCHDOG_USEC", "WATCHDOG_PID", "RUNTIME_DIRECTORY", "STATE_DIRECTORY",
      "CONFIGURATION_DIRECTORY", "LOGS_DIRECTORY", "CACHE_DIRECTORY", "CREDENTIALS_DIRECTORY",
      "JOURNAL_STREAM", "INVOCATION_ID", "FDSTORE",
    ]
    return ProcessEnvironment.entries { name in
      !foreign.contains(String(name)) && !name.hasPrefix("NDISSIM_") && !name.hasPrefix("LISTEN_")
    } + ["NOTIFY_SOCKET=\(notify)"]
  }

  /// The last lines of a file, at most 64 KiB of it.
  static func lastLines(of path: String, _ count: Int) -> [String] {
    let file = Descriptor(owning: unsafe open(path, O_RDONLY | O_CLOEXEC))
    guard file.raw >= 0 else { return [] }
    let end = lseek(file.raw, 0, SEEK_END)
    _ = lseek(file.raw, max(0, end - 65536), SEEK_SET)
    var bytes = [UInt8](repeating: 0, count: 65536)
    let length = unsafe read(file.raw, &bytes, bytes.count)
    guard length > 0 else { return [] }
    let lines = String(decoding: bytes[..<length], as: UTF8.self).split(separator: "\n")
    return lines.suffix(count).map { String($0) }
  }
}

/// A variable of the environment that is set and not empty.
func environmentVariable(_ name: String) -> String? {
  guard let value = unsafe getenv(name), unsafe value.pointee != 0 else { return nil }
  return unsafe String(cString: value)
}

/// The text of the errno of the last call.
func errnoText() -> String { unsafe String(cString: strerror(errno)) }
