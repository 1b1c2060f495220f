// Refusals because all records of a kind are in use.

import NDIS
import NDISStore

/// A record whose shortage is reported.
protocol NamedRecord: SlabRecord {
  static var kind: RecordKind { get }
}

extension Slab where Record: NamedRecord {
  /// Why nothing can be allocated.
  func full(_ status: Status = .resources) -> Failure {
    Failure(status, .tableFull, Record.kind.rawValue, UInt64(table.capacity))
  }

  /// Allocates a record, or refuses.
  @inline(__always)
  mutating func allocateOrRefuse(
    _ status: Status = .resources, _ fill: (inout Record) -> Void
  ) throws(Failure) -> Index<Record> {
    guard let index = allocate(fill) else { throw full(status) }
    return index
  }
}
