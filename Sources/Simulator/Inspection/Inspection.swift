// Read access for the host between turns to what belongs to no single subject: counters. Nothing here changes state.

public import NDISDriverInterface
import NDISStore

extension Simulator {
  /// Counters of the simulator, or of one session.
  public func statistics(session: UInt32?) -> Statistics {
    let globals = store.globals[0]
    var statistics = Statistics()
    func used<Record>(_ table: UInt32, _ free: RecordSet<Record>) -> UInt64 {
      UInt64(table - free.count)
    }
    statistics.sessions = UInt64(slabs.sessions.used)
    statistics.drivers = UInt64(slabs.drivers.used)
    statistics.adapters = UInt64(slabs.adapters.used)
    statistics.bindings = UInt64(slabs.bindings.used)
    statistics.registrations = UInt64(slabs.registrations.used)
    statistics.sections = UInt64(slabs.sections.used)
    statistics.blocks = UInt64(slabs.blocks.used)
    statistics.bytes = globals.bytes
    statistics.openRequests = UInt64(slabs.requests.used)
    statistics.openUpcalls = UInt64(slabs.upcalls.used)
    statistics.queues = UInt64(slabs.queues.used)
    statistics.vports = UInt64(slabs.vports.used)
    statistics.filters = UInt64(slabs.filters.used)
    statistics.openOIDs = UInt64(slabs.oids.used)
    statistics.indicatedLists = UInt64(slabs.lists.used)
    statistics.upcalls = globals.upcallSerial
    statistics.pended = globals.pended
    statistics.allocations = globals.allocations
    statistics.frees = globals.frees
    statistics.failedAllocations = globals.failedAllocations
    statistics.violations = globals.violations
    statistics.leakedBlocks = globals.leakedBlocks
    if let session {
      let record = store.sessions[Index(session)]
      statistics.sessionBlocks = UInt64(record.blocks)
      statistics.sessionBytes = record.bytes
      statistics.sessionViolations = store.clients[Index(session), \.violations]
      statistics.sessionLeakedBlocks = store.clients[Index(session), \.leaked]
    }
    return statistics
  }

  /// Whether the undo log is closed, as it must be between turns; for tests.
  public var isBetweenTurns: Bool { !store.undo.isOpen }

  /// Writes that were not saved because a turn outgrew the undo log; tests require zero.
  public var undoOverflows: UInt64 { store.undo.overflows }
}
