// A provider in another process: a pair takes two additional upcalls. All three processes on one processor.

import NDISDrawing
import Glibc

extension Bench {
  func measureRemoteProvider(_ report: inout BenchReport) throws(BenchFailure) {
    let instance = try BenchInstance(program, [], one)
    let provider = try PipedProcess(
      try Bench.find("ndisctl"), ["bench", "worker", "provider", instance.daemon.socketPath])
    _ = try provider.readLine()
    var samples: [UInt64] = []
    let rounds = max(1, options.rounds / 3)
    for round in 0..<rounds {
      progress("provider in another process: round \(round + 1) of \(rounds)")
      samples += try instance.driver.sync(pairs: options.pairs / 2).samples
    }
    // Its count proves that it was the measured provider.
    _ = kill(provider.processID, SIGTERM)
    let asked = Int(try provider.readLine()) ?? 0
    guard asked >= samples.count else {
      throw BenchFailure(
        "the provider was called \(asked) times in \(samples.count) allocations; another one served them"
      )
    }
    let distribution = Distribution(samples)
    report.set("remote_provider_pair_p50_us", distribution.microseconds(50))
    report.add(
      "remote_provider", "Allocate and free from a provider in another process, one CPU",
      [PlotSeries(name: "ndissim", distribution: distribution)])
  }
}
