// The time limit of `ndisctl run`.

import ArgumentParser

/// A span of time: `500ms`, `60s`, `5min`, `1h`; a bare number is seconds.
struct RunTimeout: ExpressibleByArgument, Hashable, Sendable {
  var milliseconds: UInt64

  init?(argument: String) {
    let units: [(suffix: String, factor: UInt64)] = [
      ("ms", 1), ("min", 60_000), ("s", 1000), ("m", 60_000), ("h", 3_600_000), ("", 1000),
    ]
    guard let unit = units.first(where: { argument.hasSuffix($0.suffix) }),
      let number = UInt64(argument.dropLast(unit.suffix.count)), number > 0,
      // A month is more than anybody waits, and far from where arithmetic ends.
      number <= 31 * 86_400_000 / unit.factor
    else { return nil }
    milliseconds = number * unit.factor
  }
}
