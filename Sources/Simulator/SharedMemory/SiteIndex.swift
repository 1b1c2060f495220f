// The slot of each site label in the store. A label keeps its slot after the last block that refers to it has
// been freed, until the slot is reused: otherwise a driver that allocates and frees in turn would have its
// label removed and interned again every time. Derived from the labels in the store alone, whether blocks
// refer to them or not.

import NDIS
import NDISStore

/// Slots by label.
struct SiteIndex: ~Copyable {
  private var slots: [Site: Index<SiteRecord>] = [:]
  /// The label looked up last.
  private var recent: (site: Site, slot: Index<SiteRecord>)?

  /// The slot of a label; nil when it has none.
  mutating func find(_ site: Site) -> Index<SiteRecord>? {
    if let recent, recent.site == site { return recent.slot }
    guard let slot = slots[site] else { return nil }
    recent = (site, slot)
    return slot
  }

  mutating func insert(_ site: Site, _ slot: Index<SiteRecord>) {
    slots[site] = slot
    recent = (site, slot)
  }

  mutating func remove(_ site: Site) {
    slots[site] = nil
    recent = nil
  }
}
