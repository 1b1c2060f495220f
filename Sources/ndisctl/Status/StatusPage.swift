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

  func lines(on capabilities: TerminalCapabilities) -> [String] {
    let counters = status.counters
    let running = status.state == "running"
    let dot = capabilities.paint(capabilities.unicode ? "●" : "*", running ? .good : .notable)
    let title =
      "ndissimd \(status.version) - shared-memory provider model of NDIS \(status.ndisVersion)"
    var page = KeyValues()
    page.add(
      "State",
      "\(status.state) for \(HumanFormat.milliseconds(status.uptimeMs))", running ? .good : .notable
    )
    page.add("PID", "\(status.pid) (uid \(status.uid))")
    page.add("Driver socket", status.driverSocket)
    page.add("Management socket", socket)
    page.add("Settings", settings)
    page.add("Objects", objects(counters))
    page.add(
      "Memory",
      "\(HumanFormat.counted(counters.blocks, "block")), \(HumanFormat.bytes(counters.bytes)) in "
        + HumanFormat.counted(counters.sections, "section"))
    page.add(
      "Calls",
      "\(HumanFormat.counted(counters.allocations, "allocation")), \(HumanFormat.count(counters.failedAllocations)) failed, "
        + HumanFormat.counted(counters.frees, "free"))
    page.add(
      "Outstanding",
      "\(HumanFormat.counted(counters.openRequests, "request")), \(HumanFormat.counted(counters.openUpcalls, "upcall")), "
        + "\(HumanFormat.counted(counters.openOids, "OID request")), "
        + HumanFormat.counted(counters.indicatedLists, "indicated list"))
    let broken = counters.violations > 0 || counters.leakedBlocks > 0
    page.add(
      "Violations",
      "\(HumanFormat.count(counters.violations)), \(HumanFormat.counted(counters.leakedBlocks, "leaked block"))",
      broken ? .bad : .good)
    if status.droppedEntries > 0 {
      page.add(
        "Log", "\(HumanFormat.counted(status.droppedEntries, "entry", "entries")) dropped", .bad)
    }
    page.add("Latency", status.latencies.filter { $0.count > 0 }.map { Cell(latency($0)) })
    page.add("Providers", providerLines)
    return ["\(dot) \(capabilities.paint(shown(title, capabilities), .strong))"]
      + page.lines(on: capabilities)
  }

  private func shown(_ text: String, _ capabilities: TerminalCapabilities) -> String {
    let text = TerminalText.printable(text, unicode: capabilities.unicode)
    guard let edge = capabilities.width else { return text }
    return TerminalText.cut(text, to: max(1, edge - 2), unicode: capabilities.unicode)
  }

  private var settings: String {
    let deadline =
      status.deadlineMs.map { "deadline \(HumanFormat.milliseconds($0))" } ?? "no deadline"
    return "seed \(status.seed), page size \(HumanFormat.bytes(status.pageSize)), \(deadline)"
  }

  private func objects(_ counters: SimulatorInterface.Counters) -> String {
    let made: [(Int, String)] = [
      (counters.queues, "queue"), (counters.vports, "VPort"), (counters.filters, "filter"),
    ]
    let few = [
      HumanFormat.counted(counters.sessions, "session"),
      HumanFormat.counted(counters.drivers, "driver"),
      HumanFormat.counted(counters.adapters, "adapter"),
      HumanFormat.counted(counters.bindings, "binding"),
      HumanFormat.counted(counters.providers, "provider"),
    ]
    return (few + made.filter { $0.0 > 0 }.map { HumanFormat.counted($0.0, $0.1) })
      .joined(separator: ", ")
  }

  private func latency(_ latency: SimulatorInterface.Latency) -> String {
    let whose = latency.driver.map { " of \($0)" } ?? ""
    let figures = LatencyFigures(latency)
    return
      "\(latency.what)\(whose): \(figures.text)  max \(HumanFormat.microseconds(latency.maximumUs))"
      + "  (n=\(HumanFormat.count(latency.count)))"
  }

  private var providerLines: [Cell] {
    let shown = providers.prefix(StatusPage.providers)
    let name = shown.reduce(0) { max($0, TerminalText.width($1.name)) }
    let level = shown.reduce(0) { max($0, $1.level.utf8.count) }
    var lines = shown.map { provider in
      let size = provider.hosted.map { " of \(HumanFormat.bytes($0.capacity))" } ?? ""
      let held =
        "\(HumanFormat.counted(provider.blocks, "block")), \(HumanFormat.bytes(provider.bytes))\(size)"
      return Cell(
        TerminalText.fill(provider.name, to: name, .left) + "  "
          + TerminalText.fill(provider.level, to: level, .left) + "  "
          + TerminalText.fill(provider.state, to: 8, .left) + "  " + held,
        stateStyle(provider.state) == .bad ? .bad : .plain)
    }
    if providers.count > shown.count {
      lines.append(Cell("more: ndisctl list providers", .faint))
    }
    return lines
  }
}
