// What is derived from the store beyond which records are free: page maps, look-up tables, and the objects that
// still have work to do before they are gone. Made from the bytes when a simulator opens them. Every choice made
// with it is canonical (lowest free slot, lowest address), so it does not matter how the state came
// about.

import NDIS

struct Derived: ~Copyable {
  /// Registrations that may serve requests.
  var activeRegistrations: RecordSet<RegistrationRecord>
  var liveSections: RecordSet<SectionRecord>
  /// Upcalls with a deadline.
  var timedUpcalls: RecordSet<UpcallRecord>
  /// OID requests with a Timeout.
  var timedOIDs: RecordSet<OIDRecord>
  /// Objects with something to do before they are at rest.
  var workSessions: RecordSet<SessionRecord>
  var workDrivers: RecordSet<DriverRecord>
  var workAdapters: RecordSet<AdapterRecord>
  var workBindings: RecordSet<BindingRecord>
  /// Which pages of each section are taken.
  var pageMaps: [PageSet?]
  var siteIndex = SiteIndex()
  var adaptersByName: [Name: Index<AdapterRecord>] = [:]
  var users = UserTable()

  /// `pageMaps`: which pages the blocks of an adopted store have, where that is known already.
  init(
    _ store: Store, _ slabs: borrowing Slabs, fresh: Bool = false, pageMaps known: [PageSet?]? = nil
  ) {
    let capacities = store.capacities
    activeRegistrations = RecordSet(IndexSet(capacity: capacities.registrations))
    liveSections = RecordSet(IndexSet(capacity: capacities.sections))
    timedUpcalls = RecordSet(IndexSet(capacity: capacities.upcalls))
    timedOIDs = RecordSet(IndexSet(capacity: capacities.oids))
    workSessions = RecordSet(IndexSet(capacity: capacities.sessions))
    workDrivers = RecordSet(IndexSet(capacity: capacities.drivers))
    workAdapters = RecordSet(IndexSet(capacity: capacities.adapters))
    workBindings = RecordSet(IndexSet(capacity: capacities.bindings))
    pageMaps = known ?? [PageSet?](repeating: nil, count: Int(capacities.sections))
    // A store that was just laid out holds nothing to read.
    if !fresh { adopt(store, slabs, hasPages: known != nil) }
  }

  /// What the records in use mean beyond their being in use.
  private mutating func adopt(_ store: Store, _ slabs: borrowing Slabs, hasPages: Bool) {
    slabs.sessions.forEachUsed { index, session in
      users[session.uid, default: UserUsage()].sessions += 1
      users[session.uid, default: UserUsage()].sections += session.sections
      users[session.uid, default: UserUsage()].objects += session.objects
      users[session.uid, default: UserUsage()].blocks += session.blocks
      users[session.uid, default: UserUsage()].bytes += session.bytes
      if session.state != .open { workSessions.insert(index) }
    }
    slabs.drivers.forEachUsed { if $1.state == .ending { workDrivers.insert($0) } }
    slabs.adapters.forEachUsed {
      adaptersByName[$1.name] = $0
      workAdapters.insert($0)
    }
    slabs.bindings.forEachUsed { index, _ in workBindings.insert(index) }
    slabs.registrations.forEachUsed { if $1.state == .active { activeRegistrations.insert($0) } }
    slabs.sections.forEachUsed {
      liveSections.insert($0)
      if !hasPages { pageMaps[Int($0)] = PageSet(pageCount: $1.pages) }
    }
    if !hasPages { slabs.blocks.forEachUsed { takePages(of: $1, store) } }
    // A label is known whether blocks name it or not.
    for index in store.sites.touched {
      let site = store.sites[index, \.site]
      if !site.isEmpty { siteIndex.insert(site, index) }
    }
    slabs.upcalls.forEachUsed {
      if $1.deadline != 0, $1.state == .open || $1.state == .pended { timedUpcalls.insert($0) }
    }
    slabs.oids.forEachUsed { if $1.deadline != 0 { timedOIDs.insert($0) } }
  }

  private mutating func takePages(of block: BlockRecord, _ store: Store) {
    guard let section = block.section.optional, block.extents > 0 else { return }
    _ = pageMaps[Int(section)]?.take(start: block.firstPage, count: block.pages)
    var more = block.moreExtents
    while let index = more.optional {
      let extent = store.extents[index]
      _ = pageMaps[Int(section)]?.take(start: extent.firstPage, count: extent.pages)
      more = extent.next
    }
  }
}
