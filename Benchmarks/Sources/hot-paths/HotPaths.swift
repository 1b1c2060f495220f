// `ndissim-hot-paths NAME COUNT`: sets a path up, warms it, then does COUNT operations and twice COUNT, each
// between two readings of the counters. What reading costs is in both and cancels in the difference.
//
// It prints `allocations FIRST SECOND` and `nanoseconds FIRST SECOND`; under callgrind, instructions are
// in the two dumps. Counts are the same in every run if SWIFT_DETERMINISTIC_HASHING is set.

import CNDISCounters
import Glibc

/// A hot path.
protocol HotPath {
  /// Does the operation so many times.
  mutating func run(_ count: Int)
}

@main
enum HotPaths {
  static let names = ["dispatch-1k", "dispatch-1m", "lookup-1k", "lookup-1m", "pages", "codec"]

  static func main() {
    let arguments = CommandLine.arguments
    guard arguments.count == 3, let count = Int(arguments[2]), (1...10_000_000).contains(count)
    else {
      print("usage: ndissim-hot-paths NAME COUNT; names are \(names.joined(separator: ", "))")
      exit(2)
    }
    switch arguments[1] {
    case "dispatch-1k": measure(DispatchPath(live: 1_000), count)
    case "dispatch-1m": measure(DispatchPath(live: 1_000_000), count)
    case "lookup-1k": measure(LookupPath(live: 1_000), count)
    case "lookup-1m": measure(LookupPath(live: 1_000_000), count)
    case "pages": measure(PagesPath(), count)
    case "codec": measure(CodecPath(), count)
    default:
      print("there is no path '\(arguments[1])'; names are \(names.joined(separator: ", "))")
      exit(2)
    }
  }

  private static func measure(_ path: consuming some HotPath, _ count: Int) {
    // A counter that never moves would pass every threshold.
    let before = counters_allocations()
    _ = [UInt8](repeating: UInt8(truncatingIfNeeded: count), count: 1_000 + count)
    guard counters_allocations() > before else { fail("heap allocations are not counted") }
    var path = path
    path.run(64)
    counters_begin()
    let first = measured { path.run(count) }
    counters_dump()
    let second = measured { path.run(2 * count) }
    counters_dump()
    print("allocations \(first.allocations) \(second.allocations)")
    print("nanoseconds \(first.nanoseconds) \(second.nanoseconds)")
  }

  private static func measured(_ body: () -> Void) -> (allocations: UInt64, nanoseconds: UInt64) {
    let allocations = counters_allocations()
    let start = now()
    body()
    return (counters_allocations() - allocations, now() - start)
  }

  private static func now() -> UInt64 {
    var time = timespec()
    unsafe clock_gettime(CLOCK_MONOTONIC, &time)
    return UInt64(time.tv_sec) * 1_000_000_000 + UInt64(time.tv_nsec)
  }

  /// What must not happen in a benchmark: what it measures is then something else.
  static func fail(_ sentence: String) -> Never {
    print("ndissim-hot-paths: \(sentence)")
    exit(1)
  }
}
