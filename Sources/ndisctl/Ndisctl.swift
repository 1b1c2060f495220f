// `ndisctl`: inspects, controls and measures a running ndissimd. This file has the list of subcommands and
// the exit handling; each subcommand has a folder of its own.
//
// A new subcommand is one entry in a group below. A command that fails throws a CommandFailure: its sentence
// is printed on standard error, its status becomes the exit status. A broken pipe on standard output
// (`ndisctl list blocks | head`) ends the program without a message.

import ArgumentParser
import Glibc
import NDIS

@main
struct Ndisctl: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "ndisctl",
    abstract: "Inspect and control ndissimd, the shared-memory provider model of NDIS.",
    discussion: """
      Without a subcommand, shows the status of the daemon. The daemon's socket is found \
      automatically; see --socket. `ndisctl help SUBCOMMAND` shows examples.

      EXIT STATUS
      \(ExitStatus.table)
      """,
    version: Release.version,
    groupedSubcommands: [
      CommandGroup(
        name: "Inspection",
        subcommands: [
          StatusCommand.self, ListCommand.self, ShowCommand.self, PendingCommand.self,
          MonitorCommand.self,
          TopCommand.self, StateCommand.self, MetricsCommand.self, ConfigCommand.self,
          LogCommand.self,
          PingCommand.self,
        ]),
      CommandGroup(
        name: "Control",
        subcommands: [
          WaitCommand.self, ExpectCommand.self, AdapterCommand.self, ProviderCommand.self,
          ReloadCommand.self, LogLevelCommand.self,
        ]),
      CommandGroup(
        name: "Testing",
        subcommands: [
          Run.self, Alloc.self, Free.self, OidCommand.self, Map.self, Doctor.self, Completion.self,
        ]),
      CommandGroup(name: "Measurement", subcommands: [BenchCommand.self]),
    ],
    defaultSubcommand: StatusCommand.self)

  static func main() {
    // A write to a broken pipe must fail with EPIPE, which Output handles. Child processes are started with
    // the default action.
    signal(SIGPIPE, SIG_IGN)
    do {
      var command = try parseAsRoot()
      try command.run()
    } catch let failure as CommandFailure {
      if let sentence = failure.sentence { StandardError.sentence(sentence) }
      Glibc.exit(failure.status.rawValue)
    } catch {
      exit(withError: error)
    }
  }
}
