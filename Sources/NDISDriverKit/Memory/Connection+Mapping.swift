// Maps the block of an allocation's reply: a pointer into the section's mapping, or a separate mapping with
// several extents side by side. The extents are validated again, although NDIS has checked them, because a
// wrong pointer would crash this process.

import CNDIS
import NDIS
import NDISPlatform

extension Connection {
  /// Returns the block. If the memory cannot be mapped, the block is freed and the call throws.
  func block(
    _ answer: AllocationAnswer, of allocation: AllocationTicket
  ) throws(DriverError) -> SharedMemoryBlock {
    let problem: DriverError
    do throws(DriverError) {
      return try map(answer, owner: allocation.owner, length: allocation.length)
    } catch { problem = error }
    // At the level that a free requires, regardless of the caller's.
    try? withIRQL(.passive) { () throws(DriverError) in
      try free(
        Handle(rawValue: allocation.owner),
        AllocationHandle(rawValue: answer.head.allocation_handle))
    }
    throw problem
  }

  func map(
    _ answer: AllocationAnswer, owner: UInt64, length: UInt32
  ) throws(DriverError) -> SharedMemoryBlock {
    let head = answer.head
    guard let section = sections.find(head.section) else {
      throw Connection.unmapped("Section \(hex(head.section)) could not be mapped.")
    }
    var total = try Connection.check(answer.first, in: section)
    for extent in answer.others { total += try Connection.check(extent, in: section) }
    guard total >= UInt64(length) else {
      throw Connection.unmapped("The extents are shorter than the block.")
    }
    let mapping: Mapping
    let address: UnsafeMutableRawPointer
    if answer.others.isEmpty {
      mapping = section.mapping
      unsafe address = section.mapping.baseAddress + Int(answer.first.offset)
    } else {
      mapping = try sideBySide(answer, section)
      unsafe address = unsafe mapping.baseAddress
    }
    return unsafe SharedMemoryBlock(
      allocationHandle: AllocationHandle(rawValue: head.allocation_handle),
      sharedMemoryHandle: SharedMemoryHandle(rawValue: head.shared_memory_handle),
      owner: Handle(rawValue: owner), length: Int(length),
      section: section, physicalBase: head.physical_base, firstExtent: answer.first,
      otherExtents: answer.others, mapping: mapping, address: address)
  }

  /// The bytes of an extent, which must lie in its section.
  private static func check(
    _ extent: Extent, in section: MappedSection
  ) throws(DriverError) -> UInt64 {
    guard extent.offset <= section.size, UInt64(extent.length) <= section.size - extent.offset
    else { throw unmapped("An extent ends outside its section.") }
    return UInt64(extent.length)
  }

  private func sideBySide(
    _ answer: AllocationAnswer, _ section: MappedSection
  ) throws(DriverError) -> Mapping {
    let page = UInt64(max(helloLimits.pageSize, 1))
    // The last extent may end inside a page; the whole page belongs to the block.
    let extents: [Mapping.Extent] = ([answer.first] + answer.others).map { extent in
      (extent.offset, (UInt64(extent.length) + page - 1) / page * page)
    }
    do throws(SystemError) {
      return try Mapping.sideBySide(descriptor: section.descriptor, extents: extents)
    } catch {
      throw Connection.unmapped("The block's extents could not be mapped side by side: \(error)")
    }
  }

  private static func unmapped(_ sentence: String) -> DriverError {
    DriverError(status: .resources, rule: "notMapped", sentence: sentence)
  }
}
