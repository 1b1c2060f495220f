// Private zeroed memory, reserved but not committed: a page costs nothing until it is touched. It holds the
// store of a daemon without a service manager.

import Glibc

/// Reserved, zero-filled memory.
@safe public final class AnonymousMemory: @unchecked Sendable {
  // Unchecked: callers synchronise access to the bytes.
  public let baseAddress: UnsafeMutableRawPointer
  public let size: Int

  /// Reserves `size` bytes.
  public init(size: Int) throws(SystemError) {
    let address = unsafe mmap(
      nil, size, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0)
    guard let address = unsafe address, unsafe address != MAP_FAILED else {
      throw SystemError(errno: errno, operation: "mmap of \(size) bytes")
    }
    unsafe baseAddress = address
    self.size = size
  }

  deinit { unsafe munmap(baseAddress, size) }
}
