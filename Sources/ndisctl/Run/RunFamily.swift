// The processes that `ndisctl run` supervises: the daemon, the command with its process group, and the
// command's orphans (this process is their subreaper). One loop reads signals and state changes of the
// children; every wait runs in it, so that a signal or an exit is noticed whatever is waited for.
//
// The command is the leader of its own process group. If this process has the terminal in the foreground,
// it is passed to the command, as a shell does for a job: Ctrl-C and Ctrl-Z reach the command and not the
// daemon, and a stopped command stops this process too, so that the shell sees a stopped job.

import Glibc
import NDISPlatform

/// The children of this process, and its signals.
final class ProcessFamily {
  private let signals: SignalQueue
  private var daemon: ChildProcess?
  private var command: ChildProcess?
  /// The terminal of this process.
  private let terminal: Descriptor
  /// Whether there is one with this process in the foreground.
  private let isForeground: Bool

  /// How the daemon exited, nil while it runs.
  private(set) var daemonExit: ChildProcess.Change?
  /// How the command exited, nil while it runs.
  private(set) var commandExit: ChildProcess.Change?
  /// The signal that terminates this process.
  private(set) var terminationSignal: Int32?
  /// When the command is killed if it has not exited.
  private var killAt: UInt64?

  /// The time between SIGTERM or SIGHUP and SIGKILL.
  static let grace: UInt64 = 5_000_000_000

  /// Blocks the signals; no other thread may have been started.
  init() throws(SystemError) {
    signals = try SignalQueue([
      SIGCHLD, SIGINT, SIGTERM, SIGHUP, SIGQUIT, SIGUSR1, SIGUSR2, SIGCONT, SIGTSTP, SIGWINCH,
      // Not forwarded: blocked, so that the terminal can be taken back from the background.
      SIGTTOU, SIGTTIN,
    ])
    try ChildProcess.adoptOrphans()
    let opened = Descriptor(owning: unsafe open("/dev/tty", O_RDWR | O_CLOEXEC | O_NOCTTY))
    isForeground = opened.raw >= 0 && tcgetpgrp(opened.raw) == getpgrp()
    terminal = opened
  }

  func watch(daemon child: ChildProcess) { daemon = child }

  /// Starts the command.
  func start(_ options: ChildProcess.Options) throws(SystemError) {
    var options = options
    options.leadsGroup = true
    options.terminal = terminalNumber
    // If this process is killed, the command must not continue without a daemon.
    options.deathSignal = SIGTERM
    command = try ChildProcess.start(options)
  }

  private var terminalNumber: Int32? { isForeground ? terminal.raw : nil }

  /// Waits until `isDone`, at most until a time of the monotonic clock; returns whether it is done.
  /// The condition is evaluated after every signal, and when `descriptor` is readable.
  func wait(
    until deadline: UInt64? = nil, watching descriptor: Int32 = -1, _ isDone: () -> Bool
  ) -> Bool {
    while true {
      takeSignals()
      if isDone() { return true }
      let now = MonotonicClock.nanoseconds
      if let at = killAt, now >= at, commandExit == nil {
        killAt = nil
        signalCommand(SIGKILL)
      }
      if let deadline, now >= deadline { return false }
      let next = min(deadline ?? .max, killAt ?? .max)
      var timeout: Int32 = -1
      if next != .max {
        // Rounded up, to avoid a second wait.
        timeout = Int32(clamping: (next &- min(now, next)) / 1_000_000 &+ 1)
      }
      var waited = [
        pollfd(fd: signals.descriptor.raw, events: Int16(POLLIN), revents: 0),
        pollfd(fd: descriptor, events: Int16(POLLIN), revents: 0),
      ]
      _ = unsafe poll(&waited, 2, timeout)
    }
  }

  /// Terminates one child: SIGTERM, then SIGKILL after a timeout.
  func end(_ child: ChildProcess, timeout: UInt64) {
    func isGone() -> Bool { (child == daemon ? daemonExit : commandExit) != nil }
    guard !isGone() else { return }
    _ = kill(child.pid, SIGTERM)
    // A stopped process handles signals only when it is continued.
    _ = kill(child.pid, SIGCONT)
    if !wait(until: MonotonicClock.nanoseconds &+ timeout, isGone) {
      _ = kill(child.pid, SIGKILL)
      _ = wait(isGone)
    }
  }

