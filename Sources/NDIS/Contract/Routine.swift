// The table of routines. A row describes a message of the driver plane: its NDIS name, the highest IRQL it
// may be called at, and whether it is Microsoft's or an extension. The dispatcher uses it for checks, errors
// for names, and the documentation prints it.

import CNDIS

/// A routine a client can call: one row of the table.
public struct Routine: Sendable {
  /// The type of its message on the driver plane.
  public var message: UInt16
  public var name: StaticString
  /// The highest IRQL of a caller.
  public var maximumIRQL: IRQL
  /// True for an extension.
  public var isExtension: Bool

  private init(
    _ message: Int, _ name: StaticString, _ maximumIRQL: IRQL, isExtension: Bool = false
  ) {
    self.message = UInt16(truncatingIfNeeded: message)
    self.name = name
    self.maximumIRQL = maximumIRQL
    self.isExtension = isExtension
  }

  /// All routines. IRQL requirements are those of the routines' reference pages; an extension that stands in
  /// for an operation of NDIS itself requires PASSIVE_LEVEL, a query has no rule.
  public static let table: [Routine] = [
    Routine(NDISSIM_HELLO, "HELLO", .high, isExtension: true),
    Routine(NDISSIM_PING, "PING", .high, isExtension: true),
    Routine(NDISSIM_RESET, "RESET", .high, isExtension: true),
    Routine(NDISSIM_STATISTICS, "STATISTICS", .high, isExtension: true),
    Routine(NDISSIM_REGISTER_MINIPORT_DRIVER, "NdisMRegisterMiniportDriver", .passive),
    Routine(NDISSIM_DEREGISTER_MINIPORT_DRIVER, "NdisMDeregisterMiniportDriver", .passive),
    Routine(NDISSIM_SET_MINIPORT_ATTRIBUTES, "NdisMSetMiniportAttributes", .passive),
    Routine(NDISSIM_REGISTER_SCATTER_GATHER_DMA, "NdisMRegisterScatterGatherDma", .passive),
    Routine(NDISSIM_DEREGISTER_SCATTER_GATHER_DMA, "NdisMDeregisterScatterGatherDma", .passive),
    Routine(NDISSIM_REGISTER_DMA_CHANNEL, "NdisMRegisterDmaChannel", .passive),
    Routine(NDISSIM_DEREGISTER_DMA_CHANNEL, "NdisMDeregisterDmaChannel", .passive),
    Routine(NDISSIM_ADD_ADAPTER, "ADD_ADAPTER", .passive, isExtension: true),
    Routine(NDISSIM_REMOVE_ADAPTER, "REMOVE_ADAPTER", .passive, isExtension: true),
    Routine(
      NDISSIM_SET_HARDWARE_ASSIST_ATTRIBUTES, "NdisMSetMiniportAttributes (hardware assist)",
      .passive),
    Routine(NDISSIM_PAUSE_COMPLETE, "NdisMPauseComplete", .dispatch),
    Routine(NDISSIM_RESTART_COMPLETE, "NdisMRestartComplete", .dispatch),
    Routine(NDISSIM_INDICATE_STATUS_EX, "NdisMIndicateStatusEx", .dispatch),
    Routine(NDISSIM_MINIPORT_OID_REQUEST_COMPLETE, "NdisMOidRequestComplete", .dispatch),
    Routine(NDISSIM_INDICATE_RECEIVE, "NdisMIndicateReceiveNetBufferLists", .dispatch),
    Routine(NDISSIM_CHANGE_ADAPTER, "CHANGE_ADAPTER", .passive, isExtension: true),
    Routine(
      NDISSIM_SET_GENERAL_ATTRIBUTES, "NdisMSetMiniportAttributes (general)", .passive),
    Routine(
      NDISSIM_SET_HARDWARE_CAPABILITIES, "NdisMSetMiniportAttributes (hardware and current)",
      .passive),
    Routine(NDISSIM_REGISTER_PROTOCOL_DRIVER, "NdisRegisterProtocolDriver", .passive),
    Routine(NDISSIM_DEREGISTER_PROTOCOL_DRIVER, "NdisDeregisterProtocolDriver", .passive),
    Routine(NDISSIM_OPEN_ADAPTER_EX, "NdisOpenAdapterEx", .passive),
    Routine(NDISSIM_CLOSE_ADAPTER_EX, "NdisCloseAdapterEx", .passive),
    Routine(NDISSIM_BIND_ADAPTER, "BIND_ADAPTER", .passive, isExtension: true),
    Routine(NDISSIM_UNBIND_ADAPTER, "UNBIND_ADAPTER", .passive, isExtension: true),
    Routine(NDISSIM_OID_REQUEST, "NdisOidRequest", .dispatch),
    Routine(NDISSIM_CANCEL_OID_REQUEST, "NdisCancelOidRequest", .dispatch),
    Routine(NDISSIM_RETURN_NET_BUFFER_LISTS, "NdisReturnNetBufferLists", .dispatch),
    Routine(NDISSIM_COMPLETE_BIND_ADAPTER_EX, "NdisCompleteBindAdapterEx", .passive),
    Routine(NDISSIM_COMPLETE_UNBIND_ADAPTER_EX, "NdisCompleteUnbindAdapterEx", .passive),
    Routine(NDISSIM_COMPLETE_NET_PNP_EVENT, "NdisCompleteNetPnPEvent", .passive),
    Routine(NDISSIM_GET_BIND_PARAMETERS, "GET_BIND_PARAMETERS", .passive, isExtension: true),
    Routine(NDISSIM_REGISTER_FILTER_DRIVER, "NdisFRegisterFilterDriver", .passive),
    Routine(NDISSIM_DEREGISTER_FILTER_DRIVER, "NdisFDeregisterFilterDriver", .passive),
    Routine(NDISSIM_ATTACH_FILTER, "ATTACH_FILTER", .passive, isExtension: true),
    Routine(NDISSIM_DETACH_FILTER, "DETACH_FILTER", .passive, isExtension: true),
    Routine(NDISSIM_SET_OPTIONAL_HANDLERS, "NdisSetOptionalHandlers", .passive),
    Routine(NDISSIM_ALLOCATE_SHARED_MEMORY, "NdisAllocateSharedMemory", .passive),
    Routine(NDISSIM_FREE_SHARED_MEMORY, "NdisFreeSharedMemory", .passive),
    Routine(NDISSIM_OFFER_SECTION, "OFFER_SECTION", .passive, isExtension: true),
    Routine(NDISSIM_WITHDRAW_SECTION, "WITHDRAW_SECTION", .passive, isExtension: true),
    Routine(NDISSIM_M_ALLOCATE_SHARED_MEMORY, "NdisMAllocateSharedMemory", .passive),
    Routine(
      NDISSIM_M_ALLOCATE_SHARED_MEMORY_ASYNC_EX, "NdisMAllocateSharedMemoryAsyncEx", .dispatch),
    Routine(NDISSIM_M_FREE_SHARED_MEMORY, "NdisMFreeSharedMemory", .dispatch),
  ]
  #if MUTANTS
    .mutated("routine") { row in
      var row = row
      row.maximumIRQL = row.maximumIRQL == .passive ? .high : .passive
      return row
    }
  #endif

  /// The message type of NdisMDeregisterMiniportDriver.
  public static let deregisterMiniportDriver = UInt16(NDISSIM_DEREGISTER_MINIPORT_DRIVER)
  /// The message type of NdisDeregisterProtocolDriver.
  public static let deregisterProtocolDriver = UInt16(NDISSIM_DEREGISTER_PROTOCOL_DRIVER)

  /// The row of a message type by its number; message types of routines are below 128.
  private static let byMessage: [Int8] = {
    var index = [Int8](repeating: -1, count: 128)
    for (row, routine) in table.enumerated() { index[Int(routine.message)] = Int8(row) }
    return index
  }()

  /// The row of a message type, nil for a message that is not a routine.
  public static func of(message: UInt16) -> Routine? {
    guard message < 128, byMessage[Int(message)] >= 0 else { return nil }
    return table[Int(byMessage[Int(message)])]
  }
}
