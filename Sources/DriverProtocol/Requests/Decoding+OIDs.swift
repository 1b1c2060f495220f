// Decodes OID requests: the request of a protocol driver, and its completion by a miniport. The dispatcher
// validates the information buffer; here its length is checked against the image and the message.

import NDISDriverInterface
import CNDIS
import NDIS

extension Decoding {
  static func oidRequest(_ body: inout BodyReader) throws(Failure) -> Request {
    let binding = try handle(&body)
    let context = try body.read(UInt64.self)
    let image = try body.readSizedImage(
      NDIS_OID_REQUEST(), least: Int(NDIS_SIZEOF_OID_REQUEST_REVISION_1))
    guard image.DATA.InformationBuffer == 0 else {
      throw Failure(.invalidParameter, .reservedNotZero, image.DATA.InformationBuffer)
    }
    let kind = UInt32(bitPattern: image.RequestType)
    var call = OIDCall(
      header: ObjectHeader(image.Header), kind: kind, oid: image.DATA.Oid,
      requestID: image.RequestId, requestContext: context)
    call.port = image.PortNumber
    call.timeout = image.Timeout
    call.requestHandle = image.RequestHandle
    // An invalid type has no input here and is refused in the turn.
    var input: UInt32 = 0
    switch OIDRequestKind(rawValue: kind) {
    case .set: input = image.DATA.InformationBufferLength
    case .method:
      // The flat field names of the structure are those of a query; see ndis_oid.h.
      input = image.DATA.InformationBufferLength
      call.outputLength = image.DATA.BytesWritten
      call.methodID = image.DATA.BytesNeeded
    case .query, .queryStatistics: call.outputLength = image.DATA.InformationBufferLength
    case nil: break
    }
    // A revision-1 structure ends before these fields; bytes after it are ignored (A32).
    if image.Header.Revision >= 2,
      Int(image.Header.Size) >= Int(NDIS_SIZEOF_OID_REQUEST_REVISION_2)
    {
      call.switchID = image.SwitchId
      call.vportID = image.VPortId
      call.flags = image.Flags
    }
    try bound(input)
    try bound(call.outputLength, NDIS.Limits.maximumAnswer)
    call.input = try body.readBytes(Int(input))
    return .oidRequest(binding: binding, call)
  }

  static func oidCompletion(_ body: inout BodyReader) throws(Failure) -> Request {
    let raw = try body.read(ndissim_miniport_oid_request_complete.self)
    try zero(UInt64(raw.reserved))
    return .completeOIDRequest(
      adapter: Handle(rawValue: raw.adapter_handle), oid: Handle(rawValue: raw.oid_handle),
      Status(rawValue: raw.status), try oidResult(&body))
  }

  static func oidResult(_ body: inout BodyReader) throws(Failure) -> OIDResult {
    let raw = try body.read(ndissim_oid_result.self)
    let r = raw.reserved0
    try zero(UInt64(r.0 | r.1 | r.2 | r.3 | r.4 | r.5 | r.6))
    try bound(raw.length)
    return OIDResult(
      bytesRead: raw.bytes_read, bytesWritten: raw.bytes_written, bytesNeeded: raw.bytes_needed,
      supportedRevision: raw.supported_revision,
      information: try body.readBytes(Int(raw.length)))
  }
}
