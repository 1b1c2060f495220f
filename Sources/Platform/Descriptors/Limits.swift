// Resource limits of the process, and handling of EMFILE.

import CNDISLinux

/// Limits of the process and constants of the machine.
public enum Limits {
  /// The size of a page.
  public static let pageSize: UInt64 = max(clinux_page_size(), 1)

  /// Raises RLIMIT_NOFILE to the hard limit and returns it. This would break programs that use select(2);
  /// this one does not.
  @discardableResult
  public static func raiseDescriptorLimit() throws(SystemError) -> UInt64 {
    var limit: UInt64 = 0
    try SystemCall.run("setrlimit(RLIMIT_NOFILE)") {
      unsafe clinux_raise_descriptor_limit(&limit)
    }
    return limit
  }
}

/// A reserve descriptor for EMFILE: a listener then cannot accept, the pending connection keeps its socket
/// readable, and a level-triggered loop spins. With the reserve freed, the connection can be accepted and
/// closed.
public struct Spare: ~Copyable, Sendable {
  private var held: Descriptor?

  public init() throws(SystemError) {
    held = try Self.open()
  }

  /// Whether the reserve is available.
  public var isHeld: Bool { held != nil }

  /// Frees the reserve, runs `body`, and reopens it. If that fails, the reserve stays empty until `refill`
  /// succeeds.
  public mutating func spend<Result: ~Copyable, Failure: Error>(
    _ body: () throws(Failure) -> Result
  ) throws(Failure) -> Result {
    held = nil
    defer { refill() }
    return try body()
  }

  /// Reopens the reserve if it is empty. Returns whether it is available.
  @discardableResult
  public mutating func refill() -> Bool {
    if held == nil { held = try? Self.open() }
    return held != nil
  }

  private static func open() throws(SystemError) -> Descriptor {
    try SystemCall.open("open /dev/null") { clinux_open_null() }
  }
}

/// Unpredictable random numbers.
public enum Randomness {
  /// 64 bits from getrandom(2); blocks only early in boot.
  public static func bits() throws(SystemError) -> UInt64 {
    var value: UInt64 = 0
    try SystemCall.run("getrandom") {
      unsafe clinux_random(&value, MemoryLayout<UInt64>.size)
    }
    return value
  }
}
