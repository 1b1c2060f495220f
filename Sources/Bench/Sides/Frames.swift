// The frames of the receive measurement: each has a slot in shared memory and 64 bytes derived from its
// number. The miniport writes them, the overlying driver reads them in place. The baseline does the same
// with the same bytes (`floor_write_frame`, `floor_read_frame`).

enum Frame {
  /// The length of a frame: the maximum of Ethernet without the check sequence.
  static let bytes: UInt32 = 1514
  /// The distance between frames.
  static let place: UInt32 = 2048
  /// The maximum number of lists per indication.
  static let maximumLists = 256
  /// The maximum number of indications in flight.
  static let maximumInFlight = 8

  private static let step: UInt64 = 0x9E37_79B9_7F4A_7C15

  /// Writes a frame's first cache line: eight words derived from its number.
  @inline(__always) static func write(_ number: UInt64, to place: UnsafeMutableRawPointer) {
    for index in 0..<8 {
      unsafe place.storeBytes(
        of: number &+ UInt64(index) &* step, toByteOffset: index * 8, as: UInt64.self)
    }
  }

  /// Checks that line.
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
