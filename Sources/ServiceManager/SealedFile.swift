// A memory file that can never change again: how an entry too big for a datagram reaches journald.
// Platform's sections are made for other things: whole pages, writable for ever, and sealed against
// execution, and journald up to version 253 wants exactly the four seals below and no fifth. So the
// file is asked for as executable (MFD_EXEC), which leaves that seal off. It is never executed.

import Glibc
import NDISPlatform

enum SealedFile {
  // Of <linux/memfd.h> and <linux/fcntl.h>, which Swift's Glibc does not show.
  private static let closeOnExec: UInt32 = 0x1
  private static let allowSealing: UInt32 = 0x2
  private static let noExecSeal: UInt32 = 0x8
  private static let exec: UInt32 = 0x10
  private static let addSeals: Int32 = 1033
  private static let allSeals: Int32 = 0x1 | 0x2 | 0x4 | 0x8  // SEAL, SHRINK, GROW, WRITE

  private typealias MemfdCreate = @convention(c) (UnsafePointer<CChar>?, UInt32) -> Int32

  /// glibc declares memfd_create for _GNU_SOURCE only, out of Swift's sight, but has had it since
  /// 2.27.
  private static let create: MemfdCreate? = {
    guard let symbol = unsafe dlsym(nil, "memfd_create") else { return nil }
    return unsafe unsafeBitCast(symbol, to: MemfdCreate.self)
  }()

  /// A sealed file of these bytes; nil when the system refuses.
  static func holding(_ bytes: [UInt8]) -> Descriptor? {
    guard let file = open() else { return nil }
    var written = 0
    while written < bytes.count {
      let count = unsafe bytes.withUnsafeBytes {
        unsafe Glibc.write(file.raw, $0.baseAddress?.advanced(by: written), $0.count - written)
      }
      if count < 0 && errno == EINTR { continue }
      guard count > 0 else { return nil }
      written += count
    }
    guard fcntl(file.raw, addSeals, allSeals) == 0 else { return nil }
    return file
  }

  private static func open() -> Descriptor? {
    guard let create = unsafe create else { return nil }
    // Kernels before 6.3 know neither flag; an administrator may forbid the first
    // (vm.memfd_noexec).
    for extra in [exec, noExecSeal, 0] {
      let raw = unsafe create("journal-entry", closeOnExec | allowSealing | extra)
      if raw >= 0 { return Descriptor(owning: raw) }
    }
    return nil
  }
}
