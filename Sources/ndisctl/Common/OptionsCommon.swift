// Options that many commands share, and the parsing of their values. Sizes are powers of 1024, times have the
// units of systemd.time(7) as far as they are useful here.

import ArgumentParser
import NDISDrawing

/// `ColorChoice` as an option.
enum ColorOption: String, CaseIterable, ExpressibleByArgument {
  case auto
  case always
  case never

  var choice: ColorChoice {
    switch self {
    case .auto: .auto
    case .always: .always
    case .never: .never
    }
  }
}

/// Options of every command that queries the daemon.
struct CommonOptions: ParsableArguments {
  @Option(
    help: ArgumentHelp(
      "The daemon's management socket. Default: $NDISSIM_MANAGEMENT_SOCKET, else the first existing path of those listed in docs/sockets.md.",
      valueName: "path"))
  var socket: String?

  @Flag(help: "Print the reply of the daemon as JSON.")
  var json = false

  @Option(
    help: "When to use colours: auto (on a terminal, unless NO_COLOR is set), always or never.")
  var color: ColorOption = .auto

  /// The capabilities of standard output.
  var capabilities: TerminalCapabilities {
    TerminalCapabilities(descriptor: 1, colors: color.choice)
  }
}

/// A number of bytes on the command line: `4096`, `64K`, `16M`, `2G`.
struct ByteSize: ExpressibleByArgument {
  var bytes: Int

  init?(argument: String) {
    let shifts: [Character: Int] = ["K": 10, "M": 20, "G": 30, "T": 40]
    let shift = argument.last.flatMap { shifts[$0] } ?? 0
    let digits = shift == 0 ? Substring(argument) : argument.dropLast()
    guard let value = Int(digits), value >= 0, value <= Int.max >> shift else { return nil }
    bytes = value << shift
  }
}

/// A span of time on the command line: `500ms`, `5s`, `2min`, `1h`; a bare number is seconds.
struct TimeSpan: ExpressibleByArgument {
  var milliseconds: Int

  init(milliseconds: Int) { self.milliseconds = milliseconds }

  init?(argument: String) {
    let units: [(suffix: String, factor: Int)] = [
      ("ms", 1), ("min", 60_000), ("s", 1000), ("m", 60_000), ("h", 3_600_000), ("d", 86_400_000),
      ("", 1000),
    ]
    guard let unit = units.first(where: { argument.hasSuffix($0.suffix) }) else { return nil }
    let number = argument.dropLast(unit.suffix.count)
    guard number.allSatisfy({ $0.isASCII && ($0.isNumber || $0 == ".") }), number.first != ".",
      let value = Double(number)
    else { return nil }
    let product = value * Double(unit.factor)
    // At most a year, which is far from any overflow.
    guard product <= 366 * 86_400_000 else { return nil }
    milliseconds = Int(product.rounded(.up))
  }
}
