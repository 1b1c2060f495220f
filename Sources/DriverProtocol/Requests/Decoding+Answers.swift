// Decodes answers to upcalls. Only handlers that allocate memory or complete an OID request return more than
// a status; an unreadable body is part of the answer, which the dispatcher validates.

package import NDISDriverInterface
import CNDIS
import NDIS

extension Decoding {
  /// Decodes the answer to an upcall; never fails.
  package static func answer(
    _ header: MessageHeader, _ packet: UnsafeRawBufferPointer
  ) -> ProviderAnswer {
    var answer = ProviderAnswer(status: header.status, irql: header.irql)
    answer.type = header.type
    switch Int(header.type) {
    case NDISSIM_UPCALL_ALLOCATE_SHARED_MEMORY:
      if header.status == .success { unsafe readMemory(&answer, header, packet) }
    case NDISSIM_UPCALL_OID_REQUEST:
      if header.status != .pending { unsafe readResult(&answer, header, packet) }
    default: break
    }
    return answer
  }

  private static func readMemory(
    _ answer: inout ProviderAnswer, _ header: MessageHeader, _ packet: UnsafeRawBufferPointer
  ) {
    var body = unsafe BodyReader(packet: packet)
    answer.namesBlock = false
    do throws(Failure) {
      let raw = try body.read(ndissim_upcall_allocate_reply.self)
      answer.namesBlock = true
      answer.providerContext = raw.shared_memory_provider_context
      answer.section = Handle(rawValue: raw.section)
      try zero(UInt64(raw.reserved))
      let needed = UInt64(raw.extent_count) * 16
      guard needed == UInt64(body.remaining) else {
        throw Failure(.failure, .providerMalformed, UInt64(header.length), 24 + needed)
      }
      answer.extents.reserveCapacity(Int(raw.extent_count))
      for _ in 0..<raw.extent_count { answer.extents.append(try body.readExtent()) }
    } catch {
      answer.malformed = error
    }
  }

  private static func readResult(
    _ answer: inout ProviderAnswer, _ header: MessageHeader, _ packet: UnsafeRawBufferPointer
  ) {
    // A failure needs only a status: a process that does not know the upcall answers NOT_SUPPORTED.
    if header.status != .success, header.length == 0 {
      answer.oid = OIDResult()
      return
    }
    var body = unsafe BodyReader(packet: packet)
    do throws(Failure) {
      answer.oid = try oidResult(&body)
      try body.end()
    } catch {
      answer.oid = nil
      answer.malformed = error
    }
  }
}
