// `ndisctl bench`: the command line of the benchmark. The measurements are in the module NDISBench, the
// plots in NDISDrawing.

import ArgumentParser
import NDISBench
import NDISDrawing
import NDISVarlink
import Glibc

struct BenchCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "bench",
    abstract: "Benchmarks a private daemon against a baseline in C.",
    discussion: """
      Runs a private daemon and, alternating with it, the baseline ndissim-floor: a C program with the \
      same messages and system calls and no simulator. Compare ratios between machines, not times. \
      Takes about two minutes.

      Examples:
        ndisctl bench --quick
        ndisctl bench --svg latency.svg
        ndisctl bench --only sync,pipelined --json
        ndisctl bench --check > /dev/null || echo "a goal is missed"
      """,
    subcommands: [BenchWorker.self])

  @Option(help: "The daemon's program; by default ndissimd in the directory of ndisctl.")
  var ndissimd: String?

  @Option(
    help: ArgumentHelp(
      "A comma-separated list of \(Measurement.allCases.map { $0.rawValue }.joined(separator: ", ")).",
      valueName: "measurements"))
  var only: String?

  @Flag(help: "Print one JSON object.")
  var json = false

  @Option(
    help: ArgumentHelp("Write a plot of all distributions as SVG to this file.", valueName: "file"))
  var svg: String?

  @Flag(help: "Fewer samples and 100000 live blocks; takes less than half a minute.")
  var quick = false

  @Option(help: "The number of rounds of each comparison.")
  var rounds: Int?

  @Flag(help: "Exit with status 1 if a goal is missed.")
  var check = false

  func run() throws {
    let options = try chosen()
    let progress = ProgressLine()
    let report: BenchReport
    do throws(BenchFailure) {
      report = try Bench(options) { progress.show($0) }.run()
    } catch {
      progress.clear()
      throw CommandFailure("\(error)")
    }
    progress.clear()
    var output = Output()
    if json {
      try output.line(report.json.prettyText)
    } else {
      for line in BenchText.lines(report, width: terminalWidth()) { try output.line(line) }
    }
    try output.flush()
    if let svg { try write(BenchText.svg(report), to: svg) }
    if check { try checkGoals(report) }
  }

  private func chosen() throws -> BenchOptions {
    var options = quick ? BenchOptions.quick : BenchOptions()
    options.ndissimd = ndissimd
    if let only {
      options.measurements = []
      for name in only.split(separator: ",") {
        guard let measurement = Measurement(rawValue: String(name)) else {
          throw ValidationError(
            "--only has '\(name)'; use some of "
              + Measurement.allCases.map { $0.rawValue }.joined(separator: ", "))
        }
        options.measurements.insert(measurement)
      }
    }
    if let rounds {
      guard (1...10_000).contains(rounds) else {
        throw ValidationError("--rounds is \(rounds); use 1 to 10000")
      }
      options.rounds = rounds
    }
    return options
  }

  private func write(_ text: String, to path: String) throws(CommandFailure) {
    let file = unsafe open(path, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0o666)
    guard file >= 0 else {
      throw CommandFailure("cannot write \(path): \(unsafe String(cString: strerror(errno)))")
    }
    defer { _ = close(file) }
    var output = Output(descriptor: file)
    try output.write(text)
    try output.flush()
  }

  /// A goal that was not measured is not missed, but reported.
  private func checkGoals(_ report: BenchReport) throws(CommandFailure) {
    var missed: [String] = []
    for goal in Goal.all {
      let value = report.number(goal.key).map { JSON.figure($0).text } ?? "not measured"
      if goal.isMet(report) == false { missed.append("\(goal.key) is \(value), not \(goal.limit)") }
      if goal.isMet(report) == nil { StandardError.write("\(goal.key): \(value)\n") }
    }
    guard missed.isEmpty else {
      throw CommandFailure("goals missed: " + missed.joined(separator: "; "))
    }
  }

  private func terminalWidth() -> Int {
    var size = winsize()
    guard unsafe ioctl(1, UInt(TIOCGWINSZ), &size) == 0, size.ws_col > 0 else { return 80 }
    return min(Int(size.ws_col), 120)
  }
}

/// The other processes of the benchmark; hidden from the help.
struct BenchWorker: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "worker", abstract: "A process of the benchmark.", shouldDisplay: false)

  @Argument var kind: String
  @Argument var socket: String
  @Argument var count: Int = 1
  @Argument var rest: UInt32 = 0

  func run() throws {
    do throws(BenchFailure) {
      switch kind {
      case "pairs": try Worker.pairs(count, restMicroseconds: rest, socketPath: socket)
      case "provider": try Worker.provider(socketPath: socket)
      case "miniport": try Worker.miniport(socketPath: socket)
      case "receiver": try Worker.receiver(socketPath: socket)
      default:
        throw BenchFailure(
          "unknown worker '\(kind)'; use pairs, provider, miniport or receiver")
      }
    } catch { throw CommandFailure("\(error)") }
  }
}

/// The progress: one line that is redrawn on a terminal, else a line for each new step.
private final class ProgressLine {
  private let isTerminal = isatty(2) == 1
  private var shown = ""

  func show(_ text: String) {
    if isTerminal {
      StandardError.write("\r\u{1B}[K\(text)")
    } else {
      let thing = String(text.prefix { $0 != ":" })
      guard thing != shown else { return }
      shown = thing
      StandardError.write("\(thing)\n")
    }
  }

  func clear() {
    if isTerminal { StandardError.write("\r\u{1B}[K") }
  }
}
