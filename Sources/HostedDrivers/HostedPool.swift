// The hosted providers, `pool` and `hal`: shared-memory providers that run in the daemon and are called like
// any other. A pool has a capacity and NUMA nodes, creates one section per DMA domain and node on first use,
// and allocates pages first fit. A seed can fragment a section: every other run of pages is then reserved, so
// that a contiguous request fails where a scattered one succeeds.
//
// All of its state can be rebuilt from the store: sections, blocks and their extents are passed to it again
// when a daemon adopts a store.

import NDISStore
public import NDISDriverInterface
public import NDIS

/// What a pool fills the pages of a new block with.
public enum Fill: String, Sendable, CaseIterable {
  /// Nothing: fresh pages are zero, reused ones keep their old contents.
  case none
  case zero
  /// The 64-bit word 0xDEADBEEFDEADBEEF, to expose drivers that rely on zeroed memory.
  case poison
}

/// Configuration of a pool.
public struct PoolSettings: Sendable, Hashable {
  public var name: String
  public var level: ProviderLevel
  /// Bytes over all sections.
  public var capacity: UInt64
  /// Nodes 0..<nodes are served.
  public var nodes: UInt32
  public var pageSize: UInt32
  public var hugePages: Bool
  public var fill: Fill
  /// Zero: no fragmentation.
  public var fragmentationSeed: UInt64

  public init(
    name: String, level: ProviderLevel, capacity: UInt64 = 256 << 20, nodes: UInt32 = 1,
    pageSize: UInt32 = 4096, hugePages: Bool = false, fill: Fill = .none,
    fragmentationSeed: UInt64 = 0
  ) {
    self.name = name
    self.level = level
    self.capacity = capacity
    self.nodes = nodes
    self.pageSize = pageSize
    self.hugePages = hugePages
    self.fill = fill
    self.fragmentationSeed = fragmentationSeed
  }
}

/// A hosted provider's answer, or the section it needs first.
public enum HostedReply: Sendable {
  case answer(ProviderAnswer)
  /// A section of this size for the domain and node; repeat the call when it exists.
  case needsSection(domain: Handle, node: UInt32, size: UInt64)
}

/// One hosted provider.
public struct HostedPool: Sendable {
  public let settings: PoolSettings
  /// A section keeps its slot; a slot whose section was removed has the handle NULL and is reused.
  private var sections: [Section] = []
  private var slots: [Handle: Int] = [:]
  private var byDomain: [Place: Int] = [:]
  /// The slot used last: most requests come in runs from one domain.
  private var recent = 0
  /// Pages of blocks over all sections.
  public private(set) var usedPages: UInt64 = 0

  private struct Place: Hashable {
    var domain: Handle
    var node: UInt32
  }

  private struct Section {
    var handle: Handle
    var place: Place
    var map: PageMap
    /// Extents of blocks with several, by context.
    var scattered: [UInt64: ExtentList] = [:]
  }

  private static let scattered: UInt64 = 1 << 63

  public init(_ settings: PoolSettings) { self.settings = settings }

  /// Bytes in no block; a fragmented pool can allocate less.
  public var freeBytes: UInt64 {
    (capacityPages - min(usedPages, capacityPages)) * UInt64(settings.pageSize)
  }

  private var capacityPages: UInt64 { settings.capacity / UInt64(settings.pageSize) }

  /// NetAllocateSharedMemory of the pool, for an upcall read in full.
  public mutating func allocate(_ call: UpcallDetails) -> HostedReply {
    allocate(domain: call.object, call.parameters)
  }

  /// NetAllocateSharedMemory of the pool.
  public mutating func allocate(
    domain: Handle, _ parameters: SharedMemoryParameters
  ) -> HostedReply {
    let node: UInt32
    if parameters.preferredNode == 0x8000_0000 {
      node = 0
    } else if parameters.preferredNode < settings.nodes {
      node = parameters.preferredNode
    } else {
      return .answer(
        .refused(Failure(.resources, .nodeUnavailable, UInt64(parameters.preferredNode))))
    }
    let page = UInt64(settings.pageSize)
    let pages = (UInt64(parameters.length) + page - 1) / page
    let freePages = capacityPages - min(usedPages, capacityPages)
    guard pages <= freePages else {
      return .answer(
        .refused(Failure(.resources, .poolExhausted, freePages * page, pages * page)))
    }
    guard let slot = slot(of: Place(domain: domain, node: node)) else {
      return .needsSection(domain: domain, node: node, size: capacityPages * page)
    }
    let contiguous = parameters.flags & 1 != 0
    let extents = HostedPool.take(
      UInt32(clamping: pages), page, contiguous, parameters.length, &sections[slot].map)
    guard let first = extents?.first, let extents else {
      let longest = UInt64(sections[slot].map.longestFreeRun)
      let free = UInt64(sections[slot].map.freePages)
      return .answer(
        .refused(
          free >= pages
            ? Failure(.resources, .fragmented, longest * page, pages * page)
            : Failure(.resources, .poolExhausted, free * page, pages * page)))
    }
    usedPages += pages
    // The context alone identifies the pages to free: first page and count, or, with its top bit set, the
    // first page as key to the extents.
    var context = pages << 32 | first.offset / page
    if extents.count > 1 {
      context = HostedPool.scattered | first.offset / page
      sections[slot].scattered[context] = extents
    }
    return .answer(
      ProviderAnswer(
        status: .success, providerContext: context, section: sections[slot].handle,
        extents: extents))
  }

