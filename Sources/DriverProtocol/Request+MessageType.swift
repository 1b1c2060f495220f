// The message type of a request, for hosted drivers, which send no messages.

public import NDISDriverInterface
import CNDIS
import NDIS

extension Request {
  /// The message type on the driver plane.
  public var messageType: UInt16 {
    let type =
      switch self {
      case .ping, .refused: NDISSIM_PING
      case .reset: NDISSIM_RESET
      case .statistics: NDISSIM_STATISTICS
      case .registerMiniportDriver: NDISSIM_REGISTER_MINIPORT_DRIVER
      case .registerProtocolDriver: NDISSIM_REGISTER_PROTOCOL_DRIVER
      case .registerFilterDriver: NDISSIM_REGISTER_FILTER_DRIVER
      case .deregisterDriver(let handle):
        switch handle.kind {
        case .protocolDriver: NDISSIM_DEREGISTER_PROTOCOL_DRIVER
        case .filterDriver: NDISSIM_DEREGISTER_FILTER_DRIVER
        default: NDISSIM_DEREGISTER_MINIPORT_DRIVER
        }
      case .setMiniportAttributes: NDISSIM_SET_MINIPORT_ATTRIBUTES
      case .registerScatterGatherDMA: NDISSIM_REGISTER_SCATTER_GATHER_DMA
      case .deregisterScatterGatherDMA: NDISSIM_DEREGISTER_SCATTER_GATHER_DMA
      case .registerDMAChannel: NDISSIM_REGISTER_DMA_CHANNEL
      case .deregisterDMAChannel: NDISSIM_DEREGISTER_DMA_CHANNEL
      case .addAdapter: NDISSIM_ADD_ADAPTER
      case .removeAdapter: NDISSIM_REMOVE_ADAPTER
      case .openAdapter: NDISSIM_OPEN_ADAPTER_EX
      case .closeAdapter: NDISSIM_CLOSE_ADAPTER_EX
      case .bindAdapter: NDISSIM_BIND_ADAPTER
      case .unbindAdapter: NDISSIM_UNBIND_ADAPTER
      case .attachFilter: NDISSIM_ATTACH_FILTER
      case .detachFilter: NDISSIM_DETACH_FILTER
      case .setOptionalHandlers: NDISSIM_SET_OPTIONAL_HANDLERS
      case .allocate: NDISSIM_ALLOCATE_SHARED_MEMORY
      case .free: NDISSIM_FREE_SHARED_MEMORY
      case .allocateMiniport: NDISSIM_M_ALLOCATE_SHARED_MEMORY
      case .allocateMiniportAsync: NDISSIM_M_ALLOCATE_SHARED_MEMORY_ASYNC_EX
      case .freeMiniport: NDISSIM_M_FREE_SHARED_MEMORY
      case .offerSection: NDISSIM_OFFER_SECTION
      case .withdrawSection: NDISSIM_WITHDRAW_SECTION
      case .setGeneralAttributes: NDISSIM_SET_GENERAL_ATTRIBUTES
      case .setHardwareAssist(_, let assist):
        assist.header == nil
          ? NDISSIM_SET_HARDWARE_ASSIST_ATTRIBUTES : NDISSIM_SET_HARDWARE_CAPABILITIES
      case .pauseComplete: NDISSIM_PAUSE_COMPLETE
      case .restartComplete: NDISSIM_RESTART_COMPLETE
      case .indicateStatus: NDISSIM_INDICATE_STATUS_EX
      case .changeAdapter: NDISSIM_CHANGE_ADAPTER
      case .completeBind: NDISSIM_COMPLETE_BIND_ADAPTER_EX
      case .getBindParameters: NDISSIM_GET_BIND_PARAMETERS
      case .completeUnbind: NDISSIM_COMPLETE_UNBIND_ADAPTER_EX
      case .completeNetPnPEvent: NDISSIM_COMPLETE_NET_PNP_EVENT
      case .oidRequest: NDISSIM_OID_REQUEST
      case .cancelOIDRequest: NDISSIM_CANCEL_OID_REQUEST
      case .completeOIDRequest: NDISSIM_MINIPORT_OID_REQUEST_COMPLETE
      case .indicateReceive: NDISSIM_INDICATE_RECEIVE
      case .returnLists: NDISSIM_RETURN_NET_BUFFER_LISTS
      }
    return UInt16(truncatingIfNeeded: type)
  }
}
