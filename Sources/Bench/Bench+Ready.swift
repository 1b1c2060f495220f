// The startup time of the daemon: from before fork and exec to READY=1, on any processor.

import NDISDrawing

extension Bench {
  func measureReady(_ report: inout BenchReport) throws(BenchFailure) {
    var times: [Double] = []
    for start in 0..<options.starts {
      progress("starting: \(start + 1) of \(options.starts)")
      times.append(Double(try BenchDaemon(program).readyAfter) / 1e6)
    }
    report.set("ready_ms", median(times))
  }
}
