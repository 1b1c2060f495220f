// What comes from a peer: bytes, cut into messages by NULs. A message stays bytes until it is its
// turn, so what waits costs its length and no more; each byte is searched once.

import Glibc

struct MessageBuffer {
  private var queue = ByteQueue()
  /// Bytes at the beginning that have no NUL among them.
  private var searched = 0
  private let maximumMessage: Int

  init(maximumMessage: Int) {
    self.maximumMessage = maximumMessage
  }

  var byteCount: Int { queue.count }
  var isEmpty: Bool { queue.isEmpty }

  /// For whoever reads from the peer.
  mutating func append<Failure: Error, Result>(
    _ body: (inout [UInt8]) throws(Failure) -> Result
  ) throws(Failure) -> Result {
    try queue.append(body)
  }

  /// What is at the beginning.
  enum First: Equatable {
    /// A message of so many bytes, its NUL not counted.
    case message(Int)
    /// The rest has not come yet.
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

  /// The bytes of the first message, whose length `first` has said.
  func bytes(ofFirst length: Int) -> ArraySlice<UInt8> { queue.bytes.prefix(length) }

  /// Removes the first message with its NUL.
  mutating func removeFirst(_ length: Int) {
    queue.removeFirst(length + 1)
    searched = 0
  }
}
