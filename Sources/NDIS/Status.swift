// NDIS_STATUS as a value. The numbers are those of the public headers; the list holds the codes this
// simulator returns or recognises. A status is compared with `==`: several codes that are not success
// (PENDING, NOT_ACCEPTED) are non-negative, so a `>= 0` test would take a refusal for a success.

import CNDIS

/// An `NDIS_STATUS`.
public struct Status: RawRepresentable, Hashable, Sendable, BitwiseCopyable {
  public var rawValue: UInt32
  @inlinable public init(rawValue: UInt32) { self.rawValue = rawValue }

  @inlinable public static var success: Status { Status(rawValue: 0x0000_0000) }
  @inlinable public static var pending: Status { Status(rawValue: 0x0000_0103) }
  @inlinable public static var notAccepted: Status { Status(rawValue: 0x0001_0003) }
  @inlinable public static var failure: Status { Status(rawValue: 0xC000_0001) }
  @inlinable public static var invalidParameter: Status { Status(rawValue: 0xC000_000D) }
  @inlinable public static var resources: Status { Status(rawValue: 0xC000_009A) }
  @inlinable public static var notSupported: Status { Status(rawValue: 0xC000_00BB) }
  @inlinable public static var badVersion: Status { Status(rawValue: 0xC001_0004) }
  @inlinable public static var badCharacteristics: Status { Status(rawValue: 0xC001_0005) }
  @inlinable public static var adapterNotFound: Status { Status(rawValue: 0xC001_0006) }
  @inlinable public static var openFailed: Status { Status(rawValue: 0xC001_0007) }
  @inlinable public static var unsupportedMedia: Status { Status(rawValue: 0xC001_0019) }
  @inlinable public static var resourceConflict: Status { Status(rawValue: 0xC001_001E) }
  // Used by OID requests.
  @inlinable public static var indicationRequired: Status { Status(rawValue: 0x4023_0001) }
  @inlinable public static var multicastFull: Status { Status(rawValue: 0xC001_0009) }
  @inlinable public static var requestAborted: Status { Status(rawValue: 0xC001_000C) }
  @inlinable public static var resetInProgress: Status { Status(rawValue: 0xC001_000D) }
  @inlinable public static var invalidLength: Status { Status(rawValue: 0xC001_0014) }
  @inlinable public static var invalidData: Status { Status(rawValue: 0xC001_0015) }
  @inlinable public static var bufferTooShort: Status { Status(rawValue: 0xC001_0016) }
  @inlinable public static var invalidOID: Status { Status(rawValue: 0xC001_0017) }
  @inlinable public static var fileNotFound: Status { Status(rawValue: 0xC001_001B) }
  @inlinable public static var unsupportedRevision: Status { Status(rawValue: 0xC023_002C) }
  // Used by status indications.
  @inlinable public static var linkState: Status { Status(rawValue: 0x4001_0017) }
  @inlinable public static var receiveQueueState: Status { Status(rawValue: 0x4002_000D) }
  @inlinable public static var receiveFilterCurrentCapabilities: Status {
    Status(rawValue: 0x4002_0010)
  }
  @inlinable public static var receiveFilterHardwareCapabilities: Status {
    Status(rawValue: 0x4002_0020)
  }
  @inlinable public static var receiveFilterQueueParameters: Status {
    Status(rawValue: 0x4002_0030)
  }
  @inlinable public static var nicSwitchCurrentCapabilities: Status {
    Status(rawValue: 0x4002_0040)
  }
  @inlinable public static var nicSwitchHardwareCapabilities: Status {
    Status(rawValue: 0x4002_0050)
  }
  @inlinable public static var receiveFilterQueueStateChange: Status {
    Status(rawValue: 0x4002_0070)
  }

  /// Every status with a name in this list.
  public static let named: [(name: String, status: Status)] = [
    ("NDIS_STATUS_SUCCESS", .success), ("NDIS_STATUS_PENDING", .pending),
    ("NDIS_STATUS_NOT_ACCEPTED", .notAccepted), ("NDIS_STATUS_FAILURE", .failure),
    ("NDIS_STATUS_INVALID_PARAMETER", .invalidParameter), ("NDIS_STATUS_RESOURCES", .resources),
    ("NDIS_STATUS_NOT_SUPPORTED", .notSupported), ("NDIS_STATUS_BAD_VERSION", .badVersion),
    ("NDIS_STATUS_BAD_CHARACTERISTICS", .badCharacteristics),
    ("NDIS_STATUS_ADAPTER_NOT_FOUND", .adapterNotFound),
    ("NDIS_STATUS_OPEN_FAILED", .openFailed),
    ("NDIS_STATUS_UNSUPPORTED_MEDIA", .unsupportedMedia),
    ("NDIS_STATUS_RESOURCE_CONFLICT", .resourceConflict),
    ("NDIS_STATUS_INDICATION_REQUIRED", .indicationRequired),
    ("NDIS_STATUS_REQUEST_ABORTED", .requestAborted),
    ("NDIS_STATUS_RESET_IN_PROGRESS", .resetInProgress),
    ("NDIS_STATUS_INVALID_LENGTH", .invalidLength),
    ("NDIS_STATUS_INVALID_DATA", .invalidData),
    ("NDIS_STATUS_BUFFER_TOO_SHORT", .bufferTooShort),
    ("NDIS_STATUS_INVALID_OID", .invalidOID),
    ("NDIS_STATUS_FILE_NOT_FOUND", .fileNotFound),
    ("NDIS_STATUS_UNSUPPORTED_REVISION", .unsupportedRevision),
    ("NDIS_STATUS_LINK_STATE", .linkState),
    ("NDIS_STATUS_RECEIVE_QUEUE_STATE", .receiveQueueState),
    ("NDIS_STATUS_RECEIVE_FILTER_CURRENT_CAPABILITIES", .receiveFilterCurrentCapabilities),
    ("NDIS_STATUS_RECEIVE_FILTER_HARDWARE_CAPABILITIES", .receiveFilterHardwareCapabilities),
    ("NDIS_STATUS_RECEIVE_FILTER_QUEUE_PARAMETERS", .receiveFilterQueueParameters),
    ("NDIS_STATUS_NIC_SWITCH_CURRENT_CAPABILITIES", .nicSwitchCurrentCapabilities),
    ("NDIS_STATUS_NIC_SWITCH_HARDWARE_CAPABILITIES", .nicSwitchHardwareCapabilities),
    ("NDIS_STATUS_RECEIVE_FILTER_QUEUE_STATE_CHANGE", .receiveFilterQueueStateChange),
  ]
  #if MUTANTS
    .mutated("status") { ($0.name, Status(rawValue: $0.status.rawValue ^ 1)) }
  #endif
}

extension Status: CustomStringConvertible {
  /// The documented name, or `NDIS_STATUS 0x…` for an unlisted code.
  public var description: String {
    Status.named.first { $0.status == self }?.name ?? "NDIS_STATUS \(hex(rawValue, digits: 8))"
  }
}

/// `0x` and upper-case hexadecimal digits, at least `digits` of them.
public func hex<Integer: BinaryInteger>(_ value: Integer, digits: Int = 1) -> String {
  let text = String(value, radix: 16, uppercase: true)
  return "0x" + String(repeating: "0", count: max(0, digits - text.count)) + text
}
