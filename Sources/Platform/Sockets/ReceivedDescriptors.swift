// Descriptors received with a message that have no owner yet. A peer may send up to 253 with any message:
// those not taken are closed before the next message, and at the end.

import CNDISLinux

/// A reusable container for received descriptors; closes those that are not taken.
@safe
public struct ReceivedDescriptors: ~Copyable, @unchecked Sendable {
  /// The maximum number Linux passes with one message.
  public static let maximum = Int(CLINUX_MAX_DESCRIPTORS)

  /// Maximum number accepted with one message; the kernel drops the others.
  public let capacity: Int
  private let closesInBackground: Bool
  /// Number received with the last message, taken or not.
  public private(set) var count = 0

  // Taken ones are -1. Unchecked Sendable is safe: the storage has a single owner.
  private let storage: UnsafeMutablePointer<Int32>

  /// Reserves space for up to `capacity` descriptors, at most `maximum`.
  ///
  /// - Parameter closesInBackground: for use on a reactor's thread, see `BackgroundCloser`.
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

  /// Takes the descriptor at an index; nil if there is none or it was taken already.
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

  /// Calls `body`, which stores descriptors in the empty storage and returns their number.
  mutating func refill(
    _ body: (UnsafeMutablePointer<Int32>, Int) throws(SystemError) -> Int
  ) throws(SystemError) {
    clear()
    count = try min(max(unsafe body(storage, capacity), 0), capacity)
  }
}
