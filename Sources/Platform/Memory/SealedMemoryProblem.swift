// The reasons for refusing a descriptor that a peer offers as shared memory, each with an actionable
// sentence. The checks are in SealedMemory.

/// Why a descriptor was refused as a section of shared memory.
public enum SealedMemoryProblem: Error, Equatable, Sendable {
  /// A pipe, a socket, a device, or a file that has a name in some file system.
  case notAMemoryFile
  /// Opened read-only, write-only, or with O_PATH.
  case notReadWrite
  /// Required seals are missing: the size could still change.
  case missingSeals(grow: Bool, shrink: Bool, seal: Bool)
  /// Sealed against writing, now or for new mappings.
  case writeSealed
  /// Its size is zero.
  case empty
  /// Its size is not a whole number of pages.
  case notWholePages(size: UInt64, pageSize: UInt64)
  /// fstat failed.
  case system(SystemError)
}

extension SealedMemoryProblem: CustomStringConvertible {
  public var description: String {
    switch self {
    case .notAMemoryFile:
      return "the descriptor is not a memory file (memfd_create)"
    case .notReadWrite:
      return "the memory file is not open for both reading and writing"
    case .missingSeals(let grow, let shrink, let seal):
      var missing: [String] = []
      if grow { missing.append("F_SEAL_GROW") }
      if shrink { missing.append("F_SEAL_SHRINK") }
      if seal { missing.append("F_SEAL_SEAL") }
      return "the memory file lacks " + missing.joined(separator: ", ")
    case .writeSealed:
      return "the memory file is sealed against writing"
    case .empty:
      return "the memory file has no size"
    case .notWholePages(let size, let pageSize):
      return "the memory file's size, \(size) bytes, is not a multiple of \(pageSize)"
    case .system(let error):
      return error.description
    }
  }
}
