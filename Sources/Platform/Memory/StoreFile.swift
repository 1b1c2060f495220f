// The memory of a store that outlives its process: a memory file of fixed size, mapped whole. The descriptor
// is kept by somebody else as well; the next process maps the same pages. What this process wrote before it
// was killed is there: the pages belong to the file, not to the process.
//
// Holes cost nothing until they are written, or read through the mapping; `touched` says where there are
// none.

import CNDISLinux
import Glibc

/// A mapped memory file.
@safe public final class StoreFile: @unchecked Sendable {
  // Unchecked: who uses the bytes says which thread may.
  public let baseAddress: UnsafeMutableRawPointer
  public let size: Int
  public let descriptor: Descriptor
  /// By which the file is known again.
  public let inode: UInt64

  /// A new file of zeros, sealed against growing and shrinking.
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

  /// Takes over a file that an earlier process made. Its size cannot change any more, or it is refused: a read
  /// behind its end would be SIGBUS.
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

  /// Where the file has pages, in order; everything else reads as zeros.
  public func touched() throws(SystemError) -> [Range<Int>] {
    var ranges: [Range<Int>] = []
    var from = 0
    while from < size {
      let start = clinux_seek_data(descriptor.raw, UInt64(from))
      // Nothing but a hole is left.
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

  /// Writes what the file holds, without its holes, to a new file; an older one of that name is replaced.
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
  /// The inode of what it is open for; nil when it is open for nothing.
  public var inode: UInt64? { Descriptor.inode(of: raw) }

  /// The same of a descriptor that somebody else owns.
  public static func inode(of raw: Int32) -> UInt64? {
    var summary = clinux_file()
    guard unsafe clinux_file_summary(raw, &summary) == 0 else { return nil }
    return summary.inode
  }
}
