// `ndisctl run` with real processes: what it passes through, what it finds, how it terminates processes, and
// that it cleans up.

import Glibc
import NDISPlatform
import Testing
import NDISVarlink

@testable import ndisctl

@Suite(.timeLimit(.minutes(2))) struct RunTests {
  /// Runs `ndisctl run`, and checks that it cleans up.
  private func run(
    _ arguments: [String], location: SourceLocation = #_sourceLocation
  ) throws -> CommandProcess {
    let process = try CommandProcess(["run"] + arguments)
    process.wait()
    #expect(process.leftovers.isEmpty, sourceLocation: location)
    #expect(process.descendants.isEmpty, sourceLocation: location)
    return process
  }

  private var alloc: [String] { get throws { [try CommandProcess.program("ndisctl"), "alloc"] } }

  @Test func `A successful command passes, with its output unchanged`() throws {
    let process = try run(["--", "sh", "-c", "echo to stdout; echo to stderr >&2"])
    #expect(process.wait() == 0)
    #expect(process.output == "to stdout\n")
    #expect(process.error.hasPrefix("to stderr\nndisctl run: passed: 'sh -c "))
    #expect(process.error.contains("0 allocations, 0 frees, no violation, no leak"))
  }

  @Test func `With --quiet a successful command has no report`() throws {
    let process = try run(["-q", "--", "true"])
    #expect(process.wait() == 0)
    #expect(process.error == "")
  }

  @Test func `The status of a failing command is returned`() throws {
    let process = try run(["--", "sh", "-c", "exit 42"])
    #expect(process.wait() == 42)
    #expect(process.error.contains("FAILED: 'sh -c exit 42' exited with status 42"))
  }

  @Test func `A command killed by a signal is 128 plus the signal`() throws {
    let process = try run(["--", "sh", "-c", "kill -SEGV $$"])
    #expect(process.wait() == 128 + SIGSEGV)
    #expect(process.error.contains("was killed by SIGSEGV"))
  }

  @Test func `The command finds the daemon in its environment`() throws {
    let process = try run(["--"] + alloc + ["--count", "3"])
    #expect(process.wait() == 0)
    #expect(process.error.contains("3 allocations, 3 frees"))
  }

  @Test func `A leak is found`() throws {
    let process = try run(["--"] + alloc + ["--leak"])
    #expect(process.wait() == 3)
    #expect(process.error.contains("BAD leak: once, not expected"))
    #expect(process.error.contains("did not free a block of 65536 bytes"))
  }

  @Test func `An expected leak is no failure`() throws {
    let process = try run(["--expect", "leak times 2", "--"] + alloc + ["--leak", "--count", "2"])
    #expect(process.wait() == 0)
    #expect(process.error.contains("ok  leak: twice, as expected"))
  }

  @Test func `Expectations must occur exactly as often`() throws {
    let absent = try run(["--expect", "0x7C/0x01", "--", "true"])
    #expect(absent.wait() == 3)
    #expect(absent.error.contains("BAD 0x7C/0x01: did not occur, expected once"))
    let more = try run(["--expect", "leak", "--"] + alloc + ["--leak", "--count", "2"])
    #expect(more.wait() == 3)
    #expect(more.error.contains("BAD leak: twice, expected once"))
  }

  @Test func `Expectations can be in a file`() throws {
    let process = try CommandProcess(
      ["run", "--expect-file", "@/expected", "--", "sh", "-c", "exit 0"])
    // A missing file is an error of the command line.
    #expect(process.wait() == 64)
    #expect(process.error.contains("cannot read"))
    let file = process.directory + "/expected"
    do throws(RunManagementFailure) { try writeFile(file, "leak times 1 # one\n") } catch {
      Issue.record("\(error.sentence)")
    }
    let second = try run(["--expect-file", file, "--"] + alloc + ["--leak"])
    #expect(second.wait() == 0)
  }

  @Test func `A test can declare expectations itself`() throws {
    let own = try CommandProcess.program("ndisctl")
    let process = try run(
      ["--", "sh", "-c", "'\(own)' expect leak times 1 && exec '\(own)' alloc --leak"])
    #expect(process.wait() == 0)
    #expect(process.error.contains("ok  leak: once, as expected"))
  }

  @Test func `A violation is reported with its bug check`() throws {
    let own = try CommandProcess.program("ndisctl")
    let process = try run(["--", "sh", "-c", "'\(own)' free 0x1; true"])
    #expect(process.wait() == 3)
    #expect(process.error.contains("BAD 0x7C/"))
  }

  @Test func `The report is available as JSON`() throws {
    let process = try run(["--report", "@/report", "--json", "--"] + alloc + ["--leak"])
    #expect(process.wait() == 3)
    let json = try JSON(parsing: CommandProcess.text(process.directory + "/report"))
    #expect(json["verdict"] == "violated")
    #expect(json["exitStatus"] == 3)
    #expect(json["allocations"] == 1)
    #expect(process.error.contains("\"verdict\": \"violated\""))
  }

  @Test func `After a timeout the state is written and all processes are terminated`() throws {
    let process = try run([
      "--timeout", "300ms", "--state-file", "@/state", "--keep-log", "@/log", "--", "sh", "-c",
      "trap '' TERM; sleep 1000 & sleep 1000",
    ])
    #expect(process.wait() == 124)
    let state = try JSON(parsing: CommandProcess.text(process.directory + "/state"))
    #expect(state["status"]?["pid"] != nil)
    #expect(state["providers"] != nil)
    #expect(CommandProcess.text(process.directory + "/log").contains("serves drivers"))
    #expect(process.error.contains("written: \(process.directory)/state"))
    #expect(process.error.contains("written: \(process.directory)/log"))
  }

  @Test func `A crashed daemon is reported immediately and at the end`() throws {
    let process = try run([
      "--keep-log", "@/log", "--", "sh", "-c",
      """
      for child in $(cat /proc/$PPID/task/$PPID/children); do
        [ $child = $$ ] || kill -9 $child
      done
      """,
    ])
    #expect(process.wait() == 125)
    #expect(process.error.contains("was killed by SIGKILL unexpectedly"))
  }

  @Test func `Processes left by the command are terminated and reported`() throws {
    let process = try run(["--", "sh", "-c", "setsid sleep 1000 > /dev/null 2>&1 & sleep 0.05"])
    #expect(process.wait() == 0)
    #expect(process.error.contains("1 process left by the command was terminated"))
  }

  @Test(arguments: [SIGINT, SIGTERM, SIGHUP])
  func `A signal reaches the command, and its exit status is returned`(signal: Int32) throws {
    let process = try CommandProcess(["run", "--", "sh", "-c", "echo begun; exec sleep 1000"])
    process.waitForOutput("begun")
    process.send(signal)
    #expect(process.wait() == 128 + signal)
    #expect(process.leftovers.isEmpty)
    #expect(process.descendants.isEmpty)
  }

  /// Waits until a condition holds, at most ten seconds.
  private func waitUntil(_ condition: () -> Bool) {
    let end = MonotonicClock.nanoseconds &+ 10_000_000_000
    while !condition(), MonotonicClock.nanoseconds < end { usleep(2000) }
  }

  @Test func `A daemon does not outlive a run that is killed`() throws {
    let process = try CommandProcess(["run", "--", "sh", "-c", "echo begun; exec sleep 1000"])
    process.waitForOutput("begun")
    // During its exec a process has no environment that identifies it.
    waitUntil { process.descendants.count == 2 }
    #expect(process.descendants.count == 2)
    process.send(SIGKILL)
    process.wait()
    // With a deadline: a process that stays must fail the test and not block it.
    waitUntil { process.descendants.isEmpty }
    #expect(process.descendants.isEmpty)
  }

  @Test func `A command that cannot be executed is 126 or 127`() throws {
    let missing = try run(["--", "/nonexistent/program"])
    #expect(missing.wait() == 127)
    let directory = try run(["--", "/tmp"])
    #expect(directory.wait() == 126)
  }

  @Test func `A daemon that cannot start is 125, with its log`() throws {
    let process = try run(["--daemon-flag", "--deadlines=sometimes", "--", "true"])
    #expect(process.wait() == 125)
    #expect(process.error.contains("before it was ready"))
    #expect(process.error.contains("sometimes"))
  }

  @Test func `Flags and a configuration reach the daemon`() throws {
    let own = try CommandProcess.program("ndisctl")
    let process = try run([
      "--daemon-flag=--seed=77", "--", "sh", "-c", "'\(own)' status --json",
    ])
    #expect(process.wait() == 0)
    let json = try JSON(parsing: process.output)
    #expect((json["status"] ?? json)["seed"] == 77)
  }

  @Test func `A missing command is an error of the command line`() throws {
    #expect(try run([]).wait() == 64)
    #expect(try run(["--expect", "leak thrice", "--", "true"]).wait() == 64)
    #expect(try run(["--expect", "noSuchRule", "--", "true"]).wait() == 64)
  }
}
