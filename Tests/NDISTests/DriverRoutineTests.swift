// Handlers and routines against the reference pages, and the bug checks that go with them.

import NDIS
import Testing

@Suite struct DriverRoutineTests {
  /// P: PASSIVE_LEVEL, D: up to DISPATCH_LEVEL, H: PASSIVE_LEVEL or, on a bug check, high. R: required.
  static let rows: [String: String] = [
    "MiniportSetOptions": "P", "MiniportInitializeEx": "PR", "MiniportHaltEx": "PR",
    "MiniportPause": "PR", "MiniportRestart": "PR", "MiniportShutdownEx": "HR",
    "MiniportDevicePnPEventNotify": "PR", "MiniportOidRequest": "PR",
    "MiniportCancelOidRequest": "DR", "MiniportReturnNetBufferLists": "DR",
    "ProtocolBindAdapterEx": "PR", "ProtocolUnbindAdapterEx": "PR",
    "ProtocolOidRequestComplete": "DR", "ProtocolStatusEx": "DR",
    "ProtocolReceiveNetBufferLists": "DR", "NdisMPauseComplete": "D", "NdisMRestartComplete": "D",
    "NdisOidRequest": "D", "NdisCancelOidRequest": "D", "NdisMOidRequestComplete": "D",
    "NdisMIndicateStatusEx": "D", "NdisMIndicateReceiveNetBufferLists": "D",
    "NdisReturnNetBufferLists": "D", "ProtocolNetPnPEvent": "PR",
    "NdisCompleteBindAdapterEx": "P", "NdisCompleteUnbindAdapterEx": "P",
    "NdisCompleteNetPnPEvent": "P", "MiniportSharedMemoryAllocateComplete": "P",
    "NdisMAllocateSharedMemory": "P", "NdisMAllocateSharedMemoryAsyncEx": "D",
    "NdisMFreeSharedMemory": "D",
  ]

  @Test("every handler and routine has its IRQL, and the required ones are required")
  func rows() throws {
    #expect(DriverRoutine.table.count == Self.rows.count)
    for (name, expected) in Self.rows {
      let row = try #require(DriverRoutine.named(name))
      let letter = [.passive: "P", .atMostDispatch: "D", .passiveOrHigh: "H"][row.irql] ?? "?"
      #expect(letter + (row.isRequired ? "R" : "") == expected, "\(name)")
      let side: DriverRoutine.Side =
        name.hasPrefix("Miniport")
        ? .miniport : name.hasPrefix("Protocol") ? .protocolDriver : .ndis
      #expect(row.side == side)
    }
    #expect(DriverRoutine.named("NdisNothing") == nil)
  }

  @Test("bug checks have the documented codes and parameters")
  func bugChecks() {
    let adapter = Handle(rawValue: 0xA0)
    let cases: [(BugCheck, String)] = [
      (
        .failedOIDWhichMustSucceed(adapter, oid: 0x10224, status: .failure),
        "0x7C/0x1C (0xA0, 0x10224, 0xC0000001)"
      ),
      (.oidRequestInvalidBuffer(adapter, request: 7), "0x7C/0x1D (0xA0, 0x7, 0x0)"),
      (.illegalStateTransition(.pause, adapter), "0x7C/0x1F (0x1, 0xA0, 0x0)"),
      (.illegalStateTransition(.restart, adapter), "0x7C/0x1F (0x2, 0xA0, 0x0)"),
      (
        .statusIndicationInvalidBuffer(.receiveQueueState, adapter, size: 8),
        "0x7C/0x20 (0x4002000D, 0xA0, 0x8)"
      ),
      (.watchdog(.miniportPause, adapter), "0x7C/0x25 (0x21, 0xA0, 0x0)"),
      (.watchdog(.miniportHalt, adapter), "0x7C/0x25 (0x22, 0xA0, 0x0)"),
      (.watchdog(.miniportOID, adapter, detail: 0x10223), "0x7C/0x25 (0x23, 0xA0, 0x10223)"),
      (.watchdog(.protocolPause, adapter), "0x7C/0x25 (0x1, 0xA0, 0x0)"),
      (.watchdog(.protocolNetPnPEvent, adapter), "0x7C/0x25 (0x2, 0xA0, 0x0)"),
      (.watchdog(.protocolStatusIndication, adapter), "0x7C/0x25 (0x3, 0xA0, 0x0)"),
      (.watchdog(.protocolUnbind, adapter), "0x7C/0x25 (0x4, 0xA0, 0x0)"),
      (.invalidOIDCompletion(adapter, request: 9), "0x7C/0x26 (0xA0, 0x9, 0x0)"),
      (
        .verifierOIDComplete(adapter, oid: 0x10224, status: .failure),
        "0xC4/0x91001 (0xA0, 0x10224, 0xC0000001)"
      ),
      (
        .verifierOIDDoubleComplete(adapter, oid: 0x10224, request: 5),
        "0xC4/0x91002 (0xA0, 0x10224, 0x5)"
      ),
      (
        .verifierOIDDoubleRequest(adapter, oid: 0x10224, request: 5),
        "0xC4/0x9100E (0xA0, 0x10224, 0x5)"
      ),
      (
        .verifierTimedOIDComplete(adapter, oid: 0x10224, limit: 12000),
        "0xC4/0x92003 (0xA0, 0x10224, 0x2EE0)"
      ),
    ]
    for (check, text) in cases {
      #expect(check.description == text)
      #expect(!check.isExtension)
    }
  }
}
