// The page of `ndisctl top`: rates with their history, latencies of the last interval, and blocks by driver,
// provider and queue. On a wide terminal the three lists are side by side.

import NDISDrawing
import NDISManagementInterface

/// The rates of the last intervals, newest last.
struct TopHistory {
  private(set) var allocations: [Double] = []
  private(set) var blocks: [Double] = []
  private static let length = 60

  mutating func add(_ rates: TopRates, _ sample: TopSample) {
    allocations = (allocations + [rates.allocations]).suffix(TopHistory.length)
    blocks = (blocks + [Double(sample.status.counters.blocks)]).suffix(TopHistory.length)
  }
}

/// A page.
struct TopPage {
  var sample: TopSample
  var rates: TopRates
  var history: TopHistory

  /// Lines that fit the terminal.
  func lines(on capabilities: TerminalCapabilities) -> [String] {
    let head = [title(capabilities), ""] + figures(capabilities) + [""]
    let limit = capabilities.height.map { max(0, $0 - head.count) }
    return head + lists(on: capabilities, limit: limit)
  }

  private func title(_ capabilities: TerminalCapabilities) -> String {
    let status = sample.status
    let counters = status.counters
    let text =
      "ndissimd \(status.version)  pid \(status.pid)  \(status.state) \(HumanFormat.milliseconds(status.uptimeMs))  "
      + "\(HumanFormat.counted(counters.sessions, "session")), \(HumanFormat.counted(counters.drivers, "driver")), "
      + "\(HumanFormat.counted(counters.adapters, "adapter")), \(HumanFormat.counted(counters.providers, "provider"))"
    return capabilities.paint(fit(text, capabilities), .strong)
  }

  private func figures(_ capabilities: TerminalCapabilities) -> [String] {
    let counters = sample.status.counters
    var page = KeyValues()
    let past = { (values: [Double], used: Int) -> String in
      let cells = max(0, min(60, (capabilities.width ?? 100) - used))
      return Bar.sparkline(values.suffix(cells), unicode: capabilities.unicode)
    }
    let calls = TerminalText.fill(
      "\(HumanFormat.rate(rates.allocations))/s, \(HumanFormat.rate(rates.frees))/s freed, \(HumanFormat.rate(rates.failed))/s failed",
      to: 44, .left)
    page.add("Allocations", "\(calls)  \(past(history.allocations, 60))")
    let held = TerminalText.fill(
      "\(HumanFormat.count(counters.blocks)), \(HumanFormat.bytes(counters.bytes)) in \(HumanFormat.counted(counters.sections, "section"))",
      to: 44, .left)
    page.add("Blocks", "\(held)  \(past(history.blocks, 60))")
    page.add(
      "Outstanding",
      "\(HumanFormat.counted(counters.openRequests, "request")), \(HumanFormat.counted(counters.openUpcalls, "upcall")); "
        + "\(HumanFormat.rate(rates.events))/s events")
    page.add(
      "Violations",
      "\(HumanFormat.count(counters.violations)), \(HumanFormat.counted(counters.leakedBlocks, "leaked block"))",
      counters.violations > 0 || counters.leakedBlocks > 0 ? .bad : .plain)
    for (latency, figures) in rates.latencies.prefix(4) where figures.count > 0 {
      let name = latency.driver.map { "\(latency.what) \($0)" } ?? latency.what
      page.add(
        name,
        figures.text
          + "  (n=\(HumanFormat.count(figures.count)))  "
          + Bar.sparkline(figures.shape, unicode: capabilities.unicode))
    }
    return page.lines(on: capabilities, keyCells: 11)
  }

  private struct Holder {
    var name: String
    var blocks: Int
    var bytes: Int
    /// The full length of the bar: a provider's capacity, or all bytes.
    var whole: Int
  }

