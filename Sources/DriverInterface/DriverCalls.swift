// The parameters of requests and answers about OIDs, indications and an adapter's lifecycle, decoded: the
// associated values of `Request`, and of the answer to MiniportOidRequest. Decoding checks their lengths, the
// turn validates their contents.

public import NDIS

/// `NDIS_OID_REQUEST` as passed by the caller.
public struct OIDCall: Sendable, Hashable {
  public var header: ObjectHeader
  /// RequestType; not validated yet.
  public var kind: UInt32
  public var oid: UInt32
  public var port: UInt32
  public var timeout: UInt32
  public var requestID: UInt64
  public var requestHandle: UInt64
  /// The driver's own context for the request.
  public var requestContext: UInt64
  public var methodID: UInt32
  /// The input buffer: of a set or a method.
  public var input: [UInt8]
  /// Size of the output buffer of a query or method.
  public var outputLength: UInt32
  public var switchID: UInt32
  public var vportID: UInt32
  public var flags: UInt32

  public init(
    header: ObjectHeader = ObjectHeader(type: 0x96, revision: 1, size: 236), kind: UInt32,
    oid: UInt32, input: [UInt8] = [], outputLength: UInt32 = 0, requestID: UInt64 = 0,
    requestContext: UInt64 = 0
  ) {
    self.header = header
    self.kind = kind
    self.oid = oid
    port = 0
    timeout = 0
    self.requestID = requestID
    requestHandle = 0
    self.requestContext = requestContext
    methodID = 0
    self.input = input
    self.outputLength = outputLength
    switchID = 0
    vportID = 0
    flags = 0
  }
}

/// A miniport's completion of an OID request. A class, to keep other upcall answers small.
public final class OIDResult: Sendable, Hashable {
  public let bytesRead: UInt32
  public let bytesWritten: UInt32
  public let bytesNeeded: UInt32
  public let supportedRevision: UInt8
  /// The returned information buffer.
  public let information: [UInt8]

  public init(
    bytesRead: UInt32 = 0, bytesWritten: UInt32? = nil, bytesNeeded: UInt32 = 0,
    supportedRevision: UInt8 = 0, information: [UInt8] = []
  ) {
    self.bytesRead = bytesRead
    self.bytesWritten = bytesWritten ?? UInt32(clamping: information.count)
    self.bytesNeeded = bytesNeeded
    self.supportedRevision = supportedRevision
    self.information = information
  }

  public static func == (a: OIDResult, b: OIDResult) -> Bool {
    a.bytesRead == b.bytesRead && a.bytesWritten == b.bytesWritten
      && a.bytesNeeded == b.bytesNeeded && a.supportedRevision == b.supportedRevision
      && a.information == b.information
  }

  public func hash(into hasher: inout Hasher) { hasher.combine(information) }
}

/// A status indication as received: the image is decoded, its buffer is the rest of the message.
public struct IndicatedStatus: Sendable, Hashable {
  public var indication: StatusIndication
  public var buffer: [UInt8]
  public init(indication: StatusIndication, buffer: [UInt8]) {
    self.indication = indication
    self.buffer = buffer
  }
}

/// A NET_BUFFER_LIST indicated by a miniport. Up to four NET_BUFFERs with a total of four segments are read; a list
/// with another number than one is refused.
public struct IndicatedList: Sendable {
  /// The miniport's own context.
  public var context: UInt64
  public var filterID: UInt16
  public var queueID: UInt16
  /// The 802.1Q tag of its frames.
  public var tag = Ieee8021QInformation.none
  public var bufferCount: UInt8
  public var segmentCount: UInt8
  public var dataLengths = InlineArray<4, UInt32>(repeating: 0)
  public var bufferSegments = InlineArray<4, UInt8>(repeating: 0)
  public var segments = InlineArray<4, NetBufferSharedMemory>(
    repeating: NetBufferSharedMemory(sharedMemoryHandle: .null, offset: 0, length: 0))

  public init(context: UInt64, queueID: UInt16, filterID: UInt16 = 0) {
    self.context = context
    self.queueID = queueID
    self.filterID = filterID
    bufferCount = 0
    segmentCount = 0
  }

  /// Appends a NET_BUFFER. Fails if the list is full.
  public mutating func append(
    dataLength: UInt32, _ chain: some Collection<NetBufferSharedMemory>
  ) throws(Failure) {
    guard bufferCount < 4, Int(segmentCount) + chain.count <= 4 else {
      throw Failure(
        .invalidParameter, .netBufferCount, UInt64(bufferCount) + 1, 4)
    }
    dataLengths[Int(bufferCount)] = dataLength
    bufferSegments[Int(bufferCount)] = UInt8(truncatingIfNeeded: chain.count)
    bufferCount += 1
    for segment in chain {
      segments[Int(segmentCount)] = segment
      segmentCount += 1
    }
  }
}

/// NdisMIndicateReceiveNetBufferLists.
public struct Indication: Sendable {
  public var port: UInt32
  public var flags: UInt32
  public var lists: [IndicatedList]
  public init(port: UInt32 = 0, flags: UInt32, lists: [IndicatedList]) {
    self.port = port
    self.flags = flags
    self.lists = lists
  }
}
