// NDIS_STATUS as a value. The numbers are those of the public headers; the list holds what this
// simulator returns or recognises. A status is compared with `==`: several codes that are not success
// (PENDING, NOT_ACCEPTED) are non-negative, so a `>= 0` test would take a refusal for a success.

import CNDIS

/// An `NDIS_STATUS`.
public struct Status: RawRepresentable, Hashable, Sendable, BitwiseCopyable {
  public var rawValue: UInt32
  public init(rawValue: UInt32) { self.rawValue = rawValue }

  public static let success = Status(rawValue: 0x0000_0000)
  public static let pending = Status(rawValue: 0x0000_0103)
  public static let notAccepted = Status(rawValue: 0x0001_0003)
  public static let failure = Status(rawValue: 0xC000_0001)
  public static let invalidParameter = Status(rawValue: 0xC000_000D)
  public static let resources = Status(rawValue: 0xC000_009A)
  public static let notSupported = Status(rawValue: 0xC000_00BB)
  public static let badVersion = Status(rawValue: 0xC001_0004)
  public static let badCharacteristics = Status(rawValue: 0xC001_0005)
  public static let adapterNotFound = Status(rawValue: 0xC001_0006)
  public static let openFailed = Status(rawValue: 0xC001_0007)
  public static let unsupportedMedia = Status(rawValue: 0xC001_0019)

  /// Every status with a name here.
  public static let named: [(name: String, status: Status)] = [
    ("NDIS_STATUS_SUCCESS", .success), ("NDIS_STATUS_PENDING", .pending),
    ("NDIS_STATUS_NOT_ACCEPTED", .notAccepted), ("NDIS_STATUS_FAILURE", .failure),
    ("NDIS_STATUS_INVALID_PARAMETER", .invalidParameter), ("NDIS_STATUS_RESOURCES", .resources),
    ("NDIS_STATUS_NOT_SUPPORTED", .notSupported), ("NDIS_STATUS_BAD_VERSION", .badVersion),
    ("NDIS_STATUS_BAD_CHARACTERISTICS", .badCharacteristics),
    ("NDIS_STATUS_ADAPTER_NOT_FOUND", .adapterNotFound),
    ("NDIS_STATUS_OPEN_FAILED", .openFailed),
    ("NDIS_STATUS_UNSUPPORTED_MEDIA", .unsupportedMedia),
  ]
  #if MUTANTS
    .mutated("status") { ($0.name, Status(rawValue: $0.status.rawValue ^ 1)) }
  #endif
}

extension Status: CustomStringConvertible {
  /// The documented name, or `NDIS_STATUS 0x…` for a code without one here.
  public var description: String {
    Status.named.first { $0.status == self }?.name ?? "NDIS_STATUS \(hex(rawValue, digits: 8))"
  }
}

/// `0x` and upper-case hexadecimal digits, at least `digits` of them.
public func hex<Integer: BinaryInteger>(_ value: Integer, digits: Int = 1) -> String {
  let text = String(value, radix: 16, uppercase: true)
  return "0x" + String(repeating: "0", count: max(0, digits - text.count)) + text
}
