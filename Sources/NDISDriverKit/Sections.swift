// The sections this session has seen, each mapped once and whole. A section's descriptor travels
// with the first reply that names it, so the reading thread adopts it before anybody sees that
// reply. A section lives as long as the table or a block holds it.

public import Platform

/// A section as this process sees it.
public final class MappedSection: Sendable {
  public let handle: SectionHandle
  /// Bytes.
  public let size: UInt64
  /// All of it, from its first byte.
  public let mapping: Mapping
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
  private let table = Monitor<[UInt64: MappedSection]>([:])

  /// Checks a descriptor, maps it and keeps it. What cannot be mapped is dropped: the block that
  /// needs it finds no section and says so.
  func adopt(_ handle: UInt64, size: UInt64, descriptor: Int32) {
    let file = Descriptor(owning: descriptor)
    guard let memory = try? SealedMemory(adopting: file), memory.size == size,
      let section = try? MappedSection(SectionHandle(rawValue: handle), memory: memory)
    else { return }
    table.withLock { $0[handle] = section }
  }

  func find(_ handle: UInt64) -> MappedSection? {
    table.withLock { $0[handle] }
  }

  func drop(_ handle: UInt64) {
    // Unmapping is left to the end of the old value, outside the lock.
    let old = table.withLock { $0.removeValue(forKey: handle) }
    _ = old
  }

  func dropAll() {
    let old = table.withLock { table in
      let all = table
      table = [:]
      return all
    }
    _ = old
  }
}
