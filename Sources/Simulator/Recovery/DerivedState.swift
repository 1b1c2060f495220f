// State derived from the store, apart from free lists and pending work: page maps and lookup tables. It is
// rebuilt from the bytes when a simulator opens them. Every choice made with it is canonical (lowest address,
// newest registration), so the result does not depend on history.

import NDIS
import NDISStore

struct Derived: ~Copyable {
  /// Registrations that may serve requests.
  var activeRegistrations: RecordSet<RegistrationRecord>
  var liveSections: RecordSet<SectionRecord>
  /// Which pages of each section are allocated.
  var pageMaps: [PageSet?]
  var siteIndex = SiteIndex()
  var adaptersByName: [Name: Index<AdapterRecord>] = [:]
  var users = UserTable()

  /// `pageMaps`: the allocated pages of an adopted store, if validation has computed them already.
  init(
    _ store: Store, _ slabs: borrowing Slabs, fresh: Bool = false, pageMaps known: [PageSet?]? = nil
  ) {
    let capacities = store.capacities
    activeRegistrations = RecordSet(IndexSet(capacity: capacities.registrations))
    liveSections = RecordSet(IndexSet(capacity: capacities.sections))
    pageMaps = known ?? [PageSet?](repeating: nil, count: Int(capacities.sections))
    // A new store has no records to scan.
    if !fresh { adopt(store, slabs, hasPages: known != nil) }
  }

  /// Derives state from the records in use.
  private mutating func adopt(_ store: Store, _ slabs: borrowing Slabs, hasPages: Bool) {
    users = UserTable(slabs)
    slabs.adapters.forEachUsed { adaptersByName[$1.name] = $0 }
    slabs.registrations.forEachUsed { if $1.state == .active { activeRegistrations.insert($0) } }
    slabs.sections.forEachUsed {
      liveSections.insert($0)
      if !hasPages { pageMaps[Int($0)] = PageSet(pageCount: $1.pages) }
    }
    if !hasPages { slabs.blocks.forEachUsed { takePages(of: $1, store) } }
    // A label is indexed whether blocks refer to it or not.
    for index in store.sites.touched {
      let site = store.sites[index, \.site]
      if !site.isEmpty { siteIndex.insert(site, index) }
    }
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
