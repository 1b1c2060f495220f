// The frames of the receive measurement, and the commands of its processes.

import Testing

@testable import NDISBench

@Suite struct ReceiveTests {
  @Test func aFrameIsKnownByItsNumberAndItsBytes() {
    var place = [UInt8](repeating: 0, count: 64)
    unsafe place.withUnsafeMutableBytes { bytes in
      if let base = bytes.baseAddress { unsafe Frame.write(7, to: base) }
    }
    func isFrame(_ number: UInt64) -> Bool {
      unsafe place.withUnsafeBytes { unsafe Frame.read($0, is: number) }
    }
    #expect(isFrame(7))
    #expect(!isFrame(8))
    place[40] ^= 1
    #expect(!isFrame(7), "a byte of the line is another one")
    place.removeLast()
    #expect(!isFrame(7), "the line is cut")
  }

  @Test func aCommandIsReadAsItIsWritten() throws {
    let what = Indications(count: 1000, lists: 64, window: 8, restMicroseconds: 5)
    #expect(what.command == "receive 1000 64 8 5")
    let read = try #require(Indications(command: what.command))
    #expect(read.command == what.command)
  }

  @Test(arguments: [
    "", "receive", "receive 1 1 1", "receive 0 1 1 0", "receive 1 0 1 0", "receive 1 257 1 0",
    "receive 1 1 9 0", "receive 1 1 1 1000000", "sync 1 1 1 0", "receive 1 1 1 0 0",
  ])
  func aCommandOutOfBoundsIsNone(_ command: String) {
    #expect(Indications(command: command) == nil)
  }
}
