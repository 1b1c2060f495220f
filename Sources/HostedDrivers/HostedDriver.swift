// The interface between a hosted driver and its host. A hosted driver runs in the daemon but has no private
// interface: it has a session like a process, makes the same calls and gets the same upcalls. The driver is a
// value: an event goes in, its next steps come out. The host carries the steps out in order and reports the
// result of each call.

public import NDISDriverInterface
public import NDIS
import NDISSimulator

/// The next step of a hosted driver.
public enum DriverStep: Sendable {
  case call(DriverCall)
  /// Returns from a handler.
  case answer(upcall: UInt64, ProviderAnswer)
  /// The driver has deregistered, or could not register: its session ends.
  case end
}

/// A call to NDIS.
public struct DriverCall: Sendable {
  /// Returned with the reply.
  public var tag: UInt64
  /// The upcall in whose handler it is made, 0 = none.
  public var context: UInt64
  public var request: Request
  /// Writes to the driver's memory before the call. If one of them fails the call is not made, and its reply
  /// is that failure.
  public var writes: [MemoryWrite]

  public init(tag: UInt64, context: UInt64, request: Request, writes: [MemoryWrite] = []) {
    self.tag = tag
    self.context = context
    self.request = request
    self.writes = writes
  }
}

/// Bytes for an offset in one of the driver's own blocks.
public struct MemoryWrite: Sendable, Hashable {
  public var allocation: Handle
  public var offset: UInt32
  public var bytes: [UInt8]

  public init(allocation: Handle, offset: UInt32, bytes: [UInt8]) {
    self.allocation = allocation
    self.offset = offset
    self.bytes = bytes
  }
}

/// The result of a call.
public struct DriverReply: Sendable {
  public var tag: UInt64
  public var failure: Failure
  public var value: Handle
  public var value2: UInt64

  public init(tag: UInt64, failure: Failure, value: Handle = .null, value2: UInt64 = 0) {
    self.tag = tag
    self.failure = failure
    self.value = value
    self.value2 = value2
  }

  public var isSuccess: Bool { failure.status == .success }
}

/// A call of one of the driver's handlers.
public struct DriverUpcall: Sendable {
  public var id: UInt64
  /// The type of the driver plane's message.
  public var type: UInt16
  public var object: Handle
  /// A halt or shutdown action, pause reason or event.
  public var argument: UInt32
  /// Of MiniportOidRequest and MiniportCancelOidRequest.
  public var oid: OIDDetails?
  /// Of MiniportReturnNetBufferLists: the driver's own numbers of the lists.
  public var returned: [UInt64]

  public init(
    id: UInt64, type: UInt16, object: Handle, argument: UInt32 = 0, oid: OIDDetails? = nil,
    returned: [UInt64] = []
  ) {
    self.id = id
    self.type = type
    self.object = object
    self.argument = argument
    self.oid = oid
    self.returned = returned
  }
}

/// The memory a hosted driver may access: the blocks from its allocations' replies, and nothing else. For a
/// process the kernel enforces this by what it has mapped.
public struct HostedMemory: Sendable {
  private var blocks: [Handle: Block] = [:]

  private struct Block {
    var section: Handle
    var extents: [Extent]
    var length: UInt32
  }

  /// The destination of a part of a write.
  public struct Piece: Sendable, Hashable {
    public var section: Handle
    /// Offset in the section.
    public var offset: UInt64
    /// Range of the written bytes.
    public var bytes: Range<Int>
  }

  public init() {}

  /// Adds the block of an allocation's reply.
  public mutating func learn(
    _ allocation: Handle, section: Handle, extents: [Extent], length: UInt32
  ) {
    blocks[allocation] = Block(section: section, extents: extents, length: length)
  }

  /// Removes a block that has been freed.
  public mutating func forget(_ allocation: Handle) { blocks[allocation] = nil }

  /// The number of blocks.
  public var count: Int { blocks.count }

  /// The destinations of a write, in order. Fails unless the write lies within one of the blocks.
  public func pieces(of write: MemoryWrite) throws(Failure) -> [Piece] {
    guard let block = blocks[write.allocation] else {
      throw Failure(.failure, .sharedMemoryUnknown, write.allocation.rawValue)
    }
    let end = UInt64(write.offset) + UInt64(write.bytes.count)
    guard end <= UInt64(block.length) else {
      throw Failure(
        .failure, .sharedMemoryRange,
        UInt64(write.offset) << 32 | UInt64(truncatingIfNeeded: write.bytes.count),
        UInt64(block.length))
    }
    var pieces: [Piece] = []
    var start: UInt64 = 0
    for extent in block.extents {
      let low = max(start, UInt64(write.offset))
      let high = min(start + UInt64(extent.length), end)
      if low < high {
        pieces.append(
          Piece(
            section: block.section, offset: extent.offset + (low - start),
            bytes: Int(low - UInt64(write.offset))..<Int(high - UInt64(write.offset))))
      }
      start += UInt64(extent.length)
    }
    return pieces
  }
}
