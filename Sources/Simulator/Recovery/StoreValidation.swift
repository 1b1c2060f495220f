// Validates a store before it is adopted. All later code relies on the invariants checked here: a `Ref` names
// a record in use, a stored enum has a valid raw value, a list terminates, a counter matches what it counts.
// So the store is checked once, as a whole, before any state is derived from it; the first inconsistency
// rejects it, with a sentence that says where. References that may dangle by design (a list's queue, a
// segment's block: their generations are checked at each use) only have to be within their table. Plain data
// (a tag, a context, a time) is not validated.
//
// Rules: the store is not changed. Records hold raw values in place of Swift enums, so that invalid bytes can
// be read and detected. Only records that may not be all zeros are read one by one, because reading a hole of
// a memory file fills it. Nothing is allocated per record. A list is walked along with its members' back
// links, so that a cycle is detected where it closes: a member's back link names one predecessor only.

import NDIS
import NDISStore

/// A record being checked, as the error sentence names it.
struct CheckedRecord {
  let table: StaticString
  let index: UInt32

  init<Record>(_ table: StaticString, _ index: Index<Record>) {
    self.table = table
    self.index = index.raw
  }

  @inline(__always)
  func hold(_ holds: Bool, _ otherwise: StaticString) throws(StoreError) {
    guard holds else { throw damaged(otherwise) }
  }

  @inline(never)
  func damaged(_ what: StaticString) -> StoreError { .damaged("\(table)[\(index)]: \(what)") }

  @inline(never)
  func damaged(list: StaticString) -> StoreError {
    .damaged("\(table)[\(index)]: its list of \(list) does not close")
  }
}

/// Counts for a session, taken from other records.
struct SessionTally {
  var blocks: UInt64 = 0
  var bytes: UInt64 = 0
  var sections: UInt32 = 0
  var objects: UInt32 = 0
  var oids: UInt32 = 0
}

/// Counts for a registration, taken from upcalls.
struct RegistrationTally {
  var allocations: UInt32 = 0
  var frees: UInt32 = 0
  var expired: UInt32 = 0
}

struct StoreCheck: ~Copyable {
  let store: Store
  let salt: UInt32
  let lastGeneration: UInt32
  /// Which pages of each section are allocated to blocks.
  var pageMaps: [PageSet?]

  // The counts, by index.
  var sessions: [SessionTally]
  var registrations: [RegistrationTally]
  var blocksOfSection: [UInt32]
  var references: [UInt64]
  /// Records that wait for a request: each request has exactly one.
  var waiting: [UInt8]
  /// Open upcalls of SetOptions, ProtocolOidRequestComplete, ProtocolStatusEx and the receive handler.
  var setOptions: [UInt32]
  var completions: [UInt32]
  var statusCalls: [UInt32]
  var receiveCalls: [UInt32]
  /// Lists being returned to an adapter, lists indicated on a queue or VPort.
  var returning: [UInt32]
  /// Allocations that a miniport has not been told of.
  var allocating: [UInt32]
  var indicatedOnQueue: [UInt32]
  var indicatedOnVPort: [UInt32]
  /// Lists that were visited, one bit each; how often lists refer to each block.
  var met: [UInt64]
  var named: [Index<BlockRecord>] = []

  // Totals over all records in use, and over all records found in lists.
  var owned = SessionTally()
  var blocksInCalls: UInt64 = 0
  /// Indicated lists, as counted by blocks.
  var indicatedBlocks: UInt64 = 0
  var inUse = Totals()
  var listed = Totals()

  /// Records found in lists, by list.
  struct Totals: Equatable {
    var drivers: UInt32 = 0
    var children: UInt32 = 0
    var bound: UInt32 = 0
    var ownedBlocks: UInt32 = 0
    var providedBlocks: UInt32 = 0
    var placedBlocks: UInt32 = 0
    var sections: UInt32 = 0
    var requests: UInt32 = 0
    var upcalls: UInt32 = 0
    var oids: UInt32 = 0
    var queues: UInt32 = 0
    var filters: UInt32 = 0
    var vports: UInt32 = 0
    var indications: UInt32 = 0
    var lists: UInt32 = 0
    var extents: UInt32 = 0
  }

  /// Validates the whole store.
  ///
  /// - Returns: which pages of each section are allocated to blocks.
  static func pageMaps(of store: Store) throws(StoreError) -> [PageSet?] {
    var check = StoreCheck(store)
    try check.run()
    return check.pageMaps
  }

  private init(_ store: Store) {
    self.store = store
    salt = UInt32(truncatingIfNeeded: store.globals[0, \.generationSalt])
    lastGeneration = UInt32.max - salt
    func zeros<Number: FixedWidthInteger>(_ count: UInt32) -> [Number] {
      [Number](repeating: 0, count: Int(count))
    }
    pageMaps = [PageSet?](repeating: nil, count: Int(store.sections.capacity))
    sessions = [SessionTally](repeating: SessionTally(), count: Int(store.sessions.capacity))
    registrations = [RegistrationTally](
      repeating: RegistrationTally(), count: Int(store.registrations.capacity))
    blocksOfSection = zeros(store.sections.capacity)
    references = zeros(store.sites.capacity)
    waiting = zeros(store.requests.capacity)
    setOptions = zeros(store.drivers.capacity)
    completions = zeros(store.bindings.capacity)
    statusCalls = zeros(store.statuses.capacity)
    receiveCalls = zeros(store.indications.capacity)
    returning = zeros(store.adapters.capacity)
    allocating = zeros(store.adapters.capacity)
    indicatedOnQueue = zeros(store.queues.capacity)
    indicatedOnVPort = zeros(store.vports.capacity)
    met = zeros(store.lists.capacity / 64 + 1)
  }

