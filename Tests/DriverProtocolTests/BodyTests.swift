// Bodies: values, names, images, extents and failures come back; a body that is too short at any
// length is one failure that says how long it must be.

import CNDIS
import NDISDriverProtocol
import NDIS
import Testing

/// Reads a body that `write` makes, cut to `length` bytes when that is given.
private func read<Result>(
  _ write: (inout MessageWriter) -> Void, length: Int? = nil,
  _ body: (inout BodyReader) throws(Failure) -> Result
) throws(Failure) -> Result {
  var bytes = message(MessageHeader(type: 2, requestID: 1), write)
  if let length { bytes = Array(bytes[..<(MessageHeader.size + length)]) }
  return try unsafe bytes.withUnsafeBufferPointer { (packet) throws(Failure) -> Result in
    var reader = unsafe BodyReader(packet: UnsafeRawBufferPointer(packet))
    return try body(&reader)
  }
}

private func reason(_ body: () throws(Failure) -> Void) -> Reason? {
  do throws(Failure) {
    try body()
    return nil
  } catch { return error.reason }
}

@Suite struct BodyTests {
  @Test func valuesComeBack() throws {
    let values = try read {
      $0.append(UInt8(1))
      $0.append(UInt64(2))
      $0.append(Name("driver"))
      $0.append(Site("File.swift:1"))
      $0.append(Extent(offset: 4096, length: 17))
    } _: { (reader) throws(Failure) in
      let values = (
        try reader.read(UInt8.self), try reader.read(UInt64.self), try reader.readName(),
        try reader.readSite(), try reader.readExtent()
      )
      try reader.end()
      return values
    }
    #expect(values.0 == 1)
    #expect(values.1 == 2)
    #expect("\(values.2)" == "driver")
    #expect("\(values.3)" == "File.swift:1")
    #expect(values.4 == Extent(offset: 4096, length: 17))
  }

  @Test func everyShortBodyIsRefused() {
    // 8 + 32 + 48 + 16 bytes.
    for length in 0..<104 {
      let found = reason { () throws(Failure) in
        try read(
          {
            $0.append(UInt64(2))
            $0.append(Name("driver"))
            $0.append(Site("File.swift:1"))
            $0.append(Extent(offset: 4096, length: 17))
          }, length: length
        ) { (reader) throws(Failure) in
          _ = try reader.read(UInt64.self)
          _ = try reader.readName()
          _ = try reader.readSite()
          _ = try reader.readExtent()
        }
      }
      #expect(found == .malformedMessage, "\(length)")
    }
  }

  @Test func whatIsLeftOverIsRefused() {
    let found = reason { () throws(Failure) in
      try read({ $0.append(UInt64(1)) }) { (reader) throws(Failure) in
        _ = try reader.read(UInt32.self)
        try reader.end()
      }
    }
    #expect(found == .malformedMessage)
  }

  @Test func badNamesAreRefused() {
    var dirty = [UInt8](repeating: 0, count: 32)
    dirty[0] = 65
    dirty[2] = 66  // behind the end
    let control: [UInt8] = [65, 10] + [UInt8](repeating: 0, count: 30)
    let full = [UInt8](repeating: 65, count: 32)
    let broken: [UInt8] = [0xC3, 0x28] + [UInt8](repeating: 0, count: 30)
    let empty = [UInt8](repeating: 0, count: 32)
    for bytes in [dirty, control, full, broken, empty] {
      let found = reason { () throws(Failure) in
        try read({ writer in for byte in bytes { writer.append(byte) } }) {
          (reader) throws(Failure) in _ = try reader.readName()
        }
      }
      #expect(found == .badName)
    }
  }

  @Test func reservedOfAnExtentMustBeZero() {
    let found = reason { () throws(Failure) in
      try read({
        $0.append(UInt64(0))
        $0.append(UInt32(1))
        $0.append(UInt32(1))
      }) { (reader) throws(Failure) in _ = try reader.readExtent() }
    }
    #expect(found == .reservedNotZero)
  }

  @Test func anImageOfAnOldRevisionIsFilledWithZeros() throws {
    var old = GoldenImage.parameters
    old.Header.Revision = 1
    old.Header.Size = 64
    let image = try read({ $0.append(image: old, size: 64) }) { (reader) throws(Failure) in
      try reader.readImage(NDIS_SHARED_MEMORY_PARAMETERS())
    }
    #expect(image.Length == old.Length)
    #expect(image.SGListBufferLength == old.SGListBufferLength)
    #expect(image.VPortId == 0)
  }

  @Test func anImageOfANewerRevisionIsReadAsFarAsItIsKnown() throws {
    var newer = GoldenImage.parameters
    newer.Header.Size = 80
    let image = try read({
      $0.append(image: newer, size: 72)
      $0.append(UInt64(0xFFFF))
    }) { (reader) throws(Failure) in
      let image = try reader.readImage(NDIS_SHARED_MEMORY_PARAMETERS())
      try reader.end()
      return image
    }
    #expect(image.VPortId == newer.VPortId)
    #expect(image.Header.Size == 80)
  }

