// The memory of sections: memory files that providers have offered or that the daemon makes for hosted providers.
// They are never mapped here; what is written goes through pwrite. Everything that is asked of the system about
// them is in this file.

import NDISHostedDrivers
import NDIS
import NDISPlatform
import NDISSimulator

/// A section's memory. A class, so that a dictionary can hold what may not be copied.
final class SectionMemory {
  private let memory: SealedMemory
  /// By which the memory file is known; nil: it has none.
  let inode: UInt64?
  /// Whether it outlives this process.
  var keeping = SectionKeeping.lost

  private init(_ memory: consuming SealedMemory) {
    inode = memory.descriptor.inode
    self.memory = memory
  }

  var size: UInt64 { memory.size }
  /// The descriptor, which stays the section's.
  var descriptor: Int32 { memory.descriptor.raw }

  // MARK: Making one

  /// New memory for a hosted provider.
  static func make(
    name: String, size: UInt64, hugePages: Bool
  ) throws(SystemError) -> SectionMemory {
    SectionMemory(try SealedMemory(name: name, size: size, hugePages: hugePages))
  }

  /// Memory that an earlier process had; nil when the file is not what it was.
  static func restore(_ file: consuming Descriptor, size: UInt64) -> SectionMemory? {
    guard let memory = try? SealedMemory(adopting: file), memory.size == size else { return nil }
    return SectionMemory(memory)
  }

  /// Memory that a process offers.
  static func offered(
    _ descriptor: consuming Descriptor?, size: UInt64
  ) throws(Failure) -> SectionMemory {
    guard let descriptor else { throw Failure(.invalidParameter, .wrongDescriptorCount, 0, 1) }
    guard descriptor.isMemoryFile else {
      BackgroundCloser.close(descriptor.release())
      throw Failure(.invalidParameter, .wrongDescriptor, WrongDescriptor.notMemory.rawValue)
    }
    let memory: SealedMemory
    do throws(SealedMemoryProblem) { memory = try SealedMemory(adopting: descriptor) } catch {
      let wrong: WrongDescriptor =
        switch error {
        case .notAMemoryFile, .system: .notMemory
        case .missingSeals: .notSealed
        case .notReadWrite, .writeSealed: .readOnly
        case .empty, .notWholePages: .wrongSize
        }
      throw Failure(.invalidParameter, .wrongDescriptor, wrong.rawValue)
    }
    guard memory.size == size else {
      throw Failure(.invalidParameter, .wrongDescriptor, WrongDescriptor.wrongSize.rawValue)
    }
    return SectionMemory(memory)
  }

  // MARK: Using it

  /// Has a descriptor store keep a descriptor under the inode's name; false when it cannot.
  func isStored(in descriptorStore: any DescriptorStore) -> Bool {
    inode.map { descriptorStore.store(descriptor, name: DescriptorName.section(inode: $0)) }
      ?? false
  }

  /// Calls `body` with a descriptor that is open for reading only; with nil when none can be had.
  func withView(_ body: (Int32?) -> Void) {
    do throws(SystemError) {
      let view = try memory.reopenedForReading()
      body(view.raw)
      _ = consume view
    } catch { body(nil) }
  }

  /// Writes bytes; 0 is success, else an errno.
  func write(_ bytes: UnsafeRawBufferPointer, at offset: UInt64) -> Int32 {
    do throws(SystemError) {
      try unsafe memory.write(bytes, at: offset)
      return 0
    } catch { return error.errno }
  }

  /// Fills pages; false when the system refuses.
  func fill(_ fill: Fill, offset: UInt64, length: UInt64) -> Bool {
    do throws(SystemError) {
      if fill == .zero {
        try memory.punchHole(offset: offset, length: length)
      } else {
        try memory.fill(pattern: 0xDEAD_BEEF_DEAD_BEEF, offset: offset, length: length)
      }
      return true
    } catch { return false }
  }
}

/// The memory of all sections, by handle and by inode. A class, so that handing it to the persistence copies
/// nothing.
final class SectionMemories {
  private(set) var all: [Handle: SectionMemory] = [:]
  private var inodes: Set<UInt64> = []

  var count: Int { all.count }

  subscript(section: Handle) -> SectionMemory? { all[section] }

  /// Whether a section has the same memory.
  func contains(_ memory: SectionMemory) -> Bool {
    memory.inode.map { inodes.contains($0) } ?? false
  }

  func insert(_ memory: SectionMemory, for section: Handle) {
    all[section] = memory
    if let inode = memory.inode { inodes.insert(inode) }
  }

  func remove(_ section: Handle) -> SectionMemory? {
    guard let memory = all.removeValue(forKey: section) else { return nil }
    if let inode = memory.inode { inodes.remove(inode) }
    return memory
  }
}
