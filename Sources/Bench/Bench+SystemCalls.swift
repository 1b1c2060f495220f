// The system calls per pair on both sides of the socket, and per received frame in three processes, of ndissim
// and of the baseline. Each program is run twice under `ndissim-floor count`, with few and with many pairs or
// indications; the difference cancels startup and shutdown.
//
// The client sleeps after each call until the server is back in epoll_wait. Under ptrace the other side
// continues during every system call; without the sleep the server would find the next request before it
// blocks, and would appear to need fewer calls. Timer-driven calls of the daemon appear as hundredths.

import Glibc
import NDISVarlink

extension Bench {
  func countSystemCalls(_ report: inout BenchReport) throws(BenchFailure) {
    count("system_calls_per_pair", &report) { () throws(BenchFailure) in
      progress("system calls: the daemon and the kit")
      let ours = try difference(options.countedPairs, per: options.countedPairs, pairsUnderTrace)
      progress("system calls: the baseline")
      return ours
        + (try difference(options.countedPairs, per: options.countedPairs, floorUnderTrace))
    }
    let lists = Bench.receiveLists[0]
    let indications = options.countedIndications
    count("receive_system_calls_per_frame", &report) { () throws(BenchFailure) in
      progress("system calls of receiving: the daemon and the kit")
      let ours = try difference(indications, per: indications * lists, receiveUnderTrace)
      progress("system calls of receiving: the baseline")
      return ours
        + (try difference(indications, per: indications * lists, floorReceiveUnderTrace))
    }
  }

  private typealias Counts = [String: Int]
  /// The processes of a run with their counts, in order.
  private typealias Parties = [(name: String, counts: Counts)]
  /// A process with its calls per operation.
  private typealias Party = (name: String, calls: JSON)

  /// Microseconds.
  private static let rest = 1_000

  private func count(
    _ key: String, _ report: inout BenchReport,
    _ body: () throws(BenchFailure) -> [Party]
  ) {
    do throws(BenchFailure) {
      var members = JSONObject()
      for party in try body() { members[party.name] = party.calls }
      report.set(key, .object(members))
    } catch {
      report.miss([key], "counting failed: \(error)")
    }
  }

  /// Counts each process by the difference of two runs, the second with `more` additional operations.
  private func difference(
    _ more: Int, per divisor: Int, _ run: (Int) throws(BenchFailure) -> Parties
  ) throws(BenchFailure) -> [Party] {
    let base = 10
    let few = try run(base)
    let many = try run(base + more)
    return zip(few, many).map { few, many in
      (many.name, Bench.shares(few.counts, many.counts, more: more, divisor))
    }
  }

  private static func shares(
    _ few: Counts, _ many: Counts, more: Int, _ divisor: Int
  ) -> JSON {
    // Omits timer-driven calls, and values that would be written as 0.
    let least = max(0.005 * Double(more) / Double(divisor), 0.0005)
    var members = JSONObject()
    // The first member.
    members["total"] = .double(0)
    var total = 0.0
    for (name, count) in many.sorted(by: { ($1.value, $0.key) < ($0.value, $1.key) }) {
      let one = Double(count - few[name, default: 0]) / Double(divisor)
      total += one
      if one >= least { members[name] = .double(one) }
    }
    members["total"] = .double(total)
    return .object(members)
  }

  private func pairsUnderTrace(_ pairs: Int) throws(BenchFailure) -> Parties {
    let floor = try Bench.find("ndissim-floor")
    let daemon = try BenchDaemon(program, tracer: floor)
    let file = daemon.directory + "/kit-calls"
    let worker = try PipedProcess(
      floor,
      [
        "count", file, try Bench.find("ndisctl"), "bench", "worker", "pairs", daemon.socketPath,
        "\(pairs)", "\(Bench.rest)",
      ])
    try worker.waitForSuccess("the traced driver")
    let client = try Bench.counts(file)
    daemon.end()
    return [("daemon", try Bench.counts(daemon.tracePath)), ("kit", client)]
  }

  private func floorUnderTrace(_ pairs: Int) throws(BenchFailure) -> Parties {
    let floor = try Bench.find("ndissim-floor")
    let directory = try RunDirectory()
    let socket = directory.path + "/floor"
    let serverFile = directory.path + "/server-calls"
    let clientFile = directory.path + "/client-calls"
    let server = try PipedProcess(floor, ["count", serverFile, floor, "server", socket])
    _ = try server.readLine()
    let client = try PipedProcess(floor, ["count", clientFile, floor, "client", socket])
    _ = try client.measure("paced \(pairs) \(Bench.rest)")
    client.closeInput()
    try client.waitForSuccess("the traced floor client")
    server.end()
    return [
      ("floor_server", try Bench.counts(serverFile)),
      ("floor_client", try Bench.counts(clientFile)),
    ]
  }

  /// One indication at a time: the maximum number of calls.
  private func paced(_ count: Int) -> Indications {
    Indications(
      count: count, lists: Bench.receiveLists[0], window: 1,
      restMicroseconds: UInt32(Bench.rest))
  }

  private func receiveUnderTrace(_ count: Int) throws(BenchFailure) -> Parties {
    let floor = try Bench.find("ndissim-floor")
    let daemon = try BenchDaemon(program, tracer: floor)
    let files = Traces(in: daemon.directory)
    let side = try ReceiveSide(socketPath: daemon.socketPath, traces: files)
    _ = try side.measure(paced(count))
    try side.endTraced()
    daemon.end()
    return [
      ("daemon", try Bench.counts(daemon.tracePath)),
      ("miniport", try Bench.counts(files.miniport)),
      ("driver", try Bench.counts(files.driver)),
    ]
  }

  private func floorReceiveUnderTrace(_ count: Int) throws(BenchFailure) -> Parties {
    let directory = try RunDirectory()
    let files = Traces(in: directory.path)
    let side = try ReceiveSide(floorIn: directory.path, traces: files)
    _ = try side.measure(paced(count))
    try side.endTraced()
    return [
      ("floor_forwarder", try Bench.counts(files.forwarder)),
      ("floor_miniport", try Bench.counts(files.miniport)),
      ("floor_driver", try Bench.counts(files.driver)),
    ]
  }

  private static func counts(_ path: String) throws(BenchFailure) -> Counts {
    var counts: Counts = [:]
    for line in Files.text(path).split(separator: "\n") {
      let words = line.split(separator: " ")
      // The sleeps of the pacing are not calls of the driver.
      guard words.count == 2, let count = Int(words[1]), words[0] != "clock_nanosleep" else {
        continue
      }
      counts[String(words[0])] = count
    }
    guard !counts.isEmpty else { throw BenchFailure("ptrace counted nothing") }
    return counts
  }
}