  /// Terminates the command and all its descendants: SIGTERM to the group, then SIGKILL after the
  /// grace period. Returns the number of processes besides the command.
  @discardableResult
  func endCommand() -> Int {
    guard command != nil else { return 0 }
    let remaining = descendants()
    if commandExit == nil || !remaining.isEmpty {
      signalCommand(SIGTERM)
      for pid in remaining { _ = kill(pid, SIGTERM) }
      // A stopped process handles signals only when it is continued.
      signalCommand(SIGCONT)
      let end = MonotonicClock.nanoseconds &+ 2_000_000_000
      _ = wait(until: end) { commandExit != nil && descendants().isEmpty }
    }
    while true {
      let left = descendants()
      if commandExit != nil, left.isEmpty { break }
      signalCommand(SIGKILL)
      for pid in left { _ = kill(pid, SIGKILL) }
      // The children of a killed parent are reparented to this process: search again.
      _ = wait(until: MonotonicClock.nanoseconds &+ 100_000_000) {
        commandExit != nil && descendants().isEmpty
      }
    }
    return remaining.count
  }

  /// The descendants of the command, without itself and the daemon.
  func descendants() -> [Int32] {
    var parents: [Int32: Int32] = [:]
    guard let folder = unsafe opendir("/proc") else { return [] }
    while let entry = unsafe readdir(folder) {
      let name = unsafe withUnsafeBytes(of: &entry.pointee.d_name) {
        unsafe String(decoding: $0.prefix { $0 != 0 }, as: UTF8.self)
      }
      if let pid = Int32(name), let parent = ProcessFamily.livingParent(of: pid) {
        parents[pid] = parent
      }
    }
    unsafe closedir(folder)
    let own = getpid()
    return parents.keys.filter { pid in
      guard pid != command?.pid, pid != daemon?.pid else { return false }
      var at = pid
      // A chain is never longer than the number of processes.
      for _ in 0...parents.count {
        guard let parent = parents[at] else { return false }
        if parent == own { return at != daemon?.pid }
        at = parent
      }
      return false
    }
  }

  /// The parent of a process that is not a zombie.
  private static func livingParent(of pid: Int32) -> Int32? {
    let file = Descriptor(owning: unsafe open("/proc/\(pid)/stat", O_RDONLY | O_CLOEXEC))
    guard file.raw >= 0 else { return nil }
    var bytes = [UInt8](repeating: 0, count: 512)
    let count = unsafe read(file.raw, &bytes, bytes.count)
    guard count > 0, let close = bytes[..<count].lastIndex(of: UInt8(ascii: ")")) else {
      return nil
    }
    // The name in parentheses may contain any character; after it: state, parent.
    let fields = bytes[(close + 1)..<count].split(separator: UInt8(ascii: " "), maxSplits: 2)
    guard fields.count >= 2, fields[0].first != UInt8(ascii: "Z") else { return nil }
    return Int32(String(decoding: fields[1], as: UTF8.self))
  }

  private func signalCommand(_ signal: Int32) {
    if let command { _ = kill(-command.pid, signal) }
  }

  private func takeSignals() {
    // Reading a signalfd cannot fail for a reason that could be handled here.
    while let signal = (try? signals.next()) ?? nil {
      switch signal {
      case SIGCHLD: break
      case SIGTTOU, SIGTTIN: break
      case SIGCONT:
        giveTerminal()
        signalCommand(SIGCONT)
      case SIGINT, SIGTERM, SIGHUP, SIGQUIT:
        terminationSignal = signal
        signalCommand(signal)
        // A program may handle SIGINT and continue; after SIGTERM or SIGHUP it must exit.
        if signal == SIGTERM || signal == SIGHUP, killAt == nil {
          killAt = MonotonicClock.nanoseconds &+ ProcessFamily.grace
        }
      default: signalCommand(signal)
      }
    }
    // One SIGCHLD may stand for several exits.
    while let (child, change) = (try? ChildProcess.nextStateChange()) ?? nil { note(child, change) }
  }

  private func note(_ child: Int32, _ change: ChildProcess.Change) {
    if child == command?.pid {
      if case .stopped = change {
        takeTerminal()
        // The shell must see a stopped job; it sends SIGCONT to continue.
        if terminalNumber != nil { _ = kill(getpid(), SIGSTOP) }
      } else {
        commandExit = change
        takeTerminal()
      }
    } else if child == daemon?.pid {
      if case .stopped = change { return }
      daemonExit = change
    }
  }

  private func giveTerminal() {
    if let terminal = terminalNumber, let command, commandExit == nil,
      tcgetpgrp(terminal) == getpgrp()
    {
      _ = tcsetpgrp(terminal, command.pid)
    }
  }

  private func takeTerminal() {
    if let terminal = terminalNumber { _ = tcsetpgrp(terminal, getpgrp()) }
  }
}
