// Where `ndisctl map` asks and how it draws. To be replaced by the options all commands share.

import ArgumentParser
import Drawing
import Management
import Varlink

/// When to use colours, on the command line.
enum MapColors: String, CaseIterable, ExpressibleByArgument {
  case auto, always, never
  var choice: ColorChoice { ColorChoice(rawValue: rawValue) ?? .auto }
}

struct MapOptions: ParsableArguments {
  @Option(
    help: ArgumentHelp(
      "The daemon's management socket; searched for by default.", valueName: "path"))
  var socket: String?

  @Flag(help: "Print a JSON document.")
  var json = false

  @Option(help: "Colours: auto (on a terminal, unless NO_COLOR is set), always or never.")
  var color: MapColors = .auto

  /// What standard output is drawn on.
  var surface: Surface { Surface(descriptor: 1, colors: color.choice) }

  /// Connects to the daemon.
  static func connect(_ socket: String?) throws(CommandFailure) -> VarlinkClient {
    let path: String
    do throws(ManagementSocketMissing) { path = try ManagementSocket.find(socket) } catch {
      throw CommandFailure("\(error)", status: .noDaemon)
    }
    do throws(VarlinkFailure) {
      return try VarlinkClient.connect(path: path, timeoutMilliseconds: 30_000)
    } catch { throw CommandFailure("no daemon answers at \(path): \(error)", status: .noDaemon) }
  }
}
