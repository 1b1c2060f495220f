// A section of shared memory: a memory file whose size can never change again. Whoever maps it
// cannot be hit by SIGBUS through a peer's ftruncate. This process reads and writes it by pread and
// pwrite and never maps it: a peer that changes bytes meanwhile changes data and nothing else.
//
// Limits: bytes are read as they are at that moment, so copy once and judge the copy. Huge-page
// files cannot be written by pwrite (EINVAL from the kernel); their users map them. Pages are
// allocated when first touched, so ENOSPC and ENOMEM may come from any write.

import CNDISLinux
import Glibc

/// Owns a memory file sealed against growing, shrinking and further seals.
public struct SealedMemory: ~Copyable, Sendable {
  /// The memory file, to be sent to peers.
  public let descriptor: Descriptor
  /// The size in bytes, fixed for ever.
  public let size: UInt64
  /// The unit of mapping and of returning memory: the page, or the huge page.
  public let pageSize: UInt64

  static let requiredSeals = Int32(CLINUX_SEAL_GROW | CLINUX_SEAL_SHRINK | CLINUX_SEAL_SEAL)

  /// Makes a section of zeros, mode 0600.
  ///
  /// - Parameters:
  ///   - name: shown in /proc/PID/maps; not unique, at most 249 bytes.
  ///   - size: a whole number of pages, not zero.
  ///   - hugePages: 2 MiB pages, which the administrator must have reserved.
  public init(name: String, size: UInt64, hugePages: Bool = false) throws(SystemError) {
    let file = try SystemCall.open("memfd_create") {
      unsafe clinux_memfd_create(name, hugePages ? 1 : 0)
    }
    let pageSize = try FileSummary(file.raw).pageSize
    guard size > 0, size % pageSize == 0 else {
      throw .invalid("section of \(size) bytes, not a multiple of \(pageSize)")
    }
    try SystemCall.run("fchmod") { clinux_change_mode(file.raw, 0o600) }
    try SystemCall.run("ftruncate to \(size) bytes") { clinux_truncate(file.raw, size) }
    try SystemCall.run("fcntl(F_ADD_SEALS)") { clinux_add_seals(file.raw, Self.requiredSeals) }
    self.descriptor = file
    self.size = size
    self.pageSize = pageSize
  }

  /// Takes over a descriptor that a peer, perhaps a hostile one, calls a section. The descriptor is
  /// closed when it is refused.
  public init(adopting file: consuming Descriptor) throws(SealedMemoryProblem) {
    // First of all: this asks no file system, while the answer of one in user space may never come.
    let seals = clinux_get_seals(file.raw)
    guard seals >= 0 else { throw .notAMemoryFile }
    let summary: FileSummary
    do throws(SystemError) { summary = try FileSummary(file.raw) } catch { throw .system(error) }
    // A memory file has no name; a file of a tmpfs has seals too, but it has a name.
    guard summary.isRegular, summary.links == 0 else { throw .notAMemoryFile }
    guard clinux_is_read_write(file.raw) == 1 else { throw .notReadWrite }

    func has(_ seal: Int) -> Bool { seals & Int32(seal) != 0 }
    let grow = has(CLINUX_SEAL_GROW)
    let shrink = has(CLINUX_SEAL_SHRINK)
    let seal = has(CLINUX_SEAL_SEAL)
    guard grow, shrink, seal else {
      throw .missingSeals(grow: !grow, shrink: !shrink, seal: !seal)
    }
    guard !has(CLINUX_SEAL_WRITE), !has(CLINUX_SEAL_FUTURE_WRITE) else { throw .writeSealed }

    // Asked again: only now, with the seals seen, is the size known to be the last one.
    let final: FileSummary
    do throws(SystemError) { final = try FileSummary(file.raw) } catch { throw .system(error) }
    guard final.size > 0 else { throw .empty }
    guard final.size % final.pageSize == 0 else {
      throw .notWholePages(size: final.size, pageSize: final.pageSize)
    }
    self.descriptor = file
    self.size = final.size
    self.pageSize = final.pageSize
  }

  /// A descriptor of the same memory that is open for reading only, for a peer that is to see and not to
  /// change it. Whoever could open the file by its mode can open it anew for writing all the same: mode
  /// 0600 keeps other users from that, nothing keeps processes of the same user.
  ///
  /// Fails without a /proc, without a descriptor left, and for a file of another user whose mode does not
  /// let this process read it.
  public func reopenedForReading() throws(SystemError) -> Descriptor {
    try SystemCall.open("open a section for reading") {
      clinux_reopen_for_reading(descriptor.raw)
    }
  }

  /// Writes all the bytes at an offset.
  public func write(_ bytes: UnsafeRawBufferPointer, at offset: UInt64) throws(SystemError) {
    try check("pwrite", offset, UInt64(bytes.count))
    guard let base = bytes.baseAddress else { return }
    var done = 0
    while done < bytes.count {
      let count = try SystemCall.run("pwrite to a section") {
        unsafe clinux_write_at(
          descriptor.raw, base + done, bytes.count - done, offset &+ UInt64(done))
      }
      // Neither call may stand still inside a file of fixed size; a loop would hang on it.
      guard count > 0 else { throw SystemError(errno: EIO, operation: "pwrite to a section") }
      done += Int(count)
    }
  }

  /// Fills the whole buffer from an offset.
  public func read(
    at offset: UInt64, into bytes: UnsafeMutableRawBufferPointer
  ) throws(SystemError) {
    try check("pread", offset, UInt64(bytes.count))
    guard let base = bytes.baseAddress else { return }
    var done = 0
    while done < bytes.count {
      let count = try SystemCall.run("pread from a section") {
        unsafe clinux_read_at(
          descriptor.raw, base + done, bytes.count - done, offset &+ UInt64(done))
      }
      guard count > 0 else { throw SystemError(errno: EIO, operation: "pread from a section") }
      done += Int(count)
    }
  }

  /// Gives the memory of a range back; it reads as zeros from then on. Parts of pages at the ends
  /// are only zeroed.
  public func punchHole(offset: UInt64, length: UInt64) throws(SystemError) {
    try check("punch a hole", offset, length)
    guard length > 0 else { return }
    try SystemCall.run("fallocate(FALLOC_FL_PUNCH_HOLE)") {
      clinux_punch_hole(descriptor.raw, offset, length)
    }
  }

  func check(_ operation: String, _ offset: UInt64, _ length: UInt64) throws(SystemError) {
    guard offset <= size, length <= size - offset else {
      throw .invalid("\(operation): \(length) bytes at \(offset) of a section of \(size)")
    }
  }
}