  private mutating func slot(of place: Place) -> Int? {
    if recent < sections.count, sections[recent].place == place,
      sections[recent].handle != .null
    {
      return recent
    }
    guard let slot = byDomain[place] else { return nil }
    recent = slot
    return slot
  }

  private mutating func slot(of section: Handle) -> Int? {
    if recent < sections.count, sections[recent].handle == section, section != .null {
      return recent
    }
    guard let slot = slots[section] else { return nil }
    recent = slot
    return slot
  }

  /// Pages of `page` bytes for a block of `length`. Static, because `self` and a map within it cannot be
  /// passed together without copying the map.
  private static func take(
    _ pages: UInt32, _ page: UInt64, _ contiguous: Bool, _ length: UInt32, _ map: inout PageMap
  ) -> ExtentList? {
    if let start = map.firstFit(count: pages) {
      _ = map.take(start: start, count: pages)
      return ExtentList(Extent(offset: UInt64(start) * page, length: length))
    }
    guard !contiguous, map.freePages >= pages else { return nil }
    var extents = ExtentList()
    var taken: [(start: UInt32, count: UInt32)] = []
    var left = pages
    var bytes = UInt64(length)
    var from: UInt32 = 0
    while left > 0, extents.count < Int(NDIS.Limits.maximumExtents),
      let run = map.firstRun(from: from)
    {
      let count = min(run.count, left)
      _ = map.take(start: run.start, count: count)
      taken.append((run.start, count))
      let size = min(UInt64(count) * page, bytes)
      extents.append(Extent(offset: UInt64(run.start) * page, length: UInt32(clamping: size)))
      bytes -= size
      left -= count
      from = run.start &+ count
    }
    guard left == 0 else {
      for run in taken { _ = map.release(start: run.start, count: run.count) }
      return nil
    }
    return extents
  }

  /// The pages of a block, as ranges of bytes.
  public func extents(section: Handle, context: UInt64) -> [Extent] {
    guard let slot = slots[section] else { return [] }
    let page = UInt64(settings.pageSize)
    guard context & HostedPool.scattered != 0 else {
      return [
        Extent(
          offset: (context & 0xFFFF_FFFF) &* page,
          length: UInt32(clamping: (context >> 32) &* page))
      ]
    }
    return (sections[slot].scattered[context].map { Array($0) } ?? []).map {
      Extent(offset: $0.offset, length: UInt32(clamping: pages(of: $0) &* page))
    }
  }

  /// NetFreeSharedMemory: the pages of the block with this context are free again.
  public mutating func free(section: Handle, context: UInt64) {
    guard let slot = slot(of: section) else { return }
    if context & HostedPool.scattered != 0 {
      for extent in sections[slot].scattered.removeValue(forKey: context) ?? [] {
        release(slot, first: extent.offset / UInt64(settings.pageSize), count: pages(of: extent))
      }
    } else {
      release(slot, first: context & 0xFFFF_FFFF, count: context >> 32)
    }
  }

  private func pages(of extent: Extent) -> UInt64 {
    (UInt64(extent.length) + UInt64(settings.pageSize) - 1) / UInt64(settings.pageSize)
  }

  private mutating func release(_ slot: Int, first: UInt64, count: UInt64) {
    let released = sections[slot].map.release(
      start: UInt32(clamping: first), count: UInt32(clamping: count))
    if released { usedPages -= min(usedPages, count) }
  }

  /// Adds the section that the host has created.
  public mutating func add(section: Handle, domain: Handle, node: UInt32, size: UInt64) {
    let place = Place(domain: domain, node: node)
    var map = PageMap(pageCount: UInt32(clamping: size / UInt64(settings.pageSize)))
    if settings.fragmentationSeed != 0 { fragment(&map, settings.fragmentationSeed) }
    let new = Section(handle: section, place: place, map: map)
    let slot = sections.firstIndex { $0.handle == .null } ?? sections.count
    if slot < sections.count { sections[slot] = new } else { sections.append(new) }
    slots[section] = slot
    byDomain[place] = slot
  }

  /// Removes a section.
  public mutating func remove(section: Handle) {
    guard let slot = slots.removeValue(forKey: section) else { return }
    let place = sections[slot].place
    if byDomain[place] == slot { byDomain[place] = nil }
    sections[slot] = Section(
      handle: .null, place: Place(domain: .null, node: 0), map: PageMap(pageCount: 0))
  }

  /// Restores a block of an adopted store. A block whose section has lost its memory uses none of the pool.
  public mutating func adopt(section: Handle, context: UInt64, extents: [Extent]) {
    guard let slot = slot(of: section) else { return }
    for extent in extents {
      let count = pages(of: extent)
      _ = sections[slot].map.take(
        start: UInt32(clamping: extent.offset / UInt64(settings.pageSize)),
        count: UInt32(clamping: count))
      usedPages += count
    }
    if context & HostedPool.scattered != 0 {
      sections[slot].scattered[context] = ExtentList(extents)
    }
  }

  /// Reserves pages so that no free run is longer than eight pages.
  private func fragment(_ map: inout PageMap, _ seed: UInt64) {
    var state = seed
    var page: UInt32 = 0
    while page < map.pageCount {
      state = state &* 6_364_136_223_846_793_005 &+ 1_442_695_040_888_963_407
      page += 1 + UInt32(truncatingIfNeeded: state >> 61)
      _ = map.take(start: page, count: 1)
      page += 1
    }
  }
}
