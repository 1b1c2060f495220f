// `ndisctl run`: one command, one daemon of its own, and a verdict. What is here is the order of
// things; the processes are RunFamily's, the daemon PrivateDaemon's, the judgement RunReport's.

import ArgumentParser
import Glibc
import NDISPlatform
import NDISVarlink

struct Run: ParsableCommand {
  static let configuration = CommandConfiguration(
    abstract: "Runs a command against a daemon of its own, and fails if it broke a rule or leaked.",
    usage: "ndisctl run [<options>] -- <command> [<argument> ...]",
    discussion: """
      Starts a private ndissimd, sets NDISSIM_SOCKET and NDISSIM_MANAGEMENT_SOCKET, runs the command, \
      and asks the daemon afterwards which rules of the contract were broken and which blocks leaked. \
      Standard input, output and error are the command's; the report goes to standard error. Daemon \
      and processes that the command left behind are ended; nothing is left in the temporary directory.

      What a test breaks on purpose is declared: with --expect, with --expect-file, or by the test \
      itself (ndisctl expect, or the Expect method). It must then happen, and exactly as often.

      EXIT STATUS, THE FIRST THAT APPLIES
         124  time ran out (--timeout); state and log were written to files
         125  the daemon could not be started, or failed
         126  the command could not be executed; 127: there is no such command
           N  the command's own status, if it is not 0; 128 + N if signal N killed it
           3  a rule was broken or a block leaked without being declared, or was declared and did \
      not happen exactly as often
           0  all is well

      EXAMPLES
        ndisctl run -- ./my-driver-test --verbose
        ndisctl run --timeout 60s --expect '0x7C/0x01 times 2' --expect leak -- ./test
        ndisctl run --daemon-flag=--pool=name=tight,capacity=1M,fragment=7 -- ./test
        ndisctl run --report result.json --keep-log daemon.log -- python3 -m pytest
        ndisctl run -- bash
      """)

  @Option(
    help: ArgumentHelp("Configuration of the daemon; none is read by default.", valueName: "file"))
  var config: String?

  @Option(
    help: ArgumentHelp(
      "What is going to be broken: CODE, or CODE times N, with a CODE as in the report (0x7C/0x01, a rule's name, leak). May be given several times.",
      valueName: "code times n"))
  var expect: [String] = []

  @Option(help: ArgumentHelp("The same, one a line; # begins a comment.", valueName: "file"))
  var expectFile: [String] = []

  @Option(
    help: ArgumentHelp(
      "How long the command may take: 60s, 5min; no limit by default.", valueName: "time"))
  var timeout: TimeSpan?

  @Option(
    help: ArgumentHelp(
      "Where the daemon's state is written as JSON when time runs out; ndissim-state-PID.json by default.",
      valueName: "file"))
  var stateFile: String?

  @Option(help: ArgumentHelp("Keep the daemon's log in this file.", valueName: "file"))
  var keepLog: String?

  @Option(help: ArgumentHelp("The report as JSON, in a file.", valueName: "file"))
  var report: String?

  @Flag(help: "The report as JSON on standard error.")
  var json = false

  @Flag(name: .shortAndLong, help: "Report only when something is wrong.")
  var quiet = false

  @Option(
    help: ArgumentHelp(
      "The daemon's program; by default $NDISSIMD, the one beside ndisctl, the one on the PATH.",
      valueName: "path"))
  var ndissimd: String?

  @Option(
    parsing: .unconditionalSingleValue,
    help: ArgumentHelp(
      "A flag for the daemon, such as --seed=7. May be given several times.", valueName: "flag"))
  var daemonFlag: [String] = []

  @Argument(
    parsing: .postTerminator,
    help: ArgumentHelp("The command and its arguments, behind --.", valueName: "command"))
  var command: [String] = []

  func validate() throws {
    guard !command.isEmpty else {
      throw ValidationError("there is no command; put it behind --: ndisctl run -- COMMAND")
    }
    if let timeout, timeout.milliseconds <= 0 {
      throw ValidationError("--timeout is no time at all; leave it out for no limit")
    }
    _ = try expectations()
  }

  func run() throws {
    let session = RunSession(options: self, command: command, expectations: try expectations())
    throw ExitCode(try session.run())
  }

  /// All that was declared on the command line and in files.
  private func expectations() throws -> [RunExpectation] {
    var list: [RunExpectation] = []
    do throws(RunExpectation.Problem) {
      for text in expect { list.append(try RunExpectation(text)) }
      for path in expectFile { list += try RunExpectation.list(path: path) }
    } catch { throw ValidationError("\(error)") }
    return list
  }
}
