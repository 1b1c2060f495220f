// The counters as OpenMetrics text (openmetrics.io, version 1.0): a metric family for each thing counted,
// with type, unit and help text, and `# EOF` at the end.

import NDISDriverInterface
import NDISDriverPlane
import NDIS
import NDISHostedDrivers
import NDISManagementInterface
import NDISSimulator

/// Builds OpenMetrics text.
struct MetricsText {
  private(set) var text = ""

  /// The metadata lines of a family.
  mutating func family(_ name: String, _ type: String, unit: String? = nil, _ help: String) {
    text += "# TYPE \(name) \(type)\n"
    if let unit { text += "# UNIT \(name) \(unit)\n" }
    text += "# HELP \(name) \(MetricsText.escaped(help, quotes: false))\n"
  }

  mutating func sample(_ name: String, _ labels: [(String, String)] = [], _ value: String) {
    text += name
    if !labels.isEmpty {
      let pairs = labels.map { "\($0.0)=\"\(MetricsText.escaped($0.1, quotes: true))\"" }
      text += "{\(pairs.joined(separator: ","))}"
    }
    text += " \(value)\n"
  }

  mutating func gauge(_ name: String, unit: String? = nil, _ value: UInt64, _ help: String) {
    family(name, "gauge", unit: unit, help)
    sample(name, [], "\(value)")
  }

  mutating func counter(_ name: String, _ value: UInt64, _ help: String) {
    family(name, "counter", help)
    sample(name + "_total", [], "\(value)")
  }

  /// The samples of one histogram; the metadata of its family has been written.
  mutating func histogram(_ name: String, _ labels: [(String, String)], _ histogram: Histogram) {
    var sum: UInt64 = 0
    for (index, count) in histogram.buckets.enumerated() {
      sum &+= count
      let isLast = index == histogram.buckets.count - 1
      let limit = isLast ? "+Inf" : MetricsText.seconds(1 << UInt64(index))
      sample(name + "_bucket", labels + [("le", limit)], "\(sum)")
    }
    sample(name + "_count", labels, "\(histogram.count)")
    sample(name + "_sum", labels, MetricsText.seconds(histogram.sum))
  }

  mutating func end() { text += "# EOF\n" }

  /// Converts microseconds to seconds.
  static func seconds(_ micros: UInt64) -> String { "\(Double(micros) / 1_000_000)" }

  /// Escapes backslash, line feed and, in labels, the quotation mark.
  static func escaped(_ text: String, quotes: Bool) -> String {
    // By Unicode scalars: CR LF would be one Character, unequal to "\n".
    var result = ""
    for scalar in text.unicodeScalars {
      switch scalar {
      case "\\": result += "\\\\"
      case "\n": result += "\\n"
      case "\"" where quotes: result += "\\\""
      default: result.unicodeScalars.append(scalar)
      }
    }
    return result
  }
}

extension ManagementService {
  /// All metrics.
  package func metrics() -> String {
    var text = MetricsText()
    text.family("ndissim", "info", "The simulator.")
    text.sample("ndissim_info", [("version", host.version)], "1")
    text.gauge(
      "ndissim_uptime_seconds", unit: "seconds", UInt64(age(begun, now) / 1000),
      "Time since the start.")
    objects(&text)
    calls(&text)
    trouble(&text)
    latencies(&text)
    text.end()
    return text.text
  }

