// Every table of the store: its capacity, its place in memory, the lists between its records, and its free
// records. A new kind of record is declared here and in a file of its subject's folder.

import NDISDriverInterface
import NDISStore

/// Capacity of each table, in records. Capabilities and attributes have one record per adapter, OID buffers two per request.
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
  /// Rows for the state of hosted drivers.
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

/// All tables.
@safe struct Store {
  let memory: StoreMemory
  let capacities: StoreCapacities
  let undo: UndoLog
  let globals: Table<GlobalsRecord>
  let sessions: Table<SessionRecord>
  let clients: Table<SessionClientRecord>
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
  /// Indexed by adapter.
  let capabilities: Table<CapabilitiesRecord>
  /// Indexed by adapter.
  let attributes: Table<AttributesRecord>
  let oids: Table<OIDRecord>
  /// Indexed by OID request.
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

  // Intrusive lists between records. Members are inserted at the front; an adapter's OID requests, which are
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
  /// The lists of an indication that some receiver still holds.
  let listsOfIndication: LinkedList<IndicationRecord, NetBufferListRecord>

  /// Places the tables, in memory order.
  init(_ memory: StoreMemory, _ capacities: StoreCapacities, _ layout: inout Layout) {
    self.memory = memory
    self.capacities = capacities
    undo = layout.undo
    globals = layout.table(1)
    sessions = layout.table(capacities.sessions)
    clients = layout.table(capacities.sessions)
    results = layout.table(capacities.sessions * Store.resultsPerSession)
    drivers = layout.table(capacities.drivers)
    adapters = layout.table(capacities.adapters)
    bindings = layout.table(capacities.bindings)
    registrations = layout.table(capacities.registrations)
    sections = layout.table(capacities.sections)
    requests = layout.table(capacities.requests)
    upcalls = layout.table(capacities.upcalls)
    capabilities = layout.table(capacities.adapters)
    attributes = layout.table(capacities.adapters)
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
}

/// Which records of the tables are in use, derived from the bytes alone.
struct Slabs: ~Copyable {
  var sessions: Slab<SessionRecord>
  var drivers: Slab<DriverRecord>
  var adapters: Slab<AdapterRecord>
  var bindings: Slab<BindingRecord>
  var registrations: Slab<RegistrationRecord>
  var sections: Slab<SectionRecord>
  var blocks: Slab<BlockRecord>
  var extents: Slab<ExtentRecord>
  var sites: Slab<SiteRecord>
  var requests: Slab<RequestRecord>
  var upcalls: Slab<UpcallRecord>
  var oids: Slab<OIDRecord>
  var queues: Slab<QueueRecord>
  var filters: Slab<FilterRecord>
  var vports: Slab<VPortRecord>
  var statuses: Slab<StatusRecord>
  var indications: Slab<IndicationRecord>
  var lists: Slab<NetBufferListRecord>

  /// Scans for the records in use; a new store (`fresh`) has none.
  init(_ store: Store, fresh: Bool = false) {
    let last = UInt32.max - UInt32(truncatingIfNeeded: store.globals[0].generationSalt)
    func slab<Record>(_ table: Table<Record>) -> Slab<Record> {
      Slab(table, lastGeneration: last, fresh: fresh)
    }
    sessions = slab(store.sessions)
    drivers = slab(store.drivers)
    adapters = slab(store.adapters)
    bindings = slab(store.bindings)
    registrations = slab(store.registrations)
    sections = slab(store.sections)
    blocks = slab(store.blocks)
    extents = slab(store.extents)
    sites = slab(store.sites)
    requests = slab(store.requests)
    upcalls = slab(store.upcalls)
    oids = slab(store.oids)
    queues = slab(store.queues)
    filters = slab(store.filters)
    vports = slab(store.vports)
    statuses = slab(store.statuses)
    indications = slab(store.indications)
    lists = slab(store.lists)
  }
}
