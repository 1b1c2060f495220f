// Input from a peer, split into messages at NULs. A message is not parsed before its turn, so a queued
// message uses only its length; each byte is searched once.

import Glibc

struct MessageBuffer {
  private var queue = ByteQueue()
  /// Number of bytes at the start known to contain no NUL.
  private var searched = 0
  private let maximumMessage: Int

  init(maximumMessage: Int) {
    self.maximumMessage = maximumMessage
  }

  var byteCount: Int { queue.count }
  var isEmpty: Bool { queue.isEmpty }

  /// Lets the caller append in place.
  mutating func append<Failure: Error, Result>(
    _ body: (inout [UInt8]) throws(Failure) -> Result
  ) throws(Failure) -> Result {
    try queue.append(body)
  }

  /// What the buffer starts with.
  enum First: Equatable {
    /// A message of this length without its NUL.
    case message(Int)
    /// The message is incomplete.
    case incomplete
    case tooLong
  }

  mutating func first() -> First {
    let bytes = queue.bytes
    let length = unsafe bytes.withUnsafeBytes { all -> Int? in
      let unseen = unsafe UnsafeRawBufferPointer(rebasing: all[searched...])
      guard let start = unseen.baseAddress, let end = unsafe memchr(start, 0, unseen.count) else {
        return nil
      }
      return unsafe searched + (UnsafeRawPointer(end) - start)
    }
    searched = length ?? bytes.count
    guard searched <= maximumMessage else { return .tooLong }
    return length.map { .message($0) } ?? .incomplete
  }

  /// The bytes of the first message, whose length `first` returned.
  func bytes(ofFirst length: Int) -> ArraySlice<UInt8> { queue.bytes.prefix(length) }

  /// Removes the first message with its NUL.
  mutating func removeFirst(_ length: Int) {
    queue.removeFirst(length + 1)
    searched = 0
  }
}
