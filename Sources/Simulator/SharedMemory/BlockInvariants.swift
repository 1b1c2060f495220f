// Validates sections, their blocks, extents and labels. Each block is checked once here, and visited again in
// the lists of its owner, its provider and its queue.

import NDIS
import NDISStore

extension StoreCheck {
  /// A damaged page count would allocate a page set of that size, so counts are checked against the addresses
  /// first: sections must not overlap, and all must lie below the next free address.
  mutating func checkSections() throws(StoreError) {
    var spans: [(base: UInt64, end: UInt64, index: Index<SectionRecord>)] = []
    for index in store.sections.touched {
      let section = store.sections[index]
      let at = CheckedRecord("sections", index)
      try at.hold(section.generation <= lastGeneration, "its generation is too great")
      guard section.state != .free else { continue }
      try at.hold(section.$state.validated != nil, "its state has no case")
      try at.hold((12...30).contains(section.pageShift), "its pages have no size")
      try at.hold(section.pages > 0, "it has no pages")
      try at.hold(section.ownerEnded <= 1, "whether its owner has ended is not known")
      try at.hold(section.$keeping.validated != nil, "its keeping has no case")
      try at.hold(isRegistration(section.registration), "its registration is not there")
      try at.hold(
        section.session == store.registrations[section.registration.index, \.ownerSession],
        "it is not of its registration's session")
      try at.hold(section.session.isNone || isSession(section.session), "its session is not there")
      try at.hold(section.payer.isNone || isSession(section.payer), "its payer is not there")
      try at.hold(isOwner(section.domain), "its domain is none")
      try at.hold(
        section.ownerEnded != 0 || isLive(section.domain), "its domain has ended unnoticed")
      let size = UInt64(section.pages) << section.pageShift
      let base = section.physicalBase
      let next = store.globals[0, \.physicalNext]
      if base < LowAddresses.end {
        try at.hold(
          base >= LowAddresses.start && base & (LowAddresses.unit - 1) == 0
            && size <= LowAddresses.end - base, "its address is none below 4 GiB")
      } else {
        try at.hold(base & (1 << 30 - 1) == 0, "its address is at no gigabyte's edge")
        try at.hold(
          base < next && size < next - base, "it reaches beyond the next section's address")
      }
      try at.hold(
        base < LowAddresses.end || section.ownerEnded != 0 || !isLow(section.domain),
        "its adapter cannot address it")
      spans.append((base, base + size, index))
      if let payer = section.payer.optional { sessions[Int(payer)].sections &+= 1 }
      inUse.sections &+= 1
    }
    spans.sort { $0.base < $1.base }
    for (one, other) in zip(spans, spans.dropFirst()) {
      try CheckedRecord("sections", other.index).hold(
        one.end <= other.base, "its addresses are another's")
    }
    for span in spans {
      pageMaps[Int(span.index)] = PageSet(pageCount: store.sections[span.index, \.pages])
    }
  }

  /// Whether the adapter of a domain has no 64-bit addresses.
  private func isLow(_ domain: Handle) -> Bool {
    guard isLive(domain) else { return false }
    switch domain.kind {
    case .adapter: return store.adapters[Index(domain), \.lowAddresses] != 0
    case .binding, .filterModule:
      let adapter = store.bindings[Index(domain), \.adapter]
      return isAdapter(adapter) && store.adapters[adapter.index, \.lowAddresses] != 0
    default: return false
    }
  }

  mutating func checkBlocks() throws(StoreError) {
    for index in store.blocks.touched {
      let at = CheckedRecord("blocks", index)
      let block = store.blocks[index]
      try at.hold(block.generation <= lastGeneration, "its generation is too great")
      guard block.state != .free else { continue }
      guard let state = block.$state.validated else {
        throw at.damaged("its state has no case")
      }
      try at.hold(SharedMemoryUsage(rawValue: block.usage) != nil, "its usage is none")
      let revision = block.flags >> 4
      // Contiguous memory of the HAL in revision 1; no other block has a flag of these routines.
      let isOfMiniport = block.flags & 0x13 == 0x13 && revision == 1
      try at.hold(
        (block.flags & 0xF <= 1 || isOfMiniport) && (revision == 1 || revision == 2),
        "its flags are none")
      try at.hold(block.length > 0, "it has no length")
      try at.hold(isRegistration(block.registration), "its registration is not there")
      try at.hold(
        !isOfMiniport
          || store.registrations[block.registration.index, \.$level.validated] == .hal
            && block.queueID == 0 && block.vportID == 0
            && (block.ownerKind == .adapter || block.ownerKind == .none),
        "it is of NdisMAllocateSharedMemory, and not an adapter's memory of the HAL")
      inUse.providedBlocks &+= 1
      if let site = block.site.optional {
        try at.hold(store.sites.contains(site), "its label is not there")
        references[Int(site)] &+= 1
      }
      switch state {
      case .pending, .live: try checkOwner(block, at)
      default:
        try at.hold(
          block.$ownerKind.raw == 0 && block.owner.isNone && block.place.isNone,
          "it has an owner after its end")
      }
      switch state {
      case .live, .freeing: try checkPages(block, at)
      default:
        try at.hold(
          block.section.isNone && block.moreExtents.isNone && block.extents == 0,
          "it has memory before its provider has answered")
      }
      if state == .live {
        indicatedBlocks &+= UInt64(block.indicated)
      } else {
        blocksInCalls &+= 1
      }
    }
    for index in store.sections.touched where store.sections[index, \.state] != .free {
      let at = CheckedRecord("sections", index)
      let blocks = blocksOfSection[Int(index)]
      try at.hold(store.sections[index, \.blocks] == blocks, "it counts other blocks than it has")
    }
    for index in store.extents.touched {
      let used = store.extents[index].used
      try CheckedRecord("extents", index).hold(used <= 1, "whether it is used is not known")
      inUse.extents &+= used
    }
  }

