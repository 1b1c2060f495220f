// The sections this session has seen, each mapped once and whole. A section's descriptor travels
// with the first reply that names it, so the reading thread adopts it before anybody sees that
// reply. A section lives as long as the table or a block holds it.

package import NDISPlatform

/// A section as this process sees it.
public final class MappedSection: Sendable {
  public let handle: SectionHandle
  /// Bytes.
  public let size: UInt64
  package let mapping: Mapping

  /// All of it, from its first byte; valid while the section is referenced.
  public var bytes: UnsafeMutableRawBufferPointer {
    unsafe UnsafeMutableRawBufferPointer(start: mapping.baseAddress, count: mapping.size)
  }
  let descriptor: Descriptor

  fileprivate init(_ handle: SectionHandle, memory: borrowing SealedMemory) throws(SystemError) {
    self.handle = handle
    size = memory.size
    mapping = try Mapping(descriptor: memory.descriptor)
    descriptor = try memory.descriptor.duplicate()
  }
}

/// The table of sections, by handle.
final class Sections: Sendable {
  private struct Table {
    var all: [UInt64: MappedSection] = [:]
    /// The one asked for last: blocks come from one section mostly.
    var recent: MappedSection?
  }
  private let table = Monitor<Table>(Table())

  /// Checks a descriptor, maps it and keeps it. What cannot be mapped is dropped: the block that
  /// needs it finds no section and says so.
  func adopt(_ handle: UInt64, size: UInt64, descriptor: Int32) {
    let file = Descriptor(owning: descriptor)
    // A session that goes on after a restart may be sent again what it has mapped already.
    guard table.withLock({ $0.all[handle] }) == nil else { return }
    guard let memory = try? SealedMemory(adopting: file), memory.size == size,
      let section = try? MappedSection(SectionHandle(rawValue: handle), memory: memory)
    else { return }
    table.withLock { table in
      table.all[handle] = section
      table.recent = section
    }
  }

  func find(_ handle: UInt64) -> MappedSection? {
    table.withLock { table in
      if let recent = table.recent, recent.handle.rawValue == handle { return recent }
      table.recent = table.all[handle]
      return table.recent
    }
  }

  func drop(_ handle: UInt64) {
    // Unmapping is left to the end of the old values, outside the lock.
    let old = table.withLock { table in
      let old = (table.all.removeValue(forKey: handle), table.recent)
      table.recent = nil
      return old
    }
    _ = old
  }

  func dropAll() {
    let old = table.withLock { table in
      let old = table
      table = Table()
      return old
    }
    _ = old
  }
}
