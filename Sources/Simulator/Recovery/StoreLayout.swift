// The store: every table of the simulator in one piece of memory, laid out by `StoreCapacities`. Nothing
// that matters lives anywhere else; a simulator can be thrown away between two turns and a new one made
// from the bytes. The memory may be sparse: capacities are upper limits, and pages never touched cost
// nothing.

/// How many records of each kind a store has room for. Capabilities have one record an adapter, buffers
/// of OID requests two a request.
public struct StoreCapacities: Hashable, Sendable, BitwiseCopyable {
  public var sessions: UInt32 = 16_384
  public var drivers: UInt32 = 16_384
  public var adapters: UInt32 = 16_384
  public var bindings: UInt32 = 16_384
  public var registrations: UInt32 = 8_192
  public var sections: UInt32 = 16_384
  public var blocks: UInt32 = 4_194_304
  public var extents: UInt32 = 4_194_304
  public var sites: UInt32 = 65_536
  public var requests: UInt32 = 65_536
  public var upcalls: UInt32 = 65_536
  public var oids: UInt32 = 4_096
  public var queues: UInt32 = 16_384
  public var filters: UInt32 = 16_384
  public var vports: UInt32 = 8_192
  public var statuses: UInt32 = 4_096
  public var indications: UInt32 = 32_768
  public var lists: UInt32 = 262_144
  /// Rows of what the host keeps of its hosted drivers.
  public var hostRows: UInt32 = 9_216

  private init() {}

  /// For a daemon: four million blocks in sparse memory.
  public static let daemon = StoreCapacities()
  /// For tests that copy the store after every step.
  public static let small: StoreCapacities = {
    var few = StoreCapacities()
    few.sessions = 8
    few.drivers = 16
    few.adapters = 16
    few.bindings = 16
    few.registrations = 16
    few.sections = 32
    few.blocks = 128
    few.extents = 512
    few.sites = 32
    few.requests = 64
    few.upcalls = 64
    few.oids = 12
    few.queues = 16
    few.filters = 16
    few.vports = 8
    few.statuses = 8
    few.indications = 16
    few.lists = 32
    few.hostRows = 0
    return few
  }()
}

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
    case .crashes: "two processes in a row crashed while they went on from it"
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
  var inHand = InHand()
  var suspect = InHand()
  /// Crashes in a row with the suspect in hand.
  var crashes: UInt64 = 0
  /// The process has crashed: its last act was to write 1 here.
  var hasCrashed: UInt64 = 0
  static var crashOffset: Int { MemoryLayout<StoreHeader>.offset(of: \.hasCrashed) ?? 0 }
  static var undoLengthOffset: Int { MemoryLayout<StoreHeader>.offset(of: \.undoLength) ?? 0 }
}

/// All tables.
@safe struct Store {
  let memory: StoreMemory
  let capacities: StoreCapacities
  let undo: UndoLog
  let globals: Table<GlobalsRecord>
  let sessions: Table<SessionRecord>
  let results: Table<ResultRecord>
  let drivers: Table<DriverRecord>
  let adapters: Table<AdapterRecord>
  let bindings: Table<BindingRecord>
  let registrations: Table<RegistrationRecord>
  let sections: Table<SectionRecord>
  let blocks: Table<BlockRecord>
  let extents: Table<ExtentRecord>
  let sites: Table<SiteRecord>
  let requests: Table<RequestRecord>
  let upcalls: Table<UpcallRecord>
  /// Of the adapter of the same index.
  let capabilities: Table<CapabilitiesRecord>
  let oids: Table<OIDRecord>
  /// Of the OID request of the same index.
  let oidInputs: Table<OIDBufferRecord>
  let oidOutputs: Table<OIDBufferRecord>
  let queues: Table<QueueRecord>
  let filters: Table<FilterRecord>
  let vports: Table<VPortRecord>
  let statuses: Table<StatusRecord>
  let indications: Table<IndicationRecord>
  let lists: Table<NetBufferListRecord>
  let listLinks: Column<NetBufferListRecord, ListLink>
  let hostRows: Table<HostRow>

