// Guarding freed memory: the pages of a block become inaccessible with NdisFreeSharedMemory, so that a later access
// faults where it is made. Pages that are allocated again become accessible with the reply that names them.

import Glibc
import NDIS
import NDISPlatform

/// The live blocks of a connection that guards freed memory.
final class FreedGuard: Sendable {
  /// Set in the environment to 1: every connection of the process guards its freed memory.
  static let variable = "NDISSIM_GUARD_FREED"

  static var isRequested: Bool {
    unsafe getenv(variable).map { unsafe String(cString: $0) == "1" } ?? false
  }

  private struct State {
    var live: [UInt64: (block: SharedMemoryBlock, site: Site)] = [:]
    /// Call sites of allocations in flight and blocks of frees in flight, by request id.
    var sites: [UInt64: Site] = [:]
    var freeing: [UInt64: SharedMemoryBlock] = [:]
  }
  private let state = Monitor<State>(State())
  private let pageSize: Int

  init(pageSize: Int) throws(SystemError) {
    self.pageSize = max(pageSize, 1)
    try GuardedMemory.shared.install()
  }

  /// An allocation has been sent.
  func allocating(_ ticket: Ticket, site: Site) { state.withLock { $0.sites[ticket.id] = site } }

  /// Its reply has arrived. The pages of the block may have been guarded.
  func allocated(_ ticket: Ticket, _ block: SharedMemoryBlock?) {
    let site = state.withLock { $0.sites.removeValue(forKey: ticket.id) }
    if let block { add(block, site: site ?? Site()) }
  }

  /// A live block.
  func add(_ block: SharedMemoryBlock, site: Site) {
    release(block)
    state.withLock { $0.live[block.allocationHandle.rawValue] = (block, site) }
  }

  /// A free is about to be sent: when its reply arrives the pages may be another block's. Returns the block if it is
  /// guarded now.
  func free(_ allocation: UInt64) -> SharedMemoryBlock? {
    guard let (block, site) = state.withLock({ $0.live.removeValue(forKey: allocation) })
    else { return nil }
    let (mapping, offset, length) = pages(of: block)
    let place = site.isEmpty ? "" : ", allocated at \(site)"
    _ = GuardedMemory.shared.guardPages(
      of: mapping, offset: offset, length: length,
      "a block of \(block.length) bytes\(place), AllocationHandle \(hex(allocation))")
    return block
  }

  /// It has been sent.
  func freeing(_ ticket: Ticket, _ block: SharedMemoryBlock?) {
    guard let block else { return }
    state.withLock { $0.freeing[ticket.id] = block }
  }

  /// Its reply has arrived; when it was refused the block is still the caller's.
  func freed(_ ticket: Ticket, isFreed: Bool) {
    guard let block = state.withLock({ $0.freeing.removeValue(forKey: ticket.id) }), !isFreed
    else { return }
    keep(block)
  }

  /// A block that was not freed after all.
  func keep(_ block: SharedMemoryBlock?) {
    if let block { add(block, site: Site()) }
  }

  private func release(_ block: SharedMemoryBlock) {
    let (mapping, offset, length) = pages(of: block)
    GuardedMemory.shared.release(pagesOf: mapping, offset: offset, length: length)
  }

  /// The pages of a block that its virtual address stands for.
  private func pages(
    of block: SharedMemoryBlock
  ) -> (mapping: Mapping, offset: Int, length: Int) {
    // Several extents have a mapping of their own.
    guard block.otherExtents.isEmpty else { return (block.mapping, 0, block.mapping.size) }
    let length = (block.length + pageSize - 1) / pageSize * pageSize
    let offset = Int(clamping: block.firstExtent.offset)
    return (block.mapping, offset, min(length, max(0, block.mapping.size - offset)))
  }
}

extension Connection {
  /// A guard for this connection.
  func makeFreedGuard() throws(DriverError) -> FreedGuard {
    do throws(SystemError) {
      return try FreedGuard(pageSize: Int(helloLimits.pageSize))
    } catch {
      throw DriverError(
        status: .failure, rule: "notGuarded", sentence: "Freed memory cannot be guarded: \(error)")
    }
  }
}
