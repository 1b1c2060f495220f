// The layout of a section: blocks by owner, and free space. The map is divided into cells of equal size; a
// cell belongs to the owner of most of its bytes, and is marked as mixed if it has several blocks or is partly
// free.
//
// Uncovered bytes are free. Extents beyond the end of the section are clipped, and overlapping extents are
// trimmed: invalid input must not trap.

/// A section and the extents of the blocks in it.
public struct SectionMap: Sendable {
  /// A piece of a block.
  public struct Extent: Sendable, Hashable {
    public var offset: Int
    public var length: Int
    /// Index in `owners`.
    public var owner: Int
    /// Identifies the block; the same for all of its extents.
    public var block: Int

    public init(offset: Int, length: Int, owner: Int, block: Int) {
      self.offset = offset
      self.length = length
      self.owner = owner
      self.block = block
    }
  }

  /// Bytes of the section.
  public let size: Int
  /// Names, as in the legend.
  public let owners: [String]
  /// Sorted, without overlap, inside the section, with owners that exist.
  public let extents: [Extent]

  /// The statistics of a section.
  public struct Figures: Sendable, Hashable {
    /// Bytes in blocks.
    public var used = 0
    /// Free bytes.
    public var free = 0
    public var freeRuns = 0
    public var longestFreeRun = 0
    /// 1 - longest free run / free bytes: 0 if the free space is contiguous, or empty.
    public var fragmentation: Double {
      free > 0 ? 1 - Double(longestFreeRun) / Double(free) : 0
    }
  }

  /// The share of an owner.
  public struct Share: Sendable, Hashable {
    public var blocks = 0
    public var bytes = 0
  }

  /// A cell of the map.
  public struct Cell: Sendable, Hashable {
    /// The owner of most of its bytes; nil if it is free.
    public var owner: Int?
    /// It has several blocks, or is partly free.
    public var isMixed = false
    /// Pieces of blocks in it.
    public var pieces = 0
  }

  public init(size: Int, owners: [String], extents: [Extent]) {
    self.size = max(0, size)
    self.owners = owners
    var kept: [Extent] = []
    kept.reserveCapacity(extents.count)
    var end = 0
    for extent in extents.sorted(by: { $0.offset < $1.offset })
    where owners.indices.contains(extent.owner) && extent.length > 0 {
      let (stop, overflow) = extent.offset.addingReportingOverflow(extent.length)
      let last = min(overflow ? Int.max : stop, self.size)
      let first = max(extent.offset, end)
      guard first < last else { continue }
      var cut = extent
      cut.offset = first
      cut.length = last - first
      kept.append(cut)
      end = last
    }
    self.extents = kept
  }

  public var figures: Figures {
    var figures = Figures()
    var end = 0
    func addFree(to offset: Int) {
      guard offset > end else { return }
      figures.free += offset - end
      figures.freeRuns += 1
      figures.longestFreeRun = max(figures.longestFreeRun, offset - end)
    }
    for extent in extents {
      addFree(to: extent.offset)
      figures.used += extent.length
      end = extent.offset + extent.length
    }
    addFree(to: size)
    return figures
  }

  /// The share of each owner, in the order of `owners`.
  public var shares: [Share] {
    var shares = [Share](repeating: Share(), count: owners.count)
    var seen = Set<Int>()
    for extent in extents {
      shares[extent.owner].bytes += extent.length
      if seen.insert(extent.block).inserted { shares[extent.owner].blocks += 1 }
    }
    return shares
  }

  /// The map in `count` cells; linear in the number of extents and cells.
  public func cells(_ count: Int) -> [Cell] {
    guard count > 0, size > 0 else { return [] }
    var cells: [Cell] = []
    cells.reserveCapacity(count)
    var next = 0
    for index in 0..<count {
      let begin = SectionMap.part(size, index, count)
      let end = SectionMap.part(size, index + 1, count)
      var bytes: [(owner: Int, bytes: Int)] = []
      var covered = 0
      var cell = Cell()
      var first: Int?
      while next < extents.count, extents[next].offset + extents[next].length <= begin { next += 1 }
      var at = next
      while at < extents.count, extents[at].offset < end {
        let extent = extents[at]
        let inside = min(extent.offset + extent.length, end) - max(extent.offset, begin)
        covered += inside
        cell.pieces += 1
        if let first, first != extent.block { cell.isMixed = true }
        first = first ?? extent.block
        if let known = bytes.firstIndex(where: { $0.owner == extent.owner }) {
          bytes[known].bytes += inside
        } else {
          bytes.append((extent.owner, inside))
        }
        at += 1
      }
      // Of equal shares the first one is chosen, so that maps are reproducible.
      var most = 0
      for (owner, has) in bytes where has > most { (cell.owner, most) = (owner, has) }
      if covered > 0, covered < end - begin { cell.isMixed = true }
      cells.append(cell)
    }
    return cells
  }

  /// `size` * `index` / `count`, without overflow.
  public static func part(_ size: Int, _ index: Int, _ count: Int) -> Int {
    let product = UInt(clamping: size).multipliedFullWidth(by: UInt(clamping: index))
    let divisor = UInt(clamping: max(count, 1))
    guard product.high < divisor else { return size }
    return Int(clamping: divisor.dividingFullWidth((product.high, product.low)).quotient)
  }
}
