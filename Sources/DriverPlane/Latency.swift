// How long things take. A histogram has a bucket for every power of two of microseconds; requests are
// timed one in sixteen, picked by a hash of their id, so that neither the arrival nor the reply of the
// others costs more than one comparison, and two kinds of calls that alternate are both met. Calls of
// handlers in other processes are timed all: each is two changes of process long.

/// Counts of durations by their size.
package struct Histogram {
  /// Bucket `i` counts durations of up to 2^i microseconds; the last one all longer ones.
  package static let size = 26
  package private(set) var buckets = [UInt64](repeating: 0, count: Histogram.size)
  package private(set) var count: UInt64 = 0
  /// Microseconds.
  package private(set) var sum: UInt64 = 0
  package private(set) var maximum: UInt64 = 0

  mutating func add(nanoseconds: UInt64) {
    // Up to a whole microsecond counts as one.
    let micros = nanoseconds / 1000 + (nanoseconds % 1000 == 0 ? 0 : 1)
    let bucket = micros <= 1 ? 0 : UInt64.bitWidth - (micros - 1).leadingZeroBitCount
    buckets[min(bucket, Histogram.size - 1)] &+= 1
    count &+= 1
    sum &+= micros
    maximum = max(maximum, micros)
  }

  mutating func add(_ other: Histogram) {
    for index in buckets.indices { buckets[index] &+= other.buckets[index] }
    count &+= other.count
    sum &+= other.sum
    maximum = max(maximum, other.maximum)
  }
}

/// What is being timed, and what was.
package struct LatencyBook {
  private struct Key: Hashable {
    var session: UInt32
    var id: UInt64
  }

  package private(set) var requests = Histogram()
  /// Calls of handlers of processes that have gone, by the process's name.
  package private(set) var upcalls: [String: Histogram] = [:]
  private var openRequests: [Key: UInt64] = [:]
  private var openUpcalls: [UInt64: UInt64] = [:]

  /// Names that have a histogram of their own.
  static let nameLimit = 64
  static let others = "(others)"
  private static let openLimit = 65_536

  /// Whether a request is one of those that are timed.
  @inline(__always)
  static func isTimed(_ id: UInt64) -> Bool { (id &* 0x9E37_79B9_7F4A_7C15) >> 60 == 0 }

  mutating func requestCame(_ session: UInt32, _ id: UInt64, at now: UInt64) {
    // Sessions that ended with requests open leave some behind.
    if openRequests.count >= LatencyBook.openLimit { openRequests.removeAll() }
    openRequests[Key(session: session, id: id)] = now
  }

  mutating func requestAnswered(_ session: UInt32, _ id: UInt64, at now: UInt64) {
    guard let begun = openRequests.removeValue(forKey: Key(session: session, id: id)) else {
      return
    }
    requests.add(nanoseconds: now &- begun)
  }

  mutating func upcallSent(_ id: UInt64, at now: UInt64) {
    if openUpcalls.count >= LatencyBook.openLimit { openUpcalls.removeAll() }
    openUpcalls[id] = now
  }

  /// How long a call of a handler took; nil when its beginning is not known.
  mutating func upcallAnswered(_ id: UInt64, at now: UInt64) -> UInt64? {
    openUpcalls.removeValue(forKey: id).map { now &- $0 }
  }

  /// A process has gone; its handlers' times stay.
  mutating func keep(_ histogram: Histogram, of name: String) {
    LatencyBook.fold(histogram, of: name, into: &upcalls)
  }

  /// Adds to the histogram of a name; names beyond the limit are together.
  static func fold(
    _ histogram: Histogram, of name: String, into all: inout [String: Histogram]
  ) {
    let name = all[name] == nil && all.count >= nameLimit ? others : name
    all[name, default: Histogram()].add(histogram)
  }
}
