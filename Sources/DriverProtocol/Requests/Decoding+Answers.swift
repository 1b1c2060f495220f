// What processes answer to upcalls. Only the handlers that allocate memory or serve an OID request answer
// more than a status; a body that cannot be read is part of the answer, and the dispatcher judges it.

package import NDISDriverInterface
import CNDIS
import NDIS

extension Decoding {
  /// What a process answered to an upcall; never fails.
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
    // A failure needs no more than its status: a process that does not know the upcall says
    // NOT_SUPPORTED and nothing else.
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
