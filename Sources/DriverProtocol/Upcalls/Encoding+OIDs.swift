// Upcalls for OID requests and status indications.

package import NDISDriverInterface
import CNDIS
import NDIS

extension Encoding {
  /// UPCALL_OID_REQUEST, UPCALL_CANCEL_OID_REQUEST or UPCALL_OID_REQUEST_COMPLETE.
  package static func upcall(
    _ id: UInt64, _ upcall: UpcallDetails, _ oid: OIDDetails,
    into buffer: UnsafeMutableRawBufferPointer
  ) -> Int {
    var writer = unsafe begin(id, upcall, buffer)
    appendHead(upcall, to: &writer)
    switch Int(upcall.type) {
    case NDISSIM_UPCALL_OID_REQUEST:
      writer.append(oid.handle.rawValue)
      writer.append(image(of: oid.call))
      writer.append(bytes: oid.call.input)
    case NDISSIM_UPCALL_CANCEL_OID_REQUEST:
      writer.append(oid.handle.rawValue)
      writer.append(oid.call.requestID)
    default:
      writer.append(oid.call.requestContext)
      writer.append(oid.handle.rawValue)
      writer.append(oid.failure.status.rawValue)
      writer.append(UInt32(0))
      append(oid.result, to: &writer)
      if oid.failure.status != .success { writer.append(oid.failure, bugCheck: nil) }
    }
    return writer.finish()
  }

  private static func append(_ result: OIDResult, to writer: inout MessageWriter) {
    writer.append(
      ndissim_oid_result(
        bytes_read: result.bytesRead, bytes_written: result.bytesWritten,
        bytes_needed: result.bytesNeeded,
        length: UInt32(truncatingIfNeeded: result.information.count),
        supported_revision: result.supportedRevision, reserved0: (0, 0, 0, 0, 0, 0, 0)))
    writer.append(bytes: result.information)
  }

  /// The structure that NDIS passes to a miniport: NDIS creates its own of the newest revision, whatever the
  /// protocol driver's revision.
  private static func image(of call: OIDCall) -> NDIS_OID_REQUEST {
    var image = NDIS_OID_REQUEST()
    image.Header = NDIS_OBJECT_HEADER(
      Type: UInt8(NDIS_OBJECT_TYPE_OID_REQUEST), Revision: UInt8(NDIS_OID_REQUEST_REVISION_2),
      Size: UInt16(NDIS_SIZEOF_OID_REQUEST_REVISION_2))
    image.RequestType = Int32(bitPattern: call.kind)
    image.PortNumber = call.port
    image.Timeout = call.timeout
    image.RequestId = call.requestID
    image.RequestHandle = call.requestHandle
    image.DATA.Oid = call.oid
    let input = UInt32(truncatingIfNeeded: call.input.count)
    switch OIDRequestKind(rawValue: call.kind) {
    case .set: image.DATA.InformationBufferLength = input
    case .method:
      // The flat field names of the structure are those of a query; see ndis_oid.h.
      image.DATA.InformationBufferLength = input
      image.DATA.BytesWritten = call.outputLength
      image.DATA.BytesNeeded = call.methodID
    default: image.DATA.InformationBufferLength = call.outputLength
    }
    image.SwitchId = call.switchID
    image.VPortId = call.vportID
    image.Flags = call.flags
    return image
  }

  /// UPCALL_STATUS_EX.
  package static func upcall(
    _ id: UInt64, _ upcall: UpcallDetails, _ status: IndicatedStatus,
    into buffer: UnsafeMutableRawBufferPointer
  ) -> Int {
    var writer = unsafe begin(id, upcall, buffer)
    appendHead(upcall, to: &writer)
    writer.append(bytes: status.indication.image())
    writer.append(bytes: status.buffer)
    return writer.finish()
  }
}
