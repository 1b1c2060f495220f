// `ndisctl run`: the command line. The sequence is in RunSession, the processes in RunFamily, the daemon in
// PrivateDaemon, the result in RunReport.

import ArgumentParser
import Glibc
import NDISPlatform
import NDISVarlink

struct Run: ParsableCommand {
  static let configuration = CommandConfiguration(
    abstract: "Runs a command against a private daemon, and fails on violations or leaks.",
    usage: "ndisctl run [<options>] -- <command> [<argument> ...]",
    discussion: """
      Starts a private ndissimd, sets NDISSIM_SOCKET and NDISSIM_MANAGEMENT_SOCKET, runs the command, \
      and then queries the daemon for contract violations and leaked blocks. Standard input, output and \
      error are those of the command; the report goes to standard error. The daemon and processes left \
      by the command are terminated, and all temporary files are removed.

      Violations that a test provokes on purpose are declared: with --expect, with --expect-file, or by \
      the test itself (ndisctl expect, or the Expect method). They must then occur exactly as often.

      EXIT STATUS (THE FIRST THAT APPLIES)
         124  timed out (--timeout); state and log were written to files
         125  the daemon could not be started, or failed
         126  the command could not be executed; 127: command not found
           N  the exit status of the command, if not 0; 128 + N if signal N killed it
           3  unexpected violations or leaks, or expected ones that did not occur exactly as often
           0  success

      EXAMPLES
        ndisctl run -- ./my-driver-test --verbose
        ndisctl run --timeout 60s --expect '0x7C/0x01 times 2' --expect leak -- ./test
        ndisctl run --daemon-flag=--pool=name=tight,capacity=1M,fragment=7 -- ./test
        ndisctl run --report result.json --keep-log daemon.log -- python3 -m pytest
        ndisctl run -- bash
      """)

  @Option(
    help: ArgumentHelp("The configuration file of the daemon; none by default.", valueName: "file"))
  var config: String?

  @Option(
    help: ArgumentHelp(
      "An expected violation or leak: CODE, or CODE times N, with a CODE as in the report (0x7C/0x01, the name of a rule, leak). Repeatable.",
      valueName: "code times n"))
  var expect: [String] = []

  @Option(
    help: ArgumentHelp(
      "A file of expectations, one per line; # starts a comment.", valueName: "file"))
  var expectFile: [String] = []

  @Flag(help: "Treat advice (a page says \"should\") as violations; it is ignored otherwise.")
  var advice = false

  @Option(
    help: ArgumentHelp(
      "The timeout of the command: 60s, 5min; no limit by default.", valueName: "time"))
  var timeout: TimeSpan?

  @Option(
    help: ArgumentHelp(
      "The file for the daemon's state as JSON after a timeout; ndissim-state-PID.json by default.",
      valueName: "file"))
  var stateFile: String?

  @Option(help: ArgumentHelp("Write the daemon's log to this file.", valueName: "file"))
  var keepLog: String?

  @Option(help: ArgumentHelp("Write the report as JSON to this file.", valueName: "file"))
  var report: String?

  @Flag(help: "Print the report as JSON on standard error.")
  var json = false

  @Flag(name: .shortAndLong, help: "Print the report only on failure.")
  var quiet = false

  @Option(
    help: ArgumentHelp(
      "The daemon's program; by default $NDISSIMD, else ndissimd in the directory of ndisctl, else on the PATH.",
      valueName: "path"))
  var ndissimd: String?

  @Option(
    parsing: .unconditionalSingleValue,
    help: ArgumentHelp(
      "A flag for the daemon, such as --seed=7. Repeatable.", valueName: "flag"))
  var daemonFlag: [String] = []

  @Argument(
    parsing: .postTerminator,
    help: ArgumentHelp("The command and its arguments, after --.", valueName: "command"))
  var command: [String] = []

  func validate() throws {
    guard !command.isEmpty else {
      throw ValidationError("missing command; put it after --: ndisctl run -- COMMAND")
    }
    if let timeout, timeout.milliseconds <= 0 {
      throw ValidationError("--timeout is 0; omit it for no limit")
    }
    _ = try expectations()
  }

  func run() throws {
    let session = RunSession(options: self, command: command, expectations: try expectations())
    throw ExitCode(try session.run())
  }

  /// All expectations of the command line and of files.
  private func expectations() throws -> [RunExpectation] {
    var list: [RunExpectation] = []
    do throws(RunExpectation.Problem) {
      for text in expect { list.append(try RunExpectation(text)) }
      for path in expectFile { list += try RunExpectation.list(path: path) }
    } catch { throw ValidationError("\(error)") }
    return list
  }
}
