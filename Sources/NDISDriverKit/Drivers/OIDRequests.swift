// OID requests from the view of drivers: the request of a protocol driver, its completion by a miniport, and
// the completion that the protocol driver receives. Information buffers are byte arrays; `NDIS` has their
// structures, with `image()` and `init(image:)`.

public import NDIS

/// Identifies an OID request between NDIS and the miniport.
public struct OIDRequestHandle: TypedHandle {
  public var rawValue: UInt64
  public init(rawValue: UInt64) { self.rawValue = rawValue }
}

/// `NDIS_OID_REQUEST`.
public struct OIDRequest: Hashable, Sendable {
  /// RequestType; the raw number, so that a test can pass a wrong one.
  public var kind: UInt32
  public var oid: UInt32
  public var portNumber: UInt32 = 0
  /// Seconds, 0 = none.
  public var timeout: UInt32 = 0
  /// Identifies the request in a cancellation.
  public var requestID: UInt64 = 0
  public var requestHandle: UInt64 = 0
  public var methodID: UInt32 = 0
  /// The information buffer of a set, the input of a method.
  public var input: [UInt8]
  /// The length of the output buffer of a query or method.
  public var outputLength: UInt32
  /// `Header.Revision`; the three fields below require 2 (NDIS 6.50).
  public var revision: UInt8 = 1
  public var switchID: UInt32 = 0
  public var vportID: UInt32 = 0
  public var flags: UInt32 = 0

  public init(
    _ kind: OIDRequestKind, _ oid: UInt32, input: [UInt8] = [], outputLength: UInt32 = 0,
    requestID: UInt64 = 0
  ) {
    self.kind = kind.rawValue
    self.oid = oid
    self.input = input
    self.outputLength = outputLength
    self.requestID = requestID
  }
}

/// The result of MiniportOidRequest or NdisMOidRequestComplete.
public struct OIDAnswer: Hashable, Sendable {
  public var status: Status
  public var bytesRead: UInt32
  /// BytesWritten as reported by the miniport; the length of `information` except in tests.
  public var bytesWritten: UInt32
  public var bytesNeeded: UInt32
  public var supportedRevision: UInt8
  public var information: [UInt8]

  public init(
    _ status: Status, information: [UInt8] = [], bytesRead: UInt32 = 0,
    bytesWritten: UInt32? = nil, bytesNeeded: UInt32 = 0, supportedRevision: UInt8 = 0
  ) {
    self.status = status
    self.information = information
    self.bytesRead = bytesRead
    self.bytesWritten = bytesWritten ?? UInt32(clamping: information.count)
    self.bytesNeeded = bytesNeeded
    self.supportedRevision = supportedRevision
  }

  /// NDIS_STATUS_PENDING: NdisMOidRequestComplete follows.
  public static let pending = OIDAnswer(.pending)
  public static let success = OIDAnswer(.success)
}

/// The parameters of ProtocolOidRequestComplete: the completion of a request of this driver.
public struct OIDCompletion: Hashable, Sendable {
  public var binding: BindingHandle
  public var handle: OIDRequestHandle
  /// The driver's own number for the request.
  public var requestContext: UInt64
  public var answer: OIDAnswer
  /// The error, if NDIS reports more than the status.
  public var error: DriverError?

  public var status: Status { answer.status }

  /// The information buffer after SUCCESS. Throws otherwise.
  public func get() throws(DriverError) -> [UInt8] {
    guard answer.status != .success else { return answer.information }
    throw error
      ?? DriverError(status: answer.status, rule: "", sentence: "", routine: "NdisOidRequest")
  }
}
