// The counters of the daemon, and the reset of a session. Both are extensions and may be called at any
// IRQL.

import CNDIS
import NDISDriverProtocol
import NDIS

/// The daemon's counters; the `session…` ones are those of this session.
public struct Statistics: Hashable, Sendable {
  public var sessions: UInt64
  public var drivers: UInt64
  public var adapters: UInt64
  public var bindings: UInt64
  /// Providers' registrations.
  public var registrations: UInt64
  public var sections: UInt64
  /// Live, pending and being freed.
  public var blocks: UInt64
  public var bytes: UInt64
  public var openRequests: UInt64
  public var openUpcalls: UInt64
  /// Since the daemon's start, like the four that follow.
  public var allocations: UInt64
  public var frees: UInt64
  public var failedAllocations: UInt64
  public var violations: UInt64
  public var leakedBlocks: UInt64
  public var sessionBlocks: UInt64
  public var sessionBytes: UInt64
  public var sessionViolations: UInt64
  public var sessionLeakedBlocks: UInt64
  /// Descriptors of sections that are open in the daemon.
  public var descriptors: UInt64
}

extension Connection {
  /// The daemon's counters at this moment.
  public func statistics() throws(DriverError) -> Statistics {
    try call(NDISSIM_STATISTICS) { _ in
    } read: { reader throws(Failure) in
      // Members appended by a newer daemon are ignored.
      let raw = try reader.read(ndissim_statistics.self)
      return Statistics(
        sessions: raw.sessions, drivers: raw.drivers, adapters: raw.adapters,
        bindings: raw.bindings, registrations: raw.registrations, sections: raw.sections,
        blocks: raw.blocks, bytes: raw.bytes, openRequests: raw.open_requests,
        openUpcalls: raw.open_upcalls, allocations: raw.allocations, frees: raw.frees,
        failedAllocations: raw.failed_allocations, violations: raw.violations,
        leakedBlocks: raw.leaked_blocks, sessionBlocks: raw.session_blocks,
        sessionBytes: raw.session_bytes, sessionViolations: raw.session_violations,
        sessionLeakedBlocks: raw.session_leaked_blocks, descriptors: raw.descriptors)
    }
  }

  /// Removes all objects of this session, as its end does. Blocks keep their mappings while a copy of them
  /// exists.
  public func reset() throws(DriverError) {
    try call(NDISSIM_RESET)
    registry.removeAll()
    sections.dropAll()
    views.dropAll()
  }
}