  @Test("bytes behind Header.Size are not read") func bytesBehindHeaderSize() throws {
    var short = GoldenImage.parameters
    short.Header.Size = 36
    let image = try read({ $0.append(image: short, size: 68) }) { (reader) throws(Failure) in
      try reader.readImage(NDIS_SHARED_MEMORY_PARAMETERS())
    }
    #expect(image.Length == short.Length)
    #expect(image.VPortId == 0)
  }

  @Test func aSizeBeyondTheBodyIsRefused() {
    for size in [69, 100, 65535] as [UInt16] {
      var image = GoldenImage.parameters
      image.Header.Size = size
      let found = reason { () throws(Failure) in
        try read({ $0.append(image: image, size: 68) }) { (reader) throws(Failure) in
          _ = try reader.readImage(NDIS_SHARED_MEMORY_PARAMETERS())
        }
      }
      #expect(found == .malformedMessage)
    }
    for length in 0..<4 {
      let found = reason { () throws(Failure) in
        try read({ $0.append(image: GoldenImage.parameters, size: 68) }, length: length) {
          (reader) throws(Failure) in
          _ = try reader.readImage(NDIS_SHARED_MEMORY_PARAMETERS())
        }
      }
      #expect(found == .malformedMessage)
    }
  }

  @Test func aFailureComesBack() throws {
    let check = BugCheck(code: BugCheck.ndisDriver, 3, 4, 5, 6, isExtension: false)
    let failure = Failure(.invalidParameter, .doubleFree, 9)
    let read = try read({ $0.append(failure, bugCheck: check) }) { (reader) throws(Failure) in
      try reader.readFailure()
    }
    #expect(read.bugCheck == check)
    #expect(read.reason == UInt32(Reason.doubleFree.rawValue))
    #expect("\(read.rule)" == "doubleFree")
    #expect(read.sentence == failure.sentence)
  }

  @Test func anImageWithSomethingBehindItEndsWhereItSays() throws {
    // Revision 1 ends before SwitchId: the four bytes behind it are input.
    var old = GoldenImage.oidRequest
    old.Header.Revision = 1
    old.Header.Size = 236
    let (image, input) = try read {
      $0.append(image: old, size: 236)
      $0.append(UInt32(0xFFFF_FFFF))
    } _: { (reader) throws(Failure) in
      let image = try reader.readSizedImage(NDIS_OID_REQUEST(), least: 236)
      let input = try reader.readBytes(4)
      try reader.end()
      return (image, input)
    }
    #expect(image.DATA.Oid == old.DATA.Oid && image.SwitchId == 0 && image.Flags == 0)
    #expect(input == [255, 255, 255, 255])
    for (size, wanted) in [(235, Reason.headerSize), (0, .headerSize), (237, .malformedMessage)] {
      var wrong = old
      wrong.Header.Size = UInt16(size)
      let found = reason { () throws(Failure) in
        try read({ $0.append(image: wrong, size: 236) }) { (reader) throws(Failure) in
          _ = try reader.readSizedImage(NDIS_OID_REQUEST(), least: 236)
        }
      }
      #expect(found == wanted, "\(size)")
    }
  }

  @Test func bytesThatAreNotThereAreNotTaken() {
    for count in [-1, 9, Int.max, Int.min] {
      let found = reason { () throws(Failure) in
        try read({ $0.append(UInt64(1)) }) { (reader) throws(Failure) in
          _ = try reader.readBytes(count)
        }
      }
      #expect(found == .malformedMessage, "\(count)")
    }
  }

  @Test func aNumberIsReplacedWhereItStands() throws {
    let values = try read {
      let place = $0.position
      $0.append(UInt32(1))
      $0.append(UInt32(2))
      $0.replace(7, at: place)
      // Neither the header nor what was not written.
      $0.replace(9, at: 0)
      $0.replace(9, at: $0.position)
      $0.replace(9, at: $0.position - 3)
    } _: { (reader) throws(Failure) in
      (try reader.read(UInt32.self), try reader.read(UInt32.self))
    }
    #expect(values == (7, 2))
  }

  @Test func theGreatestCallsAboutListsFitOneMessage() {
    let received = message(MessageHeader(type: 149, requestID: 1)) { writer in
      writer.append(ndissim_upcall_receive())
      for _ in 0..<Limits.maximumLists {
        writer.append(ndissim_net_buffer_list())
        for _ in 0..<Limits.maximumBuffers { writer.append(ndissim_net_buffer()) }
      }
      for _ in 0..<Limits.maximumParts { writer.append(ndissim_view_segment()) }
      for _ in 0..<Limits.maximumLists { writer.append(UInt32(0)) }
    }
    #expect(received.count == 64600)
    let returned = message(MessageHeader(type: 136, requestID: 1)) { writer in
      writer.append(ndissim_upcall_return())
      for _ in 0..<Limits.maximumReturned { writer.append(UInt64(0)) }
    }
    #expect(returned.count == 32848)
    let indicated = message(MessageHeader(type: 28, requestID: 1)) { writer in
      writer.append(ndissim_indicate_receive())
      for _ in 0..<Limits.maximumLists {
        writer.append(ndissim_net_buffer_list())
        for _ in 0..<Limits.maximumBuffers {
          writer.append(ndissim_net_buffer())
          writer.append(NET_BUFFER_SHARED_MEMORY())
        }
      }
      for _ in 0..<Limits.maximumLists { writer.append(UInt32(0)) }
    }
    #expect(indicated.count == 46152)
  }
}
