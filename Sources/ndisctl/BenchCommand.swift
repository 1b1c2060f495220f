// `ndisctl bench`: flags in, figures out. What is measured and how lives in the Bench room.

import ArgumentParser
import Bench
import Glibc

struct BenchCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "bench",
    abstract: "Measures a private daemon against a C program that only sends the same messages.",
    discussion: """
      Starts a daemon of its own, and in the same run and in turns with it ndissim-floor: the same \
      messages and system calls in C, with no simulator behind them. Ratios are what to compare from \
      machine to machine.
      """)

  @Option(help: "The daemon's program; by default ndissimd beside ndisctl.")
  var ndissimd: String?

  @Option(
    help: ArgumentHelp(
      "Comma-separated: \(Measurement.allCases.map { $0.rawValue }.joined(separator: ", ")).",
      valueName: "measurements"))
  var only: String?

  @Flag(help: "Print one JSON object.")
  var json = false

  @Flag(help: "A tenth of the samples.")
  var quick = false

  @Option(help: "Rounds of each comparison.")
  var rounds: Int?

  func run() throws {
    var options = BenchOptions()
    options.ndissimd = ndissimd
    if let only {
      options.measurements = []
      for name in only.split(separator: ",") {
        guard let measurement = Measurement(rawValue: String(name)) else {
          throw ValidationError(
            "--only has '\(name)'; known are "
              + Measurement.allCases.map { $0.rawValue }.joined(separator: ", "))
        }
        options.measurements.insert(measurement)
      }
    }
    if quick { options.rounds = 10 }
    if let rounds {
      guard (1...10_000).contains(rounds) else {
        throw ValidationError("--rounds is \(rounds); use 1 to 10000")
      }
      options.rounds = rounds
    }
    let progress = ProgressLine()
    let figuresText: String
    do throws(BenchFailure) {
      let figures = try Bench(options) { progress.show($0) }.run()
      progress.clear()
      figuresText = figures.lines
    } catch {
      progress.clear()
      throw CommandFailure("\(error)")
    }
    var output = Output()
    try output.line(figuresText)
    try output.flush()
  }
}

/// What is being done, on one line of a terminal that is written over and over; elsewhere a line when
/// the thing done is another one.
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
