// Descriptors that arrived with a message and have no owner yet. A peer may send up to 253 with any
// message, wanted or not: what is not taken is closed before the next message, and at the end.

import CNDISLinux

/// A reusable place for received descriptors; closes those nobody takes.
@safe
public struct ReceivedDescriptors: ~Copyable, @unchecked Sendable {
  /// As many as Linux passes with one message.
  public static let maximum = Int(CLINUX_MAX_DESCRIPTORS)

  /// How many are accepted with one message; the kernel drops the others.
  public let capacity: Int
  private let closesInBackground: Bool
  /// How many came with the last message, taken or not.
  public private(set) var count = 0

  // A taken one is -1. Unchecked Sendable is sound: the storage has this one owner.
  private let storage: UnsafeMutablePointer<Int32>

  /// Room for up to `capacity` descriptors, no more than `maximum`.
  ///
  /// - Parameter closesInBackground: a reactor's choice, see `BackgroundCloser`.
  public init(capacity: Int = maximum, closesInBackground: Bool = false) {
    self.closesInBackground = closesInBackground
    self.capacity = min(max(capacity, 0), Self.maximum)
    unsafe storage = .allocate(capacity: max(self.capacity, 1))
    unsafe storage.initialize(repeating: -1, count: max(self.capacity, 1))
  }

  deinit {
    for index in 0..<count where unsafe storage[index] >= 0 {
      unsafe close(storage[index])
    }
    unsafe storage.deallocate()
  }

  /// Takes the descriptor at an index; nil when there is none, or when it was taken before.
  public mutating func take(_ index: Int) -> Descriptor? {
    guard index >= 0, index < count, unsafe storage[index] >= 0 else { return nil }
    let raw = unsafe storage[index]
    unsafe storage[index] = -1
    return Descriptor(owning: raw)
  }

  private func close(_ raw: Int32) {
    if closesInBackground { BackgroundCloser.close(raw) } else { _ = clinux_close(raw) }
  }

  /// Closes all that were not taken.
  public mutating func clear() {
    for index in 0..<count where unsafe storage[index] >= 0 {
      unsafe close(storage[index])
      unsafe storage[index] = -1
    }
    count = 0
  }

  /// Lets `body` put descriptors into the empty storage and say how many.
  mutating func refill(
    _ body: (UnsafeMutablePointer<Int32>, Int) throws(SystemError) -> Int
  ) throws(SystemError) {
    clear()
    count = try min(max(unsafe body(storage, capacity), 0), capacity)
  }
}
