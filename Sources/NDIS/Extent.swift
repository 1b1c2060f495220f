// An extent: a contiguous part of a section, in bytes. A block consists of one or more extents of one
// section; its scatter-gather list is their physical addresses.

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
  /// Extents of one block; limited so that every reply fits one message.
  public static let maximumExtents: UInt32 = 1024
  /// Unanswered requests of one session; also the number of results stored for it.
  public static let maximumOutstanding: UInt32 = 64
  /// Nesting depth of upcalls.
  public static let maximumCallDepth: UInt32 = 8
  /// NET_BUFFER_LISTs of one indication, and of one return.
  public static let maximumLists: UInt32 = 256
  /// NET_BUFFERs of one list, and shared-memory segments of all of them together.
  public static let maximumBuffers: UInt32 = 4
  /// Contiguous parts of sections in one ProtocolReceiveNetBufferLists. A segment that spans several extents
  /// of its block counts once per extent.
  public static let maximumParts: UInt32 = 1600
  /// Lists in one MiniportReturnNetBufferLists.
  public static let maximumReturned: UInt32 = 4096
  /// Bytes of an OID request's input, and of a miniport's output.
  public static let maximumInformation: UInt32 = 4096
  /// Bytes of NDIS's own output, limited so that it fits one message.
  public static let maximumAnswer: UInt32 = 60_000
}
