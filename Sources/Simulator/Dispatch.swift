// Dispatch: from a request to the routine that serves it.

import NDISDriverInterface
import NDIS

extension Simulator {
  mutating func dispatch(
    _ call: Call, _ request: Request
  ) throws(Failure) {
    switch request {
    case .ping, .statistics: finish(call.sessionIndex, call.requestID)
    case .refused(let failure): throw failure
    case .reset: try reset(call)
    case .registerMiniportDriver(let characteristics):
      try registerDriver(call, .miniport, characteristics)
    case .registerProtocolDriver(let characteristics):
      try registerDriver(call, .protocol, characteristics)
    case .registerFilterDriver(let characteristics):
      try registerDriver(call, .filter, characteristics)
    case .deregisterDriver(let handle): try deregisterDriver(call, handle)
    case .setMiniportAttributes(let handle, let header, let context, let flags, let interface):
      try setMiniportAttributes(call, handle, header, context, flags, interface)
    case .registerScatterGatherDMA(let handle, let header, let flags, let completeHandler):
      try registerScatterGatherDMA(call, handle, header, flags, completeHandler: completeHandler)
    case .registerDMAChannel(let handle, let channel): try registerDMAChannel(call, handle, channel)
    case .deregisterDMAChannel(let handle): try deregisterDMAChannel(call, handle)
    case .deregisterScatterGatherDMA(let handle): try deregisterScatterGatherDMA(call, handle)
    case .addAdapter(let handle, let name): try addAdapter(call, handle, name)
    case .removeAdapter(let handle): try removeAdapter(call, handle)
    case .openAdapter(let handle, let bindContext, let context):
      try openAdapter(call, handle, bindContext, context)
    case .closeAdapter(let handle): try closeAdapter(call, handle)
    case .bindAdapter(let handle, let name): try bindAdapter(call, handle, name)
    case .unbindAdapter(let handle): try unbindAdapter(call, handle, .binding)
    case .attachFilter(let handle, let name): try attachFilter(call, handle, name)
    case .detachFilter(let handle): try unbindAdapter(call, handle, .filterModule)
    case .setOptionalHandlers(let handle, let characteristics):
      try setOptionalHandlers(call, handle, characteristics)
    case .allocate(let handle, let parameters, let tag, let site):
      try allocate(call, handle, parameters, tag, site)
    case .free(let ndisHandle, let allocation): try free(call, ndisHandle, allocation)
    case .allocateMiniport(let adapter, let allocation):
      try allocateMiniport(call, adapter, allocation)
    case .allocateMiniportAsync(let dma, let allocation, let context):
      try allocateMiniportAsync(call, dma, allocation, context: context)
    case .freeMiniport(let adapter, let parameters): try freeMiniport(call, adapter, parameters)
    case .offerSection(let provider, let domain, let size, let node):
      try offerSection(call, provider, domain, size, node)
    case .withdrawSection(let handle): try withdrawSection(call, handle)
    case .setGeneralAttributes(let handle, let attributes):
      try setGeneralAttributes(call, handle, attributes)
    case .setHardwareAssist(let handle, let assist): try setHardwareAssist(call, handle, assist)
    case .pauseComplete(let handle): try pauseComplete(call, handle)
    case .restartComplete(let handle, let status): try restartComplete(call, handle, status)
    case .indicateStatus(let handle, let status): try indicateStatus(call, handle, status)
    case .changeAdapter(let handle, let change): try changeAdapter(call, handle, change)
    case .completeBind(let context, let status): try completeBind(call, context, status)
    case .getBindParameters(let handle): try getBindParameters(call, handle)
    case .completeUnbind(let binding, let status): try completeUnbind(call, binding, status)
    case .completeNetPnPEvent(let binding, let status):
      try completeNetPnPEvent(call, binding, status)
    case .oidRequest(let binding, let oid): try oidRequest(call, binding, oid)
    case .cancelOIDRequest(let binding, let id): try cancelOIDRequest(call, binding, id)
    case .completeOIDRequest(let adapter, let oid, let status, let result):
      try completeOIDRequest(call, adapter, oid, status, result)
    case .indicateReceive(let adapter, let indication):
      try indicateReceive(call, adapter, indication)
    case .returnLists(let binding, let flags, let lists):
      try returnLists(call, binding, flags, lists)
    }
  }
}
