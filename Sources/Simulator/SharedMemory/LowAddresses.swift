// Physical addresses below 4 GiB, for adapters without 64-bit addresses: those that registered scatter-gather DMA
// without NDIS_SG_DMA_64_BIT_ADDRESS, or a DMA channel. A section has one domain, so an adapter's sections and those of
// its bindings lie there as a whole, and no other section does (A88).
//
// The space is small and its addresses are used again: the lowest gap that is large enough is taken. A hosted
// provider's section is limited to `sectionLimit`, so that one adapter does not take all of it.

import NDISDriverInterface
public import NDIS
import NDISStore

/// The space below 4 GiB.
enum LowAddresses {
  /// Where it begins: what is below is the ISA bus's.
  static let start: UInt64 = 16 << 20
  static let end: UInt64 = 4 << 30
  /// Sections begin at multiples of it, or of their page size, and have as much of a gap behind them.
  static let unit: UInt64 = 2 << 20
  /// The largest section of a hosted provider.
  static let sectionLimit: UInt64 = 256 << 20
}

extension Simulator {
  /// Whether memory of a domain must lie below 4 GiB.
  func isLow(domain: Handle) -> Bool {
    guard let adapter = adapter(ofObject: domain) else { return false }
    return store.adapters[adapter, \.lowAddresses] != 0 && !RequestCheck.lowSections.isLeftOut
  }

  /// The size of a hosted provider's section for a domain, when it would be made of `size` bytes.
  public func sectionSize(domain: Handle, size: UInt64, pageSize: UInt32) -> UInt64 {
    guard isLow(domain: domain) else { return size }
    let limit = LowAddresses.sectionLimit / UInt64(pageSize) &* UInt64(pageSize)
    return min(size, max(limit, UInt64(pageSize)))
  }

  /// The lowest free address for a section below 4 GiB.
  func lowBase(size: UInt64, pageSize: UInt32) throws(Failure) -> UInt64 {
    var used: [(base: UInt64, end: UInt64)] = []
    var next = derived.liveSections.first
    while let index = next {
      let base = store.sections[index, \.physicalBase]
      if base < LowAddresses.end {
        let size = UInt64(store.sections[index, \.pages]) << store.sections[index, \.pageShift]
        used.append((base, base &+ size))
      }
      next = derived.liveSections.first(after: index)
    }
    used.sort { $0.base < $1.base }
    used.append((LowAddresses.end, LowAddresses.end))
    let unit = max(LowAddresses.unit, UInt64(pageSize))
    var free = LowAddresses.start
    var greatest: UInt64 = 0
    for one in used {
      let base = (free &+ unit &- 1) / unit &* unit
      // The last section needs no gap behind it: 4 GiB are not its neighbour.
      let gap = one.base == LowAddresses.end ? 0 : LowAddresses.unit
      let room = one.base > base &+ gap ? one.base &- base &- gap : 0
      if size <= room { return base }
      greatest = max(greatest, room)
      free = one.end &+ LowAddresses.unit
    }
    throw Failure(.resources, .lowAddressesFull, size, greatest)
  }

  /// The adapter has no 64-bit addresses from now on: sections of it that lie higher are removed. One with blocks
  /// cannot be: DMA is to be registered before memory is allocated.
  mutating func leaveHighAddresses(adapter index: Index<AdapterRecord>) throws(Failure) {
    let domain = adapterHandle(index)
    var high: [Index<SectionRecord>] = []
    var next = derived.liveSections.first
    while let section = next {
      next = derived.liveSections.first(after: section)
      guard store.sections[section, \.domain] == domain,
        store.sections[section, \.physicalBase] >= LowAddresses.end
      else { continue }
      guard RequestCheck.dmaAfterMemory.passes(store.sections[section, \.blocks] == 0) else {
        throw Failure(.resources, .dmaAfterMemory, store.sections[section, \.physicalBase])
      }
      high.append(section)
    }
    for section in high { release(section: section) }
  }
}
