// Memory that nobody may touch any more: inaccessible pages with a description. A fault in them is reported on
// standard error with the description and the calls that led to it; then it is handled as before, by the handler
// of a sanitizer or of the Swift runtime, say.

import CNDISLinux

/// The inaccessible ranges of this process. One signal handler and one table for all connections.
public final class GuardedMemory: Sendable {
  /// The process's own.
  public static let shared = GuardedMemory()
  /// Ranges that are described; the oldest description makes way for the next one.
  public static let capacity = Int(CLINUX_GUARDS)

  private struct Table {
    var next: UInt32 = 0
    /// Keeps the addresses from being mapped again while they are described.
    var mappings: [Mapping?] = Array(repeating: nil, count: GuardedMemory.capacity)
  }
  private let table = Monitor<Table>(Table())

  private init() {}

  /// Installs the signal handler.
  public func install() throws(SystemError) {
    // Under the lock: there is one handler, whichever connection is first.
    let result = table.withLock { _ in clinux_guard_install() }
    guard result >= 0 else { throw SystemError(errno: -result, operation: "sigaction") }
  }

  /// Makes pages of a mapping inaccessible and describes them; false if that fails, as it does when the process has
  /// too many mappings.
  public func guardPages(of mapping: Mapping, offset: Int, length: Int, _ text: String) -> Bool {
    guard let start = unsafe pages(of: mapping, offset: offset, length: length) else {
      return false
    }
    guard unsafe clinux_protect(start, length, 0) == 0 else { return false }
    let old = table.withLock { table in
      unsafe text.withCString { unsafe clinux_guard_describe(table.next, start, length, $0) }
      let old = table.mappings[Int(table.next)]
      table.mappings[Int(table.next)] = mapping
      table.next = (table.next + 1) % UInt32(GuardedMemory.capacity)
      return old
    }
    // Released outside the lock, which may unmap it.
    _ = old
    return true
  }

  /// Makes pages accessible again.
  public func release(pagesOf mapping: Mapping, offset: Int, length: Int) {
    guard let start = unsafe pages(of: mapping, offset: offset, length: length) else { return }
    // What was accessible stays so; the call fails for no page of a mapping.
    _ = unsafe clinux_protect(start, length, 1)
  }

  private func pages(
    of mapping: Mapping, offset: Int, length: Int
  ) -> UnsafeMutableRawPointer? {
    guard offset >= 0, length > 0, offset <= mapping.size, length <= mapping.size - offset
    else { return nil }
    return unsafe mapping.baseAddress + offset
  }
}
