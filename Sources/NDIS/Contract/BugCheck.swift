// Bug checks. The simulator does not crash: a violation is recorded with the bug check it would have caused.
// Where Microsoft documents a code for the violation it is used unchanged; otherwise the closest code is used
// and marked as an extension (`isExtension`).

/// A bug check code and its four parameters.
public struct BugCheck: Hashable, Sendable, BitwiseCopyable {
  public var code: UInt32
  public var parameters: (UInt64, UInt64, UInt64, UInt64)
  /// True where no code is documented for this violation and the code is our analogue.
  public var isExtension: Bool

  public init(
    code: UInt32, _ p1: UInt64, _ p2: UInt64 = 0, _ p3: UInt64 = 0, _ p4: UInt64 = 0,
    isExtension: Bool
  ) {
    self.code = code
    parameters = (p1, p2, p3, p4)
    self.isExtension = isExtension
  }

  public static let ndisDriver: UInt32 = 0x7C
  public static let driverVerifier: UInt32 = 0xC4
  public static let dmaVerifier: UInt32 = 0xE6

  public static func == (a: BugCheck, b: BugCheck) -> Bool {
    a.code == b.code && a.parameters == b.parameters && a.isExtension == b.isExtension
  }
  public func hash(into hasher: inout Hasher) {
    hasher.combine(code)
    hasher.combine(parameters.0)
    hasher.combine(parameters.1)
  }
}

extension BugCheck: CustomStringConvertible {
  /// `0x7C/0x01 (0x…, 0x…, 0x…)`.
  public var description: String {
    let rest = [parameters.1, parameters.2, parameters.3].map { hex($0) }.joined(separator: ", ")
    return "\(hex(code))/\(hex(parameters.0, digits: 2)) (\(rest))"
  }
}
