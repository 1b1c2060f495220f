// The page of `ndisctl status`.

import NDISDrawing
import NDISManagementInterface

/// The page without the recent warnings.
struct StatusPage {
  var status: SimulatorInterface.Status
  /// The first ones, one more than are shown to detect that there are more.
  var providers: [SimulatorInterface.Provider]
  /// The management socket.
  var socket: String

  /// The number of providers shown.
  static let providers = 16

  func lines(on surface: Surface) -> [String] {
    let counters = status.counters
    let running = status.state == "running"
    let dot = surface.paint(surface.unicode ? "●" : "*", running ? .good : .notable)
    let title =
      "ndissimd \(status.version) - shared-memory provider model of NDIS \(status.ndisVersion)"
    var page = KeyValues()
    page.add(
      "State",
      "\(status.state) for \(Readable.milliseconds(status.uptimeMs))", running ? .good : .notable)
    page.add("PID", "\(status.pid) (uid \(status.uid))")
    page.add("Driver socket", status.driverSocket)
    page.add("Management socket", socket)
    page.add("Settings", settings)
    page.add("Objects", objects(counters))
    page.add(
      "Memory",
      "\(Readable.counted(counters.blocks, "block")), \(Readable.bytes(counters.bytes)) in "
        + Readable.counted(counters.sections, "section"))
    page.add(
      "Calls",
      "\(Readable.counted(counters.allocations, "allocation")), \(Readable.count(counters.failedAllocations)) failed, "
        + Readable.counted(counters.frees, "free"))
    page.add(
      "Outstanding",
      "\(Readable.counted(counters.openRequests, "request")), \(Readable.counted(counters.openUpcalls, "upcall")), "
        + "\(Readable.counted(counters.openOids, "OID request")), "
        + Readable.counted(counters.indicatedLists, "indicated list"))
    let broken = counters.violations > 0 || counters.leakedBlocks > 0
    page.add(
      "Violations",
      "\(Readable.count(counters.violations)), \(Readable.counted(counters.leakedBlocks, "leaked block"))",
      broken ? .bad : .good)
    if status.droppedEntries > 0 {
      page.add(
        "Log", "\(Readable.counted(status.droppedEntries, "entry", "entries")) dropped", .bad)
    }
    page.add("Latency", status.latencies.filter { $0.count > 0 }.map { Cell(latency($0)) })
    page.add("Providers", providerLines)
    return ["\(dot) \(surface.paint(shown(title, surface), .strong))"] + page.lines(on: surface)
  }

  private func shown(_ text: String, _ surface: Surface) -> String {
    let text = TerminalText.printable(text, unicode: surface.unicode)
    guard let edge = surface.width else { return text }
    return TerminalText.cut(text, to: max(1, edge - 2), unicode: surface.unicode)
  }

  private var settings: String {
    let deadline =
      status.deadlineMs.map { "deadline \(Readable.milliseconds($0))" } ?? "no deadline"
    return "seed \(status.seed), page size \(Readable.bytes(status.pageSize)), \(deadline)"
  }

  private func objects(_ counters: SimulatorInterface.Counters) -> String {
    let made: [(Int, String)] = [
      (counters.queues, "queue"), (counters.vports, "VPort"), (counters.filters, "filter"),
    ]
    let few = [
      Readable.counted(counters.sessions, "session"), Readable.counted(counters.drivers, "driver"),
      Readable.counted(counters.adapters, "adapter"),
      Readable.counted(counters.bindings, "binding"),
      Readable.counted(counters.providers, "provider"),
    ]
    return (few + made.filter { $0.0 > 0 }.map { Readable.counted($0.0, $0.1) })
      .joined(separator: ", ")
  }

  private func latency(_ latency: SimulatorInterface.Latency) -> String {
    let whose = latency.driver.map { " of \($0)" } ?? ""
    let figures = LatencyFigures(latency)
    return
      "\(latency.what)\(whose): \(figures.text)  max \(Readable.microseconds(latency.maximumUs))"
      + "  (n=\(Readable.count(latency.count)))"
  }

  private var providerLines: [Cell] {
    let shown = providers.prefix(StatusPage.providers)
    let name = shown.reduce(0) { max($0, TerminalText.width($1.name)) }
    let level = shown.reduce(0) { max($0, $1.level.utf8.count) }
    var lines = shown.map { provider in
      let size = provider.hosted.map { " of \(Readable.bytes($0.capacity))" } ?? ""
      let held =
        "\(Readable.counted(provider.blocks, "block")), \(Readable.bytes(provider.bytes))\(size)"
      return Cell(
        TerminalText.fill(provider.name, to: name, .left) + "  "
          + TerminalText.fill(provider.level, to: level, .left) + "  "
          + TerminalText.fill(provider.state, to: 8, .left) + "  " + held,
        stateInk(provider.state) == .bad ? .bad : .plain)
    }
    if providers.count > shown.count {
      lines.append(Cell("more: ndisctl list providers", .faint))
    }
    return lines
  }
}
