// A byte queue: appended at the end, consumed at the start. Consumed bytes are reclaimed in large pieces, so
// that the cost per byte is constant regardless of the length.

struct ByteQueue {
  private var storage: [UInt8] = []
  private var start = 0

  var count: Int { storage.count - start }
  var isEmpty: Bool { count == 0 }

  /// All bytes, oldest first.
  var bytes: ArraySlice<UInt8> { storage[start...] }

  /// Lets the caller append in place.
  mutating func append<Failure: Error, Result>(
    _ body: (inout [UInt8]) throws(Failure) -> Result
  ) throws(Failure) -> Result {
    try body(&storage)
  }

  /// Removes the oldest bytes, at most all of them.
  mutating func removeFirst(_ count: Int) {
    start += min(max(0, count), self.count)
    if start == storage.count {
      // An idle connection keeps only a small buffer.
      storage.removeAll(keepingCapacity: storage.capacity <= 1 << 16)
      start = 0
    } else if start >= 1 << 16, start >= storage.count / 2 {
      storage.removeFirst(start)
      start = 0
    }
  }
}
