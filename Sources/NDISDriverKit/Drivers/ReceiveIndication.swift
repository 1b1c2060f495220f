// Lists of frames in shared memory, as a miniport indicates them and as a protocol driver receives them. A
// received indication is flat: lists, buffers and parts in three arrays, so that many frames cost three
// allocations. The bytes are read in place through a read-only view of the section.

public import NDIS
package import NDISPlatform

/// Identifies a NET_BUFFER_LIST to the drivers that receive it.
public struct NetBufferListHandle: TypedHandle {
  public var rawValue: UInt64
  public init(rawValue: UInt64) { self.rawValue = rawValue }
}

/// A NET_BUFFER_LIST as a miniport indicates it: one NET_BUFFER; a test of the refusal may add up to three more,
/// with four segments in all.
public struct NetBufferListIndication: Sendable {
  /// The miniport's own number; returned to it.
  public var context: UInt64
  /// QueueId, or VPortId, of NetBufferListFilteringInfo.
  public var queueID: UInt16
  /// Must be 0; a test may pass another.
  public var filterID: UInt16 = 0
  /// Ieee8021QNetBufferListInfo: the tag of the frames, if it was removed from their data.
  public var ieee8021Q = Ieee8021QInformation.none
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

  /// Adds a NET_BUFFER; returns false if the list is full.
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

/// The parameters of ProtocolReceiveNetBufferLists.
public struct ReceiveIndication: Sendable {
  /// A NET_BUFFER_LIST.
  public struct List: Hashable, Sendable {
    public var handle: NetBufferListHandle
    public var queueID: UInt16
    /// 0 from NDIS 6.20 on.
    public var filterID: UInt16
    /// Ieee8021QNetBufferListInfo: the tag that was removed from the frames; `.none` without one.
    public var ieee8021Q = Ieee8021QInformation.none
    /// Its NET_BUFFERs among the indication's.
    public var buffers: Range<Int>
  }

  /// A NET_BUFFER.
  public struct Buffer: Hashable, Sendable {
    /// Bytes of the frame.
    public var dataLength: UInt32
    /// Their location, as indices of the indication's parts, which end where the frame does; empty without
    /// shared memory.
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
  /// The mappings of the parts, and the references that keep them.
  @usableFromInline var places: [Place] = []
  private var mappings: [Mapping] = []

  init(binding: BindingHandle, context: UInt64, portNumber: UInt32, flags: ReceiveFlags) {
    self.binding = binding
    self.context = context
    self.portNumber = portNumber
    self.flags = flags
  }
}

extension ReceiveIndication {
  /// A mapped section.
  @usableFromInline @safe struct Place: @unchecked Sendable {
    // Unchecked: the properties are constant, and the indication retains the mapping.
    @usableFromInline let section: UInt64
    @usableFromInline let bytes: UnsafeRawBufferPointer
  }

  /// Looks up the mapping of the section of each part, once per section.
  mutating func place(_ mapping: (_ section: UInt64) -> Mapping?) {
    var last: UInt64?
    for part in parts where part.section.rawValue != last {
      let section = part.section.rawValue
      last = section
      guard !places.contains(where: { $0.section == section }), let found = mapping(section) else {
        continue
      }
      mappings.append(found)
      let bytes = unsafe UnsafeRawBufferPointer(start: found.baseAddress, count: found.size)
      places.append(unsafe Place(section: section, bytes: bytes))
    }
  }

  /// Calls `body` with the bytes of a part in place; nil if the section is not mapped in this process. The
  /// bytes can be read while the indication exists; the owner of the block may change them.
  @inlinable public func withBytes<Value>(
    of part: Part, _ body: (UnsafeRawBufferPointer) -> Value
  ) -> Value? {
    for place in places where place.section == part.section.rawValue {
      let size = UInt64(unsafe place.bytes.count)
      guard part.offset <= size, UInt64(part.length) <= size - part.offset else { return nil }
      let start = Int(part.offset)
      return unsafe body(
        UnsafeRawBufferPointer(rebasing: place.bytes[start..<start + Int(part.length)]))
    }
    return nil
  }

  /// Visits the frames in order, each with its bytes in place; nil for a frame in several parts or in an
  /// unmapped section (`bytes(of:)` copies such a frame).
  @inlinable public func forEachFrame(
    _ body: (_ list: List, _ buffer: Buffer, _ bytes: UnsafeRawBufferPointer?) -> Void
  ) {
    for list in lists {
      for number in list.buffers {
        let buffer = buffers[number]
        if buffer.parts.count == 1 {
          let isThere: Void? = unsafe withBytes(of: parts[buffer.parts.lowerBound]) { bytes in
            unsafe body(list, buffer, bytes)
          }
          if isThere != nil { continue }
        }
        body(list, buffer, nil)
      }
    }
  }

  /// A copy of a frame's bytes.
  public func bytes(of buffer: Buffer) -> [UInt8] {
    var bytes: [UInt8] = []
    for part in parts[buffer.parts] {
      unsafe withBytes(of: part) { unsafe bytes.append(contentsOf: $0) }
    }
    return bytes
  }
}

/// A section mapped read-only.
public final class SectionView: Sendable {
  public let handle: SectionHandle
  /// Bytes.
  public let size: UInt64
  package let mapping: Mapping

  /// All of it, from its first byte; valid while the view exists.
  public var bytes: UnsafeRawBufferPointer {
    unsafe UnsafeRawBufferPointer(start: mapping.baseAddress, count: Int(size))
  }

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
    // A resumed session may receive a section again that it has mapped already.
    guard find(handle) == nil else { return }
    guard
      let view = try? SectionView(
        SectionHandle(rawValue: handle), size: size, descriptor: descriptor)
    else { return }
    table.withLock { $0[handle] = view }
  }

  func find(_ handle: UInt64) -> SectionView? { table.withLock { $0[handle] } }

  func drop(_ handle: UInt64) {
    // The old value is released outside the lock, which may unmap it.
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
