// The simulated interrupt request level of a thread. A driver declares it with every call; no real level is
// raised. On x64 the levels are 0...15; any other value is rejected when a message is decoded.

/// An IRQL, x64 numbering.
public struct IRQL: RawRepresentable, Hashable, Comparable, Sendable, BitwiseCopyable {
  public var rawValue: UInt8

  /// Nil for a number that is not an x64 level.
  public init?(rawValue: UInt8) {
    guard rawValue <= 15 else { return nil }
    self.rawValue = rawValue
  }

  private init(_ level: UInt8) { rawValue = level }

  public static let passive = IRQL(0)
  public static let apc = IRQL(1)
  public static let dispatch = IRQL(2)
  public static let high = IRQL(15)

  public static func < (left: IRQL, right: IRQL) -> Bool { left.rawValue < right.rawValue }
}

extension IRQL: CustomStringConvertible {
  /// The documented name; a device level is `DIRQL n`.
  public var description: String {
    switch rawValue {
    case 0: "PASSIVE_LEVEL"
    case 1: "APC_LEVEL"
    case 2: "DISPATCH_LEVEL"
    case 15: "HIGH_LEVEL"
    default: "DIRQL \(rawValue)"
    }
  }
}
