// The result of one round, and the protocol of measuring processes: a command is a line of input, the reply a
// line `COUNT NANOSECONDS` followed by COUNT 64-bit integers. The baseline does the same (`floor_tell`).

import Glibc

/// The samples of one round, in nanoseconds, in the order they were taken.
struct Round: Sendable {
  var samples: [UInt64]
  /// From the first to the last of them.
  var elapsed: UInt64

  var requestsPerSecond: Double {
    elapsed > 0 ? Double(samples.count) * 1e9 / Double(elapsed) : .nan
  }

  /// Writes the round to standard output.
  func printResult() throws(BenchFailure) {
    var bytes = Array("\(samples.count) \(elapsed)\n".utf8)
    unsafe samples.withUnsafeBytes { unsafe bytes.append(contentsOf: $0) }
    var start = 0
    while start < bytes.count {
      let count = unsafe bytes.withUnsafeBytes { all in
        let rest = unsafe UnsafeRawBufferPointer(rebasing: all[start...])
        return unsafe write(1, rest.baseAddress, rest.count)
      }
      guard count > 0 || errno == EINTR else { throw BenchFailure("standard output is closed") }
      start += max(count, 0)
    }
  }
}

extension PipedProcess {
  /// Sends a command and reads its round.
  func measure(_ command: String) throws(BenchFailure) -> Round {
    try send(line: command)
    let words = try readLine().split(separator: " ").map { UInt64($0) }
    guard words.count == 2, let count = words[0].flatMap({ Int(exactly: $0) }),
      let elapsed = words[1], count <= 1 << 20
    else { throw BenchFailure("a process answered something else than a measurement") }
    return Round(samples: try readNumbers(count), elapsed: elapsed)
  }
}
