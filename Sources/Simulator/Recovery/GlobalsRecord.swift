// The record of simulator-wide counters and seeds.

import NDISStore

/// State that belongs to no object.
struct GlobalsRecord: StoreRecord {
  var seed: UInt64 = 0
  var generationSalt: UInt64 = 0
  var physicalNext: UInt64 = 0
  var upcallSerial: UInt64 = 0
  var registrationOrder: UInt64 = 0
  var allocations: UInt64 = 0
  var frees: UInt64 = 0
  var failedAllocations: UInt64 = 0
  var violations: UInt64 = 0
  var leakedBlocks: UInt64 = 0
  var blocks: UInt64 = 0
  var bytes: UInt64 = 0
  /// Handlers that have returned PENDING.
  var pended: UInt64 = 0
  /// Sessions that have begun; the number of the newest.
  var sessionNumber: UInt64 = 0
}
