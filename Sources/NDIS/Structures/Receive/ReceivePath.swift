// The receive path: the bytes of a block that a NET_BUFFER describes, and the flags of an indication and of a
// return. Plain values, converted without allocating, because every frame has them.

public import CNDIS

/// `NET_BUFFER_SHARED_MEMORY`: a part of a block. On the wire the elements of a chain follow one another
/// and `NextSharedMemorySegment` is zero.
public struct NetBufferSharedMemory: Hashable, Sendable, BitwiseCopyable {
  public var sharedMemoryHandle: Handle
  /// Offset from the start of the block, in bytes.
  public var offset: UInt32
  /// In bytes.
  public var length: UInt32

  /// Size of an image in bytes.
  public static let size = 32
  /// Elements of one NET_BUFFER: lookahead and the remainder of the frame.
  public static let maximumSegments = 2

  public init(sharedMemoryHandle: Handle, offset: UInt32, length: UInt32) {
    self.sharedMemoryHandle = sharedMemoryHandle
    self.offset = offset
    self.length = length
  }

  /// Reads the image at the start of `bytes`. `SharedMemoryFlags` and the pointer must be zero.
  public init(image bytes: UnsafeRawBufferPointer) throws(Failure) {
    guard bytes.count >= Self.size else {
      throw Failure(
        .invalidParameter, .informationBuffer, UInt64(bytes.count), UInt64(Self.size))
    }
    try self.init(unsafe bytes.loadUnaligned(as: NET_BUFFER_SHARED_MEMORY.self))
  }

  /// From an image. `SharedMemoryFlags` and the pointer must be zero.
  public init(_ image: NET_BUFFER_SHARED_MEMORY) throws(Failure) {
    guard image.NextSharedMemorySegment == 0 else {
      throw Failure(.invalidParameter, .reservedNotZero, image.NextSharedMemorySegment)
    }
    try checkFlags(image.SharedMemoryFlags, known: 0)
    sharedMemoryHandle = Handle(rawValue: image.SharedMemoryHandle)
    offset = image.SharedMemoryOffset
    length = image.SharedMemoryLength
  }

  /// Reads the chain of one NET_BUFFER: `count` images, the first at the start of `bytes`.
  public static func chain(
    image bytes: UnsafeRawBufferPointer, count: UInt32
  ) throws(Failure) -> [NetBufferSharedMemory] {
    guard count >= 1, count <= UInt32(maximumSegments) else {
      throw Failure(
        .invalidParameter, .sharedMemoryChain, UInt64(count), UInt64(maximumSegments))
    }
    var chain: [NetBufferSharedMemory] = []
    for index in 0..<Int(count) {
      chain.append(
        try unsafe NetBufferSharedMemory(
          image: UnsafeRawBufferPointer(rebasing: bytes.dropFirst(index * size))))
    }
    return chain
  }

  /// Writes the image to the start of `bytes` and returns its size; 0 when it does not fit.
  @discardableResult
  public func write(to bytes: UnsafeMutableRawBufferPointer) -> Int {
    guard bytes.count >= Self.size else { return 0 }
    var image = NET_BUFFER_SHARED_MEMORY()
    image.SharedMemoryHandle = sharedMemoryHandle.rawValue
    image.SharedMemoryOffset = offset
    image.SharedMemoryLength = length
    unsafe bytes.storeBytes(of: image, as: NET_BUFFER_SHARED_MEMORY.self)
    return Self.size
  }

  /// Fails if the part is empty or ends outside a block of `blockLength` bytes.
  public func check(inside blockLength: UInt32) throws(Failure) {
    guard length > 0, UInt64(offset) + UInt64(length) <= UInt64(blockLength) else {
      throw Failure(
        .invalidParameter, .sharedMemoryRange, UInt64(offset) << 32 | UInt64(length),
        UInt64(blockLength))
    }
  }
}

/// `ReceiveFlags` of an indication (`NDIS_RECEIVE_FLAGS_*`).
public struct ReceiveFlags: OptionSet, Hashable, Sendable, BitwiseCopyable {
  public var rawValue: UInt32
  public init(rawValue: UInt32) { self.rawValue = rawValue }

  public static let dispatchLevel = ReceiveFlags(rawValue: 0x1)
  /// The miniport owns the lists again as soon as the call returns; they are not returned.
  public static let resources = ReceiveFlags(rawValue: 0x2)
  public static let singleEtherType = ReceiveFlags(rawValue: 0x100)
  public static let singleVLAN = ReceiveFlags(rawValue: 0x200)
  public static let perfectFiltered = ReceiveFlags(rawValue: 0x400)
  /// All lists are of one receive queue.
  public static let singleQueue = ReceiveFlags(rawValue: 0x800)
  /// SharedMemoryInfo of every NET_BUFFER is valid; without it the information is ignored.
  public static let sharedMemoryInfoValid = ReceiveFlags(rawValue: 0x1000)
  public static let moreNBLs = ReceiveFlags(rawValue: 0x2000)
  public static let switchDestinationGroup = ReceiveFlags(rawValue: 0x4000)
  public static let switchSingleSource = ReceiveFlags(rawValue: 0x8000)

  public static let known = ReceiveFlags(rawValue: 0xFF03)

  /// Fails if an unknown bit is set.
  public init(checking rawValue: UInt32) throws(Failure) {
    try checkFlags(rawValue, known: Self.known.rawValue)
    self.rawValue = rawValue
  }
}

/// `ReturnFlags` of a return (`NDIS_RETURN_FLAGS_*`).
public struct ReturnFlags: OptionSet, Hashable, Sendable, BitwiseCopyable {
  public var rawValue: UInt32
  public init(rawValue: UInt32) { self.rawValue = rawValue }

  public static let dispatchLevel = ReturnFlags(rawValue: 0x1)
  public static let singleQueue = ReturnFlags(rawValue: 0x2)
  public static let switchSingleSource = ReturnFlags(rawValue: 0x4)

  public static let known = ReturnFlags(rawValue: 0x7)

  /// Fails if an unknown bit is set.
  public init(checking rawValue: UInt32) throws(Failure) {
    try checkFlags(rawValue, known: Self.known.rawValue)
    self.rawValue = rawValue
  }
}
