// The samples of `ndisctl top`, and the rates and latencies between two of them.

import NDISManagementInterface
import NDISPlatform
import NDISVarlink

/// One sample of the daemon.
struct TopSample {
  var status: SimulatorInterface.Status
  var providers: [SimulatorInterface.Provider]
  var byDriver: [SimulatorInterface.BlockGroup]
  var byQueue: [SimulatorInterface.BlockGroup]
  /// When it was taken, in milliseconds of the monotonic clock.
  var time: UInt64
  /// How long the two summaries took.
  var summaryMs: UInt64
  /// When they were taken.
  var summaryTime: UInt64

  /// The maximum number of providers in a sample; more do not fit any screen.
  private static let limit = 256

  /// Takes a sample. Counting blocks visits all of them: if that took long the last time, its result is
  /// reused, so that it takes at most a tenth of the daemon's time.
  static func take(
    from daemon: borrowing DaemonConnection, after last: TopSample?
  ) throws(CommandFailure) -> TopSample {
    let status = try daemon.call(SimulatorInterface.GetStatus.self, .init()).status
    let time = MonotonicClock.milliseconds
    var providers: [SimulatorInterface.Provider] = []
    try daemon.stream(SimulatorInterface.ListProviders.self, .init()) {
      reply throws(CommandFailure) in
      providers += reply.providers.prefix(max(0, limit - providers.count))
      return true
    }
    var sample = TopSample(
      status: status, providers: providers.sorted { $0.bytes > $1.bytes }, byDriver: [],
      byQueue: [], time: time, summaryMs: 0, summaryTime: 0)
    if let last, time < last.summaryTime + 10 * last.summaryMs {
      (sample.byDriver, sample.byQueue) = (last.byDriver, last.byQueue)
      (sample.summaryMs, sample.summaryTime) = (last.summaryMs, last.summaryTime)
      return sample
    }
    let start = MonotonicClock.milliseconds
    sample.byDriver = try groups(daemon, by: .driver)
    sample.byQueue = try groups(daemon, by: .queue)
    sample.summaryTime = MonotonicClock.milliseconds
    sample.summaryMs = sample.summaryTime - start
    return sample
  }

  private static func groups(
    _ daemon: borrowing DaemonConnection, by: SimulatorInterface.SummarizeBlocks.Input.By
  ) throws(CommandFailure) -> [SimulatorInterface.BlockGroup] {
    try daemon.call(SimulatorInterface.SummarizeBlocks.self, .init(by: by)).groups
  }
}

/// The difference of two samples.
struct TopRates {
  /// Milliseconds between them, at least 1.
  var milliseconds: Int
  /// Per second.
  var allocations: Double
  var frees: Double
  var failed: Double
  var events: Double
  /// Latencies of the interval, in the order of the later sample.
  var latencies: [(latency: SimulatorInterface.Latency, figures: LatencyFigures)]

  init(from earlier: TopSample, to later: TopSample) {
    milliseconds = max(1, Int(clamping: later.time &- earlier.time))
    let seconds = Double(milliseconds) / 1000
    let (old, new) = (earlier.status.counters, later.status.counters)
    // A restarted daemon counts from zero.
    func rate(_ old: Int, _ new: Int) -> Double { Double(max(0, new &- old)) / seconds }
    allocations = rate(old.allocations, new.allocations)
    frees = rate(old.frees, new.frees)
    failed = rate(old.failedAllocations, new.failedAllocations)
    events = rate(old.events, new.events)
    latencies = later.status.latencies.map { latency in
      let before = earlier.status.latencies.first {
        $0.what == latency.what && $0.driver == latency.driver
      }
      return (latency, LatencyFigures(latency, since: before))
    }
  }

  /// As one JSON document, with the later sample.
  func json(_ sample: TopSample) -> JSON {
    var rates = JSONObject()
    rates.append("allocations", allocations)
    rates.append("frees", frees)
    rates.append("failedAllocations", failed)
    rates.append("events", events)
    var document = JSONObject()
    document.append("intervalMs", milliseconds)
    document.append("status", sample.status)
    document.append("ratesPerSecond", rates)
    document.append(
      "latencies",
      latencies.map { latency, figures in
        var entry = JSONObject()
        entry.append("what", latency.what)
        entry.append("driver", latency.driver)
        entry.append("count", figures.count)
        entry.append("medianUs", figures.median?.edge)
        entry.append("percentile99Us", figures.ninetyNinth?.edge)
        return JSON.object(entry)
      })
    document.append("providers", sample.providers)
    document.append("byDriver", sample.byDriver)
    document.append("byQueue", sample.byQueue)
    return .object(document)
  }
}
