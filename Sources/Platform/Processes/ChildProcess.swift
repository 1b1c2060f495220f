// Programs started by this one: in a process group of their own if that is wanted, with the terminal
// if they are to have it, and with a signal for the day this process dies. Nothing here waits: news
// of children come by SIGCHLD through a SignalQueue and are taken with `ChildProcess.news`.
//
// Limits: the death signal is sent when the thread that called `start` ends, so start children in
// the main thread.

import CNDISLinux
import Glibc

/// A child of this process that was started with `ChildProcess.start`.
public struct ChildProcess: Sendable, Hashable {
  /// The process; the number of its group as well, if it leads one.
  public let pid: Int32

  /// How a child is started.
  public struct Options: Sendable {
    /// The program; without a slash it is searched on the PATH.
    public var program: String
    /// All arguments, without the program's name.
    public var arguments: [String]
    /// `NAME=value`, all of them.
    public var environment: [String]
    /// Descriptors for standard input, output and error; nil leaves this process's own.
    public var standardInput: Int32?
    public var standardOutput: Int32?
    public var standardError: Int32?
    /// The child leads a process group of its own.
    public var leadsGroup = false
    /// The terminal whose foreground the child's group becomes.
    public var terminal: Int32?
    /// Sent to the child when this process dies; 0 for none.
    public var deathSignal: Int32 = 0

    public init(program: String, arguments: [String], environment: [String]) {
      self.program = program
      self.arguments = arguments
      self.environment = environment
    }
  }

  /// What became of a child.
  public enum Change: Hashable, Sendable {
    case exited(status: Int32)
    case killed(signal: Int32)
    /// Stopped by a signal; it may go on.
    case stopped(signal: Int32)
  }

  /// Starts a program. Its errno says why it could not be: ENOENT when there is none.
  public static func start(_ options: Options) throws(SystemError) -> ChildProcess {
    // A NUL inside would cut the text short without a word.
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

  /// The next change of any child, of one this process adopted as well; nil when there is none.
  public static func news() throws(SystemError) -> (child: Int32, change: Change)? {
    var ended = clinux_ended()
    do throws(SystemError) {
      guard try SystemCall.run("waitid", { unsafe clinux_wait(0, &ended) }) == 1 else { return nil }
    } catch {
      // There is no child at all.
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

  /// Orphans among the descendants of this process become its children from now on, so that it can
  /// end what a child left behind.
  public static func adoptOrphans() throws(SystemError) {
    try SystemCall.run("prctl(PR_SET_CHILD_SUBREAPER)") { clinux_become_subreaper() }
  }

  /// The arguments as execve wants them; nil pointers for texts there was no memory for.
  private static func withCStrings<Result>(
    _ texts: [String], _ body: (UnsafeMutablePointer<UnsafeMutablePointer<CChar>?>?) -> Result
  ) -> Result {
    var pointers = unsafe texts.map { unsafe strdup($0) } + [nil]
    defer { unsafe pointers.forEach { unsafe free($0) } }
    return unsafe pointers.withUnsafeMutableBufferPointer { unsafe body($0.baseAddress) }
  }
}

extension ChildProcess.Change: CustomStringConvertible {
  /// The end of a sentence: "exited with status 3", "was killed by SIGKILL".
  public var description: String {
    switch self {
    case .exited(let status): "exited with status \(status)"
    case .killed(let signal): "was killed by \(SignalQueue.name(signal))"
    case .stopped(let signal): "was stopped by \(SignalQueue.name(signal))"
    }
  }
}
