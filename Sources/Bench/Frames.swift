// The frames of the receive measurement: each has a place in shared memory and 64 bytes that say which
// one it is. The miniport writes those, the driver above reads them in place. The floor in C does the
// same with the same bytes (`floor_write_frame`, `floor_read_frame`).

enum Frame {
  /// Bytes of a frame, the longest of Ethernet without its check sequence.
  static let bytes: UInt32 = 1514
  /// From one frame's place to the next.
  static let place: UInt32 = 2048
  /// Lists of an indication at most.
  static let maximumLists = 256
  /// Indications in flight at most.
  static let maximumInFlight = 8

  private static let step: UInt64 = 0x9E37_79B9_7F4A_7C15

  /// Writes a frame's first cache line: eight words that follow from its number.
  @inline(__always) static func write(_ number: UInt64, to place: UnsafeMutableRawPointer) {
    for index in 0..<8 {
      unsafe place.storeBytes(
        of: number &+ UInt64(index) &* step, toByteOffset: index * 8, as: UInt64.self)
    }
  }

  /// Reads that line; whether it is that frame and whole.
  @inline(__always) static func read(_ bytes: UnsafeRawBufferPointer, is number: UInt64) -> Bool {
    guard bytes.count >= 64 else { return false }
    var sum: UInt64 = 0
    for index in 0..<8 {
      unsafe sum &+= bytes.loadUnaligned(fromByteOffset: index * 8, as: UInt64.self)
    }
    let first = unsafe bytes.loadUnaligned(as: UInt64.self)
    return first == number && sum == 8 &* number &+ 28 &* step
  }
}
