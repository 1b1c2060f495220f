// Fixed-size text, as in messages and in the store: UTF-8, zero-filled. It holds no reference, so a record
// with a name stays plain bytes. Text that is too long is truncated at a character boundary; text from a peer
// is validated: valid UTF-8, no control characters, only zeros after the first zero.

/// A name of at most 31 bytes: drivers, adapters, clients.
public struct Name: Hashable, Sendable, BitwiseCopyable {
  var words: (UInt64, UInt64, UInt64, UInt64) = (0, 0, 0, 0)
  public static let capacity = 32

  public init() {}
  public init(_ text: String) { self = text.truncated(into: Name(), capacity: Name.capacity) }

  /// Nil unless `bytes` is a valid name.
  public init?(bytes: UnsafeRawBufferPointer) {
    guard let value = unsafe bytes.validated(into: Name(), capacity: Name.capacity)
    else { return nil }
    self = value
  }

  public var isEmpty: Bool { words.0 & 0xFF == 0 }
  public static func == (a: Name, b: Name) -> Bool { a.words == b.words }
  public func hash(into hasher: inout Hasher) {
    hasher.combine(words.0)
    hasher.combine(words.1)
    hasher.combine(words.2)
    hasher.combine(words.3)
  }
}

/// A site label of at most 47 bytes: where in a driver an allocation was made.
public struct Site: Hashable, Sendable, BitwiseCopyable {
  var words: (UInt64, UInt64, UInt64, UInt64, UInt64, UInt64) = (0, 0, 0, 0, 0, 0)
  public static let capacity = 48

  public init() {}
  public init(_ text: String) { self = text.truncated(into: Site(), capacity: Site.capacity) }

  /// `file:line`; a path that is too long keeps its end, which is more specific. A driver makes one for each
  /// allocation, so plain ASCII, the usual case, is copied without decoding.
  public init(file: StaticString, line: UInt) {
    // A StaticString of a single scalar has no pointer; no path is one.
    guard file.hasPointerRepresentation, file.isASCII else {
      self = Site(String("\(file):\(line)".suffix(Site.capacity - 1)))
      return
    }
    unsafe withUnsafeMutableBytes(of: &words) { target in
      var digits = 1
      var rest = line / 10
      while rest > 0 {
        digits += 1
        rest /= 10
      }
      // A line number has at most 20 digits, so part of the path always fits.
      let room = Site.capacity - 1 - 1 - digits
      let kept = min(file.utf8CodeUnitCount, room)
      unsafe target.copyMemory(
        from: UnsafeRawBufferPointer(
          start: file.utf8Start + (file.utf8CodeUnitCount - kept), count: kept))
      unsafe target[kept] = UInt8(ascii: ":")
      rest = line
      for index in stride(from: kept + digits, to: kept, by: -1) {
        unsafe target[index] = UInt8(ascii: "0") + UInt8(truncatingIfNeeded: rest % 10)
        rest /= 10
      }
    }
  }

  /// Nil unless `bytes` is a valid label.
  public init?(bytes: UnsafeRawBufferPointer) {
    guard let value = unsafe bytes.validated(into: Site(), capacity: Site.capacity)
    else { return nil }
    self = value
  }

  public var isEmpty: Bool { words.0 & 0xFF == 0 }
  public static func == (a: Site, b: Site) -> Bool { a.words == b.words }
  public func hash(into hasher: inout Hasher) {
    hasher.combine(words.0)
    hasher.combine(words.1)
    hasher.combine(words.2)
    hasher.combine(words.3)
    hasher.combine(words.4)
    hasher.combine(words.5)
  }
}

extension Name: CustomStringConvertible {
  public var description: String { text(of: self) }
}

extension Site: CustomStringConvertible {
  public var description: String { text(of: self) }
}

extension String {
  /// The text, truncated to whole characters that leave a zero at the end of `capacity` bytes.
  fileprivate func truncated<Text: BitwiseCopyable>(into empty: Text, capacity: Int) -> Text {
    var value = empty
    unsafe withUnsafeMutableBytes(of: &value) { target in
      var used = 0
      for character in self {
        let bytes = character.utf8
        guard used + bytes.count < capacity else { break }
        for byte in bytes {
          unsafe target[used] = byte
          used += 1
        }
      }
    }
    return value
  }
}

extension UnsafeRawBufferPointer {
  /// The bytes as text; nil unless they are text with zeros to the end, of exactly `capacity` bytes.
  fileprivate func validated<Text: BitwiseCopyable>(into empty: Text, capacity: Int) -> Text? {
    guard count == capacity else { return nil }
    var value = empty
    unsafe withUnsafeMutableBytes(of: &value) { unsafe $0.copyMemory(from: self) }
    // Every allocation has a label: plain ASCII and zeros are checked eight bytes at a time.
    var length = 0
    while length < capacity,
      isPrintableASCII(unsafe loadUnaligned(fromByteOffset: length, as: UInt64.self))
    {
      length += 8
    }
    var isASCII = true
    while length < capacity, unsafe self[length] != 0 {
      let byte = unsafe self[length]
      guard byte >= 0x20, byte != 0x7F else { return nil }
      if byte >= 0x80 { isASCII = false }
      length += 1
    }
    // Empty text needs no check; full text has no zero at the end.
    guard length < capacity else { return nil }
    var index = length
    while index < capacity, index % 8 != 0 {
      guard unsafe self[index] == 0 else { return nil }
      index += 1
    }
    while index < capacity {
      guard unsafe loadUnaligned(fromByteOffset: index, as: UInt64.self) == 0 else {
        return nil
      }
      index += 8
    }
    if !isASCII, unsafe String(validating: self[..<length], as: UTF8.self) == nil { return nil }
    return value
  }
}

/// Whether all eight bytes are 0x20...0x7E. Bytes with the top bit set fail the first term, so that no carry
/// between bytes can affect the result of the others.
private func isPrintableASCII(_ word: UInt64) -> Bool {
  let tops: UInt64 = 0x8080_8080_8080_8080
  let isBelowSpace = word &- 0x2020_2020_2020_2020
  let isDelete = word &+ 0x0101_0101_0101_0101
  return (word | isBelowSpace | isDelete) & tops == 0
}

private func text<Text: BitwiseCopyable>(of value: Text) -> String {
  unsafe withUnsafeBytes(of: value) { bytes in
    let end = unsafe bytes.firstIndex(of: 0) ?? bytes.count
    return unsafe String(decoding: bytes[..<end], as: UTF8.self)
  }
}
