// NDIS_SHARED_MEMORY_PARAMETERS with a tag and a site label. Every field can be set to an invalid value: the
// simulator validates them, and the kit is used to test that.

import CNDIS
public import NDIS

/// A pool tag: four characters, the first in the lowest byte.
public struct PoolTag: RawRepresentable, Hashable, Sendable, BitwiseCopyable {
  public var rawValue: UInt32
  public init(rawValue: UInt32) { self.rawValue = rawValue }

  /// The first four bytes of a text.
  public init(_ text: String) {
    rawValue = 0
    for (index, byte) in text.utf8.prefix(4).enumerated() {
      rawValue |= UInt32(byte) << UInt32(8 * index)
    }
  }
}

extension PoolTag: ExpressibleByStringLiteral, CustomStringConvertible {
  /// A literal is read in place, since every allocation has a tag.
  public init(stringLiteral text: StaticString) {
    rawValue = text.withUTF8Buffer { bytes in
      var value: UInt32 = 0
      for index in 0..<min(bytes.count, 4) {
        unsafe value |= UInt32(bytes[index]) << UInt32(8 * index)
      }
      return value
    }
  }

  /// The characters; nonprintable ones are dots.
  public var description: String {
    let bytes = (0..<4).map { UInt8(truncatingIfNeeded: rawValue >> UInt32(8 * $0)) }
    let end = (bytes.lastIndex { $0 != 0 } ?? -1) + 1
    return String(
      decoding: bytes[..<end].map { $0 >= 0x20 && $0 < 0x7F ? $0 : 0x2E }, as: UTF8.self)
  }
}

/// `Flags` of the parameters.
public struct SharedMemoryFlags: OptionSet, Hashable, Sendable, BitwiseCopyable {
  public var rawValue: UInt32
  public init(rawValue: UInt32) { self.rawValue = rawValue }

  /// `NDIS_SHARED_MEM_PARAMETERS_CONTIGUOUS`.
  public static let contiguous = SharedMemoryFlags(rawValue: 1)
}

/// What to allocate ("ns-ntddndis-_ndis_shared_memory_parameters").
public struct SharedMemoryParameters: Hashable, Sendable {
  /// `Header.Type`, `NDIS_OBJECT_TYPE_DEFAULT`.
  public var objectType: UInt8 = 0x80
  /// `Header.Revision`: 1 for NDIS 6.20, 2 for 6.30 and later.
  public var revision: UInt8 = 2
  /// `Header.Size`; nil = the size of the revision.
  public var headerSize: UInt16?
  public var flags: SharedMemoryFlags
  /// The receive queue; 0 is the default one.
  public var queueId: UInt32 = 0
  /// The NUMA node, or `anyNode`.
  public var preferredNode: UInt32 = SharedMemoryParameters.anyNode
  /// The raw `Usage` of the image.
  public var rawUsage: Int32
  /// Bytes.
  public var length: UInt32
  /// Bytes of the caller's scatter-gather list; nil = enough for one element per page.
  public var sgListBufferLength: UInt32?
  /// The VPort; 0 is the default one. Revision 2.
  public var vportId: UInt32 = 0
  /// For reports: the owner of the memory.
  public var tag: PoolTag = "kit "
  /// For reports: the allocation site in the driver.
  public var site: Site

  /// `MM_ANY_NODE_OK`.
  public static let anyNode: UInt32 = 0x8000_0000

  public init(
    length: UInt32, usage: SharedMemoryUsage = .other, flags: SharedMemoryFlags = [],
    tag: PoolTag = "kit ", file: StaticString = #fileID, line: UInt = #line
  ) {
    self.length = length
    rawUsage = Int32(usage.rawValue)
    self.flags = flags
    self.tag = tag
    site = Site(file: file, line: line)
  }

  /// `Usage`, nil for an undefined number.
  public var usage: SharedMemoryUsage? {
    get { UInt8(exactly: rawUsage).flatMap { SharedMemoryUsage(rawValue: $0) } }
    set { rawUsage = Int32((newValue ?? .undefined).rawValue) }
  }

  /// The bytes of the image that are sent: those of the revision, or more if the header says so.
  func imageBytes() -> Int {
    let natural = revision == 1 ? 64 : 68
    return min(max(natural, Int(headerSize ?? 0)), MemoryLayout<NDIS_SHARED_MEMORY_PARAMETERS>.size)
  }

  /// The zeros after the image if the header has the size of a later revision, up to 1024 bytes; beyond
  /// that the body is shorter than its header claims.
  func paddingBytes() -> Int {
    let claimed = Int(headerSize ?? 0)
    return claimed <= 1024 ? max(0, claimed - imageBytes()) : 0
  }

  func image(pageSize: UInt32) -> NDIS_SHARED_MEMORY_PARAMETERS {
    var image = NDIS_SHARED_MEMORY_PARAMETERS()
    image.Header.Type = objectType
    image.Header.Revision = revision
    image.Header.Size = headerSize ?? (revision == 1 ? 64 : 68)
    image.Flags = flags.rawValue
    image.QueueId = queueId
    image.PreferredNode = preferredNode
    image.Usage = rawUsage
    image.Length = length
    image.SGListBufferLength =
      sgListBufferLength ?? SharedMemoryParameters.listBytes(length, pageSize)
    image.VPortId = vportId
    return image
  }

  /// Bytes of a scatter-gather list with an element for every page.
  private static func listBytes(_ length: UInt32, _ pageSize: UInt32) -> UInt32 {
    let pages = (UInt64(length) + UInt64(pageSize) - 1) / UInt64(max(pageSize, 1))
    return UInt32(clamping: 16 + 24 * max(pages, 1))
  }

  init(image: NDIS_SHARED_MEMORY_PARAMETERS, tag: UInt32, site: Site) {
    objectType = image.Header.Type
    revision = image.Header.Revision
    headerSize = image.Header.Size
    flags = SharedMemoryFlags(rawValue: image.Flags)
    queueId = image.QueueId
    preferredNode = image.PreferredNode
    rawUsage = image.Usage
    length = image.Length
    sgListBufferLength = image.SGListBufferLength
    vportId = image.VPortId
    self.tag = PoolTag(rawValue: tag)
    self.site = site
  }
}
