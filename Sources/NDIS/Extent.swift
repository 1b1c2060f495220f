// An extent: a contiguous part of a section, in bytes. A block is one extent or several of one section;
// its scatter-gather list is their physical addresses.

/// Contiguous bytes of a section.
public struct Extent: Hashable, Sendable, BitwiseCopyable {
  public var offset: UInt64
  public var length: UInt32

  public init(offset: UInt64, length: UInt32) {
    self.offset = offset
    self.length = length
  }
}

/// Limits every party of the driver plane can rely on.
public enum Limits {
  /// Extents of one block; so every reply fits one message.
  public static let maximumExtents: UInt32 = 1024
  /// Requests of one session without an answer; also the number of results kept for it.
  public static let maximumOutstanding: UInt32 = 64
  /// Upcalls inside upcalls.
  public static let maximumCallDepth: UInt32 = 8
  /// NET_BUFFER_LISTs of one indication, and of one return.
  public static let maximumLists: UInt32 = 256
  /// NET_BUFFERs of one list, and shared-memory segments of all of them.
  public static let maximumBuffers: UInt32 = 4
  /// Contiguous parts of sections that one ProtocolReceiveNetBufferLists is told of. A segment that runs
  /// over several extents of its block is as many parts.
  public static let maximumParts: UInt32 = 1600
  /// Lists that one MiniportReturnNetBufferLists is told of.
  public static let maximumReturned: UInt32 = 4096
  /// Bytes of an OID request's input, and of what a miniport answers.
  public static let maximumInformation: UInt32 = 4096
  /// Bytes of what NDIS answers by itself: with everything around them they fit one message.
  public static let maximumAnswer: UInt32 = 60_000
}
