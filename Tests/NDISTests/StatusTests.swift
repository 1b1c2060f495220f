// Statuses, usages and levels against the literal numbers of the public headers.

import CNDIS
import NDIS
import Testing

@Suite struct StatusTests {
  static let literal: [(name: String, status: Status, value: UInt32, header: UInt32)] = [
    ("NDIS_STATUS_SUCCESS", .success, 0, NDIS_STATUS_SUCCESS),
    ("NDIS_STATUS_PENDING", .pending, 0x103, NDIS_STATUS_PENDING),
    ("NDIS_STATUS_NOT_ACCEPTED", .notAccepted, 0x0001_0003, NDIS_STATUS_NOT_ACCEPTED),
    ("NDIS_STATUS_FAILURE", .failure, 0xC000_0001, NDIS_STATUS_FAILURE),
    (
      "NDIS_STATUS_INVALID_PARAMETER", .invalidParameter, 0xC000_000D,
      NDIS_STATUS_INVALID_PARAMETER
    ),
    ("NDIS_STATUS_RESOURCES", .resources, 0xC000_009A, NDIS_STATUS_RESOURCES),
    ("NDIS_STATUS_NOT_SUPPORTED", .notSupported, 0xC000_00BB, NDIS_STATUS_NOT_SUPPORTED),
    ("NDIS_STATUS_BAD_VERSION", .badVersion, 0xC001_0004, NDIS_STATUS_BAD_VERSION),
    (
      "NDIS_STATUS_BAD_CHARACTERISTICS", .badCharacteristics, 0xC001_0005,
      NDIS_STATUS_BAD_CHARACTERISTICS
    ),
    (
      "NDIS_STATUS_ADAPTER_NOT_FOUND", .adapterNotFound, 0xC001_0006,
      NDIS_STATUS_ADAPTER_NOT_FOUND
    ),
    ("NDIS_STATUS_OPEN_FAILED", .openFailed, 0xC001_0007, NDIS_STATUS_OPEN_FAILED),
    (
      "NDIS_STATUS_RESOURCE_CONFLICT", .resourceConflict, 0xC001_001E,
      NDIS_STATUS_RESOURCE_CONFLICT
    ),
    (
      "NDIS_STATUS_UNSUPPORTED_MEDIA", .unsupportedMedia, 0xC001_0019,
      NDIS_STATUS_UNSUPPORTED_MEDIA
    ),
    (
      "NDIS_STATUS_INDICATION_REQUIRED", .indicationRequired, 0x4023_0001,
      NDIS_STATUS_INDICATION_REQUIRED
    ),
    ("NDIS_STATUS_REQUEST_ABORTED", .requestAborted, 0xC001_000C, NDIS_STATUS_REQUEST_ABORTED),
    ("NDIS_STATUS_RESET_IN_PROGRESS", .resetInProgress, 0xC001_000D, NDIS_STATUS_RESET_IN_PROGRESS),
    ("NDIS_STATUS_INVALID_LENGTH", .invalidLength, 0xC001_0014, NDIS_STATUS_INVALID_LENGTH),
    ("NDIS_STATUS_INVALID_DATA", .invalidData, 0xC001_0015, NDIS_STATUS_INVALID_DATA),
    ("NDIS_STATUS_BUFFER_TOO_SHORT", .bufferTooShort, 0xC001_0016, NDIS_STATUS_BUFFER_TOO_SHORT),
    ("NDIS_STATUS_INVALID_OID", .invalidOID, 0xC001_0017, NDIS_STATUS_INVALID_OID),
    ("NDIS_STATUS_FILE_NOT_FOUND", .fileNotFound, 0xC001_001B, NDIS_STATUS_FILE_NOT_FOUND),
    (
      "NDIS_STATUS_UNSUPPORTED_REVISION", .unsupportedRevision, 0xC023_002C,
      NDIS_STATUS_UNSUPPORTED_REVISION
    ),
    ("NDIS_STATUS_LINK_STATE", .linkState, 0x4001_0017, NDIS_STATUS_LINK_STATE),
    (
      "NDIS_STATUS_RECEIVE_QUEUE_STATE", .receiveQueueState, 0x4002_000D,
      NDIS_STATUS_RECEIVE_QUEUE_STATE
    ),
    (
      "NDIS_STATUS_RECEIVE_FILTER_CURRENT_CAPABILITIES", .receiveFilterCurrentCapabilities,
      0x4002_0010, NDIS_STATUS_RECEIVE_FILTER_CURRENT_CAPABILITIES
    ),
    (
      "NDIS_STATUS_RECEIVE_FILTER_HARDWARE_CAPABILITIES", .receiveFilterHardwareCapabilities,
      0x4002_0020, NDIS_STATUS_RECEIVE_FILTER_HARDWARE_CAPABILITIES
    ),
    (
      "NDIS_STATUS_RECEIVE_FILTER_QUEUE_PARAMETERS", .receiveFilterQueueParameters, 0x4002_0030,
      NDIS_STATUS_RECEIVE_FILTER_QUEUE_PARAMETERS
    ),
    (
      "NDIS_STATUS_NIC_SWITCH_CURRENT_CAPABILITIES", .nicSwitchCurrentCapabilities, 0x4002_0040,
      NDIS_STATUS_NIC_SWITCH_CURRENT_CAPABILITIES
    ),
    (
      "NDIS_STATUS_NIC_SWITCH_HARDWARE_CAPABILITIES", .nicSwitchHardwareCapabilities, 0x4002_0050,
      NDIS_STATUS_NIC_SWITCH_HARDWARE_CAPABILITIES
    ),
    (
      "NDIS_STATUS_RECEIVE_FILTER_QUEUE_STATE_CHANGE", .receiveFilterQueueStateChange, 0x4002_0070,
      NDIS_STATUS_RECEIVE_FILTER_QUEUE_STATE_CHANGE
    ),
  ]

