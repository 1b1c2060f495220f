// NDIS_REQUEST_TYPE: the operation of an OID request.

/// The type of an OID request.
public enum OIDRequestKind: UInt32, Sendable, CaseIterable, BitwiseCopyable {
  case query = 0
  case set = 1
  case queryStatistics = 2
  case method = 12
}

extension OIDRequestKind: CustomStringConvertible {
  public var description: String {
    switch self {
    case .query: "NdisRequestQueryInformation"
    case .set: "NdisRequestSetInformation"
    case .queryStatistics: "NdisRequestQueryStatistics"
    case .method: "NdisRequestMethod"
    }
  }
}
