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
  let length = unsafe bytes.firstIndex(of: 0) ?? capacity
  // The common case: no text at all.
  guard length > 0 else { return unsafe bytes.allSatisfy { $0 == 0 } ? value : nil }
  guard length < capacity, unsafe bytes[length...].allSatisfy({ $0 == 0 }) else { return nil }
  let content = unsafe bytes[..<length]
  guard unsafe content.allSatisfy({ $0 >= 0x20 && $0 != 0x7F }) else { return nil }
  guard unsafe String(validating: content, as: UTF8.self) != nil else { return nil }
  return value
}

private func text<Text: BitwiseCopyable>(of value: Text) -> String {
  unsafe withUnsafeBytes(of: value) { bytes in
    let end = unsafe bytes.firstIndex(of: 0) ?? bytes.count
    return unsafe String(decoding: bytes[..<end], as: UTF8.self)
  }
}
