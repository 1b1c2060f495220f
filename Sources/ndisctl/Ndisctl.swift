// `ndisctl`: sees and steers a running ndissimd, and measures it. This file has the list of
// subcommands and how the program ends; each subcommand is a file of its own.
//
// A new subcommand is one entry in a group below. A command that cannot go on throws a
// CommandFailure: its sentence goes to standard error, its status becomes the exit status. A reader
// of our output that went away (`ndisctl list blocks | head`) ends us quietly.

import ArgumentParser
import Glibc

@main
struct Ndisctl: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "ndisctl",
    abstract: "Sees and steers ndissimd, the shared-memory provider model of NDIS.",
    discussion: """
      Without a subcommand it shows the daemon's status. The daemon is found by itself: see \
      --socket. `ndisctl help SUBCOMMAND` shows examples of each.

      EXIT STATUS
      \(ExitStatus.table)
      """,
    version: "0.1.0",
    groupedSubcommands: [
      CommandGroup(
        name: "Seeing",
        subcommands: [
          StatusCommand.self, ListCommand.self, ShowCommand.self, MonitorCommand.self,
          TopCommand.self, StateCommand.self, MetricsCommand.self, ConfigCommand.self,
          LogCommand.self,
          PingCommand.self,
        ]),
      CommandGroup(
        name: "Steering",
        subcommands: [
          WaitCommand.self, ExpectCommand.self, AdapterCommand.self, ProviderCommand.self,
          ReloadCommand.self, LogLevelCommand.self,
        ]),
      CommandGroup(
        name: "Trying and testing",
        subcommands: [
          Run.self, Alloc.self, Free.self, OidCommand.self, Map.self, Doctor.self, Completion.self,
        ]),
      CommandGroup(name: "Measuring", subcommands: [BenchCommand.self]),
    ],
    defaultSubcommand: StatusCommand.self)

  static func main() {
    // A write to a pipe nobody reads shall answer EPIPE: Output ends quietly on it. Who starts another
    // program gives it the default back.
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
