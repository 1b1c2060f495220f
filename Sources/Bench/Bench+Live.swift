// The cost of many live blocks. Two daemons on one processor, one with a thousand live blocks and one with a
// million, are measured alternately; a pair is an allocation and the free of a random live block, so that
// distant memory is accessed. The blocks are single pages in a pool of 8 GiB that are never touched, so they
// take no memory.

import NDISDrawing
import NDISDriverKit
import NDISPlatform
import NDISVarlink

extension Bench {
  private static let few = 1_000

  func measureLiveBlocks(_ report: inout BenchReport) throws(BenchFailure) {
    let arguments = [
      "--pool", "name=bench,capacity=8G", "--session-bytes", "8G", "--session-blocks", "2000000",
    ]
    let few = LiveBlocks(try BenchInstance(program, arguments, one))
    let many = LiveBlocks(try BenchInstance(program, arguments, one))
    for instances in [few, many] { try instances.fill(to: Bench.few) { _ in } }
    let before = PrivateMemory.bytes(of: many.instance.daemon.processID)
    try many.fill(to: options.liveBlocks) { progress("live blocks: \($0)") }
    let after = PrivateMemory.bytes(of: many.instance.daemon.processID)

    let rounds = max(1, options.rounds / 2)
    let comparison = try Comparison(rounds: rounds) { round in
      progress("few and many live blocks: round \(round + 1) of \(rounds)")
    } ours: { () throws(BenchFailure) in
      try many.pairs(options.pairs / 2)
    } floor: { () throws(BenchFailure) in
      try few.pairs(options.pairs / 2)
    }
    report.set("live_blocks", Double(options.liveBlocks))
    report.set("pair_p50_us_at_1k_live", comparison.floor.microseconds(50))
    report.set("pair_p50_us_at_live_blocks", comparison.ours.microseconds(50))
    report.set("live_ratio", comparison.timeRatio)
    if options.liveBlocks == 1_000_000 {
      report.set("pair_p50_us_at_1m_live", comparison.ours.microseconds(50))
    } else {
      report.miss(["pair_p50_us_at_1m_live"], "this run stops at \(options.liveBlocks) live blocks")
    }
    report.set("daemon_bytes_measured_as", .string("Pss_Anon + Pss_Shmem of smaps_rollup"))
    if let before, let after, options.liveBlocks > Bench.few {
      report.set(
        "daemon_bytes_per_live_block",
        (Double(after) - Double(before)) / Double(options.liveBlocks - Bench.few))
    } else {
      report.miss(["daemon_bytes_per_live_block"], "not available from smaps_rollup")
    }
    report.add(
      "live_blocks", "Allocate, and free one of the live blocks at random, one CPU",
      [
        PlotSeries(name: Bench.short(options.liveBlocks), distribution: comparison.ours),
        PlotSeries(name: Bench.short(Bench.few), distribution: comparison.floor),
      ])
  }

  private static func short(_ count: Int) -> String {
    if count % 1_000_000 == 0 { return "\(count / 1_000_000)M live" }
    return count % 1_000 == 0 ? "\(count / 1_000)k live" : "\(count) live"
  }
}

/// A driver that keeps many blocks.
private final class LiveBlocks {
  let instance: BenchInstance
  private var handles: [AllocationHandle] = []
  private var random: UInt64 = 0x9E37_79B9_7F4A_7C15

  init(_ instance: BenchInstance) { self.instance = instance }

  /// Allocates up to a number of live blocks, with 32 requests in flight.
  func fill(to count: Int, progress: (Int) -> Void) throws(BenchFailure) {
    let driver = instance.driver
    handles.reserveCapacity(count)
    var tickets: [AllocationTicket] = []
    do throws(DriverError) {
      while handles.count < count {
        if handles.count % 10_000 == 0 { progress(handles.count) }
        for _ in 0..<min(Bench.window, count - handles.count) {
          if let ticket = try driver.begin() { tickets.append(ticket) }
        }
        for ticket in tickets {
          handles.append(try driver.connection.finish(ticket).allocationHandle)
        }
        tickets.removeAll(keepingCapacity: true)
      }
    } catch { throw BenchFailure(error) }
  }

  /// A sample is an allocation and the free of another block.
  func pairs(_ count: Int) throws(BenchFailure) -> Round {
    let driver = instance.driver
    var samples = [UInt64](repeating: 0, count: count)
    do throws(DriverError) {
      let begin = MonotonicClock.nanoseconds
      var before = begin
      for index in 0..<count {
        let victim = nextIndex()
        let block = try driver.allocate()
        try driver.connection.free(driver.adapter, handles[victim])
        handles[victim] = block.allocationHandle
        let now = MonotonicClock.nanoseconds
        samples[index] = now &- before
        before = now
      }
      return Round(samples: samples, elapsed: before &- begin)
    } catch { throw BenchFailure(error) }
  }

  /// xorshift: the same blocks in every run.
  private func nextIndex() -> Int {
    random ^= random << 13
    random ^= random >> 7
    random ^= random << 17
    return Int(random % UInt64(max(handles.count, 1)))
  }
}
