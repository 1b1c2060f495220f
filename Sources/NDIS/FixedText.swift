// Text of a fixed number of bytes, as it stands in messages and in the store: UTF-8, zero-filled. It
// holds no reference, so a record that has a name stays plain bytes. What does not fit is cut at a
// character's edge; text from a peer is checked: valid UTF-8, no control characters, nothing but zeros
// after the first zero.

/// A name of at most 31 bytes: drivers, adapters, clients.
public struct Name: Hashable, Sendable, BitwiseCopyable {
  var words: (UInt64, UInt64, UInt64, UInt64) = (0, 0, 0, 0)
  public static let capacity = 32

  public init() {}
  public init(_ text: String) { self = fixed(text, Name(), capacity: Name.capacity) }

  /// Nil when `bytes` is no clean name.
  public init?(bytes: UnsafeRawBufferPointer) {
    guard let value = unsafe checked(bytes, Name(), capacity: Name.capacity) else { return nil }
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
  public init(_ text: String) { self = fixed(text, Site(), capacity: Site.capacity) }

  /// `file:line`, of which the end stays when it is too long: it says more than the beginning. A
  /// driver makes one for each allocation, so plain ASCII, as nearly every path is, is copied and not
  /// read as text.
  public init(file: StaticString, line: UInt) {
    // What stands for one character has no pointer; no path is that.
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
      // A line has 20 digits at most, so something of the path is always there.
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

  /// Nil when `bytes` is no clean label.
  public init?(bytes: UnsafeRawBufferPointer) {
    guard let value = unsafe checked(bytes, Site(), capacity: Site.capacity) else { return nil }
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

private func fixed<Text: BitwiseCopyable>(_ text: String, _ empty: Text, capacity: Int) -> Text {
  var value = empty
  unsafe withUnsafeMutableBytes(of: &value) { target in
    var used = 0
    for character in text {
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

private func checked<Text: BitwiseCopyable>(
  _ bytes: UnsafeRawBufferPointer, _ empty: Text, capacity: Int
) -> Text? {
  guard bytes.count == capacity else { return nil }
  var value = empty
  unsafe withUnsafeMutableBytes(of: &value) { unsafe $0.copyMemory(from: bytes) }
  // Every allocation brings a label: eight bytes at a time where they are plain ASCII, and where they
  // are zero.
  var length = 0
  while length < capacity,
    isPrintableASCII(unsafe bytes.loadUnaligned(fromByteOffset: length, as: UInt64.self))
  {
    length += 8
  }
  var isASCII = true
  while length < capacity, unsafe bytes[length] != 0 {
    let byte = unsafe bytes[length]
    guard byte >= 0x20, byte != 0x7F else { return nil }
    if byte >= 0x80 { isASCII = false }
    length += 1
  }
  // What is empty has no text to check; what is full has no zero behind it.
  guard length < capacity else { return nil }
  var index = length
  while index < capacity, index % 8 != 0 {
    guard unsafe bytes[index] == 0 else { return nil }
    index += 1
  }
  while index < capacity {
    guard unsafe bytes.loadUnaligned(fromByteOffset: index, as: UInt64.self) == 0 else {
      return nil
    }
    index += 8
  }
  if !isASCII, unsafe String(validating: bytes[..<length], as: UTF8.self) == nil { return nil }
  return value
}

/// Whether all eight bytes are 0x20...0x7E. No byte with its top bit set gets past the first term, so
/// neither sum nor difference carries from one byte into the next where that would matter.
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
