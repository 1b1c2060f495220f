// Writes one message into the caller's buffer: header, fixed part, images, arrays. Allocates nothing. A write
// beyond the buffer makes `finish` return 0, so that callers need not check each step; buffers have
// NDISSIM_MAXIMUM_MESSAGE bytes, and every body is limited to less.

import CNDIS
public import NDIS

/// A message being written.
@safe public struct MessageWriter: ~Copyable {
  @usableFromInline let buffer: UnsafeMutableRawBufferPointer
  @usableFromInline let header: MessageHeader
  @usableFromInline var used: Int
  @usableFromInline var overflowed = false

  /// Starts a message in `buffer`, which must outlive the writer.
  public init(_ header: MessageHeader, into buffer: UnsafeMutableRawBufferPointer) {
    unsafe self.buffer = unsafe buffer
    self.header = header
    used = MessageHeader.size
    overflowed = buffer.count < MessageHeader.size
  }

  /// Appends the bytes of a value.
  @inlinable public mutating func append<Value: BitwiseCopyable>(_ value: Value) {
    let size = MemoryLayout<Value>.size
    guard !overflowed, unsafe size <= buffer.count - used else {
      overflowed = true
      return
    }
    unsafe buffer.storeBytes(of: value, toByteOffset: used, as: Value.self)
    used += size
  }

  /// Number of bytes written including the header: the position of the next value.
  @inlinable public var position: Int { used }

  /// Overwrites a number at `position`, for values that are known only later.
  @inlinable public mutating func replace(_ value: UInt32, at position: Int) {
    guard !overflowed, position >= MessageHeader.size, position <= used - 4 else { return }
    unsafe buffer.storeBytes(of: value, toByteOffset: position, as: UInt32.self)
  }

  /// Appends raw bytes.
  public mutating func append(bytes: UnsafeRawBufferPointer) {
    guard !overflowed, unsafe bytes.count <= buffer.count - used else {
      overflowed = true
      return
    }
    unsafe UnsafeMutableRawBufferPointer(rebasing: buffer[used...]).copyMemory(from: bytes)
    used += bytes.count
  }

  /// Appends text as UTF-8, truncated to the limit of the message.
  public mutating func append(text: String) {
    for byte in text.utf8 {
      guard !overflowed, unsafe used < buffer.count else { return }
      unsafe buffer[used] = byte
      used += 1
    }
  }

  /// Appends an extent.
  public mutating func append(_ extent: Extent) {
    append(ndissim_extent(offset: extent.offset, length: extent.length, reserved: 0))
  }

  /// Appends the body of a failure.
  public mutating func append(
    _ failure: Failure, bugCheck: BugCheck?, marksExtension: Bool = false
  ) {
    let isMarked = marksExtension && bugCheck?.isExtension ?? false
    let p = bugCheck?.parameters ?? (0, 0, 0, 0)
    append(bugCheck?.code ?? 0)
    append(UInt32(failure.reason.rawValue) | (isMarked ? NDISSIM_REASON_EXTENSION : 0))
    append(p.0)
    append(p.1)
    append(p.2)
    append(p.3)
    append(Name(failure.reason.rule))
    append(text: failure.sentence)
  }

  /// Writes the header and returns the length of the message; 0 if something did not fit.
  public consuming func finish() -> Int {
    guard !overflowed else { return 0 }
    let image = header.image(length: UInt32(truncatingIfNeeded: used - MessageHeader.size))
    unsafe buffer.storeBytes(of: image, as: ndissim_header.self)
    return used
  }
}
