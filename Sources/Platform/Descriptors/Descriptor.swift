// A file descriptor with a unique owner, enforced by the compiler, which closes it at the end of its
// lifetime. A borrowed `raw` must not be stored.

import CNDISLinux

/// Owns a file descriptor and closes it at the end of its lifetime.
public struct Descriptor: ~Copyable, Sendable {
  /// The descriptor number, valid while this value exists.
  public let raw: Int32

  /// Takes ownership of a descriptor that has no other owner. A negative number owns nothing.
  public init(owning raw: Int32) {
    self.raw = raw
  }

  deinit {
    // A failed close cannot be handled, and must not be retried.
    if raw >= 0 { _ = clinux_close(raw) }
  }

  /// Returns the descriptor without closing it; the caller owns it now.
  public consuming func release() -> Int32 {
    let raw = self.raw
    discard self
    return raw
  }

  /// Duplicates the descriptor, with close-on-exec.
  public func duplicate() throws(SystemError) -> Descriptor {
    try SystemCall.open("fcntl(F_DUPFD_CLOEXEC)") { clinux_duplicate(raw) }
  }
}
