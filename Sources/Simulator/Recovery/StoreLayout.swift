// The store: every table of the simulator in one piece of memory, laid out by `StoreCapacities`. Nothing
// that matters lives anywhere else; a simulator can be thrown away between two turns and a new one made
// from the bytes. The memory may be sparse: capacities are upper limits, and pages never touched cost
// nothing.

import NDISStore

/// Why bytes were not taken for a store.
public enum StoreError: Error, Hashable, Sendable {
  case tooSmall(needed: Int, given: Int)
  /// Another layout version, or other capacities.
  case otherLayout
  /// The undo log makes no sense, or the records do not: which, and what is wrong with it.
  case damaged(String)
  /// Two processes in a row crashed while they took it over, or did what it left to do.
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

/// The first bytes of the memory.
struct StoreHeader: BitwiseCopyable {
  static let magic: UInt64 = 0x3145_524F_5453_4E44  // "DNSTORE1"
  /// In the place of the magic number, when nobody is to go on from it.
  static let retired: UInt64 = 0x4445_5249_5445_5244
  static let layoutVersion: UInt32 = 5
  var magic: UInt64 = 0
  var version: UInt32 = 0
  /// Of the sizes of all records: a change that forgot to change the version is noticed.
  var recordSizes: UInt32 = 0
  var capacities = StoreCapacities.small
  var undoLength: UInt64 = 0
  var undoOverflows: UInt64 = 0
  /// When the last turn ended.
  var time: UInt64 = 0
  /// What is in hand, and what was in hand when the daemon crashed.
  var inFlight = InFlightWork()
  var quarantined = InFlightWork()
  /// Crashes in a row with the suspect in hand.
  var crashes: UInt64 = 0
  /// The process has crashed: its last act was to write 1 here.
  var hasCrashed: UInt64 = 0
  static var crashOffset: Int { MemoryLayout<StoreHeader>.offset(of: \.hasCrashed) ?? 0 }
  static var undoLengthOffset: Int { MemoryLayout<StoreHeader>.offset(of: \.undoLength) ?? 0 }
}

extension Store {
  /// Bytes of the undo log. The largest turns are a block of 1,024 extents and the end of a domain with
  /// every section bound to it.
  static func undoCapacity(_ capacities: StoreCapacities) -> Int {
    max(128 * 1024, Int(capacities.sections) * 1024)
  }
  /// A ring of the last results, and behind it places for requests that outlast a turn of the ring.
  static let resultsPerSession: UInt32 = resultRing + lateResults
  static let resultRing: UInt32 = 64
  static let lateResults: UInt32 = 16

  /// The first bytes of the memory, outside every transaction.
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

  /// Bytes a store of these capacities needs: its tables are placed, and nothing is read.
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

  /// Opens the memory: lays a new store out when `fresh`, else rolls an unfinished turn back.
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
  /// Behind the last table.
  private(set) var end: Int
  /// FNV-1a of the sizes of the records, so that a change of one is noticed.
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
