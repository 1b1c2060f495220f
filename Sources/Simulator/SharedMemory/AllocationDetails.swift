// Read access for the host, after a turn or a restore, to allocations, their extents, and the sections and blocks of
// hosted providers. Nothing here changes state.

public import NDISDriverInterface
public import NDIS
import NDISStore

extension Simulator {
  /// Whether a handle names a live section.
  public func isLive(section handle: Handle) -> Bool { (try? resolveSection(handle)) != nil }

  /// The live block an AllocationHandle names.
  public func allocation(_ handle: Handle) -> AllocationDetails? {
    let index = Index<BlockRecord>(handle.index)
    guard handle.kind == .allocation, store.blocks.contains(index) else { return nil }
    let block = store.blocks[index]
    guard block.$state.raw == BlockState.live.rawValue,
      self.handle(.allocation, block.generation, index) == handle
    else { return nil }
    let section = store.sections[block.section.index]
    return AllocationDetails(
      section: sectionHandle(block.section.index), sectionIndex: block.section.index.raw,
      sectionSize: UInt64(section.pages) << section.pageShift, physicalBase: section.physicalBase,
      extentCount: block.extents, length: block.length)
  }

  /// Visits the extents of a live block in order.
  public func forEachExtent(of handle: Handle, _ body: (Extent) -> Void) {
    guard handle.kind == .allocation, store.blocks.contains(Index(handle)) else { return }
    let block = store.blocks[Index(handle)]
    guard block.section != .none else { return }
    let shift = store.sections[block.section.index, \.pageShift]
    var left = block.length
    func visit(_ firstPage: UInt32, _ pages: UInt32) {
      // Only the last extent may end within a page; it ends at the block's length.
      let length = UInt32(clamping: min(UInt64(pages) << shift, UInt64(left)))
      left -= length
      body(Extent(offset: UInt64(firstPage) << shift, length: length))
    }
    visit(block.firstPage, block.pages)
    var more = block.moreExtents
    while let index = more.optional {
      let extent = store.extents[index]
      visit(extent.firstPage, extent.pages)
      more = extent.next
    }
  }

  /// Visits every block of a hosted provider, with section, context and extents: the provider restores its
  /// state from them after an adoption.
  public func forEachHostedBlock(
    _ body: (_ provider: UInt32, _ section: Handle, _ context: UInt64, [Extent]) -> Void
  ) {
    for index in store.blocks.touched {
      let block = store.blocks[index]
      guard block.state == .live || block.state == .freeing,
        let registration = block.registration.optional,
        store.registrations[registration, \.ownerSession].isNone,
        store.registrations[registration, \.hosted] != UInt32.max
      else { continue }
      var extents: [Extent] = []
      forEachExtent(of: handle(.allocation, block.generation, index)) { extents.append($0) }
      body(
        store.registrations[registration, \.hosted], sectionHandle(block.section.index),
        block.providerContext, extents)
    }
  }

  /// Visits every section of a hosted provider.
  public func forEachSection(
    ofHosted provider: UInt32,
    _ body: (Handle, _ domain: Handle, _ node: UInt32, _ size: UInt64) -> Void
  ) {
    var next = derived.liveSections.first
    while let index = next {
      next = derived.liveSections.first(after: index)
      let section = store.sections[index]
      let registration = store.registrations[section.registration.index]
      guard registration.ownerSession.isNone, registration.hosted == provider else { continue }
      body(
        sectionHandle(index), section.domain, section.node,
        UInt64(section.pages) << section.pageShift)
    }
  }
}
