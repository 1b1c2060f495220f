// The kinds of records with tables of fixed size: the argument of `Reason.tableFull`.

/// A kind of record. The numbers are on the wire, as the first argument of `Reason.tableFull`.
public enum RecordKind: UInt64, Sendable, CaseIterable {
  case session = 1
  case driver = 2
  case adapter = 3
  case binding = 4
  case registration = 5
  case section = 6
  case block = 8
  case extent = 9
  case request = 10
  case upcall = 11
  case oid = 12
  case queue = 13
  case filter = 14
  case vport = 15
  case status = 16
  case indication = 19
  case list = 20

  /// The name that precedes "records" in a sentence.
  public var name: String {
    switch self {
    case .session: "session"
    case .driver: "driver"
    case .adapter: "adapter"
    case .binding: "binding"
    case .registration: "provider registration"
    case .section: "section"
    case .block: "block"
    case .extent: "extent"
    case .request: "request"
    case .upcall: "upcall"
    case .oid: "OID request"
    case .queue: "receive queue"
    case .filter: "receive filter"
    case .vport: "VPort"
    case .status: "status indication"
    case .indication: "receive indication"
    case .list: "NET_BUFFER_LIST"
    }
  }
}
