// System calls of a pair, on either side of the socket, ours and the floor's. Each program is run
// twice under `ndissim-floor count`, with few pairs and with many: what starting and ending takes is
// in both and cancels.
//
// The client rests after each call until the server is back in epoll_wait. Under ptrace every system
// call is a pause in which the other side goes on; without the rest the server would find the next
// request before it went to sleep, and would seem to need fewer calls than it does. What a daemon does
// by the clock shows as hundredths.

import Glibc

extension Bench {
  func countSystemCalls(_ report: inout BenchReport) throws(BenchFailure) {
    do throws(BenchFailure) {
      progress("system calls: the daemon and the kit")
      let ours = try difference(oursUnderTrace)
      progress("system calls: the floor")
      let floor = try difference(floorUnderTrace)
      report.set(
        "system_calls_per_pair",
        .object([
          ("daemon", ours.server), ("kit", ours.client), ("floor_server", floor.server),
          ("floor_client", floor.client),
        ]))
    } catch {
      report.miss(["system_calls_per_pair"], "they cannot be counted: \(error)")
    }
  }

  private typealias Counts = [String: Int]

  /// Microseconds.
  private static let rest = 1_000

  /// Counts a pair of each side by the difference of two runs.
  private func difference(
    _ run: (Int) throws(BenchFailure) -> (server: Counts, client: Counts)
  ) throws(BenchFailure) -> (server: JSON, client: JSON) {
    let base = 10
    let few = try run(base)
    let many = try run(base + options.countedPairs)
    return (perPair(few.server, many.server), perPair(few.client, many.client))
  }

  private func perPair(_ few: Counts, _ many: Counts) -> JSON {
    var members: [(key: String, value: JSON)] = []
    var total = 0.0
    for (name, count) in many.sorted(by: { ($1.value, $0.key) < ($0.value, $1.key) }) {
      let one = Double(count - few[name, default: 0]) / Double(options.countedPairs)
      total += one
      if one >= 0.005 { members.append((name, .number(one))) }
    }
    return .object([("total", .number(total))] + members)
  }

  private func oursUnderTrace(_ pairs: Int) throws(BenchFailure) -> (server: Counts, client: Counts)
  {
    let floor = try Programs.find("ndissim-floor")
    let daemon = try PrivateDaemon(program, tracer: floor)
    let file = daemon.directory + "/kit-calls"
    let worker = try ChildProcess(
      floor,
      [
        "count", file, try Programs.find("ndisctl"), "bench", "worker", "pairs", daemon.socketPath,
        "\(pairs)", "\(Bench.rest)",
      ])
    try worker.waitForSuccess("the traced driver")
    let client = try Bench.counts(file)
    daemon.end()
    return (try Bench.counts(daemon.tracePath), client)
  }

  private func floorUnderTrace(_ pairs: Int) throws(BenchFailure) -> (
    server: Counts, client: Counts
  ) {
    let floor = try Programs.find("ndissim-floor")
    let directory = try TemporaryDirectory()
    let socket = directory.path + "/floor"
    let serverFile = directory.path + "/server-calls"
    let clientFile = directory.path + "/client-calls"
    let server = try ChildProcess(floor, ["count", serverFile, floor, "server", socket])
    _ = try server.readLine()
    let client = try ChildProcess(floor, ["count", clientFile, floor, "client", socket])
    try client.send(line: "paced \(pairs) \(Bench.rest)")
    _ = try client.readLine()
    _ = try client.readNumbers(pairs)
    client.closeInput()
    try client.waitForSuccess("the traced floor client")
    server.end()
    return (try Bench.counts(serverFile), try Bench.counts(clientFile))
  }

  private static func counts(_ path: String) throws(BenchFailure) -> Counts {
    var counts: Counts = [:]
    for line in Files.text(path).split(separator: "\n") {
      let words = line.split(separator: " ")
      // The rests are not the driver's.
      guard words.count == 2, let count = Int(words[1]), words[0] != "clock_nanosleep" else {
        continue
      }
      counts[String(words[0])] = count
    }
    guard !counts.isEmpty else { throw BenchFailure("ptrace counted nothing") }
    return counts
  }
}