  private var holders: [(title: String, rows: [Holder])] {
    let all = max(1, sample.status.counters.bytes)
    func rows(_ groups: [SimulatorInterface.BlockGroup], _ prefix: String) -> [Holder] {
      groups.map { group in
        Holder(
          name: group.key.isEmpty ? "(none)" : prefix + group.key, blocks: group.blocks,
          bytes: group.bytes, whole: all)
      }
    }
    let providers = sample.providers.map { provider in
      Holder(
        name: provider.name, blocks: provider.blocks, bytes: provider.bytes,
        whole: provider.hosted?.capacity ?? all)
    }
    return [
      ("DRIVER", rows(sample.byDriver, "")), ("PROVIDER", providers),
      ("QUEUE", rows(sample.byQueue, "queue ")),
    ]
  }

  private func lists(on capabilities: TerminalCapabilities, limit: Int?) -> [String] {
    let holders = holders
    if let width = capabilities.width, width >= 120 {
      var narrow = capabilities
      narrow.width = (width - 2 * 3) / 3
      let blocks = holders.map { list($0.title, $0.rows, on: narrow, limit: limit) }
      let height = blocks.map(\.count).max() ?? 0
      return (0..<height).map { line in
        blocks.map { block in
          line < block.count ? block[line] : (text: "", cells: 0)
        }.reduce((text: "", missing: 0)) { joined, part in
          let blanks = String(repeating: " ", count: joined.missing)
          return (
            joined.text + (part.cells > 0 ? blanks : "") + part.text,
            part.cells > 0
              ? (narrow.width ?? 0) + 3 - part.cells : joined.missing + (narrow.width ?? 0) + 3
          )
        }.text
      }
    }
    var lines: [String] = []
    // A list takes at least a title, a row and a blank line; the first lists have priority.
    let shown = limit.map { max(1, min(holders.count, $0 / 3)) } ?? holders.count
    for (index, (title, rows)) in holders.prefix(shown).enumerated() {
      // The remaining lines are shared among the remaining lists.
      let share = limit.map { ($0 - lines.count) / (shown - index) - 1 }
      lines += list(title, rows, on: capabilities, limit: share).map(\.text) + [""]
    }
    return lines
  }

  /// The lines of a list with the width of each.
  private func list(
    _ title: String, _ rows: [Holder], on capabilities: TerminalCapabilities, limit: Int?
  ) -> [(text: String, cells: Int)] {
    guard (limit ?? 2) >= 2 else { return [] }
    let shown = rows.prefix(limit.map { $0 - 1 } ?? rows.count)
    let bar = min(20, max(0, (capabilities.width ?? 80) - 44))
    let cells = shown.map { row -> [Cell] in
      let part = Double(row.bytes) / Double(max(1, row.whole))
      return [
        Cell(row.name, .name), Cell(HumanFormat.count(row.blocks)),
        Cell(HumanFormat.bytes(row.bytes)),
        Cell(withoutEnd(Bar.horizontal(part, cells: bar, unicode: capabilities.unicode))),
      ]
    }
    let columns = [
      Column(TerminalText.fill(title, to: 16, .left), minimum: 10),
      Column("    BLOCKS", .right), Column("     BYTES", .right), Column("", rank: 1),
    ]
    let table = Table(columns, fitting: Array(cells), on: capabilities)
    var plain = capabilities
    plain.colors = false
    let bare = Table(columns, fitting: Array(cells), on: plain)
    return [(table.header, TerminalText.width(bare.header))]
      + cells.map { (table.line($0), TerminalText.width(bare.line($0))) }
  }

  /// Without trailing spaces.
  private func withoutEnd(_ text: String) -> String {
    String(text.reversed().drop { $0 == " " }.reversed())
  }

  private func fit(_ text: String, _ capabilities: TerminalCapabilities) -> String {
    let text = TerminalText.printable(text, unicode: capabilities.unicode)
    guard let edge = capabilities.width else { return text }
    return TerminalText.cut(text, to: edge, unicode: capabilities.unicode)
  }
}
