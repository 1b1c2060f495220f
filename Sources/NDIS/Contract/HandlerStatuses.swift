// The statuses that a driver's handlers may return, or be completed with, besides SUCCESS. A page that lists typical
// values and goes on with "NDIS_STATUS_XXX" closes nothing: any status is accepted. Each list here cites the
// sentence that closes it. PENDING never completes a call; where a handler may return it, its upcall becomes pended
// before these lists are read.

/// The statuses of a failure.
public enum HandlerStatuses: Sendable, Hashable {
  /// Any but PENDING.
  case any
  case only([Status])

  /// Whether a call may fail with `status`.
  public func contains(_ status: Status) -> Bool {
    switch self {
    case .any: status != .success && status != .pending
    case .only(let statuses): statuses.contains(status)
    }
  }
}

extension HandlerStatuses {
  /// nc-ndis-set_options: "NDIS_STATUS_XXX or NTSTATUS_XXX … Usually, such an error status is propagated from an
  /// NdisXxx function or a kernel-mode support routine."
  public static let setOptions = any

  /// nc-ndis-protocol_bind_adapter_ex: the same words; nf-ndis-ndiscompletebindadapterex completes with the same.
  public static let bindAdapterEx = any

  /// nc-ndis-miniport_initialize: "can return one of the following"; nothing says that it must.
  public static let initializeEx = any

  /// nc-ndis-miniport_restart: "returns one of the following status values": RESOURCES, and FAILURE where "None of
  /// the preceding status values applies."
  public static let restart = only([.resources, .failure])

  /// nc-ndis-miniport_pause: "returns one of the following status values": SUCCESS and PENDING.
  public static let pause = only([])

  /// nc-ndis-protocol_unbind_adapter_ex: "returns one of the following status values": SUCCESS and PENDING.
  public static let unbindAdapterEx = only([])

  /// A handler that returns nothing.
  public static let void = only([])

  /// nc-ndis-protocol_net_pnp_event: "FAILURE: failed the indicated event for reasons other than those stated in the
  /// preceding list"; of that, NOT_SUPPORTED is excluded: "NDIS 6.0 and later protocol drivers must not return this
  /// status." A pause is always to succeed.
  public static func netPnPEvent(isPause: Bool) -> HandlerStatuses {
    isPause ? only([]) : only([.resources, .failure])
  }

  /// nf-ndis-ndismoidrequestcomplete: "either NDIS_STATUS_SUCCESS, NDIS_STATUS_REQUEST_ABORTED, or any
  /// driver-determined NDIS_STATUS_XXX except NDIS_STATUS_PENDING."
  public static let oidRequest = any

  /// The rule NdisOidComplete, of what frees something: "Can only be completed with the following NTSTATUS values".
  public static let freeingOIDRequest = only([.notAccepted, .requestAborted])

  /// The rule NdisOidComplete, of OID_PNP_SET_POWER.
  public static let setPowerOIDRequest = only([.notAccepted])
}
