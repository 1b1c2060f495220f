// `ndisctl wait`: returns when a condition holds. For test scripts: with it none has to sleep.

import ArgumentParser
import NDISDrawing
import NDISManagementInterface
import NDISVarlink

struct WaitCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "wait",
    abstract: "Waits until a condition holds.",
    discussion: """
      Ends with 0 when the condition holds, at once if it does already, and says what it found. Ends \
      with \(ExitStatus.timedOut.rawValue) when it did not hold in time, and says how things stood.

      CONDITION is one of
        COUNTER=N, COUNTER>=N, COUNTER<=N, COUNTER>N, COUNTER<N   a counter of the daemon
        [KIND:]NAME=STATE     a session, driver, adapter or provider by name, anything with a handle by
                              that; a queue as ADAPTER/NUMBER, a VPort as vport:ADAPTER/NUMBER, a filter
                              as filter:ADAPTER/NUMBER; besides states: present, gone
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
      "How long to wait: 500ms, 5s, 2min; for ever unless given.", valueName: "time"))
  var timeout: TimeSpan?

  @Option(help: "For events: only those with a greater sequence number.")
  var after: Int?

  @Argument(help: "What shall hold.")
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
        : TerminalText.printable(reply.found, unicode: common.surface.unicode))
    try output.flush()
  }
}
