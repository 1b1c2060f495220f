// A sealed memfd, in which an entry too large for a datagram is passed to journald. Sections (in Platform)
// differ: they are whole pages, writable, and sealed against execution, but journald up to version 253
// requires exactly the four seals below. So the file is created executable (MFD_EXEC), which omits the fifth
// seal. It is never executed.

import Glibc
import NDISPlatform

enum SealedFile {
  // From <linux/memfd.h> and <linux/fcntl.h>, which Swift's Glibc does not export.
  private static let closeOnExec: UInt32 = 0x1
  private static let allowSealing: UInt32 = 0x2
  private static let noExecSeal: UInt32 = 0x8
  private static let exec: UInt32 = 0x10
  private static let addSeals: Int32 = 1033
  private static let allSeals: Int32 = 0x1 | 0x2 | 0x4 | 0x8  // SEAL, SHRINK, GROW, WRITE

  private typealias MemfdCreate = @convention(c) (UnsafePointer<CChar>?, UInt32) -> Int32

  /// glibc declares memfd_create only for _GNU_SOURCE, which Swift does not see, but exports it since 2.27.
  private static let create: MemfdCreate? = {
    guard let symbol = unsafe dlsym(nil, "memfd_create") else { return nil }
    return unsafe unsafeBitCast(symbol, to: MemfdCreate.self)
  }()

  /// A sealed file with these bytes; nil if the system call fails.
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
    // Kernels before 6.3 support neither flag; an administrator may forbid the first (vm.memfd_noexec).
    for extra in [exec, noExecSeal, 0] {
      let raw = unsafe create("journal-entry", closeOnExec | allowSealing | extra)
      if raw >= 0 { return Descriptor(owning: raw) }
    }
    return nil
  }
}
