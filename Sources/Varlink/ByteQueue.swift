// Bytes that come in at one end and go out at the other. What has gone out is given back in large
// pieces, so that both ends cost the same per byte however long the queue is.

struct ByteQueue {
  private var storage: [UInt8] = []
  private var start = 0

  var count: Int { storage.count - start }
  var isEmpty: Bool { count == 0 }

  /// All bytes, the oldest first.
  var bytes: ArraySlice<UInt8> { storage[start...] }

  /// For whoever appends.
  mutating func append<Failure: Error, Result>(
    _ body: (inout [UInt8]) throws(Failure) -> Result
  ) throws(Failure) -> Result {
    try body(&storage)
  }

  /// Removes the oldest bytes, at most all.
  mutating func removeFirst(_ count: Int) {
    start += min(max(0, count), self.count)
    if start == storage.count {
      // A connection that sleeps keeps no more than a little.
      storage.removeAll(keepingCapacity: storage.capacity <= 1 << 16)
      start = 0
    } else if start >= 1 << 16, start >= storage.count / 2 {
      storage.removeFirst(start)
      start = 0
    }
  }
}
