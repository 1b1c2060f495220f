// Lists of frames that lie in shared memory, as a miniport indicates them and as a protocol driver gets
// them. What a driver gets is flat: lists, buffers and parts in three arrays, so that an indication of
// many frames costs three allocations. The bytes are read in place through a view of the section that
// cannot be written through.

public import NDIS
public import Platform

/// Names a NET_BUFFER_LIST to the drivers it is indicated to.
public struct NetBufferListHandle: TypedHandle {
  public var rawValue: UInt64
  public init(rawValue: UInt64) { self.rawValue = rawValue }
}

/// A NET_BUFFER_LIST as a miniport indicates it: at most four NET_BUFFERs with four segments in all.
public struct NetBufferListIndication: Sendable {
  /// The miniport's own number; returned to it.
  public var context: UInt64
  /// QueueId, or VPortId, of NetBufferListFilteringInfo.
  public var queueID: UInt16
  /// Must be 0; a test may pass another.
  public var filterID: UInt16 = 0
  private(set) var bufferCount = 0
  private(set) var segmentCount = 0
  private(set) var dataLengths = InlineArray<4, UInt32>(repeating: 0)
  private(set) var segmentCounts = InlineArray<4, UInt32>(repeating: 0)
  private(set) var segments = InlineArray<4, NetBufferSharedMemory>(
    repeating: NetBufferSharedMemory(sharedMemoryHandle: .null, offset: 0, length: 0))

  /// A list without a NET_BUFFER yet.
  public init(context: UInt64, queueID: UInt16) {
    self.context = context
    self.queueID = queueID
  }

  /// A list of one frame: `length` bytes at `offset` of a block.
  public init(
    context: UInt64, queueID: UInt16, _ memory: SharedMemoryHandle, offset: UInt32, length: UInt32
  ) {
    self.init(context: context, queueID: queueID)
    append(dataLength: length, [(memory, offset, length)])
  }

  /// Adds a NET_BUFFER; answers false when there is no room for it.
  @discardableResult
  public mutating func append(
    dataLength: UInt32,
    _ chain: [(memory: SharedMemoryHandle, offset: UInt32, length: UInt32)]
  ) -> Bool {
    guard bufferCount < 4, segmentCount + chain.count <= 4 else { return false }
    dataLengths[bufferCount] = dataLength
    segmentCounts[bufferCount] = UInt32(truncatingIfNeeded: chain.count)
    bufferCount += 1
    for (memory, offset, length) in chain {
      segments[segmentCount] = NetBufferSharedMemory(
        sharedMemoryHandle: Handle(rawValue: memory.rawValue), offset: offset, length: length)
      segmentCount += 1
    }
    return true
  }
}

/// What ProtocolReceiveNetBufferLists is given.
public struct ReceiveIndication: Sendable {
  /// A NET_BUFFER_LIST.
  public struct List: Hashable, Sendable {
    public var handle: NetBufferListHandle
    public var queueID: UInt16
    public var filterID: UInt16
    /// Its NET_BUFFERs among the indication's.
    public var buffers: Range<Int>
  }

  /// A NET_BUFFER.
  public struct Buffer: Hashable, Sendable {
    /// Bytes of the frame.
    public var dataLength: UInt32
    /// Where they lie, among the indication's parts; none when the miniport gave no shared memory.
    public var parts: Range<Int>
  }

  /// Contiguous bytes of a section.
  public struct Part: Hashable, Sendable {
    public var memory: SharedMemoryHandle
    public var section: SectionHandle
    public var offset: UInt64
    public var length: UInt32
  }

  public var binding: BindingHandle
  /// ProtocolBindingContext.
  public var context: UInt64
  public var portNumber: UInt32
  public var flags: ReceiveFlags
  public internal(set) var lists: [List] = []
  public internal(set) var buffers: [Buffer] = []
  public internal(set) var parts: [Part] = []

  init(binding: BindingHandle, context: UInt64, portNumber: UInt32, flags: ReceiveFlags) {
    self.binding = binding
    self.context = context
    self.portNumber = portNumber
    self.flags = flags
  }
}

/// A section this process may read, and no more.
public final class SectionView: Sendable {
  public let handle: SectionHandle
  /// Bytes.
  public let size: UInt64
  /// All of it, from its first byte.
  public let mapping: Mapping

  init(_ handle: SectionHandle, size: UInt64, descriptor: borrowing Descriptor) throws(SystemError)
  {
    self.handle = handle
    mapping = try Mapping(descriptor: descriptor, access: .readOnly)
    self.size = min(size, UInt64(mapping.size))
  }
}

/// The views of a connection, by section.
final class SectionViews: Sendable {
  private let table = Monitor<[UInt64: SectionView]>([:])

  func adopt(_ handle: UInt64, size: UInt64, descriptor: consuming Descriptor) {
    guard
      let view = try? SectionView(
        SectionHandle(rawValue: handle), size: size, descriptor: descriptor)
    else { return }
    table.withLock { $0[handle] = view }
  }

  func find(_ handle: UInt64) -> SectionView? { table.withLock { $0[handle] } }

  func drop(_ handle: UInt64) {
    // Unmapping is left to the end of the old value, outside the lock.
    let old = table.withLock { $0.removeValue(forKey: handle) }
    _ = old
  }

  func dropAll() {
    let old = table.withLock { table in
      let old = table
      table = [:]
      return old
    }
    _ = old
  }
}
