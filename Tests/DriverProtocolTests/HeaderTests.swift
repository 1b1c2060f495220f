// The header: what is written is read again, and what is wrong is refused with its reason.

import CNDIS
import NDISDriverProtocol
import NDIS
import Testing

@Suite struct HeaderTests {
  private static func decode(_ bytes: [UInt8]) throws(Failure) -> MessageHeader {
    let copy = bytes
    return try unsafe copy.withUnsafeBufferPointer { (packet) throws(Failure) in
      try unsafe MessageHeader(packet: UnsafeRawBufferPointer(packet))
    }
  }

  private static func reason(_ bytes: [UInt8]) -> Reason? {
    do throws(Failure) {
      _ = try decode(bytes)
      return nil
    } catch { return error.reason }
  }

  private static let ping = message(MessageHeader(type: UInt16(NDISSIM_PING), requestID: 7))

  @Test func comesBackAsItWasWritten() throws {
    let header = MessageHeader(
      type: 0x1234, flags: NDISSIM_FLAG_UPCALL | NDISSIM_FLAG_REPLY, requestID: 0x1122_3344_5566,
      context: 0x9988_7766, status: .resources, irql: 2, descriptors: 1)
    let read = try HeaderTests.decode(message(header) { $0.append(UInt64(5)) })
    #expect(read.type == 0x1234)
    #expect(read.isReply && read.isUpcall && !read.isNotification)
    #expect(read.requestID == 0x1122_3344_5566)
    #expect(read.context == 0x9988_7766)
    #expect(read.status == .resources)
    #expect(read.irql == 2)
    #expect(read.descriptors == 1)
    #expect(read.length == 8)
  }

  @Test func everyShortPacketIsRefused() {
    for length in 0..<MessageHeader.size {
      #expect(HeaderTests.reason(Array(HeaderTests.ping[..<length])) == .malformedMessage)
    }
    #expect(HeaderTests.reason(HeaderTests.ping) == nil)
  }

  @Test(arguments: [
    (0, Reason.malformedMessage), (3, .malformedMessage),  // magic
    (4, .versionMismatch), (5, .versionMismatch),  // version
    (12, .malformedMessage), (15, .malformedMessage),  // length
    (38, .reservedNotZero), (39, .reservedNotZero),  // reserved0
    (40, .reservedNotZero), (47, .reservedNotZero),  // reserved1
    (9, .unknownFlags), (11, .unknownFlags),  // flags
  ])
  func aChangedByteIsRefused(offset: Int, reason: Reason) {
    var bytes = HeaderTests.ping
    bytes[offset] ^= 0x40
    #expect(HeaderTests.reason(bytes) == reason)
  }

  @Test func aBodyOfAnotherLengthIsRefused() {
    #expect(HeaderTests.reason(HeaderTests.ping + [0]) == .malformedMessage)
    let longer = message(MessageHeader(type: 2, requestID: 1)) { $0.append(UInt32(1)) }
    #expect(HeaderTests.reason(Array(longer.dropLast())) == .malformedMessage)
  }

  @Test func whatDoesNotFitIsNotWritten() {
    var small = [UInt8](repeating: 0, count: MessageHeader.size + 7)
    let count = unsafe small.withUnsafeMutableBytes { bytes in
      var writer = unsafe MessageWriter(MessageHeader(type: 2, requestID: 1), into: bytes)
      writer.append(UInt64(1))
      writer.append(UInt8(1))
      return writer.finish()
    }
    #expect(count == 0)
    var tiny = [UInt8](repeating: 0, count: 20)
    let none = unsafe tiny.withUnsafeMutableBytes { bytes in
      let writer = unsafe MessageWriter(MessageHeader(type: 2, requestID: 1), into: bytes)
      return writer.finish()
    }
    #expect(none == 0)
  }
}