  @Test("behaviour 8: status values are exactly those of the headers")
  func values() {
    #expect(Self.literal.count == Status.named.count)
    for row in Self.literal {
      #expect(row.status.rawValue == row.value, "\(row.name)")
      #expect(row.header == row.value, "\(row.name)")
      #expect(Status(rawValue: row.value).description == row.name)
      #expect(Status.named.filter { $0.name == row.name }.map(\.status.rawValue) == [row.value])
    }
  }

  @Test("a status without a name here shows its number")
  func unnamed() {
    #expect(Status(rawValue: 0xC023_002A).description == "NDIS_STATUS 0xC023002A")
    #expect(Status(rawValue: 0x1).description == "NDIS_STATUS 0x00000001")
  }

  @Test("behaviour 6: usages 0 to 9 have the headers' values")
  func usages() {
    let names = [
      "Undefined", "Xmit", "XmitHeader", "XmitData", "Receive", "ReceiveLookahead",
      "ReceivePostLookahead", "ReceiveHeader", "ReceiveData", "Other",
    ]
    for (value, name) in names.enumerated() {
      #expect(
        SharedMemoryUsage(rawValue: UInt8(value))?.description == "NdisSharedMemoryUsage\(name)")
    }
    #expect(SharedMemoryUsage(rawValue: 10) == nil)
    #expect(NdisSharedMemoryUsageMax == 10)
  }

  @Test("IRQLs are 0 to 15 with the documented names")
  func irqls() {
    let names = (0...16).map { IRQL(rawValue: $0)?.description ?? "none" }
    #expect(names[0...3] == ["PASSIVE_LEVEL", "APC_LEVEL", "DISPATCH_LEVEL", "DIRQL 3"])
    #expect(names[14...16] == ["DIRQL 14", "HIGH_LEVEL", "none"])
    #expect(IRQL.passive < .apc && IRQL.apc < .dispatch && IRQL.dispatch < .high)
  }

  @Test("versions are those NDIS had")
  func versions() {
    #expect(NDISVersion(6, 20).isKnown && NDISVersion(6, 89).isKnown && NDISVersion(5, 1).isKnown)
    #expect(!NDISVersion(6, 2).isKnown && !NDISVersion(7, 0).isKnown && !NDISVersion(6, 90).isKnown)
    #expect(NDISVersion(5, 1) < NDISVersion(6, 0) && NDISVersion(6, 20) < .vports)
    #expect("\(NDISVersion(6, 30))" == "6.30")
  }

  @Test("a bug check shows code and parameters")
  func bugChecks() {
    let check = BugCheck(code: 0x7C, 1, 0xAB, 2, isExtension: true)
    #expect(check.description == "0x7C/0x01 (0xAB, 0x2, 0x0)")
    #expect(check != BugCheck(code: 0x7C, 1, 0xAB, 2, isExtension: false))
    #expect(BugCheck.ndisDriver == 0x7C && BugCheck.driverVerifier == 0xC4)
    #expect(BugCheck.dmaVerifier == 0xE6)
  }
}