  private func objects(_ text: inout MetricsText) {
    let now = switchboard.statistics
    text.gauge("ndissim_sessions", now.sessions, "Open sessions.")
    text.gauge("ndissim_drivers", now.drivers, "Registered drivers.")
    text.gauge("ndissim_adapters", now.adapters, "Miniport adapters.")
    text.gauge("ndissim_bindings", now.bindings, "Bindings and filter modules.")
    text.gauge(
      "ndissim_providers", now.registrations, "Registrations of shared-memory providers.")
    text.gauge("ndissim_sections", now.sections, "Sections.")
    text.gauge("ndissim_blocks", now.blocks, "Live blocks.")
    text.gauge(
      "ndissim_block_bytes", unit: "bytes", now.bytes, "Live blocks, by the lengths requested.")
    states(&text)
    text.gauge("ndissim_filters", now.filters, "Receive filters.")
    text.gauge("ndissim_open_oids", now.openOIDs, "OID requests that have not ended.")
    text.gauge(
      "ndissim_indicated_lists", now.indicatedLists, "Indicated lists that have not been returned.")
    text.gauge("ndissim_open_requests", now.openRequests, "Requests that wait for an answer.")
    text.gauge("ndissim_open_upcalls", now.openUpcalls, "Calls of handlers that have not returned.")
    text.family(
      "ndissim_pool_free_bytes", "gauge", unit: "bytes", "Hosted providers' memory in no block.")
    for index in switchboard.pools.indices {
      let pool = switchboard.pools[index]
      guard switchboard.activePool(named: pool.settings.name) == UInt32(clamping: index) else {
        continue
      }
      text.sample(
        "ndissim_pool_free_bytes", [("provider", pool.settings.name)], "\(pool.freeBytes)")
    }
  }

  /// Queues and VPorts by state. Reads one byte of each in one turn: there are some ten thousand at most, and
  /// metrics are collected infrequently.
  private func states(_ text: inout MetricsText) {
    func count(_ kind: ListedKind, _ name: (UInt32) -> String) -> [String: Int] {
      var counts: [String: Int] = [:]
      var cursor = ListingCursor()
      var budget = Int.max
      while let index = switchboard.simulator.next(kind, &cursor, budget: &budget) {
        counts[name(index), default: 0] += 1
      }
      return counts
    }
    func append(_ family: String, _ states: [String], _ counts: [String: Int]) {
      for state in states {
        text.sample(family, [("state", state)], "\(counts[state] ?? 0)")
      }
    }
    text.family("ndissim_queues", "gauge", "Receive queues that were allocated, by state.")
    let queues = count(.queue) { switchboard.simulator.queueState($0).name }
    append("ndissim_queues", ManagementService.states(of: .queue), queues)
    text.family("ndissim_vports", "gauge", "Nondefault VPorts, by state.")
    let vports = count(.vport) { switchboard.simulator.vportState($0).name }
    append("ndissim_vports", ManagementService.states(of: .vport), vports)
  }

  private func calls(_ text: inout MetricsText) {
    let now = switchboard.statistics
    text.counter("ndissim_allocations", now.allocations, "Allocations that succeeded.")
    text.counter("ndissim_frees", now.frees, "Frees that succeeded.")
    text.counter("ndissim_failed_allocations", now.failedAllocations, "Allocations that failed.")
  }

  private func trouble(_ text: inout MetricsText) {
    let now = switchboard.statistics
    text.counter("ndissim_violations", now.violations, "NDIS contract violations.")
    text.counter("ndissim_leaked_blocks", now.leakedBlocks, "Blocks that were not freed.")
    text.family("ndissim_rule_violations", "counter", "NDIS contract violations, by code.")
    for line in recorder.violations.counters {
      text.sample("ndissim_rule_violations_total", [("code", line.code)], "\(line.count)")
    }
    text.family("ndissim_events", "counter", "Events, by kind.")
    for (kind, count) in recorder.log.totals.sorted(by: { $0.key < $1.key }) {
      text.sample("ndissim_events_total", [("kind", kind)], "\(count)")
    }
    text.counter(
      "ndissim_dropped_entries", host.droppedEntries(), "Log entries that could not be delivered.")
  }

  private func latencies(_ text: inout MetricsText) {
    text.family(
      "ndissim_request_seconds", "histogram", unit: "seconds",
      "From a request's arrival to its reply; one in sixteen is timed.")
    text.histogram("ndissim_request_seconds", [], switchboard.latencies.requests)
    text.family(
      "ndissim_handler_seconds", "histogram", unit: "seconds",
      "From the call of a handler in another process to its return.")
    for (name, histogram) in switchboard.handlerLatencies().sorted(by: { $0.key < $1.key }) {
      text.histogram("ndissim_handler_seconds", [("driver", name)], histogram)
    }
  }
}
