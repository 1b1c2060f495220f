// Shared memory mapped into a driver's process, whole or as adjacent pieces. The memory is unmapped when the
// last reference is released, so keep the mapping as long as an address in it.
//
// Limits: only sealed sections can be mapped safely; an unsealed file can shrink, and a read beyond its end
// raises SIGBUS. Peers may write at any time; nothing here synchronises with that.

import CNDISLinux
import Glibc

/// An address range that maps shared memory.
@safe
public final class Mapping: @unchecked Sendable {
  // Unchecked: both properties are immutable. The memory is shared with other processes anyway, and its users
  // must use atomic operations.

  /// The access rights of a mapping.
  public enum Access: Sendable {
    case readOnly
    case readWrite
  }

  /// A piece of a section: whole pages; offset and length in bytes.
  public typealias Extent = (offset: UInt64, length: UInt64)

  /// The first byte, page-aligned.
  public let baseAddress: UnsafeMutableRawPointer
  /// Length in bytes.
  public let size: Int

  private init(owning baseAddress: UnsafeMutableRawPointer, size: Int) {
    unsafe self.baseAddress = unsafe baseAddress
    self.size = size
  }

  deinit {
    // Cannot fail for a mapped range.
    _ = unsafe clinux_unmap(baseAddress, size)
  }

  /// Maps a whole section.
  public convenience init(
    descriptor: borrowing Descriptor, access: Access = .readWrite
  ) throws(SystemError) {
    let file = descriptor.raw
    let summary = try FileSummary(file)
    guard summary.size > 0, let size = Int(exactly: summary.size) else {
      throw .invalid("mmap of a section of \(summary.size) bytes")
    }
    var address: UnsafeMutableRawPointer?
    try SystemCall.run("mmap of \(size) bytes") {
      unsafe clinux_map(file, 0, size, access == .readWrite ? 1 : 0, &address)
    }
    guard let address = unsafe address else { throw .invalid("mmap") }
    unsafe self.init(owning: address, size: size)
  }

  /// Maps pieces of a section adjacent to each other in one address range. A piece may be mapped more than
  /// once.
  public static func sideBySide(
    descriptor: borrowing Descriptor, extents: [Extent], access: Access = .readWrite
  ) throws(SystemError) -> Mapping {
    let file = descriptor.raw
    let summary = try FileSummary(file)
    let size = try totalSize(of: extents, in: summary)
    let mapping = try reserve(size, alignment: Int(summary.pageSize))

    // From here on the mapping owns the reservation: a failure unmaps all of it.
    var address = unsafe mapping.baseAddress
    for (offset, length) in extents {
      try SystemCall.run("mmap of \(length) bytes at \(offset)") {
        unsafe clinux_map_over(address, file, offset, Int(length), access == .readWrite ? 1 : 0)
      }
      unsafe address += Int(length)
    }
    return mapping
  }

  /// Validates every piece and returns the sum of their lengths.
  private static func totalSize(
    of extents: [Extent], in file: FileSummary
  ) throws(SystemError) -> Int {
    var total: UInt64 = 0
    for (offset, length) in extents {
      guard length > 0, offset % file.pageSize == 0, length % file.pageSize == 0,
        offset <= file.size, length <= file.size - offset
      else {
        throw .invalid("mmap of \(length) bytes at \(offset) of a section of \(file.size)")
      }
      let (sum, overflow) = total.addingReportingOverflow(length)
      guard !overflow else { throw SystemError(errno: ENOMEM, operation: "mmap side by side") }
      total = sum
    }
    guard total > 0 else { throw .invalid("mmap side by side of nothing") }
    // Larger than any address space, and small enough that adding the alignment cannot overflow.
    guard total < 1 << 62 else { throw SystemError(errno: ENOMEM, operation: "mmap side by side") }
    return Int(total)
  }

  /// Reserves an unused address range.
  private static func reserve(_ size: Int, alignment: Int) throws(SystemError) -> Mapping {
    // The kernel aligns to small pages; for huge pages a larger range is reserved and its ends are unmapped.
    let slack = max(alignment - Int(Limits.pageSize), 0)
    var start: UnsafeMutableRawPointer?
    try SystemCall.run("mmap to reserve \(size) bytes") {
      unsafe clinux_reserve(size + slack, &start)
    }
    guard let start = unsafe start else { throw .invalid("mmap to reserve") }
    let aligned = unsafe start.alignedUp(toMultipleOf: alignment)
    let before = unsafe aligned - start
    if before > 0 { _ = unsafe clinux_unmap(start, before) }
    if slack > before { _ = unsafe clinux_unmap(aligned + size, slack - before) }
    return unsafe Mapping(owning: aligned, size: size)
  }
}
