// A section of shared memory: a memfd of fixed size, sealed against resizing. A peer's ftruncate cannot cause
// SIGBUS in a process that maps it. This process accesses it with pread and pwrite and never maps it.
//
// Limits: peers may change the bytes at any time, so copy them once and validate the copy. Huge-page files do
// not support pwrite (EINVAL); their users map them. Pages are allocated on first touch, so any write may
// fail with ENOSPC or ENOMEM.

import CNDISLinux
import Glibc

/// Owns a memfd sealed against growing, shrinking and further seals.
public struct SealedMemory: ~Copyable, Sendable {
  /// The memfd, to be sent to peers.
  public let descriptor: Descriptor
  /// The size in bytes; it cannot change.
  public let size: UInt64
  /// The unit of mapping and of releasing memory: the page or the huge page size.
  public let pageSize: UInt64

  static let requiredSeals = Int32(CLINUX_SEAL_GROW | CLINUX_SEAL_SHRINK | CLINUX_SEAL_SEAL)

  /// Creates a section of zeros, mode 0600.
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

  /// Takes ownership of a descriptor that a peer, possibly hostile, offers as a section. The descriptor is
  /// closed if it is refused.
  public init(adopting file: consuming Descriptor) throws(SealedMemoryProblem) {
    // First: this calls into no file system; a call into a FUSE file system may block indefinitely.
    let seals = clinux_get_seals(file.raw)
    guard seals >= 0 else { throw .notAMemoryFile }
    let summary: FileSummary
    do throws(SystemError) { summary = try FileSummary(file.raw) } catch { throw .system(error) }
    // A memfd has no name; a file of a tmpfs supports seals too, but has a name.
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

    // Read again: the size is final only now that the seals have been checked.
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

  /// Returns a read-only descriptor of the same memory, for a peer that must not change it. A process with
  /// permission on the file can reopen it for writing: mode 0600 denies that to other users, but not to
  /// processes of the same user.
  ///
  /// Fails without /proc, without a free descriptor, and for a file of another user that this process may not
  /// read.
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
      // Neither call can return zero within a file of fixed size; looping would hang.
      guard count > 0 else { throw SystemError(errno: EIO, operation: "pwrite to a section") }
      done += Int(count)
    }
  }

  /// Fills the whole buffer with the bytes at an offset.
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

  /// Releases the memory of a range (punches a hole); it reads as zeros afterwards. Partial pages at the ends
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