  /// Ordered so that each count is complete before it is compared.
  private mutating func run() throws(StoreError) {
    try checkGlobals()
    try checkSections()
    try checkBlocks()
    try checkSites()
    try checkLists()
    try checkStatuses()
    try checkUpcalls()
    try checkOIDs()
    try checkCapabilities()
    try checkAttributes()
    try countPlaces()
    try checkBindings()
    try checkAdapters()
    try checkDrivers()
    try checkRegistrations()
    try checkSessions()
    try checkIndications()
    try checkResults()
    try checkRequests()
    try checkTotals()
  }

  // MARK: Stored enums

  func isReason(_ failure: Failure) -> Bool {
    // Nearly all records have none.
    failure.number == 0 || Reason(rawValue: failure.number) != nil
  }

  private func checkGlobals() throws(StoreError) {
    let globals = store.globals[0]
    let at = CheckedRecord("globals", 0 as Index<GlobalsRecord>)
    try at.hold(
      globals.generationSalt == 1 + splitMix64(globals.seed) % 0x00FF_FFFF,
      "its generations do not begin where its seed says")
    try at.hold(
      globals.physicalNext & (1 << 30 - 1) == 0, "its next address is at no gigabyte's edge")
    // Twenty bits of an upcall's id are its index.
    try at.hold(globals.upcallSerial < 1 << 44, "it has made more upcalls than there are ids")
  }

  // MARK: Helpers

  /// Walks an intrusive list; returns its length.
  @inline(__always)
  func walk<Member>(
    _ first: Ref<Member>, _ capacity: UInt32, of owner: CheckedRecord, _ list: StaticString,
    _ member: (Index<Member>) -> (previous: Ref<Member>, next: Ref<Member>, belongs: Bool)
  ) throws(StoreError) -> UInt32 {
    var count: UInt32 = 0
    var previous = Ref<Member>.none
    var at = first
    while let index = at.optional {
      guard index.raw < capacity else { throw owner.damaged(list: list) }
      let links = member(index)
      guard links.belongs, links.previous == previous else { throw owner.damaged(list: list) }
      count &+= 1
      previous = at
      at = links.next
    }
    return count
  }

  /// Records that a record waits for a request, which must exist and have no other waiter.
  mutating func wait(for request: Ref<RequestRecord>, _ at: CheckedRecord) throws(StoreError) {
    guard let index = request.optional else { return }
    guard store.requests.contains(index), store.requests[index, \.$state.validated] == .open,
      waiting[Int(index)] == 0
    else { throw at.damaged("the request it is to answer is not there, or another's") }
    waiting[Int(index)] = 1
  }

  /// Whether a name or label is valid text, as required on the wire.
  func isText(_ name: Name) -> Bool {
    unsafe withUnsafeBytes(of: name) { unsafe Name(bytes: $0) != nil }
  }

  func isText(_ site: Site) -> Bool {
    unsafe withUnsafeBytes(of: site) { unsafe Site(bytes: $0) != nil }
  }

  // MARK: End

  /// Every record that should be in a list is in one: as many were visited as are in use, and none twice.
  private func checkTotals() throws(StoreError) {
    func same(_ count: KeyPath<Totals, UInt32>, _ what: String) throws(StoreError) {
      let (found, used) = (listed[keyPath: count], inUse[keyPath: count])
      guard found == used else {
        throw .damaged("\(used) \(what) are in use, and \(found) are in lists")
      }
    }
    try same(\.drivers, "drivers")
    try same(\.children, "adapters, bindings and modules")
    try same(\.bound, "bindings on adapters")
    try same(\.ownedBlocks, "blocks with an owner")
    try same(\.providedBlocks, "blocks with a provider")
    try same(\.placedBlocks, "blocks of queues and VPorts")
    try same(\.sections, "sections")
    try same(\.requests, "requests")
    try same(\.upcalls, "upcalls")
    try same(\.oids, "OID requests")
    try same(\.queues, "queues")
    try same(\.filters, "filters")
    try same(\.vports, "VPorts")
    try same(\.indications, "indications")
    try same(\.lists, "NET_BUFFER_LISTs")
    try same(\.extents, "extents")
    let globals = store.globals[0]
    guard globals.blocks == owned.blocks, globals.bytes == owned.bytes else {
      throw .damaged(
        "globals[0]: it counts \(globals.blocks) blocks, \(globals.bytes) bytes; there are "
          + "\(owned.blocks), \(owned.bytes)")
    }
  }
}
