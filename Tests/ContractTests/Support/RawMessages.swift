// Requests typed by hand, byte by byte, from the documents' offsets: what the kit would not send,
// and answers as they come.

import NDISDriverKit

extension [UInt8] {
  /// Puts an integer at an offset, little-endian.
  mutating func put<Integer: FixedWidthInteger>(_ value: Integer, at offset: Int) {
    var rest = value
    for index in 0..<Integer.bitWidth / 8 {
      self[offset + index] = UInt8(truncatingIfNeeded: rest)
      rest = Integer.bitWidth > 8 ? rest >> 8 : 0
    }
  }

  /// The integer at an offset.
  func number<Integer: FixedWidthInteger>(_ type: Integer.Type, at offset: Int) -> Integer {
    var value: Integer = 0
    for index in (0..<Integer.bitWidth / 8).reversed() {
      let byte = Integer(truncatingIfNeeded: self[offset + index])
      value = (Integer.bitWidth > 8 ? value << 8 : 0) | byte
    }
    return value
  }
}

/// Numbers of messages of the driver plane.
enum Message {
  static let allocate: UInt16 = 65
  static let free: UInt16 = 66
}

/// NDIS_SHARED_MEMORY_PARAMETERS for one page by hand: type, revision, size; node any; usage Other;
/// a list of one element. `bytes` are those that travel.
func parametersImage(revision: UInt8, size: UInt16, bytes: Int) -> [UInt8] {
  var image = [UInt8](repeating: 0, count: bytes)
  image.put(UInt8(0x80), at: 0)
  image.put(revision, at: 1)
  image.put(size, at: 2)
  image.put(UInt32(0x8000_0000), at: 24)
  image.put(Int32(9), at: 28)
  image.put(UInt32(4096), at: 32)
  image.put(UInt32(40), at: 48)
  return image
}

extension Caller {
  /// ALLOCATE_SHARED_MEMORY with this image; the answer is the reply's body.
  func allocateRaw(_ image: [UInt8], tag: String = "OKAY") throws(DriverError) -> [UInt8] {
    var head = [UInt8](repeating: 0, count: 64)
    head.put(adapter.rawValue, at: 0)
    head.put(PoolTag(tag).rawValue, at: 8)
    return try connection.request(type: Message.allocate, body: head + image)
  }

  /// FREE_SHARED_MEMORY of the AllocationHandle in such a body.
  func freeRaw(_ reply: [UInt8]) throws(DriverError) {
    let handle = AllocationHandle(rawValue: reply.number(UInt64.self, at: 0))
    try connection.free(adapter, handle)
  }
}
