// A sequential reader of a message body. Every read is bounds-checked; a body that is too short results in a
// failure with its length and the required length. Only the values that are read are copied.

import CNDIS
public import NDIS

/// A cursor over a message's body.
@safe public struct BodyReader: ~Copyable {
  @usableFromInline let bytes: UnsafeRawBufferPointer
  @usableFromInline var position = 0

  /// Reads the body of `packet`. The packet must outlive the reader.
  public init(packet: UnsafeRawBufferPointer) {
    unsafe bytes = unsafe UnsafeRawBufferPointer(
      rebasing: packet.dropFirst(MessageHeader.size))
  }

  /// Number of unread bytes.
  @inlinable public var remaining: Int { unsafe bytes.count - position }

  @usableFromInline func short(_ size: Int) -> Failure {
    unsafe Failure(
      .invalidParameter, .malformedMessage, UInt64(bytes.count), UInt64(position + size))
  }

  /// Reads the bytes of a value.
  @inlinable public mutating func read<Value: BitwiseCopyable>(_: Value.Type) throws(Failure)
    -> Value
  {
    let size = MemoryLayout<Value>.size
    guard size <= remaining else { throw short(size) }
    let value = unsafe bytes.loadUnaligned(fromByteOffset: position, as: Value.self)
    position += size
    return value
  }

  /// Reads a name; an empty one is an error unless `mayBeEmpty`.
  public mutating func readName(mayBeEmpty: Bool = false) throws(Failure) -> Name {
    guard remaining >= Name.capacity else { throw short(Name.capacity) }
    let part = unsafe UnsafeRawBufferPointer(
      rebasing: bytes[position..<position + Name.capacity])
    position += Name.capacity
    guard let name = unsafe Name(bytes: part), mayBeEmpty || !name.isEmpty else {
      throw Failure(.invalidParameter, .badName)
    }
    return name
  }

  /// Reads a site label, which may be empty.
  public mutating func readSite() throws(Failure) -> Site {
    guard remaining >= Site.capacity else { throw short(Site.capacity) }
    let part = unsafe UnsafeRawBufferPointer(
      rebasing: bytes[position..<position + Site.capacity])
    position += Site.capacity
    guard let site = unsafe Site(bytes: part) else { throw Failure(.invalidParameter, .badName) }
    return site
  }

  /// Reads an image of an NDIS structure: its header, then as much of `Image` as the body contains, padded
  /// with zeros. The header's `Size` must not exceed the body.
  @inlinable public mutating func readImage<Image: BitwiseCopyable>(
    _ image: Image
  ) throws(Failure) -> Image {
    let claimed = try imageSize()
    var value = image
    let size = min(claimed, MemoryLayout<Image>.size)
    let rest = remaining
    unsafe withUnsafeMutableBytes(of: &value) { target in
      let take = max(min(size, rest), min(4, rest))
      unsafe target.copyMemory(
        from: UnsafeRawBufferPointer(rebasing: bytes[position..<position + take]))
    }
    position += rest
    return value
  }

  /// Reads an image that is followed by other data: its length is the header's `Size`, at least `least`.
  /// Fields of `Image` beyond it are zero.
  public mutating func readSizedImage<Image: BitwiseCopyable>(
    _ image: Image, least: Int
  ) throws(Failure) -> Image {
    let size = try imageSize()
    guard size >= least else {
      throw Failure(.invalidParameter, .headerSize, UInt64(size), UInt64(least))
    }
    let source = try unsafe take(size)
    var value = image
    unsafe withUnsafeMutableBytes(of: &value) { target in
      unsafe target.copyMemory(
        from: UnsafeRawBufferPointer(rebasing: source[..<min(size, target.count)]))
    }
    return value
  }

  /// The next `count` bytes in place; valid as long as the packet.
  public mutating func take(_ count: Int) throws(Failure) -> UnsafeRawBufferPointer {
    guard count >= 0, count <= remaining else { throw short(max(0, count)) }
    let part = unsafe UnsafeRawBufferPointer(rebasing: bytes[position..<position + count])
    position += count
    return unsafe part
  }

  /// A copy of the next `count` bytes.
  public mutating func readBytes(_ count: Int) throws(Failure) -> [UInt8] {
    unsafe Array(try take(count))
  }

  /// The `Size` in the object header at the current position, checked against the remaining bytes.
  public func imageSize() throws(Failure) -> Int {
    guard remaining >= MemoryLayout<NDIS_OBJECT_HEADER>.size else { throw short(4) }
    let header = unsafe bytes.loadUnaligned(
      fromByteOffset: position, as: NDIS_OBJECT_HEADER.self)
    guard Int(header.Size) <= remaining else { throw short(Int(header.Size)) }
    return Int(header.Size)
  }

  /// Reads an extent.
  public mutating func readExtent() throws(Failure) -> Extent {
    let raw = try read(ndissim_extent.self)
    guard raw.reserved == 0 else {
      throw Failure(.invalidParameter, .reservedNotZero, UInt64(raw.reserved))
    }
    return Extent(offset: raw.offset, length: raw.length)
  }

  /// Reads the body of a failure: bug check (nil if none), reason number, rule and sentence.
  public mutating func readFailure() throws(Failure) -> (
    bugCheck: BugCheck?, reason: UInt32, rule: Name, sentence: String
  ) {
    let raw = try read(FailureHead.self)
    let rule = try readName(mayBeEmpty: true)
    let p = raw.parameters
    let isExtension = raw.reason & NDISSIM_REASON_EXTENSION != 0
    let check =
      raw.code == 0
      ? nil : BugCheck(code: raw.code, p.0, p.1, p.2, p.3, isExtension: isExtension)
    let text = unsafe String(decoding: bytes[position...], as: UTF8.self)
    position += remaining
    return (check, raw.reason & ~NDISSIM_REASON_EXTENSION, rule, text)
  }

  /// Fails unless everything has been read.
  public func end() throws(Failure) {
    guard remaining == 0 else {
      throw unsafe Failure(
        .invalidParameter, .malformedMessage, UInt64(bytes.count), UInt64(position))
    }
  }
}

/// The fixed part of `ndissim_failure` before its rule.
private struct FailureHead: BitwiseCopyable {
  var code: UInt32
  var reason: UInt32
  var parameters: (UInt64, UInt64, UInt64, UInt64)
}