  // The lists between records. Members are inserted at the front; an adapter's OID requests, which are
  // served in order, are appended.
  let driversOfSession: LinkedList<SessionRecord, DriverRecord>
  let requestsOfSession: LinkedList<SessionRecord, RequestRecord>
  let upcallsOfSession: LinkedList<SessionRecord, UpcallRecord>
  /// A miniport driver's adapters.
  let adaptersOfDriver: LinkedList<DriverRecord, AdapterRecord>
  /// A protocol driver's bindings, a filter driver's modules.
  let bindingsOfDriver: LinkedList<DriverRecord, BindingRecord>
  let bindingsOfAdapter: LinkedList<AdapterRecord, BindingRecord>
  let blocksOfDriver: LinkedList<DriverRecord, BlockRecord>
  let blocksOfAdapter: LinkedList<AdapterRecord, BlockRecord>
  let blocksOfBinding: LinkedList<BindingRecord, BlockRecord>
  let blocksOfProvider: LinkedList<RegistrationRecord, BlockRecord>
  let blocksOfQueue: LinkedList<QueueRecord, BlockRecord>
  let blocksOfVPort: LinkedList<VPortRecord, BlockRecord>
  let sectionsOfProvider: LinkedList<RegistrationRecord, SectionRecord>
  let oidsOfAdapter: LinkedList<AdapterRecord, OIDRecord>
  let queuesOfAdapter: LinkedList<AdapterRecord, QueueRecord>
  let filtersOfAdapter: LinkedList<AdapterRecord, FilterRecord>
  let vportsOfAdapter: LinkedList<AdapterRecord, VPortRecord>
  let indicationsOfAdapter: LinkedList<AdapterRecord, IndicationRecord>
  /// The lists of an indication that some receiver still has.
  let listsOfIndication: LinkedList<IndicationRecord, NetBufferListRecord>

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
    let needed = Store.size(capacities)
    guard memory.size >= needed else { throw .tooSmall(needed: needed, given: memory.size) }
    let base = unsafe memory.base
    let undo = Store.undoLog(memory, capacities, observer)
    if fresh {
      unsafe base.storeBytes(of: 0, toByteOffset: StoreHeader.undoLengthOffset, as: UInt64.self)
      unsafe base.storeBytes(of: Store.header(capacities), as: StoreHeader.self)
    } else {
      let found = unsafe base.load(as: StoreHeader.self)
      let wanted = Store.header(capacities)
      guard found.magic == wanted.magic, found.version == wanted.version,
        found.recordSizes == wanted.recordSizes, found.capacities == capacities
      else { throw .otherLayout }
      guard undo.rollBack(storeSize: needed, from: Store.firstTable(capacities)) else {
        throw .damaged("the undo log makes no sense")
      }
    }
    var layout = Layout(memory, undo, from: Store.firstTable(capacities))
    self.init(memory, capacities, &layout)
  }

  /// Places the tables, in the order in which they lie in memory.
  private init(_ memory: StoreMemory, _ capacities: StoreCapacities, _ layout: inout Layout) {
    self.memory = memory
    self.capacities = capacities
    undo = layout.undo
    globals = layout.table(1)
    sessions = layout.table(capacities.sessions)
    results = layout.table(capacities.sessions * Store.resultsPerSession)
    drivers = layout.table(capacities.drivers)
    adapters = layout.table(capacities.adapters)
    bindings = layout.table(capacities.bindings)
    registrations = layout.table(capacities.registrations)
    sections = layout.table(capacities.sections)
    requests = layout.table(capacities.requests)
    upcalls = layout.table(capacities.upcalls)
    capabilities = layout.table(capacities.adapters)
    oids = layout.table(capacities.oids)
    oidInputs = layout.table(capacities.oids)
    oidOutputs = layout.table(capacities.oids)
    queues = layout.table(capacities.queues)
    filters = layout.table(capacities.filters)
    vports = layout.table(capacities.vports)
    statuses = layout.table(capacities.statuses)
    indications = layout.table(capacities.indications)
    lists = layout.table(capacities.lists)
    hostRows = layout.table(capacities.hostRows)
    sites = layout.table(capacities.sites)
    blocks = layout.table(capacities.blocks)
    extents = layout.table(capacities.extents)
    listLinks = lists.column(\.link)

    driversOfSession = LinkedList(sessions, \.drivers, drivers, \.previous, \.next)
    requestsOfSession = LinkedList(sessions, \.requests, requests, \.previous, \.next)
    upcallsOfSession = LinkedList(sessions, \.upcalls, upcalls, \.previous, \.next)
    adaptersOfDriver = LinkedList(drivers, \.children, adapters, \.previous, \.next)
    bindingsOfDriver = LinkedList(drivers, \.children, bindings, \.previous, \.next)
    bindingsOfAdapter = LinkedList(adapters, \.bindings, bindings, \.adapterPrevious, \.adapterNext)
    blocksOfDriver = LinkedList(drivers, \.blocks, blocks, \.ownerPrevious, \.ownerNext)
    blocksOfAdapter = LinkedList(adapters, \.blocks, blocks, \.ownerPrevious, \.ownerNext)
    blocksOfBinding = LinkedList(bindings, \.blocks, blocks, \.ownerPrevious, \.ownerNext)
    blocksOfProvider = LinkedList(
      registrations, \.blocks, blocks, \.providerPrevious, \.providerNext)
    blocksOfQueue = LinkedList(queues, \.firstBlock, blocks, \.placePrevious, \.placeNext)
    blocksOfVPort = LinkedList(vports, \.firstBlock, blocks, \.placePrevious, \.placeNext)
    sectionsOfProvider = LinkedList(registrations, \.sections, sections, \.previous, \.next)
    oidsOfAdapter = LinkedList(adapters, \.firstOID, tail: \.lastOID, oids, \.previous, \.next)
    queuesOfAdapter = LinkedList(adapters, \.queues, queues, \.previous, \.next)
    filtersOfAdapter = LinkedList(adapters, \.filters, filters, \.previous, \.next)
    vportsOfAdapter = LinkedList(adapters, \.vports, vports, \.previous, \.next)
    indicationsOfAdapter = LinkedList(adapters, \.indications, indications, \.previous, \.next)
    listsOfIndication = LinkedList(indications, \.first, lists, \.previous, \.next)
  }

  private static func header(_ capacities: StoreCapacities) -> StoreHeader {
    var header = StoreHeader()
    header.magic = StoreHeader.magic
    header.version = StoreHeader.layoutVersion
    header.recordSizes = recordSizes
    header.capacities = capacities
    return header
  }

  /// FNV-1a of the sizes of all records, so that a change of one is noticed.
  private static let recordSizes: UInt32 = {
    var hash: UInt32 = 0x811C_9DC5
    let sizes = [
      MemoryLayout<GlobalsRecord>.stride, MemoryLayout<SessionRecord>.stride,
      MemoryLayout<ResultRecord>.stride, MemoryLayout<DriverRecord>.stride,
      MemoryLayout<AdapterRecord>.stride, MemoryLayout<BindingRecord>.stride,
      MemoryLayout<RegistrationRecord>.stride, MemoryLayout<SectionRecord>.stride,
      MemoryLayout<BlockRecord>.stride, MemoryLayout<ExtentRecord>.stride,
      MemoryLayout<SiteRecord>.stride, MemoryLayout<RequestRecord>.stride,
      MemoryLayout<UpcallRecord>.stride, MemoryLayout<CapabilitiesRecord>.stride,
      MemoryLayout<OIDRecord>.stride, MemoryLayout<OIDBufferRecord>.stride,
      MemoryLayout<QueueRecord>.stride, MemoryLayout<FilterRecord>.stride,
      MemoryLayout<VPortRecord>.stride, MemoryLayout<StatusRecord>.stride,
      MemoryLayout<IndicationRecord>.stride, MemoryLayout<NetBufferListRecord>.stride,
      MemoryLayout<HostRow>.stride, Int(Store.resultsPerSession),
    ]
    for size in sizes {
      for shift in [0, 8, 16, 24] {
        hash = (hash ^ UInt32(truncatingIfNeeded: size >> shift & 0xFF)) &* 0x0100_0193
      }
    }
    return hash
  }()
}

/// Places tables one behind the other, each at the start of a cache line.
@safe struct Layout {
  private let memory: StoreMemory
  let undo: UndoLog
  /// Behind the last table.
  private(set) var end: Int

  init(_ memory: StoreMemory, _ undo: UndoLog, from start: Int) {
    self.memory = memory
    self.undo = undo
    end = start
  }

  mutating func table<Record: StoreRecord>(_ count: UInt32) -> Table<Record> {
    let offset = end
    end = (offset + Int(count) * MemoryLayout<Record>.stride + 63) & ~63
    return unsafe Table(
      store: memory.base, offset: offset, capacity: count, undo: undo, touched: memory.touched)
  }
}
