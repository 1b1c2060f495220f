// `ndisctl top`: live statistics of the daemon.

import ArgumentParser
import NDISDrawing
import Glibc
import NDISPlatform
import NDISVarlink

struct TopCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "top",
    abstract: "Shows live rates, latencies and owners of blocks.",
    discussion: """
      On a terminal the page is redrawn in place: q quits, any other key takes a sample at once. \
      Otherwise pages are printed one after the other. Rates and latencies are those of the last \
      interval; latencies are upper bounds in powers of two. With very many blocks, those of drivers \
      and queues are counted less often, to limit the load of the daemon.

      Examples:
        ndisctl top
        ndisctl top --interval 200ms
        ndisctl top --once --color never
        ndisctl top --json | jq .ratesPerSecond
      """)
  @OptionGroup var common: CommonOptions

  @Option(
    help: ArgumentHelp("The time between two samples, at least 50ms.", valueName: "time"))
  var interval = TimeSpan(milliseconds: 1000)

  @Flag(help: "Print one page after one interval; implied by --json.")
  var once = false

  func validate() throws {
    guard (50...3_600_000).contains(interval.milliseconds) else {
      throw ValidationError(
        "--interval is \(HumanFormat.milliseconds(interval.milliseconds)); use 50ms to 1h")
    }
  }

  func run() throws {
    let daemon = try DaemonConnection(common)
    let first = try TopSample.take(from: daemon, after: nil)
    if common.json || once {
      _ = poll(nil, 0, Int32(clamping: interval.milliseconds))
      let sample = try TopSample.take(from: daemon, after: first)
      let rates = TopRates(from: first, to: sample)
      var output = Output()
      if common.json {
        try output.line(rates.json(sample).prettyText)
      } else {
        var history = TopHistory()
        history.add(rates, sample)
        try print(TopPage(sample: sample, rates: rates, history: history), &output)
      }
      try output.flush()
      return
    }
    let isTerminal = common.capabilities.isTerminal
    let terminal = try TopTerminal(keys: isTerminal)
    defer { terminal.restore() }
    if isTerminal {
      try live(daemon, first, terminal)
    } else {
      try pages(daemon, first, terminal)
    }
  }

  /// Redraws in place until q or a signal.
  private func live(
    _ daemon: borrowing DaemonConnection, _ first: TopSample, _ terminal: borrowing TopTerminal
  ) throws(CommandFailure) {
    var output = Output()
    try output.write(Screen.enter)
    do throws(CommandFailure) {
      try repeatedly(daemon, first, terminal) { page throws(CommandFailure) in
        let capabilities = common.capabilities
        try output.write(
          Screen.frame(page.lines(on: capabilities), height: capabilities.height ?? 24))
        try output.flush()
      }
    } catch {
      try output.write(Screen.leave)
      try output.flush()
      throw error
    }
    try output.write(Screen.leave)
    try output.flush()
  }

  /// Prints one page after the other.
  private func pages(
    _ daemon: borrowing DaemonConnection, _ first: TopSample, _ terminal: borrowing TopTerminal
  ) throws(CommandFailure) {
    var output = Output()
    try repeatedly(daemon, first, terminal) { page throws(CommandFailure) in
      try print(page, &output)
      try output.line()
      try output.flush()
    }
  }

  private func print(_ page: TopPage, _ output: inout Output) throws(CommandFailure) {
    var capabilities = common.capabilities
    // Nothing is redrawn, so the height is not limited.
    capabilities.height = nil
    for line in page.lines(on: capabilities) { try output.line(line) }
  }

  private func repeatedly(
    _ daemon: borrowing DaemonConnection, _ first: TopSample, _ terminal: borrowing TopTerminal,
    _ draw: (TopPage) throws(CommandFailure) -> Void
  ) throws(CommandFailure) {
    var last = first
    var history = TopHistory()
    var page = TopPage(sample: first, rates: TopRates(from: first, to: first), history: history)
    var next = first.time + UInt64(interval.milliseconds)
    while true {
      let drawn = common.capabilities
      try draw(page)
      let now = MonotonicClock.milliseconds
      let left = Int(clamping: next > now ? next - now : 0)
      switch terminal.wait(milliseconds: left, drawn: drawn, now: { common.capabilities }) {
      case .quit: return
      case .resized: continue
      case .timeIsUp: break
      }
      let sample = try TopSample.take(from: daemon, after: last)
      let rates = TopRates(from: last, to: sample)
      history.add(rates, sample)
      page = TopPage(sample: sample, rates: rates, history: history)
      last = sample
      next = sample.time + UInt64(interval.milliseconds)
    }
  }
}
