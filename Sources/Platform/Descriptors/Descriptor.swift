// The owner of one file descriptor. There is exactly one owner at a time, the compiler sees to it,
// and the descriptor is closed when the owner goes. Whoever borrows `raw` must not keep it.

import CNDISLinux

/// Owns a file descriptor and closes it at the end of its life.
public struct Descriptor: ~Copyable, Sendable {
  /// The number, valid while this value lives.
  public let raw: Int32

  /// Takes over a descriptor that nobody else owns. A negative number is owned as nothing.
  public init(owning raw: Int32) {
    self.raw = raw
  }

  deinit {
    // Nothing could be done about a failed close, and repeating it would be wrong.
    if raw >= 0 { _ = clinux_close(raw) }
  }

  /// Gives the descriptor away without closing it; the caller owns it now.
  public consuming func release() -> Int32 {
    let raw = self.raw
    discard self
    return raw
  }

  /// A second descriptor for the same open file, close-on-exec.
  public func duplicate() throws(SystemError) -> Descriptor {
    try SystemCall.open("fcntl(F_DUPFD_CLOEXEC)") { clinux_duplicate(raw) }
  }
}
