// Starts child processes: optionally in a process group of their own, with the terminal's foreground, and
// with a parent-death signal. Nothing here blocks: SIGCHLD arrives through a SignalQueue, and
// `ChildProcess.nextStateChange` returns the state changes.
//
// Limits: the death signal is sent when the thread that called `start` ends, so start children on the main
// thread.

import CNDISLinux
import Glibc

/// A child started with `ChildProcess.start`.
public struct ChildProcess: Sendable, Hashable {
  /// The process ID; also the process group ID if it leads a group.
  public let pid: Int32

  /// The parameters of `start`.
  public struct Options: Sendable {
    /// The program; without a slash it is searched for in PATH.
    public var program: String
    /// The arguments without the program's name.
    public var arguments: [String]
    /// The complete environment, as `NAME=value`.
    public var environment: [String]
    /// Descriptors for standard input, output and error; nil: inherited.
    public var standardInput: Int32?
    public var standardOutput: Int32?
    public var standardError: Int32?
    /// The child becomes the leader of its own process group.
    public var leadsGroup = false
    /// The terminal in whose foreground the child's group is put.
    public var terminal: Int32?
    /// Signal sent to the child when this process dies; 0: none.
    public var deathSignal: Int32 = 0

    public init(program: String, arguments: [String], environment: [String]) {
      self.program = program
      self.arguments = arguments
      self.environment = environment
    }
  }

  /// A state change of a child.
  public enum Change: Hashable, Sendable {
    case exited(status: Int32)
    case killed(signal: Int32)
    /// Stopped by a signal; it may be continued.
    case stopped(signal: Int32)
  }

  /// Starts a program. Throws ENOENT if it does not exist.
  public static func start(_ options: Options) throws(SystemError) -> ChildProcess {
    // A NUL inside would silently truncate the string.
    for text in [options.program] + options.arguments + options.environment
    where text.utf8.contains(0) {
      throw SystemError.invalid("starting \(options.program) with a NUL in an argument")
    }
    var how = clinux_spawn()
    how.stdio = (
      options.standardInput ?? -1, options.standardOutput ?? -1, options.standardError ?? -1
    )
    how.new_group = options.leadsGroup ? 1 : 0
    how.terminal = options.terminal ?? -1
    how.death_signal = options.deathSignal
    var pid: Int32 = 0
    let answer = unsafe withCStrings([options.program] + options.arguments) { arguments in
      unsafe withCStrings(options.environment) { environment in
        unsafe clinux_spawn(options.program, arguments, environment, &how, &pid)
      }
    }
    guard answer == 0 else {
      throw SystemError(errno: 0 &- answer, operation: "starting \(options.program)")
    }
    return ChildProcess(pid: pid)
  }

  /// Reaps the next state change of any child, including adopted ones; nil if there is none.
  public static func nextStateChange() throws(SystemError) -> (child: Int32, change: Change)? {
    var ended = clinux_ended()
    do throws(SystemError) {
      guard try SystemCall.run("waitid", { unsafe clinux_wait(0, &ended) }) == 1 else { return nil }
    } catch {
      // There are no children.
      if error.errno == ECHILD { return nil }
      throw error
    }
    let change: Change =
      switch Int(ended.how) {
      case Int(CLINUX_EXITED): .exited(status: ended.status)
      case Int(CLINUX_STOPPED): .stopped(signal: ended.status)
      default: .killed(signal: ended.status)
      }
    return (ended.pid, change)
  }

  /// Makes this process the reaper of its orphaned descendants (PR_SET_CHILD_SUBREAPER), so that it can end
  /// processes a child left behind.
  public static func adoptOrphans() throws(SystemError) {
    try SystemCall.run("prctl(PR_SET_CHILD_SUBREAPER)") { clinux_become_subreaper() }
  }

  /// An argv array for execve; pointers are nil where memory was exhausted.
  private static func withCStrings<Result>(
    _ texts: [String], _ body: (UnsafeMutablePointer<UnsafeMutablePointer<CChar>?>?) -> Result
  ) -> Result {
    var pointers = unsafe texts.map { unsafe strdup($0) } + [nil]
    defer { unsafe pointers.forEach { unsafe free($0) } }
    return unsafe pointers.withUnsafeMutableBufferPointer { unsafe body($0.baseAddress) }
  }
}

extension ChildProcess.Change: CustomStringConvertible {
  /// The end of a sentence, such as "exited with status 3" or "was killed by SIGKILL".
  public var description: String {
    switch self {
    case .exited(let status): "exited with status \(status)"
    case .killed(let signal): "was killed by \(SignalQueue.name(signal))"
    case .stopped(let signal): "was stopped by \(SignalQueue.name(signal))"
    }
  }
}