  /// The owner, whose session is charged, and the queue or VPort.
  private mutating func checkOwner(
    _ block: BlockRecord, _ at: CheckedRecord
  ) throws(StoreError) {
    let driver: Ref<DriverRecord>
    var adapter = Ref<AdapterRecord>.none
    switch block.ownerIndex {
    case .driver(let index) where isDriver(Ref(index)): driver = Ref(index)
    case .adapter(let index) where isAdapter(Ref(index)):
      adapter = Ref(index)
      driver = store.adapters[index, \.driver]
    case .binding(let index) where isBinding(Ref(index)): driver = store.bindings[index, \.driver]
    default: throw at.damaged("its owner is not there")
    }
    try at.hold(isDriver(driver), "its owner's driver is not there")
    let session = store.drivers[driver.index, \.session]
    try at.hold(isSession(session), "its owner's session is not there")
    sessions[Int(session.index)].blocks &+= 1
    sessions[Int(session.index)].bytes &+= UInt64(block.length)
    owned.blocks &+= 1
    owned.bytes &+= UInt64(block.length)
    inUse.ownedBlocks &+= 1

    // NDIS_INVALID_VPORT_ID means "no VPort".
    let vport = block.vportID == UInt32.max ? 0 : block.vportID
    guard block.queueID != 0 || vport != 0 else {
      return try at.hold(block.place.isNone, "it is counted where it does not belong")
    }
    try at.hold(!adapter.isNone, "it is of a queue and not of its adapter")
    if block.queueID != 0 {
      try at.hold(
        store.queues.contains(block.queue)
          && store.queues[block.queue.index, \.adapter] == adapter
          && store.queues[block.queue.index, \.queueID] == block.queueID, "its queue is not there")
    } else {
      try at.hold(
        store.vports.contains(block.vport)
          && store.vports[block.vport.index, \.adapter] == adapter
          && store.vports[block.vport.index, \.vportID] == vport, "its VPort is not there")
    }
    inUse.placedBlocks &+= 1
  }

  /// The pages of a block must lie in its section, belong to no other block, and match its length. A cycle of
  /// extents would take a page twice.
  private mutating func checkPages(
    _ block: BlockRecord, _ at: CheckedRecord
  ) throws(StoreError) {
    let section = Int(block.section.index)
    guard section < pageMaps.count, pageMaps[section] != nil,
      store.sections[block.section.index, \.registration] == block.registration
    else { throw at.damaged("its section is not there, or another provider's") }
    guard pageMaps[section]?.take(start: block.firstPage, count: block.pages) == true else {
      throw at.damaged("its pages lie outside its section, or are another block's")
    }
    var pages = UInt64(block.pages)
    var count: UInt32 = 1
    var more = block.moreExtents
    while let slot = more.optional {
      guard store.extents.contains(slot), store.extents[slot, \.used] == 1 else {
        throw at.damaged("one of its extents is not there")
      }
      let extent = store.extents[slot]
      guard pageMaps[section]?.take(start: extent.firstPage, count: extent.pages) == true else {
        throw at.damaged("its pages lie outside its section, or are another block's")
      }
      pages &+= UInt64(extent.pages)
      count &+= 1
      more = extent.next
    }
    try at.hold(
      count == block.extents && count <= NDIS.Limits.maximumExtents,
      "it counts other extents than it has")
    try at.hold(count == 1 || block.flags & 1 == 0, "it is contiguous and has several extents")
    let size = pages << store.sections[block.section.index, \.pageShift]
    let page = UInt64(1) << store.sections[block.section.index, \.pageShift]
    try at.hold(
      UInt64(block.length) <= size && size - UInt64(block.length) < page,
      "its length is not that of its pages")
    blocksOfSection[section] &+= 1
    listed.extents &+= count &- 1
  }

  /// Labels, and how many blocks refer to each. An unreferenced label is kept until its slot is reused.
  mutating func checkSites() throws(StoreError) {
    for index in store.sites.touched {
      let site = store.sites[index]
      let at = CheckedRecord("sites", index)
      try at.hold(isText(site.site), "it is no clean text")
      try at.hold(
        site.references == references[Int(index)], "it counts other blocks than name it")
      try at.hold(site.references == 0 || !site.site.isEmpty, "it is named and empty")
    }
  }
}
