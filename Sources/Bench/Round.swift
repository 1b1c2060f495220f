// What one round of a measurement found, and how a process that measures hands it on: it is told in a
// line of its input what to measure, and answers with a line `COUNT NANOSECONDS` and COUNT numbers of
// eight bytes. The floor in C does the same (`floor_tell`).

import Glibc

/// The samples of one round, in nanoseconds, in the order they were taken.
struct Round: Sendable {
  var samples: [UInt64]
  /// From the first to the last of them.
  var elapsed: UInt64

  var requestsPerSecond: Double {
    elapsed > 0 ? Double(samples.count) * 1e9 / Double(elapsed) : .nan
  }

  /// Hands the round to whoever started this process.
  func tell() throws(BenchFailure) {
    var bytes = Array("\(samples.count) \(elapsed)\n".utf8)
    unsafe samples.withUnsafeBytes { unsafe bytes.append(contentsOf: $0) }
    var start = 0
    while start < bytes.count {
      let count = unsafe bytes.withUnsafeBytes { all in
        let rest = unsafe UnsafeRawBufferPointer(rebasing: all[start...])
        return unsafe write(1, rest.baseAddress, rest.count)
      }
      guard count > 0 || errno == EINTR else { throw BenchFailure("nobody takes the samples") }
      start += max(count, 0)
    }
  }
}

extension PipedProcess {
  /// Has the program measure something.
  func measure(_ command: String) throws(BenchFailure) -> Round {
    try send(line: command)
    let words = try readLine().split(separator: " ").map { UInt64($0) }
    guard words.count == 2, let count = words[0].flatMap({ Int(exactly: $0) }),
      let elapsed = words[1], count <= 1 << 20
    else { throw BenchFailure("a process answered something else than a measurement") }
    return Round(samples: try readNumbers(count), elapsed: elapsed)
  }
}
