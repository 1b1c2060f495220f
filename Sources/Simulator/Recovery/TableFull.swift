// Failures because a table is full.

import NDIS
import NDISStore

/// A record whose table reports when it is full.
protocol NamedRecord: SlabRecord {
  static var kind: RecordKind { get }
}

extension Slab where Record: NamedRecord {
  /// The failure of an allocation from a full table.
  func full(_ status: Status = .resources) -> Failure {
    Failure(status, .tableFull, Record.kind.rawValue, UInt64(table.capacity))
  }

  /// Allocates a record; fails when the table is full.
  @inline(__always)
  mutating func allocateOrRefuse(
    _ status: Status = .resources, _ fill: (inout Record) -> Void
  ) throws(Failure) -> Index<Record> {
    guard let index = allocate(fill) else { throw full(status) }
    return index
  }
}
