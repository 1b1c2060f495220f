// The sequence of one `ndisctl run`: daemon, expectations, command, queries, result, and the cleanup in every
// case. Failures become part of the report.

import Glibc
import NDISPlatform
import NDISPrivateDaemon
import NDISVarlink

/// One run.
struct RunSession {
  private let options: Run
  private let expectations: [RunExpectation]
  private var report: RunReport

  init(options: Run, command: [String], expectations: [RunExpectation]) {
    self.options = options
    self.expectations = expectations
    report = RunReport(command: command)
  }

  /// The timeout for reclaiming ended sessions and for any query.
  static let timeout: UInt64 = 10_000_000_000

  /// Runs it and returns the exit status.
  consuming func run() throws -> Int32 {
    let family: ProcessFamily
    do throws(SystemError) { family = try ProcessFamily() } catch {
      throw CommandFailure("\(error)")
    }
    var how = PrivateDaemon.Options()
    how.program = options.ndissimd
    how.configuration = options.config
    how.flags = options.daemonFlag
    how.log = options.keepLog
    how.leadsGroup = true
    let daemon: PrivateDaemon
    do throws(PrivateDaemonFailure) {
      daemon = try RunDaemon.start(how, family: family)
    } catch {
      StandardError.write("ndisctl run: \(error)\n")
      return 125
    }
    let status = withDaemon(daemon, family)
    family.end(daemon.child, timeout: RunSession.timeout)
    if let end = family.daemonExit, end != .exited(status: 0), report.daemonProblem == nil,
      status == nil
    {
      report.daemonProblem = "the daemon \(end) on SIGTERM"
      keepLog(daemon)
    }
    daemon.remove()
    if let status { return status }
    try show()
    return report.exitStatus
  }

  /// Runs everything that needs the daemon, up to the result. Returns an exit status that needs no report, or
  /// nil.
  private mutating func withDaemon(_ daemon: borrowing PrivateDaemon, _ family: ProcessFamily)
    -> Int32?
  {
    do throws(RunManagementFailure) {
      let management = try RunManagement(socket: daemon.managementSocket)
      for expectation in expectations { try management.declare(expectation) }
      return supervise(daemon, management, family)
    } catch {
      StandardError.write("ndisctl run: \(error.sentence)\n")
      return error.isUsage ? ExitStatus.usage.rawValue : 125
    }
  }

  /// Runs the command, and the queries after it.
  private mutating func supervise(
    _ daemon: borrowing PrivateDaemon, _ management: RunManagement,
    _ family: ProcessFamily
  ) -> Int32? {
    let begin = MonotonicClock.nanoseconds
    if let status = start(daemon, family) { return status }
    let limit = options.timeout.map { UInt64(clamping: $0.milliseconds) }
    let deadline = limit.map { begin &+ $0 &* 1_000_000 }
    var reportedDaemonExit = false
    let isDone = family.wait(until: deadline) {
      if family.daemonExit != nil, family.commandExit == nil, !reportedDaemonExit {
        reportedDaemonExit = true
        StandardError.write("ndisctl run: \(RunSession.exitSentence(daemon, family))\n")
      }
      return family.commandExit != nil
    }
    report.milliseconds = (MonotonicClock.nanoseconds &- begin) / 1_000_000
    if !isDone {
      report.limitMilliseconds = limit
      keepState(daemon, family)
      keepLog(daemon)
    }
    let left = family.endCommand()
    report.ended = family.commandExit
    if isDone, left > 0 {
      report.notes.append(
        "\(left) process\(left == 1 ? "" : "es") left by the command "
          + "\(left == 1 ? "was" : "were") terminated")
    }
    if family.daemonExit != nil {
      report.daemonProblem = RunSession.exitSentence(daemon, family)
      keepLog(daemon)
    } else {
      ask(management, daemon, family)
    }
    return nil
  }

  /// Starts the command; returns an exit status if that fails.
  private func start(_ daemon: borrowing PrivateDaemon, _ family: ProcessFamily) -> Int32? {
    let own = ["NDISSIM_SOCKET", "NDISSIM_MANAGEMENT_SOCKET"]
    var how = ChildProcess.Options(
      program: report.command[0], arguments: Array(report.command.dropFirst()),
      environment: ProcessEnvironment.entries { !own.contains(String($0)) } + [
        "NDISSIM_SOCKET=\(daemon.driverSocket)",
        "NDISSIM_MANAGEMENT_SOCKET=\(daemon.managementSocket)",
      ])
    how.leadsGroup = true
    do throws(SystemError) {
      try family.start(how)
      return nil
    } catch {
      StandardError.write("ndisctl run: \(error)\n")
      return error.errno == ENOENT ? 127 : 126
    }
  }

  /// Queries the results of the run.
  private mutating func ask(
    _ management: RunManagement, _ daemon: borrowing PrivateDaemon, _ family: ProcessFamily
  ) {
    do throws(RunManagementFailure) {
      if let found = try management.waitUntilReclaimed(nanoseconds: RunSession.timeout) {
        report.daemonProblem =
          "\(found) after \(RunSession.timeout / 1_000_000_000) s: resources of the command were not "
          + "reclaimed"
      }
      report.rules = RunReport.rules(
        counted: try management.violations(), declared: expectations,
        withAdvice: options.advice)
      (report.allocations, report.frees) = try management.allocationsAndFrees()
    } catch {
      report.daemonProblem = error.sentence
      // A broken connection is noticed before the exit that caused it.
      if family.wait(
        until: MonotonicClock.nanoseconds &+ 1_000_000_000, { family.daemonExit != nil })
      {
        report.daemonProblem = RunSession.exitSentence(daemon, family)
      }
      keepLog(daemon)
    }
  }

  private static func exitSentence(
    _ daemon: borrowing PrivateDaemon, _ family: ProcessFamily
  ) -> String {
    let end = family.daemonExit.map { "\($0)" } ?? "ended"
    let last = PrivateDaemon.lastLines(of: daemon.logPath, 1).first.map {
      "; last line of its log: \($0)"
    }
    return "the daemon (process \(daemon.child.pid)) \(end) unexpectedly\(last ?? "")"
  }

  /// Writes the daemon's whole state to a file.
  private mutating func keepState(_ daemon: borrowing PrivateDaemon, _ family: ProcessFamily) {
    guard family.daemonExit == nil else { return }
    let path = options.stateFile ?? "ndissim-state-\(getpid()).json"
    do throws(RunManagementFailure) {
      // A separate connection: the other one may be in the middle of a call.
      let state = try RunManagement(socket: daemon.managementSocket).dump()
      try writeFile(path, state.prettyText + "\n")
      report.files.append(path)
    } catch { report.notes.append("the daemon's state could not be written: \(error.sentence)") }
  }

  /// Copies the daemon's log to a permanent file.
  private mutating func keepLog(_ daemon: borrowing PrivateDaemon) {
    if let path = options.keepLog {
      if !report.files.contains(path) { report.files.append(path) }
      return
    }
    let path = "ndissim-log-\(getpid()).txt"
    do throws(RunManagementFailure) {
      try copyFile(daemon.logPath, to: path)
      if !report.files.contains(path) { report.files.append(path) }
    } catch { report.notes.append("the daemon's log could not be written: \(error.sentence)") }
  }

  private func show() throws {
    if let path = options.report {
      do throws(RunManagementFailure) { try writeFile(path, report.json.prettyText + "\n") } catch {
        throw CommandFailure(error.sentence)
      }
    }
    if options.quiet, report.verdict == .passed { return }
    StandardError.write(options.json ? report.json.prettyText + "\n" : report.text)
  }
}
