// What the system allows this process, and how to survive having no descriptor left.

import CNDISLinux

/// Limits of the process and constants of the machine.
public enum Limits {
  /// The size of a page.
  public static let pageSize: UInt64 = max(clinux_page_size(), 1)

  /// Raises the number of open descriptors to the hard limit and answers it. Programs that use
  /// select(2) would break by this; this one has none.
  @discardableResult
  public static func raiseDescriptorLimit() throws(SystemError) -> UInt64 {
    var limit: UInt64 = 0
    try SystemCall.run("setrlimit(RLIMIT_NOFILE)") {
      unsafe clinux_raise_descriptor_limit(&limit)
    }
    return limit
  }
}

/// A descriptor held for hard times. At EMFILE a listener cannot accept, the waiting connection
/// keeps its socket readable, and a level-triggered loop spins; with one descriptor freed the
/// connection can be accepted and closed at once.
public struct Spare: ~Copyable, Sendable {
  private var held: Descriptor?

  public init() throws(SystemError) {
    held = try Self.open()
  }

  /// Whether there is one to spend.
  public var isHeld: Bool { held != nil }

  /// Frees the descriptor, runs `body`, and takes a new one. When none can be had the spare stays
  /// empty until `refill` succeeds.
  public mutating func spend<Result: ~Copyable, Failure: Error>(
    _ body: () throws(Failure) -> Result
  ) throws(Failure) -> Result {
    held = nil
    defer { refill() }
    return try body()
  }

  /// Takes a descriptor if none is held; says whether one is held now.
  @discardableResult
  public mutating func refill() -> Bool {
    if held == nil { held = try? Self.open() }
    return held != nil
  }

  private static func open() throws(SystemError) -> Descriptor {
    try SystemCall.open("open /dev/null") { clinux_open_null() }
  }
}

/// Random numbers nobody can guess.
public enum Randomness {
  /// Sixty-four bits from the kernel's generator; waits only while the machine is still starting.
  public static func bits() throws(SystemError) -> UInt64 {
    var value: UInt64 = 0
    try SystemCall.run("getrandom") {
      unsafe clinux_random(&value, MemoryLayout<UInt64>.size)
    }
    return value
  }
}
