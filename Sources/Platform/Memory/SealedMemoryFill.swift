// Fills a range of a section with a pattern, in chunks: the buffer stays small for any range, and a caller
// that must stay responsive fills a large range in several calls.

import Glibc

extension SealedMemory {
  private static var chunkSize: Int { 64 * 1024 }

  /// Writes an eight-byte pattern repeatedly from `offset` on, in native byte order; the last repetition is
  /// truncated if `length` is not a multiple of eight.
  public func fill(pattern: UInt64, offset: UInt64, length: UInt64) throws(SystemError) {
    try check("fill", offset, length)
    guard length > 0 else { return }
    let size = Int(min(UInt64(Self.chunkSize), length))
    let chunk = UnsafeMutableRawBufferPointer.allocate(
      byteCount: Self.chunkSize, alignment: MemoryLayout<UInt64>.alignment)
    defer { unsafe chunk.deallocate() }
    _ = unsafe chunk.initializeMemory(as: UInt64.self, repeating: pattern)

    // A full chunk is a multiple of eight, so every chunk begins with a whole pattern.
    var done: UInt64 = 0
    while done < length {
      let count = Int(min(UInt64(size), length - done))
      try unsafe write(UnsafeRawBufferPointer(rebasing: chunk[..<count]), at: offset + done)
      done += UInt64(count)
    }
  }

  /// Sets every byte of a range.
  public func fill(byte: UInt8, offset: UInt64, length: UInt64) throws(SystemError) {
    try fill(pattern: UInt64(byte) &* 0x0101_0101_0101_0101, offset: offset, length: length)
  }
}
