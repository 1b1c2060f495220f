// Where each site label stands in the store. A label keeps its slot when the last block that names it has
// gone, until the slot is wanted for another: a driver that allocates and frees in turn would else have
// its label forgotten and learned again every time. Derived from the labels in the store alone, whether
// blocks name them or not.

import NDIS
import NDISStore

/// Slots by label.
struct SiteIndex: ~Copyable {
  private var slots: [Site: Index<SiteRecord>] = [:]
  /// The label asked for last.
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
