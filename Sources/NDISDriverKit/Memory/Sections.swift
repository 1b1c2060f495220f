// The sections of this session, each mapped once as a whole. A section's descriptor is sent with the first
// reply that names it, so the reader adopts it before that reply becomes visible. A section exists while the
// table or a block references it.

package import NDISPlatform

/// A section mapped in this process.
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
    /// The most recently used one: most blocks are in the same section.
    var recent: MappedSection?
  }
  private let table = Monitor<Table>(Table())

  /// Validates, maps and stores a descriptor. A section that cannot be mapped is dropped; the block that needs
  /// it reports the error.
  func adopt(_ handle: UInt64, size: UInt64, descriptor: Int32) {
    let file = Descriptor(owning: descriptor)
    // A resumed session may receive a section again that it has mapped already.
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
    // The old values are released outside the lock, which may unmap them.
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
