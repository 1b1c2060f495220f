// The bug checks of OIDs, status indications and an adapter's life, with the parameters Microsoft documents
// for them. A documented address is replaced by the object's handle. The codes of the verifier's NDIS rules
// are documented, their parameters are not: those are ours.

extension BugCheck {
  /// The call that timed out: parameter 2 of 0x7C/0x25.
  public enum Watchdog: UInt64, Sendable, CaseIterable {
    case protocolPause = 0x01
    case protocolNetPnPEvent = 0x02
    case protocolStatusIndication = 0x03
    case protocolUnbind = 0x04
    case miniportPause = 0x21
    case miniportHalt = 0x22
    case miniportOID = 0x23
  }

  /// The completion of a call that was not pending: parameter 2 of 0x7C/0x1F.
  public enum IllegalCompletion: UInt64, Sendable, CaseIterable {
    case pause = 1
    case restart = 2
  }

  /// 0x7C/0x1C: the miniport failed an OID that must succeed.
  public static func failedOIDWhichMustSucceed(
    _ adapter: Handle, oid: UInt32, status: Status
  ) -> BugCheck {
    ndis(0x1C, adapter.rawValue, UInt64(oid), UInt64(status.rawValue))
  }

  /// 0x7C/0x1D: BytesWritten is greater than the buffer.
  public static func oidRequestInvalidBuffer(_ adapter: Handle, request: UInt64) -> BugCheck {
    ndis(0x1D, adapter.rawValue, request)
  }

  /// 0x7C/0x1F: NdisMPauseComplete or NdisMRestartComplete with nothing pending.
  public static func illegalStateTransition(
    _ completion: IllegalCompletion, _ adapter: Handle
  ) -> BugCheck {
    ndis(0x1F, completion.rawValue, adapter.rawValue)
  }

  /// 0x7C/0x20: a status indication with an invalid buffer. There is no address; parameter 4 is the
  /// StatusBufferSize.
  public static func statusIndicationInvalidBuffer(
    _ status: Status, _ adapter: Handle, size: UInt32
  ) -> BugCheck {
    ndis(0x20, UInt64(status.rawValue), adapter.rawValue, UInt64(size))
  }

  /// 0x7C/0x25: a driver did not return in time. `detail` is the OID or the NDIS_STATUS that is stuck, else
  /// 0.
  public static func watchdog(
    _ operation: Watchdog, _ target: Handle, detail: UInt32 = 0
  ) -> BugCheck {
    ndis(0x25, operation.rawValue, target.rawValue, UInt64(detail))
  }

  /// 0x7C/0x26: the miniport driver completed an OID request that is not pending with it.
  public static func invalidOIDCompletion(_ driver: Handle, request: UInt64) -> BugCheck {
    ndis(0x26, driver.rawValue, request)
  }

  /// 0x7C/0x27: a driver that is closing its binding still holds NET_BUFFER_LISTs; parameter 2 is 1, the only
  /// place of detection that is documented.
  public static let leakedNetBufferList = ndis(0x27, 1, 0)

  /// Rule NdisOidComplete: a status that must not complete this OID.
  public static func verifierOIDComplete(
    _ adapter: Handle, oid: UInt32, status: Status
  ) -> BugCheck {
    verifier(0x0009_1001, adapter.rawValue, UInt64(oid), UInt64(status.rawValue))
  }

  /// Rule NdisOidDoubleComplete.
  public static func verifierOIDDoubleComplete(
    _ adapter: Handle, oid: UInt32, request: UInt64
  ) -> BugCheck {
    verifier(0x0009_1002, adapter.rawValue, UInt64(oid), request)
  }

  /// Rule NdisOidDoubleRequest: the pending request must be completed first.
  public static func verifierOIDDoubleRequest(
    _ adapter: Handle, oid: UInt32, request: UInt64
  ) -> BugCheck {
    verifier(0x0009_100E, adapter.rawValue, UInt64(oid), request)
  }

  /// Rule NdisTimedOidComplete: `limit` milliseconds, 12 s as documented.
  public static func verifierTimedOIDComplete(
    _ adapter: Handle, oid: UInt32, limit: UInt64
  ) -> BugCheck {
    verifier(0x0009_2003, adapter.rawValue, UInt64(oid), limit)
  }

  private static func ndis(
    _ kind: UInt64, _ p2: UInt64, _ p3: UInt64 = 0, _ p4: UInt64 = 0
  ) -> BugCheck {
    BugCheck(code: ndisDriver, kind, p2, p3, p4, isExtension: false)
  }

  private static func verifier(
    _ rule: UInt64, _ p2: UInt64, _ p3: UInt64, _ p4: UInt64
  ) -> BugCheck {
    BugCheck(code: driverVerifier, rule, p2, p3, p4, isExtension: false)
  }
}
