// The table of documented handlers and routines for OIDs, indications and an adapter's life, with the IRQL
// each may be called at. It documents the contract, and tests compare it with the reference pages. The
// simulator does not read it: it checks the calls of drivers by `Routine.table`, and calls every handler at
// PASSIVE_LEVEL, at which the handler must return.

/// A rule for the IRQL of a call.
public enum IRQLRule: Sendable, Hashable, CaseIterable {
  case passive
  /// PASSIVE_LEVEL to DISPATCH_LEVEL.
  case atMostDispatch
  /// MiniportShutdownEx: PASSIVE_LEVEL for NdisShutdownPowerOff, any high IRQL for a bug check.
  case passiveOrHigh
}

/// A handler of a driver or a routine of NDIS: one row of the table.
public struct DriverRoutine: Sendable {
  public var name: StaticString
  public var side: Side
  public var irql: IRQLRule
  /// Whether NDIS rejects a driver without it; false for routines.
  public var isRequired: Bool

  /// The side that implements it.
  public enum Side: Sendable, Hashable, CaseIterable {
    /// NDIS, called by a driver.
    case ndis
    /// A miniport, called by NDIS.
    case miniport
    /// A protocol driver, called by NDIS.
    case protocolDriver
  }

  private init(
    _ name: StaticString, _ side: Side, _ irql: IRQLRule, isRequired: Bool = false
  ) {
    self.name = name
    self.side = side
    self.irql = irql
    self.isRequired = isRequired
  }

  /// All rows.
  public static let table: [DriverRoutine] = [
    DriverRoutine("MiniportSetOptions", .miniport, .passive),
    DriverRoutine("MiniportInitializeEx", .miniport, .passive, isRequired: true),
    DriverRoutine("MiniportHaltEx", .miniport, .passive, isRequired: true),
    DriverRoutine("MiniportPause", .miniport, .passive, isRequired: true),
    DriverRoutine("MiniportRestart", .miniport, .passive, isRequired: true),
    DriverRoutine("MiniportShutdownEx", .miniport, .passiveOrHigh, isRequired: true),
    DriverRoutine("MiniportDevicePnPEventNotify", .miniport, .passive, isRequired: true),
    DriverRoutine("MiniportOidRequest", .miniport, .passive, isRequired: true),
    DriverRoutine("MiniportCancelOidRequest", .miniport, .atMostDispatch, isRequired: true),
    DriverRoutine("MiniportReturnNetBufferLists", .miniport, .atMostDispatch, isRequired: true),
    DriverRoutine("MiniportSharedMemoryAllocateComplete", .miniport, .passive),
    DriverRoutine("ProtocolBindAdapterEx", .protocolDriver, .passive, isRequired: true),
    DriverRoutine("ProtocolUnbindAdapterEx", .protocolDriver, .passive, isRequired: true),
    DriverRoutine(
      "ProtocolOidRequestComplete", .protocolDriver, .atMostDispatch, isRequired: true),
    DriverRoutine("ProtocolStatusEx", .protocolDriver, .atMostDispatch, isRequired: true),
    DriverRoutine(
      "ProtocolReceiveNetBufferLists", .protocolDriver, .atMostDispatch, isRequired: true),
    DriverRoutine("ProtocolNetPnPEvent", .protocolDriver, .passive, isRequired: true),
    DriverRoutine("NdisMPauseComplete", .ndis, .atMostDispatch),
    DriverRoutine("NdisMRestartComplete", .ndis, .atMostDispatch),
    DriverRoutine("NdisCompleteBindAdapterEx", .ndis, .passive),
    DriverRoutine("NdisCompleteUnbindAdapterEx", .ndis, .passive),
    DriverRoutine("NdisCompleteNetPnPEvent", .ndis, .passive),
    DriverRoutine("NdisOidRequest", .ndis, .atMostDispatch),
    DriverRoutine("NdisCancelOidRequest", .ndis, .atMostDispatch),
    DriverRoutine("NdisMOidRequestComplete", .ndis, .atMostDispatch),
    DriverRoutine("NdisMIndicateStatusEx", .ndis, .atMostDispatch),
    DriverRoutine("NdisMIndicateReceiveNetBufferLists", .ndis, .atMostDispatch),
    DriverRoutine("NdisReturnNetBufferLists", .ndis, .atMostDispatch),
    DriverRoutine("NdisMAllocateSharedMemory", .ndis, .passive),
    DriverRoutine("NdisMAllocateSharedMemoryAsyncEx", .ndis, .atMostDispatch),
    DriverRoutine("NdisMFreeSharedMemory", .ndis, .atMostDispatch),
  ]
  #if MUTANTS
    .mutated("handler") { row in
      var row = row
      row.irql = row.irql == .passive ? .atMostDispatch : .passive
      return row
    }
  #endif

  /// The row with a name.
  public static func named(_ name: String) -> DriverRoutine? {
    table.first { "\($0.name)" == name }
  }
}
