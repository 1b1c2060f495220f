// From a request to the routine that serves it.

import NDISDriverInterface
import NDIS

extension Simulator {
  mutating func dispatch(
    _ call: Call, _ request: Request, _ actions: inout Actions
  ) throws(Failure) {
    switch request {
    case .ping, .statistics: finish(call.sessionIndex, call.requestID, &actions)
    case .refused(let failure): throw failure
    case .reset: try reset(call, &actions)
    case .registerMiniportDriver(let characteristics):
      try registerDriver(call, .miniport, characteristics, &actions)
    case .registerProtocolDriver(let characteristics):
      try registerDriver(call, .protocol, characteristics, &actions)
    case .registerFilterDriver(let characteristics):
      try registerDriver(call, .filter, characteristics, &actions)
    case .deregisterDriver(let handle): try deregisterDriver(call, handle, &actions)
    case .setMiniportAttributes(let handle, let header, let context, let flags):
      try setMiniportAttributes(call, handle, header, context, flags, &actions)
    case .registerScatterGatherDMA(let handle, let header):
      try registerScatterGatherDMA(call, handle, header, &actions)
    case .deregisterScatterGatherDMA(let handle):
      try deregisterScatterGatherDMA(call, handle, &actions)
    case .addAdapter(let handle, let name): try addAdapter(call, handle, name, &actions)
    case .removeAdapter(let handle): try removeAdapter(call, handle, &actions)
    case .openAdapter(let handle, let bindContext, let context):
      try openAdapter(call, handle, bindContext, context, &actions)
    case .closeAdapter(let handle): try closeAdapter(call, handle, &actions)
    case .bindAdapter(let handle, let name): try bindAdapter(call, handle, name, &actions)
    case .unbindAdapter(let handle): try unbindAdapter(call, handle, .binding, &actions)
    case .attachFilter(let handle, let name): try attachFilter(call, handle, name, &actions)
    case .detachFilter(let handle): try unbindAdapter(call, handle, .filterModule, &actions)
    case .setOptionalHandlers(let handle, let characteristics):
      try setOptionalHandlers(call, handle, characteristics, &actions)
    case .allocate(let handle, let parameters, let tag, let site):
      try allocate(call, handle, parameters, tag, site, &actions)
    case .free(let ndisHandle, let allocation):
      try free(call, ndisHandle, allocation, &actions)
    case .offerSection(let provider, let domain, let size, let node):
      try offerSection(call, provider, domain, size, node, &actions)
    case .withdrawSection(let handle): try withdrawSection(call, handle, &actions)
    case .setHardwareAssist(let handle, let assist):
      try setHardwareAssist(call, handle, assist, &actions)
    case .pauseComplete(let handle): try pauseComplete(call, handle, &actions)
    case .restartComplete(let handle, let status):
      try restartComplete(call, handle, status, &actions)
    case .indicateStatus(let handle, let status):
      try indicateStatus(call, handle, status, &actions)
    case .changeAdapter(let handle, let change): try changeAdapter(call, handle, change, &actions)
    case .completeBind(let context, let status): try completeBind(call, context, status, &actions)
    case .completeUnbind(let binding, let status):
      try completeUnbind(call, binding, status, &actions)
    case .completeNetPnPEvent(let binding, let status):
      try completeNetPnPEvent(call, binding, status, &actions)
    case .oidRequest(let binding, let oid): try oidRequest(call, binding, oid, &actions)
    case .cancelOIDRequest(let binding, let id): try cancelOIDRequest(call, binding, id, &actions)
    case .completeOIDRequest(let adapter, let oid, let status, let result):
      try completeOIDRequest(call, adapter, oid, status, result, &actions)
    case .indicateReceive(let adapter, let indication):
      try indicateReceive(call, adapter, indication, &actions)
    case .returnLists(let binding, let flags, let lists):
      try returnLists(call, binding, flags, lists, &actions)
    }
  }
}
