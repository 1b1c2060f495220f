// `ndisctl wait`: returns when a condition holds, so that test scripts need no sleep.

import ArgumentParser
import NDISDrawing
import NDISManagementInterface
import NDISVarlink

struct WaitCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "wait",
    abstract: "Waits until a condition holds.",
    discussion: """
      Exits with status 0 when the condition holds, immediately if it already does, and prints the \
      value found. Exits with status \(ExitStatus.timedOut.rawValue) after a timeout, and prints the current value.

      CONDITION is one of
        COUNTER=N, COUNTER>=N, COUNTER<=N, COUNTER>N, COUNTER<N   a counter of the daemon
        [KIND:]NAME=STATE     the state of an object: a session, driver, adapter or provider by name,
                              a queue as ADAPTER/NUMBER, a VPort as vport:ADAPTER/NUMBER, a filter as
                              filter:ADAPTER/NUMBER, or any handle; also the states present and gone
        event:KIND[*TIMES]    that many events of a kind; see --after

      The counters are \(WaitCondition.counters.joined(separator: ", ")).

      Examples:
        ndisctl wait blocks=0 --timeout 5s
        ndisctl wait 'adapters>=2'
        ndisctl wait adapter:vmq0=Running
        ndisctl wait vmq0/3=Running && ndisctl wait openOids=0
        ndisctl wait tester=gone
        ndisctl wait 'event:leak*1'
      """)
  @OptionGroup var common: CommonOptions

  @Option(
    help: ArgumentHelp(
      "The timeout: 500ms, 5s, 2min; none by default.", valueName: "time"))
  var timeout: TimeSpan?

  @Option(help: "For events: count only those with a greater sequence number.")
  var after: Int?

  @Argument(help: "The condition to wait for.")
  var condition: String

  func run() throws {
    let wanted: SimulatorInterface.Condition
    do throws(WaitCondition.Problem) {
      wanted = try WaitCondition(condition, after: after).condition
    } catch {
      throw CommandFailure(error.sentence, status: .usage)
    }
    let daemon = try DaemonConnection(common)
    var output = Output()
    let reply = try daemon.wait(wanted, timeout: timeout)
    try output.line(
      common.json
        ? reply.json.prettyText
        : TerminalText.printable(reply.found, unicode: common.capabilities.unicode))
    try output.flush()
  }
}
