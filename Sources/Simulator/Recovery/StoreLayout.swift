// The store: every table of the simulator in one region of memory, laid out by `StoreCapacities`. All
// persistent state is here; a simulator can be discarded between two turns and a new one created from the
// bytes. The memory may be sparse: capacities are upper limits, and untouched pages cost nothing.

import NDISStore

/// Why a store was rejected.
public enum StoreError: Error, Hashable, Sendable {
  case tooSmall(needed: Int, given: Int)
  /// Another layout version, or other capacities.
  case otherLayout
  /// The undo log or the records are inconsistent: where, and what is wrong.
  case damaged(String)
  /// Two processes in a row crashed while adopting it or during the recovery work that follows.
  case crashes
}

extension StoreError: CustomStringConvertible {
  public var description: String {
    switch self {
    case .tooSmall(let needed, let given):
      "the store needs \(needed) bytes and was given \(given)"
    case .otherLayout: "the store was written with another layout"
    case .damaged(let what): "the store is damaged: \(what)"
    case .crashes: "two processes in a row crashed while restoring it"
    }
  }
}

/// The header, at the start of the memory.
struct StoreHeader: BitwiseCopyable {
  static let magic: UInt64 = 0x3145_524F_5453_4E44  // "DNSTORE1"
  /// Replaces the magic number of a store that no process may resume from.
  static let retired: UInt64 = 0x4445_5249_5445_5244
  static let layoutVersion: UInt32 = 8
  var magic: UInt64 = 0
  var version: UInt32 = 0
  /// Hash of the sizes of all records: catches a layout change without a version bump.
  var recordSizes: UInt32 = 0
  var capacities = StoreCapacities.small
  var undoLength: UInt64 = 0
  var undoOverflows: UInt64 = 0
  /// When the last turn ended.
  var time: UInt64 = 0
  /// The work in progress, and the work that was in progress when the daemon crashed.
  var inFlight = InFlightWork()
  var quarantined = InFlightWork()
  /// Consecutive crashes on the quarantined work.
  var crashes: UInt64 = 0
  /// Crash flag: the process wrote 1 here as its last act.
  var hasCrashed: UInt64 = 0
  static var crashOffset: Int { MemoryLayout<StoreHeader>.offset(of: \.hasCrashed) ?? 0 }
  static var undoLengthOffset: Int { MemoryLayout<StoreHeader>.offset(of: \.undoLength) ?? 0 }
}

extension Store {
  /// Size of the undo log in bytes. The largest turns are a block of 1,024 extents and the end of a domain
  /// with every section bound to it.
  static func undoCapacity(_ capacities: StoreCapacities) -> Int {
    max(128 * 1024, Int(capacities.sections) * 1024)
  }
  /// A ring of the last results, and behind it slots for requests that outlast a full turn of the ring.
  static let resultsPerSession: UInt32 = resultRing + lateResults
  static let resultRing: UInt32 = 64
  static let lateResults: UInt32 = 16

  /// The header, outside every transaction.
  @inline(__always)
  var header: StoreHeader {
    get { unsafe memory.base.assumingMemoryBound(to: StoreHeader.self).pointee }
    nonmutating _modify {
      yield &(unsafe memory.base.assumingMemoryBound(to: StoreHeader.self).pointee)
    }
  }

  /// Where the tables begin, behind the header's page and the undo log.
  private static let undoOffset = 4096
  private static func firstTable(_ capacities: StoreCapacities) -> Int {
    undoOffset + undoCapacity(capacities)
  }

  /// Size in bytes of a store of these capacities: places the tables without reading anything.
  static func size(_ capacities: StoreCapacities) -> Int {
    let nowhere = UnsafeMutableRawPointer.allocate(byteCount: 64, alignment: 64)
    defer { unsafe nowhere.deallocate() }
    let memory = unsafe StoreMemory(base: nowhere, size: 0)
    var layout = Layout(memory, undoLog(memory, capacities, nil), from: firstTable(capacities))
    _ = Store(memory, capacities, &layout)
    return layout.end
  }

  private static func undoLog(
    _ memory: StoreMemory, _ capacities: StoreCapacities, _ observer: StoreObserver?
  ) -> UndoLog {
    unsafe UndoLog(
      base: memory.base, lengthOffset: StoreHeader.undoLengthOffset, start: undoOffset,
      capacity: undoCapacity(capacities), observer: observer)
  }

  /// Opens the memory: lays out a new store when `fresh`, else rolls an unfinished turn back.
  init(
    _ memory: StoreMemory, _ capacities: StoreCapacities, fresh: Bool, observer: StoreObserver?
  ) throws(StoreError) {
    let undo = Store.undoLog(memory, capacities, observer)
    var layout = Layout(memory, undo, from: Store.firstTable(capacities))
    self.init(memory, capacities, &layout)
    guard memory.size >= layout.end else {
      throw .tooSmall(needed: layout.end, given: memory.size)
    }
    var wanted = StoreHeader()
    wanted.magic = StoreHeader.magic
    wanted.version = StoreHeader.layoutVersion
    wanted.recordSizes = layout.recordSizes
    wanted.capacities = capacities
    if fresh {
      header = wanted
      return
    }
    guard header.magic == wanted.magic, header.version == wanted.version,
      header.recordSizes == wanted.recordSizes, header.capacities == capacities
    else { throw .otherLayout }
    guard undo.rollBack(storeSize: layout.end, from: Store.firstTable(capacities)) else {
      throw .damaged("the undo log makes no sense")
    }
  }
}

/// Places tables one behind the other, each at the start of a cache line.
@safe struct Layout {
  private let memory: StoreMemory
  let undo: UndoLog
  /// End of the last table.
  private(set) var end: Int
  /// FNV-1a of the record sizes, to detect a change of one.
  private(set) var recordSizes: UInt32 = 0x811C_9DC5

  init(_ memory: StoreMemory, _ undo: UndoLog, from start: Int) {
    self.memory = memory
    self.undo = undo
    end = start
  }

  mutating func table<Record: StoreRecord>(_ count: UInt32) -> Table<Record> {
    let offset = end
    for shift in [0, 8, 16, 24] {
      let byte = UInt32(truncatingIfNeeded: MemoryLayout<Record>.stride >> shift & 0xFF)
      recordSizes = (recordSizes ^ byte) &* 0x0100_0193
    }
    end = (offset + Int(count) * MemoryLayout<Record>.stride + 63) & ~63
    return unsafe Table(
      store: memory.base, offset: offset, capacity: count, undo: undo, touched: memory.touched)
  }
}
