// NDIS_SHARED_MEMORY_USAGE: what a driver declares it will use a block for. Values 0...9 are passed to the
// provider unchanged; NdisSharedMemoryUsageMax and above are never legal in a request.

/// An `NDIS_SHARED_MEMORY_USAGE`.
public enum SharedMemoryUsage: UInt8, Sendable, CaseIterable, BitwiseCopyable {
  case undefined = 0
  case xmit = 1
  case xmitHeader = 2
  case xmitData = 3
  case receive = 4
  case receiveLookahead = 5
  case receivePostLookahead = 6
  case receiveHeader = 7
  case receiveData = 8
  case other = 9
}

extension SharedMemoryUsage: CustomStringConvertible {
  public var description: String {
    switch self {
    case .undefined: "NdisSharedMemoryUsageUndefined"
    case .xmit: "NdisSharedMemoryUsageXmit"
    case .xmitHeader: "NdisSharedMemoryUsageXmitHeader"
    case .xmitData: "NdisSharedMemoryUsageXmitData"
    case .receive: "NdisSharedMemoryUsageReceive"
    case .receiveLookahead: "NdisSharedMemoryUsageReceiveLookahead"
    case .receivePostLookahead: "NdisSharedMemoryUsageReceivePostLookahead"
    case .receiveHeader: "NdisSharedMemoryUsageReceiveHeader"
    case .receiveData: "NdisSharedMemoryUsageReceiveData"
    case .other: "NdisSharedMemoryUsageOther"
    }
  }
}
