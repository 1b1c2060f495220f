// The memory of a store that outlives its process: a memfd of fixed size, mapped whole. Its descriptor is
// also in the descriptor store, and the next process maps the same pages. Everything written before this
// process was killed is preserved: the pages belong to the file.
//
// Holes cost nothing until they are written, or read through the mapping; `touched` returns the ranges that
// are not holes.

import CNDISLinux
import Glibc

/// A mapped memfd.
@safe public final class StoreFile: @unchecked Sendable {
  // Unchecked: callers synchronise access to the bytes.
  public let baseAddress: UnsafeMutableRawPointer
  public let size: Int
  public let descriptor: Descriptor
  /// Identifies the file across restarts.
  public let inode: UInt64

  /// Creates a file of zeros, sealed against growing and shrinking.
  public convenience init(name: String, size: Int) throws(SystemError) {
    let page = Int(Limits.pageSize)
    let whole = (size + page - 1) / page * page
    let file = try SystemCall.open("memfd_create") { unsafe clinux_memfd_create(name, 0) }
    try SystemCall.run("fchmod") { clinux_change_mode(file.raw, 0o600) }
    try SystemCall.run("ftruncate to \(whole) bytes") {
      clinux_truncate(file.raw, UInt64(whole))
    }
    try SystemCall.run("fcntl(F_ADD_SEALS)") {
      clinux_add_seals(file.raw, SealedMemory.requiredSeals)
    }
    try self.init(mapping: file)
  }

  /// Opens a file that an earlier process created. It is refused if its size can change: a read beyond its
  /// end would raise SIGBUS.
  public convenience init(adopting file: consuming Descriptor) throws(SystemError) {
    let seals = clinux_get_seals(file.raw)
    let wanted = Int32(CLINUX_SEAL_GROW | CLINUX_SEAL_SHRINK)
    guard seals >= 0, seals & wanted == wanted else {
      throw .invalid("a descriptor that is not a sealed memory file")
    }
    try self.init(mapping: file)
  }

  private init(mapping file: consuming Descriptor) throws(SystemError) {
    var summary = clinux_file()
    try SystemCall.run("fstat") { unsafe clinux_file_summary(file.raw, &summary) }
    guard summary.size > 0, let size = Int(exactly: summary.size) else {
      throw .invalid("mmap of a file of \(summary.size) bytes")
    }
    var address: UnsafeMutableRawPointer?
    let raw = file.raw
    try SystemCall.run("mmap of \(size) bytes") { unsafe clinux_map(raw, 0, size, 1, &address) }
    guard let address = unsafe address else { throw .invalid("mmap") }
    unsafe baseAddress = address
    self.size = size
    inode = summary.inode
    descriptor = file
  }

  deinit { _ = unsafe clinux_unmap(baseAddress, size) }

  /// The ranges with pages, in order; everything else reads as zeros.
  public func touched() throws(SystemError) -> [Range<Int>] {
    var ranges: [Range<Int>] = []
    var from = 0
    while from < size {
      let start = clinux_seek_data(descriptor.raw, UInt64(from))
      // The rest is a hole.
      if start == -Int64(ENXIO) { break }
      let end = try SystemCall.run("lseek of a memory file") {
        start < 0 ? start : clinux_seek_hole(descriptor.raw, UInt64(start))
      }
      guard end > start else { throw SystemError(errno: EIO, operation: "lseek(SEEK_HOLE)") }
      ranges.append(Int(start)..<Int(end))
      from = Int(end)
    }
    return ranges
  }

  /// Copies the contents without the holes to a new file; replaces an older one with that name.
  public func copy(to path: String) throws(SystemError) {
    let target = try SystemCall.open("open \(path)") {
      let raw = unsafe open(path, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC | O_NOFOLLOW, 0o600)
      return raw < 0 ? -errno : raw
    }
    try SystemCall.run("ftruncate") { clinux_truncate(target.raw, UInt64(size)) }
    for range in try touched() {
      var done = range.lowerBound
      while done < range.upperBound {
        let count = try SystemCall.run("write to \(path)") {
          unsafe clinux_write_at(
            target.raw, baseAddress + done, min(range.upperBound - done, 1 << 24), UInt64(done))
        }
        guard count > 0 else { throw SystemError(errno: EIO, operation: "write to \(path)") }
        done += Int(count)
      }
    }
  }
}

extension Descriptor {
  /// The inode of the open file; nil if the descriptor is not open.
  public var inode: UInt64? { Descriptor.inode(of: raw) }

  /// The same for a borrowed descriptor.
  public static func inode(of raw: Int32) -> UInt64? {
    var summary = clinux_file()
    guard unsafe clinux_file_summary(raw, &summary) == 0 else { return nil }
    return summary.inode
  }
}
