// The golden messages of OID requests.

import CNDIS
import NDISDriverProtocol
import NDIS

extension GoldenList {
  private static let input: [UInt8] = [1, 2, 3, 4, 5, 6]
  private static let output: [UInt8] = [0xA1, 0xA2, 0xA3]

  private static func request(_ writer: inout MessageWriter) {
    writer.append(image: GoldenImage.oidRequest, size: GoldenImage.oidRequest.Header.Size)
    for byte in input { writer.append(byte) }
  }

  /// A miniport's result, with more bytes written than the three that travel.
  private static func result(_ writer: inout MessageWriter) {
    writer.append(
      ndissim_oid_result(
        bytes_read: 6, bytes_written: 3, bytes_needed: 9, length: UInt32(output.count),
        supported_revision: 2, reserved0: (0, 0, 0, 0, 0, 0, 0)))
    for byte in output { writer.append(byte) }
  }

  private static func completion(_ status: Status, _ writer: inout MessageWriter) {
    writer.append(Example.binding)
    writer.append(Example.bindingContext)
    writer.append(UInt64(27))
    writer.append(Example.requestContext)
    writer.append(Example.oidRequest)
    writer.append(status.rawValue)
    writer.append(UInt32(0))
  }

  mutating func addOIDs() {
    call("oid_request", NDISSIM_OID_REQUEST, replyStatus: .pending) {
      $0.append(Example.binding)
      $0.append(Example.requestContext)
      Self.request(&$0)
    } reply: {
      $0.append(Example.oidRequest)
    }
    call("cancel_oid_request", NDISSIM_CANCEL_OID_REQUEST) {
      $0.append(Example.binding)
      $0.append(UInt64(0x9191))
    }
    call("miniport_oid_request_complete", NDISSIM_MINIPORT_OID_REQUEST_COMPLETE) {
      $0.append(Example.adapter)
      $0.append(Example.oidRequest)
      $0.append(Status.success.rawValue)
      $0.append(UInt32(0))
      Self.result(&$0)
    }
    upcall("oid_request", NDISSIM_UPCALL_OID_REQUEST) {
      $0.append(Example.adapter)
      $0.append(Example.adapterContext)
      $0.append(UInt64(7))
      $0.append(Example.oidRequest)
      Self.request(&$0)
    } reply: {
      Self.result(&$0)
    }
    single(
      "upcall_oid_request.reply_pending",
      MessageHeader(
        type: UInt16(NDISSIM_UPCALL_OID_REQUEST), flags: NDISSIM_FLAG_UPCALL | NDISSIM_FLAG_REPLY,
        requestID: upcallID &- 1, status: .pending)
    ) { _ in }
    upcall("cancel_oid_request", NDISSIM_UPCALL_CANCEL_OID_REQUEST) {
      $0.append(Example.adapter)
      $0.append(Example.adapterContext)
      $0.append(UInt64(13))
      $0.append(Example.oidRequest)
      $0.append(UInt64(0x9191))
    }
    upcall("oid_request_complete", NDISSIM_UPCALL_OID_REQUEST_COMPLETE) {
      Self.completion(.success, &$0)
      Self.result(&$0)
    }
    single(
      "upcall_oid_request_complete.request_failed",
      MessageHeader(
        type: UInt16(NDISSIM_UPCALL_OID_REQUEST_COMPLETE), flags: NDISSIM_FLAG_UPCALL,
        requestID: upcallID)
    ) {
      Self.completion(.requestAborted, &$0)
      $0.append(ndissim_oid_result())
      $0.append(Failure(.requestAborted, .oidAborted, 0x9191), bugCheck: nil)
    }
  }
}
