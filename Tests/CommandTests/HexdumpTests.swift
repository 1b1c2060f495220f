// The hexdump against lines of hexdump -C.

import Testing

@testable import ndisctl

@Suite struct HexdumpTests {
  @Test func `The format is that of hexdump -C`() {
    let bytes: [UInt8] = Array("NDIS shared memory!\n".utf8)
    #expect(
      Hexdump.lines(count: bytes.count) { bytes[$0] } == [
        "00000000  4e 44 49 53 20 73 68 61  72 65 64 20 6d 65 6d 6f  |NDIS shared memo|",
        "00000010  72 79 21 0a                                       |ry!.|",
        "00000014",
      ])
  }

  @Test func `Repeated lines are one star, except the last one`() {
    #expect(
      Hexdump.lines(count: 64) { _ in 0 } == [
        "00000000  00 00 00 00 00 00 00 00  00 00 00 00 00 00 00 00  |................|",
        "*",
        "00000030  00 00 00 00 00 00 00 00  00 00 00 00 00 00 00 00  |................|",
        "00000040",
      ])
  }

  @Test func `An empty dump has only the length`() {
    #expect(Hexdump.lines(count: 0) { _ in 0 } == ["00000000"])
  }
}
