// A simple allocator for providers: one section per domain, offered on first use; whole pages, first fit.
//
// Limits: a section does not grow; a request without free pages fails with RESOURCES. A
// search is linear in the section's pages, from the first free one.

public import NDIS
package import NDISPlatform

/// Allocates pages of sections; keeps a mapping of each.
public final class SectionAllocator: Sendable {
  /// An allocated block.
  public struct Block: Sendable {
    /// Unique in this allocator: serves as SharedMemoryProviderContext.
    public var context: UInt64
    public var domain: UInt64
    public var section: SectionHandle
    /// Whole pages, except for the end of the last one.
    public var extents: [Extent]
    package var mapping: Mapping

    /// Calls `body` with the bytes of an extent of the block, in the provider's own mapping of the
    /// section; nil if the extent is not in the section.
    public func withBytes<Value>(
      of extent: Extent, _ body: (UnsafeMutableRawBufferPointer) -> Value
    ) -> Value? {
      let size = UInt64(mapping.size)
      guard extent.offset <= size, UInt64(extent.length) <= size - extent.offset else {
        return nil
      }
      let start = unsafe mapping.baseAddress + Int(extent.offset)
      return unsafe body(UnsafeMutableRawBufferPointer(start: start, count: Int(extent.length)))
    }
  }

  private struct Area {
    var section: SectionHandle
    var mapping: Mapping
    /// One flag per page: in use.
    var pages: [Bool]
    /// All pages before this one are in use.
    var firstFree = 0
  }

  private struct State {
    var areas: [UInt64: Area] = [:]
    var blocks: [UInt64: Block] = [:]
    var nextContext: UInt64 = 1
  }

  private let state = Monitor<State>(State())
  private let handle: UInt64
  private let sectionSize: UInt64
  private let pageSize = NDISPlatform.Limits.pageSize

  /// - Parameters:
  ///   - handle: the handle the provider registers its handlers on.
  ///   - sectionSize: bytes of each section, rounded up to pages.
  public init(handle: some NdisHandle, sectionSize: UInt64 = 64 << 20) {
    self.handle = handle.rawValue
    let page = NDISPlatform.Limits.pageSize
    self.sectionSize = (max(sectionSize, 1) + page - 1) / page * page
  }

  /// Allocates memory for a request: one extent, or with `isScattered` one extent per page with a gap after
  /// each. Throws RESOURCES if there are not enough free pages.
  public func allocate(
    _ request: ProviderRequest, isScattered: Bool = false
  ) throws(DriverError) -> Block {
    let pages = (UInt64(request.parameters.length) + pageSize - 1) / pageSize
    guard pages > 0, !isScattered || pages <= UInt64(request.maximumExtents) else {
      throw .refusal(.resources)
    }
    try offer(request)
    let block = state.withLock { state -> Block? in
      guard var area = state.areas.removeValue(forKey: request.domain) else { return nil }
      defer { state.areas[request.domain] = area }
      guard let found = SectionAllocator.find(Int(pages), isScattered, in: area) else {
        return nil
      }
      for page in found { area.pages[page] = true }
      if found[0] == area.firstFree { area.firstFree += isScattered ? 1 : found.count }
      let block = Block(
        context: state.nextContext, domain: request.domain, section: area.section,
        extents: extents(found, length: request.parameters.length, isScattered),
        mapping: area.mapping)
      state.nextContext += 1
      state.blocks[block.context] = block
      return block
    }
    guard let block else { throw .refusal(.resources) }
    return block
  }

  /// Frees a block; nil if there is none with this context.
  @discardableResult
  public func free(_ context: UInt64) -> Block? {
    state.withLock { state in
      guard let block = state.blocks.removeValue(forKey: context) else { return nil }
      for extent in block.extents {
        let first = Int(extent.offset / pageSize)
        let count = (Int(extent.length) + Int(pageSize) - 1) / Int(pageSize)
        for page in first..<first + count { state.areas[block.domain]?.pages[page] = false }
        if let hint = state.areas[block.domain]?.firstFree, first < hint {
          state.areas[block.domain]?.firstFree = first
        }
      }
      return block
    }
  }

  /// A live block.
  public func block(_ context: UInt64) -> Block? {
    state.withLock { $0.blocks[context] }
  }

  /// The live blocks of a domain.
  public func blocks(of domain: UInt64) -> [Block] {
    state.withLock { $0.blocks.values.filter { $0.domain == domain } }
  }

  /// Removes a section that NDIS has released.
  public func sectionReleased(_ section: SectionHandle) {
    state.withLock { state in
      state.areas = state.areas.filter { $0.value.section != section }
      state.blocks = state.blocks.filter { $0.value.section != section }
    }
  }

  /// Offers the domain's section if it has none. Two threads may call for one domain at once; the
  /// second section is then withdrawn.
  private func offer(_ request: ProviderRequest) throws(DriverError) {
    guard state.withLock({ $0.areas[request.domain] == nil }) else { return }
    let memory = try makeMemory()
    let mapping = try map(memory)
    let offered = try request.connection.offerSection(
      Handle(rawValue: handle), domain: request.domain, memory: memory)
    let area = Area(
      section: offered.section, mapping: mapping,
      pages: [Bool](repeating: false, count: Int(sectionSize / pageSize)))
    let isSecond = state.withLock { state in
      guard state.areas[request.domain] == nil else { return true }
      state.areas[request.domain] = area
      return false
    }
    if isSecond { try? request.connection.withdrawSection(area.section) }
  }

  private func makeMemory() throws(DriverError) -> SealedMemory {
    do throws(SystemError) {
      return try SealedMemory(name: "ndis-section", size: sectionSize)
    } catch { throw SectionAllocator.noSection(error) }
  }

  private func map(_ memory: borrowing SealedMemory) throws(DriverError) -> Mapping {
    do throws(SystemError) {
      return try Mapping(descriptor: memory.descriptor)
    } catch { throw SectionAllocator.noSection(error) }
  }

  private static func noSection(_ error: SystemError) -> DriverError {
    DriverError(status: .resources, rule: "noSection", sentence: "\(error)")
  }

  private static func find(_ count: Int, _ isScattered: Bool, in area: Area) -> [Int]? {
    var found: [Int] = []
    for page in area.firstFree..<area.pages.count {
      if area.pages[page] {
        if !isScattered { found.removeAll(keepingCapacity: true) }
        continue
      }
      // A page of a scattered block never follows the one before.
      if isScattered, let last = found.last, last + 1 == page { continue }
      found.append(page)
      if found.count == count { return found }
    }
    return nil
  }

  private func extents(_ pages: [Int], length: UInt32, _ isScattered: Bool) -> [Extent] {
    guard isScattered else {
      return [Extent(offset: UInt64(pages[0]) * pageSize, length: length)]
    }
    var left = length
    return pages.map { page in
      let part = min(left, UInt32(truncatingIfNeeded: pageSize))
      left -= part
      return Extent(offset: UInt64(page) * pageSize, length: part)
    }
  }
}
