// The memory of sections: memfds offered by providers or created by the daemon for hosted providers. The
// daemon never maps them and writes with pwrite. All system calls on them are in this file.

import NDISHostedDrivers
import NDIS
import NDISPlatform
import NDISSimulator

/// A section's memory. A class, so that a dictionary can hold a noncopyable value.
final class SectionMemory {
  private let memory: SealedMemory
  /// Identifies the memfd; nil if it has none.
  let inode: UInt64?
  /// Whether it outlives this process.
  var keeping = SectionKeeping.lost

  private init(_ memory: consuming SealedMemory) {
    inode = memory.descriptor.inode
    self.memory = memory
  }

  var size: UInt64 { memory.size }
  /// The descriptor, still owned by the section.
  var descriptor: Int32 { memory.descriptor.raw }

  // MARK: Creation

  /// Creates memory for a hosted provider.
  static func make(
    name: String, size: UInt64, hugePages: Bool
  ) throws(SystemError) -> SectionMemory {
    SectionMemory(try SealedMemory(name: name, size: size, hugePages: hugePages))
  }

  /// Restores memory of an earlier process; nil if the file no longer matches.
  static func restore(_ file: consuming Descriptor, size: UInt64) -> SectionMemory? {
    guard let memory = try? SealedMemory(adopting: file), memory.size == size else { return nil }
    return SectionMemory(memory)
  }

  /// Validates memory that a process offers.
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

  // MARK: Access

  /// Stores a descriptor under the inode's name; false if that fails.
  func isStored(in descriptorStore: any DescriptorStore) -> Bool {
    inode.map { descriptorStore.store(descriptor, name: DescriptorName.section(inode: $0)) }
      ?? false
  }

  /// Calls `body` with a read-only descriptor, or with nil if none can be opened.
  func withView(_ body: (Int32?) -> Void) {
    do throws(SystemError) {
      let view = try memory.reopenedForReading()
      body(view.raw)
      _ = consume view
    } catch { body(nil) }
  }

  /// Writes bytes. Returns 0 on success, else an errno.
  func write(_ bytes: UnsafeRawBufferPointer, at offset: UInt64) -> Int32 {
    do throws(SystemError) {
      try unsafe memory.write(bytes, at: offset)
      return 0
    } catch { return error.errno }
  }

  /// Reads bytes; false if the system call fails.
  func read(into bytes: UnsafeMutableRawBufferPointer, at offset: UInt64) -> Bool {
    do throws(SystemError) {
      try unsafe memory.read(at: offset, into: bytes)
      return true
    } catch { return false }
  }

  /// Fills bytes with a repeated word; false if the system call fails.
  func fill(word: UInt64, offset: UInt64, length: UInt64) -> Bool {
    do throws(SystemError) {
      try memory.fill(pattern: word, offset: offset, length: length)
      return true
    } catch { return false }
  }

  /// Fills pages; false if the system call fails.
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

/// The memory of all sections, by handle and by inode. A class, so that passing it to the persistence copies
/// nothing.
final class SectionMemories {
  private(set) var all: [Handle: SectionMemory] = [:]
  private var inodes: Set<UInt64> = []

  var count: Int { all.count }

  subscript(section: Handle) -> SectionMemory? { all[section] }

  /// Whether another section already has this memory.
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
