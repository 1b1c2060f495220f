// Whether a store that was found can be gone on from. Everything later relies on what stands here: a `Ref`
// names a record that is in use, a number of a state is one, a list comes to its end, a counter counts what
// is there. So a store is looked at once, as a whole, before anything is derived from it; one thing that is
// wrong and it is refused, with a sentence that says where. What may dangle by design (a list's queue, a
// segment's block: their generations are looked at each time) has to be within its table only. Plain data (a
// tag, a context, a time) is not known to be right.
//
// Rules: nothing is changed. Records are numbers: what stands for a Swift enum is its raw value, so that bytes
// which are none can be read and found. Only records that may not be all zeros are looked at one by one, for
// to read a hole of a memory file is to fill it. Nothing is allocated for a record. A list is walked by its
// members' ways back, so that a circle is noticed where it closes: a member's way back leads to one other only.

import NDIS
import NDISStore

/// A record that is looked at, as the sentence about it names it.
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

/// What other records say of a session.
struct SessionTally {
  var blocks: UInt64 = 0
  var bytes: UInt64 = 0
  var sections: UInt32 = 0
  var objects: UInt32 = 0
  var oids: UInt32 = 0
}

/// What calls say of a registration.
struct RegistrationTally {
  var allocations: UInt32 = 0
  var frees: UInt32 = 0
  var expired: UInt32 = 0
}

struct StoreCheck: ~Copyable {
  let store: Store
  let salt: UInt32
  let lastGeneration: UInt32
  /// Which pages of each section the blocks have.
  var pageMaps: [PageSet?]

  // What was counted, by index.
  var sessions: [SessionTally]
  var registrations: [RegistrationTally]
  var blocksOfSection: [UInt32]
  var references: [UInt64]
  /// Records that wait for a request: each request has one.
  var waiting: [UInt8]
  /// Open calls of SetOptions, of ProtocolOidRequestComplete, of ProtocolStatusEx, of the receive handler.
  var setOptions: [UInt32]
  var completions: [UInt32]
  var statusCalls: [UInt32]
  var receiveCalls: [UInt32]
  /// Lists that go back to an adapter, lists indicated on a queue or VPort.
  var returning: [UInt32]
  var indicatedOnQueue: [UInt32]
  var indicatedOnVPort: [UInt32]
  /// Lists that were met, one bit each; blocks they name, each as often as lists do.
  var met: [UInt64]
  var named: [Index<BlockRecord>] = []

  // What there is, and what was met in lists.
  var owned = SessionTally()
  var blocksInCalls: UInt64 = 0
  /// Indicated lists, as blocks count them.
  var indicatedBlocks: UInt64 = 0
  var inUse = Totals()
  var listed = Totals()

  /// Records that stand in lists, by the list.
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

  /// Looks at the whole store.
  ///
  /// - Returns: which pages of each section its blocks have.
  /// - Throws: `StoreError.damaged` with the first thing that is wrong.
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
    indicatedOnQueue = zeros(store.queues.capacity)
    indicatedOnVPort = zeros(store.vports.capacity)
    met = zeros(store.lists.capacity / 64 + 1)
  }

  /// In an order in which what is counted is known when it is compared.
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

  // MARK: Numbers that are values of a type

  func isReason(_ failure: Failure) -> Bool {
    // None is what nearly all have.
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

  /// Walks an intrusive list; says how long it is.
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

  /// Notes that a record waits for a request, which has to be there and to be waited for by no other.
  mutating func wait(for request: Ref<RequestRecord>, _ at: CheckedRecord) throws(StoreError) {
    guard let index = request.optional else { return }
    guard store.requests.contains(index), store.requests[index, \.$state.validated] == .open,
      waiting[Int(index)] == 0
    else { throw at.damaged("the request it is to answer is not there, or another's") }
    waiting[Int(index)] = 1
  }

  /// Whether something is a name or label as they come from outside.
  func isText(_ name: Name) -> Bool {
    unsafe withUnsafeBytes(of: name) { unsafe Name(bytes: $0) != nil }
  }

  func isText(_ site: Site) -> Bool {
    unsafe withUnsafeBytes(of: site) { unsafe Site(bytes: $0) != nil }
  }

  // MARK: The end

  /// Every record that should be in a list is in one: as many were met as there are, and none twice.
  private func checkTotals() throws(StoreError) {
    func same(_ count: KeyPath<Totals, UInt32>, _ what: String) throws(StoreError) {
      let (found, used) = (listed[keyPath: count], inUse[keyPath: count])
      guard found == used else {
        throw .damaged("\(used) \(what) are in use, and \(found) stand in lists")
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
