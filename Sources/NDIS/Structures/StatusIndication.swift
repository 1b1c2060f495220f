// NDIS_STATUS_INDICATION on the wire: the image of the structure, followed by its buffer. The pointer is
// zero; StatusBufferSize must match the number of bytes that follow, because a wrong size is bug check
// 0x7C/0x20.

import CNDIS

/// A status indication without its buffer.
public struct StatusIndication: StructureImage {
  public static var structure: Structure { .statusIndication }
  public var revision: UInt8 = 1
  /// The adapter.
  public var sourceHandle: Handle
  public var portNumber: UInt32
  public var statusCode: Status
  /// The binding to notify; NULL is all of them.
  public var destinationHandle: Handle
  public var requestID: UInt64
  /// In bytes.
  public var statusBufferSize: UInt32
  public var guid: SIMD16<UInt8>

  /// Bytes of the longest buffer; an indication is one message.
  public static let maximumBuffer: UInt32 = 4096

  public init(
    from sourceHandle: Handle, _ statusCode: Status, bufferSize: UInt32 = 0,
    to destinationHandle: Handle = .null, requestID: UInt64 = 0
  ) {
    self.sourceHandle = sourceHandle
    portNumber = 0
    self.statusCode = statusCode
    self.destinationHandle = destinationHandle
    self.requestID = requestID
    statusBufferSize = bufferSize
    guid = SIMD16()
  }

  public init(image bytes: UnsafeRawBufferPointer, for version: NDISVersion) throws(Failure) {
    let (image, revision) = try unsafe Self.load(NDIS_STATUS_INDICATION(), bytes, version)
    try checkFlags(image.Flags, known: 0)
    guard image.StatusBuffer == 0 else {
      throw Failure(.invalidParameter, .reservedNotZero, image.StatusBuffer)
    }
    self.revision = revision
    sourceHandle = Handle(rawValue: image.SourceHandle)
    portNumber = image.PortNumber
    statusCode = Status(rawValue: image.StatusCode)
    destinationHandle = Handle(rawValue: image.DestinationHandle)
    requestID = image.RequestId
    statusBufferSize = image.StatusBufferSize
    guid = unsafe unsafeBitCast(image.Guid, to: SIMD16<UInt8>.self)
  }

  public func append(to bytes: inout [UInt8]) {
    var image = NDIS_STATUS_INDICATION()
    image.SourceHandle = sourceHandle.rawValue
    image.PortNumber = portNumber
    image.StatusCode = statusCode.rawValue
    image.DestinationHandle = destinationHandle.rawValue
    image.RequestId = requestID
    image.StatusBufferSize = statusBufferSize
    unsafe withUnsafeMutableBytes(of: &image.Guid) { target in
      for index in 0..<16 { unsafe target[index] = guid[index] }
    }
    store(image, to: &bytes)
  }

  /// Fails unless `count` bytes are to follow, within the limit for an indication.
  public func checkBuffer(_ count: Int) throws(Failure) {
    guard statusBufferSize <= Self.maximumBuffer, Int(statusBufferSize) == count else {
      throw Failure(
        .invalidParameter, .statusBuffer, UInt64(statusBufferSize),
        UInt64(truncatingIfNeeded: count))
    }
  }
}
